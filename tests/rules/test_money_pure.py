"""Scenarios of the money rules as far as they are arithmetic: figures of a Wallet, tax, fees, rounding.

What is refused, posted or stored in the same scenarios is tested against the running system, under the same ids.
"""

from datetime import date
from fractions import Fraction

import pytest

from billing.posting import WalletTerms, refund_paid_out
from billing.refund import payout_fee
from billing.tax import INDIAN_RULES, TaxedAmount, gross_for_net, matching_rule, tax_on_top, tax_within
from billing.wallet_figures import (
    TemporaryRaise,
    WalletMode,
    WalletSums,
    check_raise,
    effective_limit,
    is_beyond_limit,
    missing,
    postpaid_figures,
    prepaid_figures,
    raise_of_percent,
)
from core.calendar import start_of_day
from core.clock import parse_instant
from core.money import format_amount, parse_amount, round_to_minor
from core.refusals import Refused


def sums(wallet: str = "0", unbilled: str = "0", due: str = "0", reserved: str = "0", limit: str = "0") -> WalletSums:
    wallet_micros, *others = (parse_amount(amount) for amount in (wallet, unbilled, due, reserved, limit))
    return WalletSums(wallet_micros, *others)


def text(micros: int, currency: str = "USD") -> str:
    return format_amount(micros, currency)


def test_ms_01_usable_is_balance_and_limit() -> None:
    figures = prepaid_figures(sums(wallet="86.10148", limit="2000"))
    assert figures.usable_micros == 2_086_101_480
    assert text(figures.balance_micros) == "86.10148"


def test_ms_02_borrowed_money() -> None:
    figures = prepaid_figures(sums(wallet="-8.67", limit="100"))
    assert text(figures.usable_micros) == "91.33"
    assert (text(figures.balance_micros), text(figures.borrowed_micros)) == ("-8.67", "8.67")


def test_ms_03_a_hold_lowers_what_is_usable() -> None:
    held = sums(wallet="100", reserved="30")
    assert text(missing(WalletMode.PREPAID, held, parse_amount("70.01"))) == "0.01"
    assert missing(WalletMode.PREPAID, held, parse_amount("70")) == 0
    assert text(prepaid_figures(sums(wallet="100")).usable_micros) == "100.00"


def test_ms_04_the_current_balance_of_a_postpaid_wallet() -> None:
    figures = postpaid_figures(sums(unbilled="-1610.61", due="-0.20544"))
    assert text(figures.current_balance_micros) == "-1610.81544"


def test_ms_05_unpaid_invoices_do_not_lower_usable() -> None:
    assert text(postpaid_figures(sums(unbilled="-250", due="-300", limit="1000")).usable_micros) == "750.00"


def test_ms_06_overpaid_money_may_be_spent() -> None:
    assert text(postpaid_figures(sums(due="424", limit="2400")).usable_micros) == "2824.00"


def test_ms_08_a_raise_ends_with_its_last_day() -> None:
    permanent = parse_amount("100")
    amount = raise_of_percent(permanent, Fraction(20), "USD")
    raised = TemporaryRaise(amount, start_of_day(date(2025, 5, 1), "UTC"))
    assert text(effective_limit(permanent, raised, parse_instant("2025-04-30T23:59:59Z"))) == "120.00"
    assert text(effective_limit(permanent, raised, parse_instant("2025-05-01T00:00:00Z"))) == "100.00"


@pytest.mark.parametrize(
    ("usage", "net_balance", "suspends"),
    [("-490", "10.00", False), ("-510", "-10.00", False), ("-600", "-100.00", False), ("-600.01", "-100.01", True)],
)
def test_ms_36_usage_suspends_strictly_beyond_the_limit(usage: str, net_balance: str, suspends: bool) -> None:
    wallet = sums(wallet="500", unbilled=usage, limit="100")
    assert text(prepaid_figures(wallet).net_balance_micros) == net_balance
    assert is_beyond_limit(WalletMode.PREPAID, wallet) is suspends


