"""Scenarios of the subscription rules as far as they are arithmetic: dates, amounts and the instants of the ladder.

What is refused, posted or stored in the same scenarios is tested against the running system, under the same ids.
"""

from datetime import date
from fractions import Fraction

import pytest

from billing.periods import (
    PaidTime,
    aligned_renewal,
    boundary,
    extended_by_cycles,
    extended_to,
    first_calendar_period,
    first_period,
    next_period,
    reactivated,
)
from billing.prices import multi_month_amount
from billing.proration import (
    ChargedSegment,
    category_change,
    change_charge,
    no_service_credit,
    reduced_renewal,
    restart_charge,
)
from billing.refund import (
    ChargeKind,
    ContractBilling,
    MinimumTerm,
    RefundableCharge,
    RefundAfterWindow,
    RefundClock,
    RefundPolicy,
    early_end_charge,
    refund_charge,
)
from billing.subscription_status import Facts, FinalState, Ladder, Status, ladder, status_at, trial_ladder
from billing.tax import INDIAN_RULES, TaxedAmount, tax_on_top
from core.calendar import add_months, same_local_time
from core.clock import parse_instant
from core.money import format_amount, parse_amount
from core.refusals import Refused

DEFAULT = RefundPolicy()
MYOPERATOR = RefundPolicy(
    refund_window_days=30,
    refund_after_window=RefundAfterWindow.NONE,
    refund_clock=RefundClock.ACTIVATION,
    refund_max_discount_percent=Fraction(10),
)


def usd(text: str) -> int:
    return parse_amount(text)


def text(micros: int) -> str:
    return format_amount(micros, "USD")


def day(iso: str) -> date:
    return date.fromisoformat(iso)


def dates_of(paid: PaidTime) -> tuple[str, str]:
    return paid.start.isoformat(), paid.end.isoformat()


def charged(first_day: str, months: int, cycle_price: str) -> ChargedSegment:
    start, end = day(first_day), add_months(day(first_day), months)
    return ChargedSegment(start, end, (end - start).days, usd(cycle_price))


def upgrade(segment: ChargedSegment, new_price: str, today: str, quantity: int = 1) -> str:
    return text(change_charge([segment], usd(new_price), quantity, day(today), "USD"))


def a_cycle(first_day: str, months: int, fee: str, discount: str = "0") -> RefundableCharge:
    start = day(first_day)
    net = TaxedAmount(usd(fee), ())
    return RefundableCharge(start, add_months(start, months), start, net, ChargeKind.WHOLE_CYCLE, Fraction(discount))


def refunded(charge: RefundableCharge, today: str, policy: RefundPolicy = DEFAULT) -> str:
    return text(refund_charge(charge, policy, day(today), charge.first_day, "USD").refunded.net_micros)


def status_on(steps: Ladder, at: str, final_state: FinalState, is_trial: bool = False) -> Status:
    facts = Facts(steps.ends_at, steps.grace_ends_at, steps.ladder_ends_at, final_state, is_trial)
    return status_at(facts, parse_instant(at))


def test_ss_01_a_monthly_period_from_the_day_of_purchase() -> None:
    bought = first_period(day("2020-11-16"), 1)
    assert dates_of(bought) == ("2020-11-16", "2020-12-16")
    assert bought.segments[0].last_day == day("2020-12-15")
    assert text(bought.fee_micros(usd("50"), "USD")) == "50.00"


def test_ss_04_boundaries_from_the_31st() -> None:
    found = [boundary(day("2025-01-31"), k, 1).isoformat() for k in (1, 2, 3)]
    assert found == ["2025-02-28", "2025-03-31", "2025-04-30"]


@pytest.mark.parametrize(("fee", "cost"), [("30", "20.00"), ("19.99", "13.33")])
def test_ss_05_calendar_months_charge_the_days_to_the_first(fee: str, cost: str) -> None:
    bought = first_calendar_period(day("2025-06-11"), 1)
    assert dates_of(bought) == ("2025-06-11", "2025-07-01")
    assert text(bought.fee_micros(usd(fee), "USD")) == cost


