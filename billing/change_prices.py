"""What a change costs at every level, over the segments that are not over (SUB-60 to SUB-64). Pure: facts in, Sale out.

Each line is rounded once over all segments (MON-2); what falls on each segment is kept beside it, for later changes and
refunds to start from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from billing.chain import Level, LevelPrice, OrderedItem, SaleChain, level_price
from billing.change_order import Content, LineChange
from billing.paid_lots import PLAN_LINE, PaidSegment, line_of, paid_share_micros, spread, without_last
from billing.paid_time import PaidTimeLeft
from billing.periods import PaidTime, Segment, SegmentKind
from billing.sale import ChargeLine, LevelSale, Sale
from billing.tax import TaxAmount, TaxedAmount, tax_of_part, tax_on_top
from core.money import minor_unit_micros, round_to_minor
from core.refusals import Refused


@dataclass(frozen=True, slots=True)
class Share:
    """What of a line falls on one segment: the units it prices there, and how many of them are new."""

    segment: PaidSegment
    line: ChargeLine
    added: int


@dataclass(frozen=True, slots=True)
class PricedChange:
    """The sale of a change, and per level (in the sale's order) what falls on which segment; none for a new period."""

    sale: Sale
    shares: tuple[tuple[Share, ...], ...]
    is_new_period: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What a subscription is paid for, on which date it is asked, and what waits for periods to come, charged or not.

    next_plan: the plan that waits, if one does; next_units: the units of each line that it sets."""

    paid: PaidTimeLeft
    before: Content
    anchor: date
    today: date
    next_from: date | None = None
    next_plan: OrderedItem | None = None
    next_units: Mapping[str, int] = field(default_factory=dict)
    is_external: bool = False
    """Whether the buyer's own pair is invoiced elsewhere, so that its charges tell no price (MON-90)."""

    def change_in(self, segment: PaidSegment, change: LineChange) -> LineChange:
        """The change as far as it reaches into a segment: not where what waits was charged already (SUB-63)."""
        if self.next_from is None or segment.start < self.next_from:
            return change
        if change.line == PLAN_LINE and self.next_plan is not None:
            change = replace(change, item=self.next_plan, is_other_plan=False)
        units = self.next_units.get(change.line)
        return change if units is None else replace(change, before=units, after=units)


def price_at_once(chain: SaleChain, changes: Sequence[LineChange], standing: Standing) -> PricedChange:
    """SUB-60 and SUB-61, line by line and level by level, at today's prices.

    Refused: PLAN_NOT_OFFERED, PRICE_MISSING, CYCLE_NOT_OFFERED (the buyer's level), COST_MISSING (above)."""
    levels = [_level_at_once(level, changes, standing) for level in chain.levels]
    sale = Sale(tuple(sold for sold, _ in levels), _time(standing))
    return PricedChange(sale, tuple(shares for _, shares in levels))


def price_new_period(chain: SaleChain, after: Content, time: PaidTime, standing: Standing) -> PricedChange:
    """`upgradeResetsAnchor`: per level the new fee less what is left of the old one, at least 0 (SUB-64).

    Refused as `price_at_once`."""
    levels = tuple(LevelSale(level, tuple(_lines_of_period(level, after, time, standing))) for level in chain.levels)
    return PricedChange(Sale(levels, time), ((),) * len(levels), is_new_period=True)


def invoiced_elsewhere(priced: PricedChange, number: str) -> PricedChange:
    """The same with nothing charged at the buyer's pair; every higher pair pays its cost (MON-90)."""
    own = priced.sale.levels[0]
    free = tuple(_free(line) for line in own.lines)
    shares = tuple(replace(share, line=_free(share.line)) for share in priced.shares[0])
    sale = replace(priced.sale, levels=(LevelSale(own.level, free), *priced.sale.levels[1:]), external_number=number)
    return replace(priced, sale=sale, shares=(shares, *priced.shares[1:]))


def _free(line: ChargeLine) -> ChargeLine:
    return replace(line, taxed=TaxedAmount(0, ()), price=LevelPrice(replace(line.price.unit, amount_micros=0)))


def _time(standing: Standing) -> PaidTime:
    """From today to the end of what is paid, which stays as it is."""
    return PaidTime((_covered(standing, standing.paid.end or standing.today),), standing.anchor)


def _covered(standing: Standing, end: date) -> Segment:
    months = standing.before.cycle_months
    return Segment(standing.today, end, SegmentKind.BROKEN, standing.anchor, months, 1, Fraction(0))


def _level_at_once(
    level: Level, changes: Sequence[LineChange], standing: Standing
) -> tuple[LevelSale, tuple[Share, ...]]:
    lines: list[ChargeLine] = []
    shares: list[Share] = []
    for change in changes:
        if any(standing.change_in(segment, change).is_priced for segment in standing.paid.segments):
            line, falling = _line(level, change, standing)
            lines.append(line)
            shares += falling
        elif change.is_priced:  # nothing is paid for any more, or with what waits: asked when it is charged (MON-31)
            level_price(level, change.item.id, standing.before.cycle_months, standing.today, change.item.field)
    return LevelSale(level, tuple(lines)), tuple(shares)


def _line(level: Level, change: LineChange, standing: Standing) -> tuple[ChargeLine, list[Share]]:
    """The line, rounded once, and its shares; it names the units that it is paid for."""
    end = standing.paid.end or standing.today
    exact: list[Fraction] = []
    shares: list[Share] = []
    for segment in standing.paid.segments:
        here = standing.change_in(segment, change)
        if not here.is_priced:
            continue
        price = level_price(level, here.item.id, segment.cycle_months, standing.today, here.item.field)
        exact.append(_exact(level, here, segment, price.unit.amount_micros, standing))
        priced = ChargeLine(_units_priced(here), _span(segment, standing), price, TaxedAmount(0, ()))
        shares.append(Share(segment, priced, here.added))
    net = round_to_minor(sum(exact, Fraction(0)), level.currency)
    taxed = _taxed(level, change.item, net)
    line = ChargeLine(_units_priced(change), _covered(standing, end), shares[0].line.price, taxed)
    parts = split(taxed, exact, level.currency)
    return line, [
        replace(share, line=replace(share.line, taxed=part)) for share, part in zip(shares, parts, strict=True)
    ]


def _units_priced(change: LineChange) -> OrderedItem:
    """The item with the units that it is priced for: all of another plan, else those that come."""
    return replace(change.item, quantity=change.after if change.is_other_plan else change.added)


def _exact(level: Level, change: LineChange, segment: PaidSegment, new_micros: int, standing: Standing) -> Fraction:
    """Σ max(0, new − old) × quantity × remainingDays / dayBase of one segment (SUB-60)."""
    amount = change.added * new_micros
    if change.is_other_plan:
        unknown = asked_today(level, standing.before.plan.row.ordered(1), segment.cycle_months, standing.today)
        lots = standing.paid.lots(segment, level, change.line, change.before, unknown)
        kept = without_last(lots, change.removed)
        amount += sum(max(0, new_micros - lot.unit_price_micros) * lot.quantity for lot in kept)
    return amount * segment.remaining_share(standing.today)


def asked_today(level: Level, item: OrderedItem, cycle_months: int, today: date) -> int:
    """What the level asks today for what was held so far; 0 when it asks nothing."""
    try:
        return level_price(level, item.id, cycle_months, today, item.field).unit.amount_micros
    except Refused:
        return 0


def _span(segment: PaidSegment, standing: Standing) -> Segment:
    """What the share covers: from today, or a segment to come whole."""
    start = max(segment.start, standing.today)
    return Segment(
        start, segment.end, SegmentKind.BROKEN, standing.anchor, segment.cycle_months, segment.day_base, Fraction(0)
    )


def _taxed(level: Level, item: OrderedItem, net_micros: int) -> TaxedAmount:
    rule = level.charged_tax_rule if item.is_taxable else None
    return tax_on_top(net_micros, rule, level.pair.buyer.state_code, level.currency)


def split(whole: TaxedAmount, exact: Sequence[Fraction], currency: str) -> list[TaxedAmount]:
    """A line's net and tax over its exact parts, in minor units; together exactly the line."""
    found: list[TaxedAmount] = []
    net, taxes = 0, dict.fromkeys((tax.component for tax in whole.taxes), 0)
    for part in spread(exact, whole.net_micros, minor_unit_micros(currency)):
        net += part
        upto = {tax.component: tax for tax in tax_of_part(net, whole, currency).taxes}
        found.append(TaxedAmount(part, tuple(_step(upto[component], part, taxes) for component in taxes)))
    return found


def _step(upto: TaxAmount, base_micros: int, given: dict[str, int]) -> TaxAmount:
    amount = upto.amount_micros - given[upto.component]
    given[upto.component] = upto.amount_micros
    return replace(upto, base_micros=base_micros, amount_micros=amount)


def _lines_of_period(level: Level, after: Content, time: PaidTime, standing: Standing) -> Iterator[ChargeLine]:
    """The lines of the new period; what is left of the old fees pays for the first line first."""
    wanted: list[ChargeLine] = []
    due: list[Fraction] = []
    for item in after.items:
        price = level_price(level, item.id, after.cycle_months, standing.today, item.field)
        for segment in time.segments:
            fee = segment.fee_micros(price.unit.amount_micros * item.quantity, level.currency)
            wanted.append(ChargeLine(item, segment, price, TaxedAmount(fee, ())))
            due.append(Fraction(fee))
    left = _left_of_old(level, standing)
    net = round_to_minor(max(Fraction(0), sum(due, Fraction(0)) - left), level.currency)
    parts = spread(_less(due, left), net, minor_unit_micros(level.currency))
    for line, part in zip(wanted, parts, strict=True):
        yield replace(line, taxed=_taxed(level, line.item, part))


def _less(due: Sequence[Fraction], left: Fraction) -> list[Fraction]:
    """The amounts with what is left taken off, the first first."""
    rest = []
    for amount in due:
        taken = min(amount, left)
        left -= taken
        rest.append(amount - taken)
    return rest


def _left_of_old(level: Level, standing: Standing) -> Fraction:
    """Σ over segments not over of old fee × remainingDays / dayBase, of every line (SUB-64)."""
    paid, today = standing.paid, standing.today
    lines = {PLAN_LINE: standing.before.items[0]} | {item.id: item for item in standing.before.items[1:]}
    left = Fraction(0)
    for segment in paid.segments:
        for line in {**lines, **dict.fromkeys(line_of(each.item_id) for each in paid.charges)}:
            item = lines.get(line)  # None: what waits brings it, in a period that is charged already
            unknown = asked_today(level, item, segment.cycle_months, today) if item else 0
            lots = paid.lots(segment, level, line, item.quantity if item else 0, unknown)
            left += paid_share_micros(lots, segment, today)
    return left


def units_left(changes: Sequence[LineChange], standing: Standing) -> dict[str, int]:
    """How many units stay of each stored charge that loses some, by its id: what came last goes first (SUB-61).

    The same at every level, whoever sells there by now."""
    left: dict[str, int] = {}
    for segment in standing.paid.segments:
        for change in changes:
            here = standing.change_in(segment, change)
            if here.removed:
                left |= _left_of_line(segment, here, standing)
    return left


def _left_of_line(segment: PaidSegment, change: LineChange, standing: Standing) -> dict[str, int]:
    left: dict[str, int] = {}
    gone: dict[int, int] = {}
    for charge in reversed(standing.paid.charges):
        if charge.segment_id == segment.id and line_of(charge.item_id) == change.line and charge.left_quantity:
            taken = min(charge.left_quantity, change.removed - gone.get(charge.level, 0))
            if taken:
                gone[charge.level] = gone.get(charge.level, 0) + taken
                left[charge.id] = charge.left_quantity - taken
    return left
