"""Which entries an event posts (MON-20 to MON-23). Pure: the rule book's table as data, and its reader."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from billing.wallet_figures import UsageSettlement, WalletMode
from core.refusals import refuse


class LedgerAccount(StrEnum):
    """A column of the books; a positive entry puts money in, a negative one takes it out (MON-20)."""

    WALLET = "WALLET"
    UNBILLED = "UNBILLED"
    DUE = "DUE"
    ACCOUNT = "ACCOUNT"
    PAYABLE = "PAYABLE"
    CASH = "CASH"
    SUSPENSE = "SUSPENSE"
    REVENUE = "REVENUE"
    TAX = "TAX"
    ISSUED = "ISSUED"
    PROMOTION = "PROMOTION"
    COMMISSION = "COMMISSION"
    OPENING = "OPENING"
    BAD_DEBT = "BAD_DEBT"
    TDS = "TDS"
    ROUNDING = "ROUNDING"


class Owner(StrEnum):
    """Whose row an entry is: BUYER rows are seen by both sides of the pair, SELLER rows from the seller up (MON-24)."""

    BUYER = "BUYER"
    SELLER = "SELLER"


_OF_THE_PAIR = frozenset(
    {LedgerAccount.WALLET, LedgerAccount.UNBILLED, LedgerAccount.DUE, LedgerAccount.ACCOUNT, LedgerAccount.PAYABLE}
)


class Revenue(StrEnum):
    """The kinds of net sales (MON-20)."""

    SUBSCRIPTION = "SUBSCRIPTION"
    USAGE = "USAGE"
    ACTIVATION_FEE = "ACTIVATION_FEE"
    MANUAL = "MANUAL"
    ADMIN_FEE = "ADMIN_FEE"


_BY_PERIOD = frozenset({Revenue.USAGE, Revenue.ACTIVATION_FEE, Revenue.MANUAL})
"""What `usageSettlement` END_OF_PERIOD keeps unbilled: usage and one-time charges (MON-22)."""


class Event(StrEnum):
    """What posts entries; one row of MON-22 each."""

    PAYMENT = "PAYMENT"
    PAYMENT_TAXED = "PAYMENT_TAXED"
    PAYMENT_UNASSIGNED = "PAYMENT_UNASSIGNED"
    PAYMENT_ASSIGNED = "PAYMENT_ASSIGNED"
    CREDIT_ISSUED = "CREDIT_ISSUED"
    CHARGE = "CHARGE"
    PROMOTION = "PROMOTION"
    REFUND = "REFUND"
    REFUND_ON_MONTHLY_INVOICE = "REFUND_ON_MONTHLY_INVOICE"
    REFUND_PAID_OUT = "REFUND_PAID_OUT"
    WITHDRAWAL = "WITHDRAWAL"
    OPENING_BALANCE = "OPENING_BALANCE"
    INVOICED = "INVOICED"
    PAID_FROM_STORED_MONEY = "PAID_FROM_STORED_MONEY"
    WRITE_OFF = "WRITE_OFF"
    PAYMENT_AFTER_WRITE_OFF = "PAYMENT_AFTER_WRITE_OFF"
    PAYMENT_WITHHELD = "PAYMENT_WITHHELD"
    WITHHELD_GIVEN_BACK = "WITHHELD_GIVEN_BACK"
    CERTIFICATE_MISSING = "CERTIFICATE_MISSING"
    TO_POSTPAID = "TO_POSTPAID"
    TO_PREPAID = "TO_PREPAID"


# Places are ledger accounts, or BUYER and PAID, which depend on the Wallet (MON-22). Figures: x amount, n net, t tax,
# g = n + t, f fee, w withheld.
ENTRIES: Mapping[Event, str] = {
    Event.PAYMENT: "CASH -x · PAID +x",
    Event.PAYMENT_TAXED: "CASH -x · TAX +t · WALLET +x-t",
    Event.PAYMENT_UNASSIGNED: "CASH -x · SUSPENSE +x",
    Event.PAYMENT_ASSIGNED: "SUSPENSE -x · PAID +x",
    Event.CREDIT_ISSUED: "ISSUED -x · WALLET +x",
    Event.CHARGE: "BUYER -g · REVENUE +n · TAX +t",
    Event.PROMOTION: "PROMOTION -x · BUYER +x",
    Event.REFUND: "REVENUE -n · TAX -t · PAID +g",
    Event.REFUND_ON_MONTHLY_INVOICE: "REVENUE -n · TAX -t · UNBILLED +g",
    Event.REFUND_PAID_OUT: "PAID -x · REVENUE +f · CASH +x-f",
    Event.WITHDRAWAL: "PAID -x · CASH +x",
    Event.OPENING_BALANCE: "OPENING -x · WALLET +x",
    Event.INVOICED: "UNBILLED +g · DUE -g",
    Event.PAID_FROM_STORED_MONEY: "WALLET -x · DUE +x",
    Event.WRITE_OFF: "BAD_DEBT -x · PAID +x",
    Event.PAYMENT_AFTER_WRITE_OFF: "CASH -x · BAD_DEBT +x",
    Event.PAYMENT_WITHHELD: "CASH -x+w · TDS -w · PAID +x",
    Event.WITHHELD_GIVEN_BACK: "TDS -w · CASH +w",
    Event.CERTIFICATE_MISSING: "PAID -w · TDS +w",
    Event.TO_POSTPAID: "WALLET -x · DUE +x",
    Event.TO_PREPAID: "DUE -x · WALLET +x",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a LedgerTransaction, in micros; detail: method of CASH, component of TAX, kind of REVENUE."""

    ledger_account: LedgerAccount
    owner: Owner
    amount_micros: int
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class WalletTerms:
    """What decides where a buyer's money lands."""

    mode: WalletMode = WalletMode.PREPAID
    usage_settlement: UsageSettlement = UsageSettlement.IMMEDIATE

    @property
    def paid(self) -> LedgerAccount:
        """PAID of MON-22: where money that comes in or goes back lands."""
        return LedgerAccount.WALLET if self.mode is WalletMode.PREPAID else LedgerAccount.DUE

    def buyer(self, revenue: Revenue) -> LedgerAccount:
        """BUYER of MON-22: where a charge of this kind lands."""
        by_period = self.usage_settlement is UsageSettlement.END_OF_PERIOD and revenue in _BY_PERIOD
        return LedgerAccount.UNBILLED if self.mode is WalletMode.POSTPAID or by_period else LedgerAccount.WALLET


