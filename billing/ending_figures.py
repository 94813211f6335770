"""What ending a subscription gives back and costs at every level (SUB-82 to SUB-86, MON-34). Pure: no database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from billing.chain import Level
from billing.paid_lots import line_of
from billing.posting import Entry, LedgerAccount, WalletTerms, charge, refund, refund_paid_out
from billing.refund import (
    ChargeRefund,
    MinimumTerm,
    RefundAfterWindow,
    RefundClock,
    RefundPolicy,
    early_end_charge,
    payout_fee,
    refund_charge,
)
from billing.stored_charges import StoredCharge
from billing.tax import TaxedAmount, tax_on_top
from billing.wallet_figures import WalletSums
from core.clock import Instant
from tenants.policy.policy_resolution import Policies


@dataclass(frozen=True, slots=True)
class Ending:
    """The dates that decide: local ones of the organization that holds the subscription."""

    today: date
    activated_on: date
    start_date: date
    anchor_date: date
    end_date: date


@dataclass(frozen=True, slots=True)
class ChargeEnding:
    """One charge and what comes back of it now, by its own terms, with the reason that the quote shows."""

    charge: StoredCharge
    terms: Policies
    refund: ChargeRefund
    given_back: TaxedAmount


@dataclass(frozen=True, slots=True)
class LevelEnding:
    """What one pair gives back, charges for the minimum term and pays out. Amounts in micros of its currency."""

    level: Level
    charges: tuple[ChargeEnding, ...]
    early_end: tuple[TaxedAmount, ...]
    pay_out_method: str | None = None

    @property
    def refund_micros(self) -> int:
        """What comes back, tax included."""
        return sum(each.given_back.gross_micros for each in self.charges)

    @property
    def early_end_micros(self) -> int:
        """What ending before the minimum term costs, tax included (SUB-86)."""
        return sum(each.gross_micros for each in self.early_end)

    @property
    def pays_out(self) -> bool:
        """Whether a refund leaves to card or bank."""
        return self.pay_out_method is not None and self.refund_micros > 0

    @property
    def fee_micros(self) -> int:
        """The fee of the currency for paying out, at most the refund (SUB-84)."""
        if not self.pays_out:
            return 0
        latest = [each for each in self.charges if each.given_back.gross_micros][-1]
        fees = latest.terms.money_by_currency("payoutFee")
        return payout_fee(self.refund_micros, fees.get(self.level.currency))

    @property
    def paid_out_micros(self) -> int:
        """What reaches card or bank."""
        return self.refund_micros - self.fee_micros if self.pays_out else 0

    @property
    def refunds_by_sale(self) -> dict[str, tuple[Entry, ...]]:
        """The entries that give back what each sale charged, so that each sale keeps its own margin (MON-33)."""
        sales: dict[str, list[ChargeEnding]] = {}
        for each in self.charges:
            sales.setdefault(each.charge.sale_id, []).append(each)
        return {sale_id: self._refund(parts) for sale_id, parts in sales.items() if _net(e.given_back for e in parts)}

    def _refund(self, parts: Sequence[ChargeEnding]) -> tuple[Entry, ...]:
        back = [each.given_back for each in parts]
        is_monthly = parts[0].terms.choice("refundDocument") == "MONTHLY_LINE"
        return refund(self._terms, _net(back), by_component(back), is_monthly_line=is_monthly)

    @property
    def early_end_entries(self) -> tuple[Entry, ...]:
        """The charge for the rest of the minimum term; none without one."""
        return charge(self._terms, _net(self.early_end), by_component(self.early_end))

    @property
    def pay_out_entries(self) -> tuple[Entry, ...]:
        """The refund leaving the Wallet again; none when it stays."""
        if not self.pays_out:
            return ()
        return refund_paid_out(self._terms, self.refund_micros, self.fee_micros, self.pay_out_method or "")

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Everything that is posted for the pair."""
        refunds = (entry for entries in self.refunds_by_sale.values() for entry in entries)
        return (*refunds, *self.early_end_entries, *self.pay_out_entries)

    def sums_after(self, now: Instant) -> WalletSums:
        """The Wallet's sums once everything is posted."""
        before = self.level.pair.wallet.sums(now)
        moved = dict.fromkeys(LedgerAccount, 0)
        for entry in self.entries:
            moved[entry.ledger_account] += entry.amount_micros
        return WalletSums(
            before.wallet_micros + moved[LedgerAccount.WALLET],
            before.unbilled_micros + moved[LedgerAccount.UNBILLED],
            before.due_micros + moved[LedgerAccount.DUE],
            before.reserved_micros,
            before.limit_micros,
        )

    @property
    def _terms(self) -> WalletTerms:
        return self.level.pair.wallet.terms(self.level.policies)


