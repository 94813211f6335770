"""Entries: the rows of MON-22 as exact tuples, MON-21 and MON-23 for all of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.posting import (
    ENTRIES,
    Entry,
    Event,
    Figures,
    LedgerAccount,
    Owner,
    Revenue,
    WalletTerms,
    charge,
    entries_of,
    payment,
    payment_taxed,
    refund,
    refund_paid_out,
    require_balanced,
    reversal,
)
from billing.wallet_figures import UsageSettlement, WalletMode
from core.refusals import Refused

PREPAID = WalletTerms()
POSTPAID = WalletTerms(WalletMode.POSTPAID)
BY_PERIOD = WalletTerms(WalletMode.PREPAID, UsageSettlement.END_OF_PERIOD)
TERMS = st.builds(WalletTerms, st.sampled_from(WalletMode), st.sampled_from(UsageSettlement))
AMOUNTS = st.integers(0, 10**12)
TAXES = st.dictionaries(st.sampled_from(["IGST", "CGST", "SGST"]), AMOUNTS)

Row = tuple[str, str, int, str | None]


def rows(entries: tuple[Entry, ...]) -> list[Row]:
    return [(entry.ledger_account.value, entry.owner.value, entry.amount_micros, entry.detail) for entry in entries]


def test_a_payment_lands_where_the_wallet_pays_from() -> None:
    assert rows(payment(PREPAID, 100, "CARD")) == [("CASH", "SELLER", -100, "CARD"), ("WALLET", "BUYER", 100, None)]
    assert rows(payment(POSTPAID, 100, "LINK")) == [("CASH", "SELLER", -100, "LINK"), ("DUE", "BUYER", 100, None)]


def test_tax_taken_at_payment_does_not_reach_the_wallet() -> None:
    assert rows(payment_taxed(118, {"CGST": 9, "SGST": 9}, "LINK")) == [
        ("CASH", "SELLER", -118, "LINK"),
        ("TAX", "SELLER", 9, "CGST"),
        ("TAX", "SELLER", 9, "SGST"),
        ("WALLET", "BUYER", 100, None),
    ]


SOLD: list[Row] = [("REVENUE", "SELLER", 100, "SUBSCRIPTION"), ("TAX", "SELLER", 18, "IGST")]


def test_a_purchase_is_charged_by_the_wallets_mode() -> None:
    assert rows(charge(PREPAID, 100, {"IGST": 18})) == [("WALLET", "BUYER", -118, None), *SOLD]
    assert rows(charge(POSTPAID, 100, {"IGST": 18})) == [("UNBILLED", "BUYER", -118, None), *SOLD]


def test_what_is_invoiced_at_once_moves_to_due_in_the_same_transaction() -> None:
    moved: list[Row] = [("UNBILLED", "BUYER", 118, None), ("DUE", "BUYER", -118, None)]
    charged = charge(POSTPAID, 100, {"IGST": 18}, is_invoiced_at_once=True)
    assert rows(charged) == [("UNBILLED", "BUYER", -118, None), *SOLD, *moved]
    assert rows(charge(PREPAID, 100, {"IGST": 18}, is_invoiced_at_once=True)) == [
        ("WALLET", "BUYER", -118, None),
        *SOLD,
    ]


@pytest.mark.parametrize(
    ("revenue", "account"),
    [
        (Revenue.SUBSCRIPTION, LedgerAccount.WALLET),
        (Revenue.ADMIN_FEE, LedgerAccount.WALLET),
        (Revenue.USAGE, LedgerAccount.UNBILLED),
        (Revenue.ACTIVATION_FEE, LedgerAccount.UNBILLED),
        (Revenue.MANUAL, LedgerAccount.UNBILLED),
    ],
)
def test_a_prepaid_wallet_settled_by_period_keeps_usage_and_one_time_charges_unbilled(
    revenue: Revenue, account: LedgerAccount
) -> None:
    assert charge(BY_PERIOD, 5, {}, revenue)[0] == Entry(account, Owner.BUYER, -5)
    assert charge(PREPAID, 5, {}, revenue)[0].ledger_account is LedgerAccount.WALLET


GIVEN_BACK: list[Row] = [("REVENUE", "SELLER", -100, "SUBSCRIPTION"), ("TAX", "SELLER", -18, "IGST")]


def test_a_refund_takes_back_revenue_and_tax() -> None:
    assert rows(refund(PREPAID, 100, {"IGST": 18})) == [*GIVEN_BACK, ("WALLET", "BUYER", 118, None)]
    assert rows(refund(POSTPAID, 100, {"IGST": 18})) == [*GIVEN_BACK, ("DUE", "BUYER", 118, None)]


def test_a_refund_as_a_monthly_line_stays_unbilled_in_postpaid_only() -> None:
    assert rows(refund(POSTPAID, 100, {"IGST": 18}, is_monthly_line=True))[-1] == ("UNBILLED", "BUYER", 118, None)
    assert rows(refund(PREPAID, 100, {"IGST": 18}, is_monthly_line=True))[-1] == ("WALLET", "BUYER", 118, None)


def test_a_free_charge_has_no_entries() -> None:
    assert charge(PREPAID, 0, {"IGST": 0}) == ()


def test_withheld_tax_completes_a_payment() -> None:
    withheld = entries_of(Event.PAYMENT_WITHHELD, POSTPAID, Figures(118, withheld_micros=2, method="BANK_TRANSFER"))
    assert rows(withheld) == [
        ("CASH", "SELLER", -116, "BANK_TRANSFER"),
        ("TDS", "SELLER", -2, None),
        ("DUE", "BUYER", 118, None),
    ]


def test_the_debt_of_a_wallet_moves_with_its_mode() -> None:
    assert rows(entries_of(Event.TO_POSTPAID, PREPAID, Figures(-40))) == [
        ("WALLET", "BUYER", 40, None),
        ("DUE", "BUYER", -40, None),
    ]


@pytest.mark.parametrize("event", Event)
def test_every_event_has_its_row(event: Event) -> None:
    figures = Figures(100, 70, {"IGST": 12}, 5, 3, "CASH", Revenue.MANUAL)
    assert len(entries_of(event, PREPAID, figures)) == ENTRIES[event].count("·") + 1


@given(st.sampled_from(Event), TERMS, AMOUNTS, AMOUNTS, TAXES, AMOUNTS, AMOUNTS, st.sampled_from(Revenue))
def test_entries_sum_to_zero_whatever_the_event(
    event: Event, terms: WalletTerms, x: int, n: int, t: dict[str, int], f: int, w: int, revenue: Revenue
) -> None:
    entries = entries_of(event, terms, Figures(x, n, t, f, w, "CARD", revenue))
    assert sum(entry.amount_micros for entry in entries) == 0
    assert all(entry.amount_micros for entry in entries)


@given(TERMS, AMOUNTS, TAXES, st.booleans())
def test_a_reversal_undoes_every_account_and_itself(
    terms: WalletTerms, n: int, t: dict[str, int], at_once: bool
) -> None:
    charged = charge(terms, n, t, is_invoiced_at_once=at_once)
    undone = reversal(charged)
    assert [(entry.ledger_account, entry.detail) for entry in undone] == [
        (entry.ledger_account, entry.detail) for entry in charged
    ]
    assert all(one.amount_micros == -other.amount_micros for one, other in zip(charged, undone, strict=True))
    assert reversal(undone) == charged


def test_a_pay_out_keeps_the_fee() -> None:
    assert rows(refund_paid_out(POSTPAID, 100, 10, "BANK_TRANSFER")) == [
        ("DUE", "BUYER", -100, None),
        ("REVENUE", "SELLER", 10, "ADMIN_FEE"),
        ("CASH", "SELLER", 90, "BANK_TRANSFER"),
    ]


def test_entries_that_do_not_sum_to_zero_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        require_balanced([Entry(LedgerAccount.WALLET, Owner.BUYER, 1)])
    assert refused.value.codes == ("LEDGER_UNBALANCED",)