@dataclass(frozen=True, slots=True)
class Figures:
    """The amounts of an event in micros: x, n, the tax by component, f and w; the details name the rows."""

    amount_micros: int = 0
    net_micros: int = 0
    tax_micros: Mapping[str, int] = field(default_factory=dict)
    fee_micros: int = 0
    withheld_micros: int = 0
    method: str | None = None
    revenue: Revenue = Revenue.SUBSCRIPTION

    def value(self, letter: str) -> int:
        """The figure that a letter of ENTRIES stands for."""
        tax = sum(self.tax_micros.values())
        return {
            "x": self.amount_micros,
            "n": self.net_micros,
            "t": tax,
            "g": self.net_micros + tax,
            "f": self.fee_micros,
            "w": self.withheld_micros,
        }[letter]


def entries_of(event: Event, terms: WalletTerms, figures: Figures) -> tuple[Entry, ...]:
    """The entries of one pair for an event; entries of 0 are left out, the sum is 0 (MON-21, MON-22)."""
    written = tuple(
        entry
        for row in ENTRIES[event].split(" · ")
        for entry in _entries_of_row(row, terms, figures)
        if entry.amount_micros
    )
    require_balanced(written)
    return written


def payment(terms: WalletTerms, amount_micros: int, method: str) -> tuple[Entry, ...]:
    """A payment or top-up that settled."""
    return entries_of(Event.PAYMENT, terms, Figures(amount_micros, method=method))


