"""Tax on a line and tax taken at payment (MON-83, MON-84, the split of MON-50). Pure arithmetic over rules as data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from core.money import round_to_minor


class TaxPlace(StrEnum):
    """Where the buyer sits as seen from the seller's state."""

    ANY_STATE = "ANY_STATE"
    SAME_STATE = "SAME_STATE"
    OTHER_STATE = "OTHER_STATE"


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One component of a rule, such as CGST; the rate in percent."""

    component: str
    percent: Fraction


@dataclass(frozen=True, slots=True)
class TaxRule:
    """What a seller takes from buyers of a country, or of one side of its state's border; rates in fixed order."""

    country: str
    place: TaxPlace
    rates: tuple[TaxRate, ...]


@dataclass(frozen=True, slots=True)
class TaxAmount:
    """A component as charged: a snapshot that later rules never change (MON-83). Amounts in micros."""

    component: str
    percent: Fraction
    base_micros: int
    amount_micros: int
    country: str
    state: str | None


@dataclass(frozen=True, slots=True)
class TaxedAmount:
    """A net amount and its tax components, in micros."""

    net_micros: int
    taxes: tuple[TaxAmount, ...]

    @property
    def tax_micros(self) -> int:
        """All components together."""
        return sum(tax.amount_micros for tax in self.taxes)

    @property
    def gross_micros(self) -> int:
        """Net and tax."""
        return self.net_micros + self.tax_micros


INDIAN_RULES = (
    TaxRule("IN", TaxPlace.OTHER_STATE, (TaxRate("IGST", Fraction(18)),)),
    TaxRule("IN", TaxPlace.SAME_STATE, (TaxRate("CGST", Fraction(9)), TaxRate("SGST", Fraction(9)))),
)


def matching_rule(
    rules: Iterable[TaxRule], seller_state: str | None, buyer_country: str, buyer_state: str | None
) -> TaxRule | None:
    """The first of the seller's rules for the buyer's country and side of the border; None means no tax (MON-83)."""
    place = TaxPlace.SAME_STATE if seller_state == buyer_state else TaxPlace.OTHER_STATE
    fitting = (rule for rule in rules if rule.country == buyer_country and rule.place in (TaxPlace.ANY_STATE, place))
    return next(fitting, None)


def tax_on_top(net_micros: int, rule: TaxRule | None, state: str | None, currency: str) -> TaxedAmount:
    """A line's tax: each component on the rounded net, rounded by itself (MON-83). Without a rule no tax."""
    if rule is None:
        return TaxedAmount(net_micros, ())
    taxes = tuple(
        TaxAmount(
            rate.component,
            rate.percent,
            net_micros,
            round_to_minor(net_micros * rate.percent / 100, currency),
            rule.country,
            state,
        )
        for rate in rule.rates
    )
    return TaxedAmount(net_micros, taxes)


def tax_within(paid_micros: int, rule: TaxRule | None, state: str | None, currency: str) -> TaxedAmount:
    """`taxTiming` PAYMENT: net = round(x x 100 / (100 + rate)), the rest is tax (MON-84). Without a rule no tax."""
    if rule is None or not rule.rates:
        return TaxedAmount(paid_micros, ())
    net_micros = round_to_minor(paid_micros * 100 / (100 + _total_percent(rule)), currency)
    return _split_by_share(net_micros, paid_micros - net_micros, rule, state, currency)


def gross_for_net(net_micros: int, rule: TaxRule | None, currency: str) -> int:
    """The payment that leaves exactly this net under `taxTiming` PAYMENT, for asking what is still lacking (MON-84)."""
    return net_micros if rule is None else round_to_minor(net_micros * (100 + _total_percent(rule)) / 100, currency)


def tax_given_back(payment: TaxedAmount, given_back_micros: int, currency: str) -> TaxedAmount:
    """The part of a payment taxed at payment that goes back: net = round(net x given back / payment), the rest is tax.

    The tax is split as when it was taken, from the payment's own snapshot (MON-50, MON-84).
    """
    share = Fraction(given_back_micros, payment.gross_micros)
    net_micros = round_to_minor(payment.net_micros * share, currency)
    tax_micros = given_back_micros - net_micros
    if not payment.taxes:
        return TaxedAmount(given_back_micros, ())
    first = payment.taxes[0]
    rates = tuple(TaxRate(tax.component, tax.percent) for tax in payment.taxes)
    rule = TaxRule(first.country, TaxPlace.ANY_STATE, rates)
    return _split_by_share(net_micros, tax_micros, rule, first.state, currency)


def tax_of_part(part_net_micros: int, charged: TaxedAmount, currency: str) -> TaxedAmount:
    """A part of a charge's net with the tax that its original snapshot puts on it (MON-34).

    The whole net has exactly the tax that was charged; a part is rounded per component, never above what was charged.
    """
    if part_net_micros == charged.net_micros:
        return charged
    taxes = tuple(
        TaxAmount(
            tax.component,
            tax.percent,
            part_net_micros,
            min(tax.amount_micros, round_to_minor(part_net_micros * tax.percent / 100, currency)),
            tax.country,
            tax.state,
        )
        for tax in charged.taxes
    )
    return TaxedAmount(part_net_micros, taxes)


def _total_percent(rule: TaxRule) -> Fraction:
    return sum((rate.percent for rate in rule.rates), Fraction(0))


def _split_by_share(net_micros: int, tax_micros: int, rule: TaxRule, state: str | None, currency: str) -> TaxedAmount:
    """Each component but the last is rounded by its share, the last takes the rest (MON-84)."""
    amounts = _shares(tax_micros, rule.rates, _total_percent(rule), currency)
    taxes = tuple(
        TaxAmount(rate.component, rate.percent, net_micros, amount, rule.country, state)
        for rate, amount in zip(rule.rates, amounts, strict=True)
    )
    return TaxedAmount(net_micros, taxes)


def _shares(tax_micros: int, rates: Sequence[TaxRate], total: Fraction, currency: str) -> list[int]:
    leading = [round_to_minor(tax_micros * rate.percent / total, currency) if total else 0 for rate in rates[:-1]]
    return [*leading, tax_micros - sum(leading)]