def end_levels(
    levels: Iterable[Level], charges: Sequence[StoredCharge], ending: Ending, pay_out_method: str | None
) -> tuple[LevelEnding, ...]:
    """Every pair of the chain as it stands, by the policy of its own periods (MON-34, SUB-120).

    Only the buyer's own pair pays out (SUB-84).
    A charge whose Wallet is not in the chain was made by a seller before a move and never comes back (MOVE-6)."""
    return tuple(
        _end_level(
            level,
            [each for each in charges if each.wallet_id == level.pair.wallet.id],
            ending,
            pay_out_method if level.pair.level == 0 else None,
        )
        for level in levels
    )


def refund_policy(policies: Policies) -> RefundPolicy:
    """The parameters that a charge of one pair was made under (SUB-82, SUB-83, SUB-120)."""
    return RefundPolicy(
        policies.boolean("allowRefund"),
        policies.integer("refundWindowDays"),
        RefundAfterWindow(policies.choice("refundAfterWindow")),
        RefundClock(policies.choice("refundClock")),
        policies.percent_or_none("refundMaxDiscountPercent"),
    )


def by_component(amounts: Iterable[TaxedAmount]) -> Mapping[str, int]:
    """The tax of several amounts, by component."""
    found: dict[str, int] = {}
    for tax in (tax for amount in amounts for tax in amount.taxes):
        found[tax.component] = found.get(tax.component, 0) + tax.amount_micros
    return found


def _end_level(
    level: Level, charges: Sequence[StoredCharge], ending: Ending, pay_out_method: str | None
) -> LevelEnding:
    ended = []
    for each in charges:
        terms = level.policies.keeping(each.terms)
        policy = refund_policy(terms)
        back = refund_charge(each.refundable, policy, ending.today, ending.activated_on, level.currency)
        ended.append(ChargeEnding(each, terms, back, each.not_yet_refunded(back.refunded, level.currency)))
    early_end = (_early_end(level, each, ending) for each in _binding(charges))
    return LevelEnding(level, tuple(ended), tuple(each for each in early_end if each.net_micros), pay_out_method)


def _binding(charges: Sequence[StoredCharge]) -> list[StoredCharge]:
    """The latest charge of each line that is held, if its price binds to a term: what a cycle costs now (SUB-86)."""
    latest = {line_of(each.item_id): each for each in charges}
    return [each for each in latest.values() if each.min_term_months is not None and each.cycle_fee_micros]


def _early_end(level: Level, bound: StoredCharge, ending: Ending) -> TaxedAmount:
    """The percentage of the cycles that are missing, with the tax that holds today (MON-83)."""
    term = MinimumTerm(ending.start_date, bound.min_term_months or 0, bound.early_end_percent)
    net_micros = early_end_charge(
        term, bound.cycle_fee_micros, bound.cycle_months, ending.anchor_date, ending.end_date, ending.today,
        level.currency,
    )  # fmt: skip
    rule = level.charged_tax_rule if bound.is_taxable else None
    return tax_on_top(net_micros, rule, level.pair.buyer.state_code, level.currency)


def _net(amounts: Iterable[TaxedAmount]) -> int:
    return sum(amount.net_micros for amount in amounts)