def test_ss_06_six_months_at_twenty_percent_off() -> None:
    assert text(multi_month_amount(usd("30"), 6, Fraction(20), "USD")) == "144.00"


def test_ss_07_a_number_added_in_mid_period() -> None:
    assert upgrade(charged("2020-11-16", 1, "0"), "10", "2020-11-25") == "7.00"


def test_ss_08_an_upgrade_at_both_levels() -> None:
    assert upgrade(charged("2020-11-16", 1, "50"), "90", "2020-11-25") == "28.00"
    assert upgrade(charged("2020-11-16", 1, "40"), "60", "2020-11-25") == "14.00"


def test_ss_09_a_downgrade_costs_and_gives_nothing() -> None:
    assert upgrade(charged("2020-11-16", 1, "50"), "10", "2020-11-25") == "0.00"


def test_ss_10_a_yearly_upgrade_with_153_of_365_days_left() -> None:
    segment = charged("2020-11-16", 12, "365")
    assert segment.remaining_share(day("2021-06-16")) == Fraction(153, 365)
    assert upgrade(segment, "730", "2021-06-16") == "153.00"
    assert upgrade(charged("2020-11-16", 12, "370"), "740", "2021-06-16") == "155.10"


def test_ss_11_three_more_licences_with_11_of_31_days_left() -> None:
    assert upgrade(charged("2025-05-16", 1, "0"), "12.00", "2025-06-05", quantity=3) == "12.77"


def test_ss_13_an_upgrade_at_half_time_with_its_tax() -> None:
    charge = change_charge([charged("2025-06-01", 1, "3000")], usd("4500"), 1, day("2025-06-16"), "INR")
    taxed = tax_on_top(charge, INDIAN_RULES[0], "KA", "INR")
    assert [text(micros) for micros in (taxed.net_micros, taxed.tax_micros, taxed.gross_micros)] == [
        "750.00",
        "135.00",
        "885.00",
    ]


def test_ss_14_an_upgrade_that_resets_the_anchor() -> None:
    segment = charged("2025-06-01", 1, "3000")
    assert text(restart_charge([segment], usd("4500"), day("2025-06-16"), "INR")) == "3000.00"
    assert dates_of(first_period(day("2025-06-16"), 1)) == ("2025-06-16", "2025-07-16")


@pytest.mark.parametrize(("fee", "first", "next_one"), [("31", "47.00", "31.00"), ("50", "75.81", "50.00")])
def test_ss_17_the_first_renewal_aligns_to_the_first_of_the_month(fee: str, first: str, next_one: str) -> None:
    bought = first_period(day("2020-03-16"), 1)
    aligned = aligned_renewal(bought.anchor, 1, bought.end)
    assert (dates_of(aligned), text(aligned.fee_micros(usd(fee), "USD"))) == (("2020-04-16", "2020-06-01"), first)
    following = next_period(aligned.anchor, 1, aligned.end)
    assert (dates_of(following), text(following.fee_micros(usd(fee), "USD"))) == (
        ("2020-06-01", "2020-07-01"),
        next_one,
    )


def test_ss_23_an_extension_by_two_cycles() -> None:
    extended = extended_by_cycles(day("2020-11-16"), 1, day("2020-12-16"), 2)
    assert (extended.end.isoformat(), text(extended.fee_micros(usd("50"), "USD"))) == ("2021-02-16", "100.00")


def test_ss_24_an_extension_to_a_last_day() -> None:
    anchor, end = day("2020-03-16"), day("2020-04-16")
    with pytest.raises(Refused) as refused:
        extended_to(anchor, 1, end, day("2020-05-14"))
    assert refused.value.codes == ("EXTENSION_TOO_SHORT",)
    assert refused.value.blockers[0].details == {"earliest_last_day": "2020-05-15"}
    one_cycle = extended_to(anchor, 1, end, day("2020-05-15"))
    assert (len(one_cycle.segments), one_cycle.segments[0].fee_share) == (1, Fraction(1))
    longer = extended_to(anchor, 1, end, day("2020-05-31"))
    assert text(longer.fee_micros(usd("31"), "USD")) == "47.00"
    assert longer.anchor == day("2020-06-01")


