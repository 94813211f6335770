"""The next stretch of paid time of a subscription: what it costs at every level (SUB-40, SUB-50 to SUB-53).

The same for the due job, for what a member asks, and for its quote. Reads as the platform; writes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.chain import read_chain
from billing.periods import PaidTime, aligned_renewal, extended_by_cycles, extended_to, next_period, reactivated
from billing.renewal_terms import RenewalTerms, terms_from
from billing.sale import ChargeLine, LevelSale, Sale, invoiced_elsewhere, price_sale
from billing.shortfall import days_lost, sale_due
from billing.subscription_access import SubscriptionRow
from core.calendar import local_date
from core.refusals import refuse
from tenants.policy.policy_resolution import Policies
from tenants.unit_of_work import UnitOfWork

LONGEST_MONTHS = 1_200


class Operation(StrEnum):
    """What paid time is bought for."""

    RENEW = "RENEW"
    RECOVER = "RECOVER"
    EXTEND = "EXTEND"
    REACTIVATE = "REACTIVATE"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked: an extension names cycles (at least one) or the last day that is to be paid for."""

    operation: Operation
    cycles: int = 1
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Renewal:
    """One subscription's new paid time, priced at every level; `policies` are the holder's."""

    subscription: SubscriptionRow
    operation: Operation
    terms: RenewalTerms
    sale: Sale
    policies: Policies
    days_lost: int = 0
    """Days of its period that went by without money, which the seller's `shortfall` takes off (SUB-46)."""

    @property
    def due(self) -> Sale:
        """What the Wallets have to cover now."""
        return sale_due(self.sale, self.days_lost)

    @property
    def timezone(self) -> str:
        """The holder's."""
        return self.sale.buyer.level.pair.buyer.timezone

    @property
    def is_external(self) -> bool:
        """Whether the holder's own pair is invoiced elsewhere (MON-90)."""
        return self.sale.external_number is not None


async def price_renewal(
    uow: UnitOfWork, subscription: SubscriptionRow, wanted: Wanted, *, is_preview: bool = False
) -> Renewal:
    """Price it with what will hold then; the Wallets of the chain stay locked unless it is a preview (MON-7).

    Call it inside `as_platform`. Refused: CYCLE_TOO_SHORT, CYCLE_NOT_OFFERED, EXTENSION_TOO_SHORT, WALLET_MISSING,
    PLAN_NOT_OFFERED, PRICE_MISSING, COST_MISSING."""
    terms = await terms_from(uow, subscription, subscription.end_date)
    chain = await read_chain(uow, subscription.organization_id, terms.owner_id, terms.items, is_preview=is_preview)
    policies, zone = chain.levels[0].policies, chain.levels[0].pair.buyer.timezone
    time = _time(subscription, terms.cycle_months, wanted, policies, local_date(uow.now, zone))
    is_extension = wanted.operation is Operation.EXTEND
    sale = price_sale(chain, terms.items, time, terms.cycle_months, is_each_its_own_period=is_extension)
    if subscription.method == "EXTERNAL_INVOICE" and policies.choice("invoicing") == "NONE":
        sale = invoiced_elsewhere(sale, subscription.external_number or "")
    lost = 0
    if wanted.operation in (Operation.RENEW, Operation.RECOVER):
        lost = days_lost(subscription.facts, time.start, local_date(uow.now, zone))
    return Renewal(subscription, wanted.operation, terms, sale, policies, lost)


def _time(
    subscription: SubscriptionRow, cycle_months: int, wanted: Wanted, policies: Policies, today: date
) -> PaidTime:
    anchor, end = subscription.anchor_date, subscription.end_date
    match wanted.operation:
        case Operation.EXTEND if wanted.last_day is not None:
            _require_bounded((wanted.last_day.year - end.year) * 12)
            return extended_to(anchor, cycle_months, end, wanted.last_day)
        case Operation.EXTEND:
            _require_bounded(wanted.cycles * cycle_months)
            return extended_by_cycles(anchor, cycle_months, end, wanted.cycles)
        case Operation.REACTIVATE:
            return reactivated(anchor, cycle_months, end, today)
        case _:
            is_aligned = policies.boolean("alignment") and anchor.day != 1
            return (aligned_renewal if is_aligned else next_period)(anchor, cycle_months, end)


def _require_bounded(months: int) -> None:
    if months > LONGEST_MONTHS:
        refuse("CYCLE_NOT_OFFERED", "Nobody sells so long a time.", ("cycles",), most_months=LONGEST_MONTHS)


def together(sales: Sequence[Sale]) -> Sale:
    """The sales to one organization as one: a level for each Wallet, with the lines of all (SUB-42).

    Chains of one organization differ in their height alone: each ends at the owner of its Product (MON-30)."""
    first = max(sales, key=lambda sale: len(sale.levels))
    levels = (
        LevelSale(level.level, tuple(line for sale in sales for line in _lines_at(sale, place)))
        for place, level in enumerate(first.levels)
    )
    return Sale(tuple(levels), sales[0].time, sales[0].external_number)


def _lines_at(sale: Sale, place: int) -> Iterable[ChargeLine]:
    return sale.levels[place].lines if place < len(sale.levels) else ()
