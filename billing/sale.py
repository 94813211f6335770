"""What a sale costs at every level and who cannot pay it (MON-30 to MON-33, MON-83). Pure: facts in, figures out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from billing.chain import Level, LevelPrice, OrderedItem, SaleChain, level_price
from billing.invoice_figures import debt_micros, open_at_issue
from billing.periods import PaidTime, Segment
from billing.posting import Entry, LedgerAccount, charge
from billing.tax import TaxedAmount, tax_on_top
from billing.wallet_figures import WalletMode, WalletSums, missing, usable
from billing.wallets import WalletRow
from core.clock import Instant


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One item in one segment at one level: rounded once, its tax a snapshot (MON-2, MON-83)."""

    item: OrderedItem
    segment: Segment
    price: LevelPrice
    taxed: TaxedAmount


@dataclass(frozen=True)
class LevelSale:
    """What one pair is charged. Amounts in micros of the pair's currency. What a purchase asks often is kept."""

    level: Level
    lines: tuple[ChargeLine, ...]

    @cached_property
    def net_micros(self) -> int:
        """All lines without tax."""
        return sum(line.taxed.net_micros for line in self.lines)

    @cached_property
    def tax_micros(self) -> dict[str, int]:
        """The tax by component."""
        found: dict[str, int] = {}
        for tax in (tax for line in self.lines for tax in line.taxed.taxes):
            found[tax.component] = found.get(tax.component, 0) + tax.amount_micros
        return found

    @cached_property
    def gross_micros(self) -> int:
        """What the buyer of the pair pays."""
        return sum(line.taxed.gross_micros for line in self.lines)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The pair's entries; none for a sale at 0 (MON-22)."""
        wallet = self.level.pair.wallet
        terms = wallet.terms(self.level.policies)
        return charge(terms, self.net_micros, self.tax_micros, is_invoiced_at_once=self.is_invoiced_at_once)

    @cached_property
    def is_invoiced_at_once(self) -> bool:
        """Whether the purchase makes a TAX invoice of its own (MON-70); a group's come once a cycle (MON-36)."""
        at_once = self.level.policies.choice("invoicing") == "INDIVIDUAL_AND_MONTHLY"
        return at_once and self.gross_micros > 0 and not self.level.pair.is_of_group

    def opened_micros(self, now: Instant) -> int:
        """What stays open of that invoice, 0 without one (MON-75)."""
        if not self.is_invoiced_at_once:
            return 0
        wallet = self.level.pair.wallet
        debt = debt_micros(wallet.mode, self.sums_after(now))
        return open_at_issue(self.gross_micros, debt, wallet.invoice_open_micros)

    def missing_micros(self, now: Instant) -> int:
        """How much the pair's Wallet is short, 0 when it covers the gross amount (MON-19, MON-32)."""
        wallet = self.level.pair.wallet
        return missing(wallet.mode, wallet.sums(now), self.gross_micros)

    def wallet_after(self, now: Instant) -> WalletRow:
        """The Wallet once the entries are posted."""
        before = self.level.pair.wallet
        moved = dict.fromkeys(LedgerAccount, 0)
        for entry in self.entries:
            moved[entry.ledger_account] += entry.amount_micros
        return replace(
            before,
            wallet_micros=before.wallet_micros + moved[LedgerAccount.WALLET],
            unbilled_micros=before.unbilled_micros + moved[LedgerAccount.UNBILLED],
            due_micros=before.due_micros + moved[LedgerAccount.DUE],
        )

    def sums_after(self, now: Instant) -> WalletSums:
        """The Wallet's sums once the entries are posted."""
        return self.wallet_after(now).sums(now)


@dataclass(frozen=True, slots=True)
class Sale:
    """The whole chain, from the buyer's pair upward; time is the same at every level."""

    levels: tuple[LevelSale, ...]
    time: PaidTime
    external_number: str | None = None
    """The number of the invoice that the buyer's seller writes elsewhere; the buyer's pair is at 0 (MON-90)."""

    @property
    def buyer(self) -> LevelSale:
        """The subscribing organization's own pair."""
        return self.levels[0]

    def margin_micros(self, level: int) -> int | None:
        """What the seller of that level keeps: net price less net cost; None in two currencies (MON-33)."""
        if level == 0 and self.external_number is not None:
            return None
        if level + 1 == len(self.levels):
            return self.levels[level].net_micros
        sold, bought = self.levels[level], self.levels[level + 1]
        return sold.net_micros - bought.net_micros if sold.level.currency == bought.level.currency else None


def price_sale(
    chain: SaleChain,
    items: Sequence[OrderedItem],
    time: PaidTime,
    cycle_months: int,
    *,
    is_each_its_own_period: bool = False,
) -> Sale:
    """Every line at every level, at the prices in force on the first day (SUB-3), from the buyer upward.

    is_each_its_own_period: of several periods paid at once each costs what is in force on its own first day.
    Refused: PLAN_NOT_OFFERED, PRICE_MISSING, CYCLE_NOT_OFFERED (the buyer's level), COST_MISSING (above)."""
    first_days = {each: each.start if is_each_its_own_period else time.start for each in time.segments}
    return Sale(
        tuple(LevelSale(level, tuple(_lines(level, items, first_days, cycle_months))) for level in chain.levels), time
    )


def invoiced_elsewhere(sale: Sale, number: str) -> Sale:
    """The same sale with nothing charged at the buyer's pair; every higher pair pays its cost (MON-90)."""
    own = sale.buyer
    free = tuple(
        replace(line, taxed=TaxedAmount(0, ()), price=LevelPrice(replace(line.price.unit, amount_micros=0)))
        for line in own.lines
    )
    return replace(sale, levels=(LevelSale(own.level, free), *sale.levels[1:]), external_number=number)


def _lines(
    level: Level, items: Sequence[OrderedItem], first_days: Mapping[Segment, date], cycle_months: int
) -> Iterator[ChargeLine]:
    state = level.pair.buyer.state_code
    for item in items:
        for segment, first_day in first_days.items():
            price = level_price(level, item.id, cycle_months, first_day, item.field)
            net = segment.fee_micros(price.unit.amount_micros * item.quantity, level.currency)
            rule = level.charged_tax_rule if item.is_taxable else None
            yield ChargeLine(item, segment, price, tax_on_top(net, rule, state, level.currency))


def shown_balance(mode: WalletMode, sums: WalletSums) -> int:
    """The one figure for a Wallet's balance: stored money, or what is unbilled and due (MON-11, MON-12)."""
    return sums.wallet_micros if mode is WalletMode.PREPAID else sums.unbilled_micros + sums.due_micros


def usable_after(level: LevelSale, now: Instant) -> int:
    """What may still be spent once the sale is posted."""
    return usable(level.level.pair.wallet.mode, level.sums_after(now))
