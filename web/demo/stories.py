"""What happened to each customer: active, trying, expiring, failed, expired, two at once, or nothing yet."""

from dataclasses import dataclass

from billing.payments import NewPayment, PaymentMethod, record_payment
from billing.purchase import PurchaseOrder, purchase_subscription
from billing.quote_id import QuoteSigner
from billing.trial import TrialOrder, start_trial
from core.clock import EXACT_DAY, HOUR
from core.money import MICROS
from web.demo.people import Person, Stage

SMALLEST_TOP_UP = 2000
"""In whole units: above what any preset asks of a top-up."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer, who sells to it and who buys for it, and what each plan costs it a month, in whole units."""

    organization_id: str
    seller: Person
    buyer: Person
    currency: str
    prices: dict[str, int]
    offers_trials: bool

    @property
    def plans(self) -> list[str]:
        """What it can buy."""
        return list(self.prices)


async def tell(stage: Stage, signer: QuoteSigner, customer: Customer, number: int) -> None:
    """The story that the customer's number gives it."""
    plan = customer.plans[number % len(customer.plans)]
    match number % 10:
        case 4 if customer.offers_trials:
            await _try(stage, customer, plan)
        case 5:
            await _buy(stage, signer, customer, plan, days_ago=27, is_auto_renew=False)
        case 6:
            bought = await _buy(stage, signer, customer, plan, days_ago=25)
            await stage.tx.execute(
                "UPDATE subscription SET renewal_failed_at = $2 WHERE id = $1", bought, stage.now - EXACT_DAY
            )
        case 7:
            await _buy(stage, signer, customer, plan, days_ago=34, is_auto_renew=False)
        case 8:
            await _buy(stage, signer, customer, plan, days_ago=90, months=12)
            await _buy(stage, signer, customer, customer.plans[(number + 1) % len(customer.plans)], days_ago=3)
        case 9:
            return
        case _:
            await _buy(stage, signer, customer, plan, days_ago=number % 20, quantity=1 + number % 3)


async def _try(stage: Stage, customer: Customer, plan: str) -> None:
    order = TrialOrder(customer.organization_id, plan)
    await stage.act(customer.seller, stage.now - 2 * EXACT_DAY, "startTrial", lambda uow: start_trial(uow, order))


async def _buy(
    stage: Stage, signer: QuoteSigner, customer: Customer, plan: str, *, days_ago: int, months: int = 1,
    quantity: int = 1, is_auto_renew: bool = True,
) -> str:  # fmt: skip
    """The seller takes a payment and buys for its customer, as if it were so many days ago."""
    at = stage.now - days_ago * EXACT_DAY
    due = max(customer.prices[plan] * quantity * (months + 1), SMALLEST_TOP_UP)
    payment = NewPayment(
        customer.organization_id, due * MICROS, customer.currency, PaymentMethod.CASH, reference=f"R-{days_ago}"
    )
    await stage.act(customer.seller, at - HOUR, "recordPayment", lambda uow: record_payment(uow, payment))
    order = PurchaseOrder(customer.organization_id, plan, quantity, months, is_auto_renew=is_auto_renew)
    done = await stage.act(
        customer.buyer, at, "purchaseSubscription", lambda uow: purchase_subscription(uow, order, signer)
    )
    return str(done["subscriptionId"])