def test_ss_25_reactivation_takes_the_cycle_that_contains_today() -> None:
    back = reactivated(day("2021-01-06"), 1, day("2021-02-06"), day("2021-02-23"))
    assert (back.end.isoformat(), text(back.fee_micros(usd("31"), "USD"))) == ("2021-03-06", "31.00")
    steps = ladder(day("2021-02-06"), "UTC", 0, 28, auto_renew=True)
    assert status_on(steps, "2021-03-06T23:59:59Z", FinalState.TERMINATED) is Status.EXPIRED
    assert status_on(steps, "2021-03-07T00:00:00Z", FinalState.TERMINATED) is Status.TERMINATED


def a_trial(start: str, trial_days: int, retention_days: int) -> Ladder:
    return trial_ladder(same_local_time(parse_instant(start), trial_days, "UTC"), "UTC", retention_days)


def test_ss_26_a_trial_ends_at_the_same_time_of_day_and_is_kept_for_a_month() -> None:
    steps = a_trial("2025-09-01T10:00:00Z", 3, 30)
    instants = ["2025-09-04T09:59:59Z", "2025-09-04T10:00:00Z", "2025-10-04T23:59:59Z", "2025-10-05T00:00:00Z"]
    found = [status_on(steps, at, FinalState.TERMINATED, is_trial=True) for at in instants]
    assert found == [Status.TRIAL, Status.EXPIRED, Status.EXPIRED, Status.TERMINATED]


def test_ss_29_a_year_in_the_window_and_after_it() -> None:
    year = a_cycle("2021-04-01", 12, "1200")
    assert (refunded(year, "2021-04-12"), refunded(year, "2021-04-17")) == ("1200.00", "1100.00")


def test_ss_30_two_months_in_the_window_and_after_it() -> None:
    two_months = a_cycle("2025-06-12", 2, "60")
    assert (refunded(two_months, "2025-06-25"), refunded(two_months, "2025-06-30")) == ("60.00", "30.00")


def test_ss_31_eight_unstarted_months_and_nothing_where_refunds_are_off() -> None:
    year = a_cycle("2021-05-01", 12, "1200")
    assert refunded(year, "2021-08-15") == "800.00"
    assert refunded(year, "2021-05-06", RefundPolicy(allow_refund=False)) == "0.00"


def test_ss_32_the_clock_of_activation_and_the_discount() -> None:
    plain = a_cycle("2025-03-01", 1, "600")
    assert (refunded(plain, "2025-03-31", MYOPERATOR), refunded(plain, "2025-04-01", MYOPERATOR)) == ("600.00", "0.00")
    assert refunded(a_cycle("2025-03-01", 1, "600", "10"), "2025-03-10", MYOPERATOR) == "0.00"
    assert refunded(a_cycle("2025-03-01", 1, "600", "9.99"), "2025-03-10", MYOPERATOR) == "600.00"


def test_ss_33_unsubscribing_leaves_no_grace() -> None:
    steps = ladder(day("2025-04-16"), "UTC", 7, 28, auto_renew=False)
    assert status_on(steps, "2025-04-15T23:59:59Z", FinalState.TERMINATED) is Status.ACTIVE
    assert status_on(steps, "2025-04-16T00:00:00Z", FinalState.TERMINATED) is Status.EXPIRED


def test_ss_34_ending_before_the_minimum_term() -> None:
    january, today = day("2025-01-01"), day("2025-04-20")
    term = MinimumTerm(january, 12, Fraction(50))
    assert text(early_end_charge(term, usd("30"), 1, january, day("2025-05-01"), today, "USD")) == "120.00"
    assert refunded(a_cycle("2025-04-01", 1, "30"), "2025-04-20") == "0.00"


@pytest.mark.parametrize(
    ("new", "paid", "due", "surplus"),
    [("4500", "3000", "1500.00", "0.00"), ("3000", "5000", "0.00", "2000.00"), ("4500", "0", "4500.00", "0.00")],
    ids=["ss-39", "ss-40", "ss-69"],
)
def test_ss_39_ss_40_ss_69_a_change_of_category(new: str, paid: str, due: str, surplus: str) -> None:
    change = category_change(usd(new), usd(paid))
    assert (text(change.due_micros), text(change.surplus_micros)) == (due, surplus)


