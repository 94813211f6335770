"""Tax: MON-83, MON-84, the split of MON-50, the share of MON-34."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.tax import (
    INDIAN_RULES,
    TaxAmount,
    TaxedAmount,
    TaxPlace,
    TaxRate,
    TaxRule,
    gross_for_net,
    matching_rule,
    tax_given_back,
    tax_of_part,
    tax_on_top,
    tax_within,
)

OTHER_STATE, SAME_STATE = INDIAN_RULES
CENTS = st.integers(1, 10**8).map(lambda cents: cents * 10_000)
RATES = st.lists(st.integers(0, 3000).map(lambda n: Fraction(n, 100)), min_size=1, max_size=4)


def a_rule(*percents: Fraction | int, place: TaxPlace = TaxPlace.ANY_STATE) -> TaxRule:
    rates = tuple(TaxRate(f"T{index}", Fraction(percent)) for index, percent in enumerate(percents))
    return TaxRule("SG", place, rates)


def amounts_of(taxed: TaxedAmount) -> list[int]:
    return [tax.amount_micros for tax in taxed.taxes]


@pytest.mark.parametrize(
    ("seller_state", "country", "buyer_state", "rule"),
    [
        ("KA", "IN", "MH", OTHER_STATE),
        ("KA", "IN", "KA", SAME_STATE),
        ("KA", "IN", None, OTHER_STATE),
        ("KA", "SG", None, None),
    ],
)
def test_the_rule_of_the_buyers_country_and_state(
    seller_state: str, country: str, buyer_state: str | None, rule: TaxRule | None
) -> None:
    assert matching_rule(INDIAN_RULES, seller_state, country, buyer_state) == rule


def test_a_rule_for_any_state_holds_on_both_sides_of_the_border() -> None:
    goods = a_rule(9)
    assert matching_rule([goods], "A", "SG", "A") == matching_rule([goods], "A", "SG", "B") == goods


def test_each_component_is_rounded_by_itself() -> None:
    taxed = tax_on_top(50_000, a_rule(9, 9), "KA", "USD")  # 0.0045 each
    assert (amounts_of(taxed), taxed.gross_micros) == ([0, 0], 50_000)
    assert amounts_of(tax_on_top(60_000, a_rule(9, 9), "KA", "USD")) == [10_000, 10_000]
    assert tax_on_top(60_000, a_rule(9), "KA", "USD").taxes == (
        TaxAmount("T0", Fraction(9), 60_000, 10_000, "SG", "KA"),
    )


def test_without_a_rule_there_is_no_tax() -> None:
    untaxed = TaxedAmount(50_000_000, ())
    assert tax_on_top(50_000_000, None, None, "USD") == untaxed
    assert tax_within(50_000_000, None, None, "USD") == untaxed
    assert tax_within(50_000_000, a_rule(), None, "USD") == untaxed
    assert gross_for_net(50_000_000, None, "USD") == 50_000_000
    assert untaxed.tax_micros == 0


def test_the_last_component_takes_the_rest() -> None:
    taxed = tax_within(100_000_000, a_rule(9, 9, 1), "KA", "USD")  # net 84.03, tax 15.97
    assert (taxed.net_micros, amounts_of(taxed)) == (84_030_000, [7_560_000, 7_560_000, 850_000])


def test_components_of_nought_percent_take_nothing() -> None:
    taxed = tax_within(100_000_000, a_rule(0, 0), None, "USD")
    assert (taxed.net_micros, amounts_of(taxed)) == (100_000_000, [0, 0])


@given(CENTS, RATES)
def test_what_is_taken_at_payment_adds_up_to_the_payment(paid: int, percents: list[Fraction]) -> None:
    assert tax_within(paid, a_rule(*percents), None, "USD").gross_micros == paid


@given(CENTS, RATES)
def test_the_gross_asked_for_leaves_exactly_the_net(net: int, percents: list[Fraction]) -> None:
    rule = a_rule(*percents)
    assert tax_within(gross_for_net(net, rule, "USD"), rule, None, "USD").net_micros == net


def test_a_part_of_a_payment_goes_back_with_its_tax() -> None:
    payment = tax_within(118_000_000, SAME_STATE, "KA", "INR")
    back = tax_given_back(payment, 59_000_000, "INR")
    assert (back.net_micros, amounts_of(back), back.gross_micros) == (50_000_000, [4_500_000, 4_500_000], 59_000_000)
    assert tax_given_back(TaxedAmount(118_000_000, ()), 59_000_000, "INR") == TaxedAmount(59_000_000, ())


@given(CENTS, st.data())
def test_what_goes_back_adds_up_and_never_exceeds_the_payments_net(paid: int, data: st.DataObject) -> None:
    payment = tax_within(paid, SAME_STATE, "KA", "INR")
    given_back = data.draw(st.integers(1, paid // 10_000)) * 10_000
    back = tax_given_back(payment, given_back, "INR")
    assert back.gross_micros == given_back
    assert 0 <= back.net_micros <= payment.net_micros


def test_a_part_of_a_charge_carries_the_tax_of_its_snapshot() -> None:
    charged = tax_on_top(100_000_000, SAME_STATE, "KA", "INR")
    part = tax_of_part(33_330_000, charged, "INR")
    assert amounts_of(part) == [3_000_000, 3_000_000]
    assert [tax.base_micros for tax in part.taxes] == [33_330_000, 33_330_000]
    assert tax_of_part(100_000_000, charged, "INR") is charged
