"""Buying a subscription: every level of the chain is charged in one transaction, or nothing is (SUB-10 to SUB-14)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from billing.aftermath import follow_up, is_low
from billing.amounts import require_currency
from billing.chain import OrderedItem, read_chain
from billing.credit_suspension import is_suspending
from billing.invoices import issue_invoices
from billing.ledger import MovementType
from billing.money_check import require_money
from billing.order import (
    AddOnOrder,
    AddOnRow,
    PlanRow,
    check_add_ons,
    check_quantities,
    read_add_ons,
    read_plan,
    require_sold,
)
from billing.periods import PaidTime, first_calendar_period, first_period, require_cycle
from billing.purchase_invoices import invoices_of, overdue_blocker
from billing.purchase_method import PurchaseMethod, external_number
from billing.purchase_rows import NewSubscription, write_subscription
from billing.quote_id import QuoteSigner
from billing.renewal_dates import renewal_instant
from billing.sale import LevelSale, Sale, invoiced_elsewhere, price_sale
from billing.sale_posting import post_sale
from billing.subscription_status import ladder
from core.calendar import local_date
from core.clock import MINUTE, Instant
from core.ids import new_id
from core.refusals import Blocker, Refused, refuse
from core.transaction import fetch_value
from tenants.access import OrganizationFacts, allow, organization_by_id, relation_to
from tenants.commands import Outcome
from tenants.permissions import Action, Area, decide_read
from tenants.policy.policy_resolution import Policies
from tenants.unit_of_work import UnitOfWork

LONGEST_CYCLE_MONTHS = 1_200


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """The input: who gets what for how long. A named quote has to give the same again, else QUOTE_STALE (SUB-10)."""

    organization_id: str
    plan_id: str
    quantity: int = 1
    cycle_months: int = 1
    add_ons: tuple[AddOnOrder, ...] = ()
    is_auto_renew: bool = True
    quote_id: str | None = None
    total_micros: int | None = None
    total_currency: str | None = None
    method: PurchaseMethod = PurchaseMethod.NORMAL
    external_number: str | None = None


@dataclass(frozen=True, slots=True)
class PreparedPurchase:
    """An order that passed every check but money: what quote and purchase share (SUB-10)."""

    order: PurchaseOrder
    organization: OrganizationFacts
    plan: PlanRow
    add_ons: tuple[AddOnRow, ...]
    sale: Sale
    policies: Policies
    overdue: Blocker | None = None
    """Why money is refused whatever the Wallet covers (MON-12)."""

    @property
    def quoted_facts(self) -> Mapping[str, object]:
        """What a quote stands for: the order, its total and its time."""
        order, buyer = self.order, self.sale.buyer
        return {
            "organization": order.organization_id,
            "items": [[line.item.id, line.item.quantity] for line in buyer.lines],
            "cycleMonths": order.cycle_months,
            "net": buyer.net_micros,
            "total": buyer.gross_micros,
            "currency": buyer.level.currency,
            "method": order.method.value,
            "period": [self.sale.time.start.isoformat(), self.sale.time.end.isoformat()],
        }

    def quote_expires_at(self, now: Instant) -> Instant:
        """A quote of now holds until this instant, exclusive (`quoteMinutes`, GEN-4)."""
        return now + self.policies.integer("quoteMinutes") * MINUTE


@dataclass(frozen=True, slots=True)
class SeenOrder:
    """An order whose rows the actor sees and may buy for."""

    order: PurchaseOrder
    organization: OrganizationFacts
    plan: PlanRow
    add_ons: tuple[AddOnRow, ...]

    @property
    def items(self) -> tuple[OrderedItem, ...]:
        """The plan and its add-ons as lines of a sale."""
        return (self.plan.ordered(self.order.quantity), *(add_on.ordered for add_on in self.add_ons))


async def read_order(uow: UnitOfWork, order: PurchaseOrder, *, is_preview: bool = False) -> SeenOrder:
    """What the order names, in the actor's own sight, and the first checks of SUB-11.

    A preview needs the right to read prices, not the right to buy. Refused: NOT_FOUND, FORBIDDEN, SCOPE_MISSING,
    CONSENT_REQUIRED, ORGANIZATION_NOT_ACTIVE, UPSTREAM_SUSPENDED, CYCLE_TOO_SHORT, PRICE_MISSING."""
    organization = await organization_by_id(uow, order.organization_id, ("organizationId",))
    plan = await read_plan(uow, order.plan_id, organization.id)
    add_ons = await read_add_ons(uow, order.add_ons)
    if is_preview:
        decide_read(Area.PRICES, uow.actor.role, relation_to(uow, organization), uow.actor.via).enforce()
    else:
        allow(uow, Action.PURCHASE, organization)
    require_chain_active(organization)
    _require_cycle(order.cycle_months)
    return SeenOrder(order, organization, require_sold(plan), add_ons)


async def price_order(uow: UnitOfWork, seen: SeenOrder, *, is_preview: bool = False) -> PreparedPurchase:
    """Reads every level and goes on in the order of SUB-11, up to money; locks the Wallets unless it is a preview.

    Call it inside `as_platform`. Refused: WALLET_MISSING, PLAN_NOT_OFFERED, CYCLE_NOT_OFFERED, PRICE_MISSING,
    COST_MISSING, QUANTITY_INVALID, QUANTITY_LIMIT, BUNDLE_QUANTITY_LIMIT, ADDON_DUPLICATE, ADDON_NOT_ALLOWED,
    ADDON_CONFLICT, EXTERNAL_INVOICE_NOT_ALLOWED, EXTERNAL_NUMBER_REQUIRED."""
    order, organization, items = seen.order, seen.organization, seen.items
    chain = await read_chain(uow, organization.id, seen.plan.owner_id, items, is_preview=is_preview)
    policies = chain.levels[0].policies
    time = first_time(policies, local_date(uow.now, organization.timezone), order.cycle_months)
    sale = price_sale(chain, items, time, order.cycle_months)
    check_quantities(seen.plan, order.quantity, seen.add_ons, policies)
    check_add_ons(seen.plan, seen.add_ons)
    number = external_number(order.method, order.external_number, policies)
    if number is not None:
        sale = invoiced_elsewhere(sale, number)
    overdue = await overdue_blocker(uow, sale.buyer.level.pair.wallet.id, policies)
    return PreparedPurchase(order, organization, seen.plan, seen.add_ons, sale, policies, overdue)


async def purchase_subscription(uow: UnitOfWork, order: PurchaseOrder, signer: QuoteSigner) -> Outcome:
    """Buy: charge every pair, make the subscription ACTIVE and assign its Owner (SUB-14).

    Answers subscriptionId, saleId, ledgerTransactionId (the buyer's; None at a price of 0). Refused as `read_order`,
    CURRENCY_MISMATCH (the named total, MON-4), as `price_order`, then QUOTE_STALE, OVERDUE_INVOICE (MON-12),
    INSUFFICIENT_CREDIT with `missing`, UPSTREAM_CREDIT_INSUFFICIENT. TAX invoices are issued last (MON-72)."""
    seen = await read_order(uow, order)
    require_currency(order.total_currency, seen.organization.currency, ("total", "currency"))
    async with uow.as_platform("MON-30: a sale charges every level up to the Product's owner"):
        prepared = await price_order(uow, seen)
        await require_not_ending(uow, seen.organization.id)
        _require_fresh(prepared, signer, uow.now)
        if prepared.overdue is not None:
            raise Refused((prepared.overdue,))
        require_money(prepared.sale, uow.now, uow.actor.path)
        new = _new_subscription(prepared, uow.now)
        sale_id = new_id("sale")
        posted = await post_sale(
            uow, prepared.sale, MovementType.PURCHASE, new.id, sale_id, once_by=f"purchase:{new.id}"
        )
        await write_subscription(uow, new, sale_id, posted)
        await issue_invoices(uow.tx, invoices_of(prepared.sale, new.id, sale_id, uow.now), uow.now)
        await follow_up(uow, [each.level.pair.wallet.id for each in prepared.sale.levels if moves_more(each, uow.now)])
    owner_id, path = prepared.organization.id, prepared.organization.path
    uow.audit("Subscription", new.id, organization_id=owner_id, path=path, after=new.audited)
    uow.send("subscription.purchased", new.id, {"subscriptionId": new.id}, organization_id=owner_id, path=path)
    return {"subscriptionId": new.id, "saleId": sale_id, "ledgerTransactionId": posted.get(0)}


def moves_more(sold: LevelSale, now: Instant) -> bool:
    """Whether the charge leaves the Wallet where something else follows: at an inclusive limit, or low (MON-62)."""
    after, policies = sold.wallet_after(now), sold.level.policies
    return sold.gross_micros > 0 and (is_suspending(after, policies, now) or is_low(after, policies))


def require_chain_active(organization: OrganizationFacts) -> None:
    """Refused ORGANIZATION_NOT_ACTIVE when it is stopped itself, else UPSTREAM_SUSPENDED when one above is (MON-32)."""
    if organization.status != "ACTIVE":
        refuse("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")
    if organization.is_stopped:
        refuse("UPSTREAM_SUSPENDED", "A seller above is not active.")


async def require_not_ending(uow: UnitOfWork, organization_id: str) -> None:
    """Behind the Wallet's lock: a deletion of the same moment came first, or finds the subscription (DEL-2, GEN-7)."""
    if uow.tx.dialect == "postgres":
        status = await fetch_value(uow.tx, "SELECT status FROM organization WHERE id = $1", organization_id)
        if status not in ("ACTIVE", "SUSPENDED"):
            refuse("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")


def first_time(policies: Policies, today: date, cycle_months: int) -> PaidTime:
    """The first paid time by `periodAnchor` (SUB-30, SUB-34)."""
    is_calendar = policies.choice("periodAnchor") == "CALENDAR_MONTH"
    return (first_calendar_period if is_calendar else first_period)(today, cycle_months)


def _require_cycle(cycle_months: int) -> None:
    require_cycle(cycle_months)
    if cycle_months > LONGEST_CYCLE_MONTHS:
        refuse("CYCLE_NOT_OFFERED", "It is not sold for this cycle.", ("cycleMonths",))


def _require_fresh(prepared: PreparedPurchase, signer: QuoteSigner, now: Instant) -> None:
    order, total = prepared.order, prepared.sale.buyer.gross_micros
    is_other_total = order.total_micros is not None and order.total_micros != total
    is_stale = order.quote_id is not None and not signer.holds(order.quote_id, prepared.quoted_facts, now)
    if is_other_total or is_stale:
        refuse("QUOTE_STALE", "The quote does not hold any more; ask for a new one.", ("quoteId",))


def _new_subscription(prepared: PreparedPurchase, now: Instant) -> NewSubscription:
    policies, organization, time = prepared.policies, prepared.organization, prepared.sale.time
    steps = ladder(
        time.end, organization.timezone, policies.integer("graceDays"), policies.integer("expiredDays"),
        prepared.order.is_auto_renew,
    )  # fmt: skip
    return NewSubscription(
        new_id("sub"), prepared.sale, prepared.plan, prepared.add_ons, prepared.order.quantity,
        prepared.order.cycle_months, prepared.order.is_auto_renew, steps, policies.choice("finalState"), now,
        renewal_instant(time.end, policies, organization.timezone),
    )  # fmt: skip