def test_ss_46_the_ladder_of_an_unpaid_end() -> None:
    steps = ladder(day("2025-06-01"), "Asia/Kolkata", 7, 28, auto_renew=True)
    times = ["06-08T23:59:59", "06-09T00:00:00", "07-06T23:59:59", "07-07T00:00:00"]
    found = [status_on(steps, f"2025-{time}+05:30", FinalState.DEACTIVATED) for time in times]
    assert found == [Status.GRACE, Status.EXPIRED, Status.EXPIRED, Status.DEACTIVATED]


@pytest.mark.parametrize(("grace", "last_in_grace", "expired"), [(10, "06-11", "06-12"), (7, "06-08", "06-09")])
def test_ss_47_each_reseller_has_its_own_grace(grace: int, last_in_grace: str, expired: str) -> None:
    steps = ladder(day("2025-06-01"), "UTC", grace, 28, auto_renew=True)
    assert status_on(steps, f"2025-{last_in_grace}T23:59:59Z", FinalState.DEACTIVATED) is Status.GRACE
    assert status_on(steps, f"2025-{expired}T00:00:00Z", FinalState.DEACTIVATED) is Status.EXPIRED


def test_ss_48_without_grace_service_ends_at_once() -> None:
    steps = ladder(day("2025-09-01"), "UTC", 0, 7, auto_renew=True)
    times = ["2025-09-01T00:00:00Z", "2025-09-08T23:59:59Z", "2025-09-09T00:00:00Z"]
    found = [status_on(steps, at, FinalState.TERMINATED) for at in times]
    assert found == [Status.EXPIRED, Status.EXPIRED, Status.TERMINATED]


def test_ss_57_a_contract_as_incurred_and_by_milestones() -> None:
    charge = a_cycle("2025-01-01", 12, "600")
    as_incurred = RefundPolicy(contract=ContractBilling.AS_INCURRED)
    assert (refunded(charge, "2025-01-15", as_incurred), refunded(charge, "2025-01-16", as_incurred)) == (
        "600.00",
        "0.00",
    )
    assert refunded(charge, "2025-01-04", RefundPolicy(contract=ContractBilling.MILESTONE)) == "0.00"


def test_ss_58_ten_blocked_days_of_june() -> None:
    assert text(no_service_credit(usd("30"), 10, 30, "USD")) == "10.00"


def test_ss_59_a_renewal_ten_days_late() -> None:
    due = reduced_renewal(usd("30"), 10, 30, "USD")
    assert (text(due), text(usd("30") - due)) == ("20.00", "10.00")


def test_ss_64_half_yearly_boundaries_from_the_31st() -> None:
    found = [boundary(day("2023-08-31"), k, 6).isoformat() for k in (1, 2, 3)]
    assert found == ["2024-02-29", "2024-08-31", "2025-02-28"]


def test_ss_66_a_trial_kept_for_three_days() -> None:
    steps = a_trial("2025-09-01T15:00:00Z", 3, 3)
    assert status_on(steps, "2025-09-07T23:59:00Z", FinalState.TERMINATED, is_trial=True) is Status.EXPIRED
    assert status_on(steps, "2025-09-08T00:00:00Z", FinalState.TERMINATED, is_trial=True) is Status.TERMINATED


def test_ss_67_the_cycle_that_passed_wholly_is_not_charged() -> None:
    back = reactivated(day("2025-05-01"), 1, day("2025-06-01"), day("2025-07-02"))
    assert (back.end.isoformat(), text(back.fee_micros(usd("3000"), "INR"))) == ("2025-08-01", "3000.00")


def test_ss_68_lost_days_of_a_year_are_not_credited() -> None:
    back = reactivated(day("2024-06-01"), 12, day("2025-06-01"), day("2025-06-20"))
    assert back.end.isoformat() == "2026-06-01"


def test_ss_77_seven_of_twelve_months() -> None:
    assert refunded(a_cycle("2021-04-01", 12, "1000"), "2021-08-10") == "583.33"