def payment_taxed(amount_micros: int, tax_micros: Mapping[str, int], method: str) -> tuple[Entry, ...]:
    """The same with `taxTiming` PAYMENT, PREPAID only: the tax inside it does not reach the Wallet (MON-84)."""
    figures = Figures(amount_micros, tax_micros=tax_micros, method=method)
    return entries_of(Event.PAYMENT_TAXED, WalletTerms(), figures)


def charge(
    terms: WalletTerms,
    net_micros: int,
    tax_micros: Mapping[str, int],
    revenue: Revenue = Revenue.SUBSCRIPTION,
    is_invoiced_at_once: bool = False,
) -> tuple[Entry, ...]:
    """A purchase, renewal, usage or other charge; what is unbilled and invoiced at once moves on to DUE with it."""
    figures = Figures(net_micros=net_micros, tax_micros=tax_micros, revenue=revenue)
    charged = entries_of(Event.CHARGE, terms, figures)
    if is_invoiced_at_once and terms.buyer(revenue) is LedgerAccount.UNBILLED:
        charged += entries_of(Event.INVOICED, terms, figures)
    return charged


def refund(
    terms: WalletTerms, net_micros: int, tax_micros: Mapping[str, int], is_monthly_line: bool = False
) -> tuple[Entry, ...]:
    """The refund of a subscription; a line of the monthly invoice only in POSTPAID (`refundDocument` MONTHLY_LINE)."""
    on_invoice = is_monthly_line and terms.mode is WalletMode.POSTPAID
    event = Event.REFUND_ON_MONTHLY_INVOICE if on_invoice else Event.REFUND
    return entries_of(event, terms, Figures(net_micros=net_micros, tax_micros=tax_micros))


def refund_paid_out(terms: WalletTerms, amount_micros: int, fee_micros: int, method: str) -> tuple[Entry, ...]:
    """A refund that leaves to card or bank, less the fee (at most the refund: billing.refund.payout_fee, SUB-84)."""
    figures = Figures(amount_micros, fee_micros=fee_micros, method=method, revenue=Revenue.ADMIN_FEE)
    return entries_of(Event.REFUND_PAID_OUT, terms, figures)


def reversal(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Exactly the opposite entries; the only answer to a wrong transaction (MON-23)."""
    return tuple(Entry(entry.ledger_account, entry.owner, -entry.amount_micros, entry.detail) for entry in entries)


def require_balanced(entries: Iterable[Entry]) -> None:
    """Refuses entries that do not sum to zero with `LEDGER_UNBALANCED` (MON-21)."""
    difference = sum(entry.amount_micros for entry in entries)
    if difference:
        refuse("LEDGER_UNBALANCED", "The entries do not sum to zero.", difference_micros=difference)


def _entries_of_row(row: str, terms: WalletTerms, figures: Figures) -> tuple[Entry, ...]:
    """One row of ENTRIES as entries; tax has one for each component."""
    place, signed = _parsed(row)
    if place == LedgerAccount.TAX:
        sign = signed[0][0]
        return tuple(
            Entry(LedgerAccount.TAX, Owner.SELLER, sign * amount, component)
            for component, amount in figures.tax_micros.items()
        )
    account = _account_of(place, terms, figures)
    owner = Owner.BUYER if account in _OF_THE_PAIR else Owner.SELLER
    amount = sum(sign * figures.value(letter) for sign, letter in signed)
    return (Entry(account, owner, amount, _detail(account, figures)),)


@lru_cache(maxsize=256)
def _parsed(row: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    """The place of a row of ENTRIES, and its figures with their signs."""
    place, formula = row.split(" ")
    return place, tuple((-1 if sign == "-" else 1, letter) for sign, letter in re.findall(r"([+-])([a-z])", formula))


def _account_of(place: str, terms: WalletTerms, figures: Figures) -> LedgerAccount:
    if place == "BUYER":
        return terms.buyer(figures.revenue)
    return terms.paid if place == "PAID" else LedgerAccount(place)


def _detail(account: LedgerAccount, figures: Figures) -> str | None:
    return {LedgerAccount.CASH: figures.method, LedgerAccount.REVENUE: figures.revenue.value}.get(account)
