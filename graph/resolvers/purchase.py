"""`quotePurchase` and `purchaseSubscription`. The rules are in billing/purchase.py."""

from dataclasses import replace
from enum import Enum

import strawberry

from billing.order import AddOnOrder
from billing.purchase import PurchaseOrder, purchase_subscription
from billing.purchase_method import PurchaseMethod
from billing.quote_id import QuoteSigner
from billing.quotes import quote_purchase
from graph.context import Context
from graph.resolvers.commands import or_none, run
from graph.schema.amounts import micros_of
from graph.schema.idempotency import required_key
from graph.schema.money import LedgerTransaction
from graph.schema.quote import PurchaseQuote, purchase_quote
from graph.schema.scalars import MoneyInput, UserError
from graph.schema.subscription import Subscription
from graph.sql.reads import entity, from_outcome
from tenants.commands import Outcome
from tenants.unit_of_work import UnitOfWork, reading


@strawberry.input(description="An add-on and how many of it (SUB-5).")
class AddOnOrderInput:
    add_on_id: strawberry.ID
    quantity: int = 1


@strawberry.enum(description="How an order is paid (SUB-13).")
class OrderMethod(Enum):
    NORMAL = "NORMAL"
    EXTERNAL_INVOICE = "EXTERNAL_INVOICE"


@strawberry.input(description="What is to be bought, for whom and for how long.")
class QuotePurchaseInput:
    organization_id: strawberry.ID = strawberry.field(description="The organization that will hold the subscription.")
    plan_id: strawberry.ID
    quantity: int = strawberry.field(default=1, description="Licences of the plan (SUB-12).")
    cycle_months: int = strawberry.field(default=1, description="The cycle that it is paid by, in months (SUB-2).")
    add_ons: list[AddOnOrderInput] = strawberry.field(default_factory=list)
    is_auto_renew: bool = strawberry.field(default=True, description="Whether it renews by itself at its end.")
    method: OrderMethod = strawberry.field(
        default=OrderMethod.NORMAL, description="EXTERNAL_INVOICE only where the seller invoices elsewhere (MON-90)."
    )
    external_number: str | None = strawberry.field(
        default=strawberry.UNSET, description="The number of that invoice; it may repeat."
    )


@strawberry.input(description="A purchase. Name the quote and its total to be sure of the price (SUB-10).")
class PurchaseSubscriptionInput(QuotePurchaseInput):
    quote_id: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Of `quotePurchase` with the same order; QUOTE_STALE when it would differ.",
    )
    total: MoneyInput | None = strawberry.field(
        default=strawberry.UNSET, description="The quoted total; QUOTE_STALE when it would be another one."
    )
    idempotency_key: str = required_key()


@strawberry.type
class PurchaseSubscriptionPayload:
    errors: list[UserError]
    replayed: bool
    subscription: Subscription | None = entity("subscriptionId")
    ledger_transaction: LedgerTransaction | None = entity(
        "ledgerTransactionId", "The charge of the subscribing organization; null at a price of 0."
    )
    sale_id: str | None = from_outcome(
        "saleId", "The same for every level: `ledgerTransactions(filter: {saleId})` answers those that the viewer sees."
    )


@strawberry.type
class PurchaseQueries:
    @strawberry.field(
        description="Exactly what `purchaseSubscription` would do now, by the same code: lines, tax, total, period, "
        "balances, and for sellers cost and margin. What refuses the order itself is a top-level error with its code; "
        "that money is short or that the asker may not buy is told in `blockers`."
    )
    async def quote_purchase(self, info: strawberry.Info, input: QuotePurchaseInput) -> PurchaseQuote:
        context: Context = info.context
        async with reading(context.platform, context.credentials) as uow:
            return purchase_quote(await quote_purchase(uow, _order(input), QuoteSigner(context.quote_secret)))


@strawberry.type
class PurchaseMutations:
    @strawberry.mutation(
        description="Buy a plan with its add-ons: every level of the chain is charged its own price at once, or "
        "nothing is (SUB-14, MON-30)."
    )
    async def purchase_subscription(
        self, info: strawberry.Info, input: PurchaseSubscriptionInput
    ) -> PurchaseSubscriptionPayload:
        context: Context = info.context
        signer, total = QuoteSigner(context.quote_secret), or_none(input.total)

        async def buy(uow: UnitOfWork) -> Outcome:
            order = replace(_order(input), quote_id=or_none(input.quote_id))
            if total is not None:
                micros = micros_of(total, ("total", "amount"))
                order = replace(order, total_micros=micros, total_currency=total.currency)
            return await purchase_subscription(uow, order, signer)

        return await run(info, input, buy)


def _order(input: QuotePurchaseInput) -> PurchaseOrder:
    return PurchaseOrder(
        organization_id=input.organization_id,
        plan_id=input.plan_id,
        quantity=input.quantity,
        cycle_months=input.cycle_months,
        add_ons=tuple(AddOnOrder(each.add_on_id, each.quantity) for each in input.add_ons),
        is_auto_renew=input.is_auto_renew,
        method=PurchaseMethod(input.method.value),
        external_number=or_none(input.external_number),
    )
