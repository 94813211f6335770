"""`shortfall` DAILY_REDUCTION: what a renewal costs that is paid days after its period began (SUB-46). Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from billing.proration import reduced_renewal
from billing.sale import ChargeLine, LevelSale, Sale
from billing.subscription_status import Facts, Status, SuspensionReason, status_at
from billing.tax import TaxedAmount, tax_of_part
from core.calendar import days_between
from core.clock import Instant

REASON = SuspensionReason.NO_FUNDS


def waits_for_funds(facts: Facts, now: Instant) -> bool:
    """Whether it is SUSPENDED, and by nothing but the missing money of a renewal."""
    return facts.suspension_reasons == frozenset({REASON}) and status_at(facts, now) is Status.SUSPENDED


def days_lost(facts: Facts, period_start: date, today: date) -> int:
    """k: the days of the period that went by without service for want of money; 0 when it does not wait."""
    return max(0, days_between(period_start, today)) if REASON in facts.suspension_reasons else 0


@dataclass(frozen=True, slots=True)
class Credit:
    """What of one line's charge is credited again, as its own entry."""

    line: ChargeLine
    taxed: TaxedAmount


def credits_of(level: LevelSale, sale: Sale, days: int) -> Iterator[Credit]:
    """The lines of the first cycle, at a pair whose seller reduces: fee - fee x (dayBase - k) / dayBase."""
    if not days or level.level.policies.choice("shortfall") != "DAILY_REDUCTION":
        return
    for line in level.lines:
        if line.segment == sale.time.segments[0]:
            yield Credit(line, _difference(line.taxed, _due(level, line, days)))


def sale_due(sale: Sale, days: int) -> Sale:
    """The same sale at what is due after so many days: what the Wallets have to cover."""
    if not days:
        return sale
    levels = []
    for level in sale.levels:
        credited = {(each.line.item.id, each.line.segment) for each in credits_of(level, sale, days)}
        lines = tuple(
            replace(line, taxed=_due(level, line, days)) if (line.item.id, line.segment) in credited else line
            for line in level.lines
        )
        levels.append(LevelSale(level.level, lines))
    return replace(sale, levels=tuple(levels))


def _due(level: LevelSale, line: ChargeLine, days: int) -> TaxedAmount:
    day_base, currency = line.segment.day_base, level.level.currency
    net = reduced_renewal(line.taxed.net_micros, min(days, day_base), day_base, currency)
    return tax_of_part(net, line.taxed, currency)


def _difference(charged: TaxedAmount, due: TaxedAmount) -> TaxedAmount:
    net = charged.net_micros - due.net_micros
    left = {tax.component: tax.amount_micros for tax in due.taxes}
    taxes = tuple(
        replace(tax, base_micros=net, amount_micros=tax.amount_micros - left.get(tax.component, 0))
        for tax in charged.taxes
    )
    return TaxedAmount(net, taxes)