def test_ms_38_current_usage_alone_is_never_compared_with_the_limit() -> None:
    wallet = sums(wallet="1000", unbilled="-150", limit="100")
    assert text(prepaid_figures(wallet).net_balance_micros) == "850.00"
    assert is_beyond_limit(WalletMode.PREPAID, wallet) is False


def components(taxed: TaxedAmount) -> list[tuple[str, str]]:
    return [(tax.component, text(tax.amount_micros)) for tax in taxed.taxes]


@pytest.mark.parametrize(
    ("buyer_state", "taxes"),
    [("MH", [("IGST", "630.00")]), ("KA", [("CGST", "315.00"), ("SGST", "315.00")])],
)
def test_ms_51_the_indian_rule_on_both_sides_of_the_border(buyer_state: str, taxes: list[tuple[str, str]]) -> None:
    rule = matching_rule(INDIAN_RULES, "KA", "IN", buyer_state)
    taxed = tax_on_top(parse_amount("3500"), rule, buyer_state, "INR")
    assert components(taxed) == taxes
    assert text(taxed.gross_micros) == "4130.00"


def test_ms_52_tax_taken_at_payment_leaves_too_little_for_the_renewal() -> None:
    rule = INDIAN_RULES[0]
    taken = tax_within(parse_amount("11600"), rule, "KA", "INR")
    assert (text(taken.net_micros), text(taken.tax_micros)) == ("9830.51", "1769.49")
    lacking = parse_amount("10000") - taken.net_micros
    assert (text(lacking), text(gross_for_net(lacking, rule, "INR"))) == ("169.49", "200.00")


def test_ms_57_a_pay_out_keeps_the_fee_of_the_currency() -> None:
    refund = parse_amount("1100")
    fee = payout_fee(refund, parse_amount("21.40"))
    out = refund_paid_out(WalletTerms(), refund, fee, "CARD")[-1]
    assert (text(fee, "SGD"), text(out.amount_micros, "SGD"), out.detail) == ("21.40", "1078.60", "CARD")


def test_ms_67_all_six_decimals_are_kept() -> None:
    figures = postpaid_figures(sums(unbilled="65.98", due="-0.000009"))
    assert text(figures.current_balance_micros) == "65.979991"


def test_ms_68_a_raise_stays_when_the_permanent_limit_changes() -> None:
    now = parse_instant("2025-04-10T00:00:00Z")
    raised = TemporaryRaise(raise_of_percent(parse_amount("100"), Fraction(20), "USD"), now + 1)
    assert text(effective_limit(parse_amount("50"), raised, now)) == "70.00"
    with pytest.raises(Refused) as refused:
        check_raise(parse_amount("5"), parse_amount("50"), None, raised, now)
    assert refused.value.codes == ("TEMPORARY_LIMIT_RUNNING",)


@pytest.mark.parametrize(("net_balance", "suspends"), [("-99.99", False), ("-100.00", True)])
def test_ms_72_an_inclusive_limit_suspends_when_reached(net_balance: str, suspends: bool) -> None:
    wallet = sums(wallet=net_balance, limit="100")
    assert is_beyond_limit(WalletMode.PREPAID, wallet, credit_limit_inclusive=True) is suspends


def test_ms_75_the_fee_is_at_most_the_refund() -> None:
    refund = parse_amount("10")
    fee = payout_fee(refund, parse_amount("17"))
    entries = refund_paid_out(WalletTerms(), refund, fee, "CARD")
    assert text(fee) == "10.00"
    assert [(entry.ledger_account.value, text(entry.amount_micros)) for entry in entries] == [
        ("WALLET", "-10.00"),
        ("REVENUE", "10.00"),
    ]


@pytest.mark.parametrize(
    ("exact", "currency", "rounded"),
    [("1234.5", "JPY", "1235"), ("1.0005", "KWD", "1.001"), ("-2.675", "USD", "-2.68")],
)
def test_ms_78_rounding_half_up_to_the_minor_unit(exact: str, currency: str, rounded: str) -> None:
    assert format_amount(round_to_minor(parse_amount(exact), currency), currency) == rounded
