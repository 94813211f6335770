"""Scenarios of the batch rule book as far as they are pure rules, on fixture B1 as plain facts. Their way through
API, database and job is not covered here."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pytest

from accounts.account_id import AccountRole, parse_account_id
from accounts.account_status import (
    AccountFacts,
    AccountKind,
    AccountStatus,
    Lifecycle,
    OrganizationFacts,
    SelfCare,
    Sessions,
    Surroundings,
    is_account_depleted,
    status_line,
)
from accounts.batch_changes import (
    ATTRIBUTES,
    CONFLICTS,
    Change,
    RowContext,
    RowDecision,
    decide,
    parse_changes,
)
from accounts.control_numbers import ControlRange, parse_control_numbers
from accounts.dates import activates_at, check_availability_days, effective_end, parse_date
from accounts.funds import AccountType, BalanceControl, funds_micros, session_refusal
from accounts.job_states import JobState, RowResult, check_confirmable
from accounts.search_value import DEFAULT_SEARCH_MODE, SearchMode, check_page_size, is_match, parse_search_value
from core.clock import MINUTE, Instant, parse_instant
from core.money import parse_amount
from core.refusals import Blockers, FieldPath, Refused

NEW_YORK = "America/New_York"
NOW = parse_instant("2026-02-02T12:00:00Z")
ROW = RowContext(now=NOW, zone=NEW_YORK)
EASY = Surroundings(zone=NEW_YORK, availability_threshold_micros=parse_amount("0.50"))
FIELD: FieldPath = ("input",)
ONE_MILLISECOND = 1_000
NOT_CLOSED = frozenset({Lifecycle.INACTIVE, Lifecycle.OPEN})
ANY = frozenset(Lifecycle)


def a_card(lifecycle: Lifecycle, balance: str, *, is_used: bool = True, is_blocked: bool = False) -> AccountFacts:
    return AccountFacts(
        lifecycle=lifecycle,
        is_blocked=is_blocked,
        first_used_at=parse_instant("2026-01-10T15:00:00Z") if is_used else None,
        opening_balance_micros=parse_amount("10.00"),
        balance_micros=parse_amount(balance),
    )


def batch_b1() -> dict[int, AccountFacts]:
    """The 250 accounts of fixture B1 by control number."""
    kinds = [
        (range(1, 201), a_card(Lifecycle.INACTIVE, "10.00", is_used=False)),
        (range(201, 231), a_card(Lifecycle.OPEN, "4.20")),
        (range(231, 236), a_card(Lifecycle.OPEN, "0.50")),
        (range(236, 240), a_card(Lifecycle.OPEN, "0.49")),
        (range(240, 241), a_card(Lifecycle.OPEN, "0.00")),
        (range(241, 246), a_card(Lifecycle.OPEN, "4.20", is_blocked=True)),
        (range(246, 251), a_card(Lifecycle.CLOSED, "0.00")),
    ]
    return {number: facts for numbers, facts in kinds for number in numbers}


B1 = batch_b1()


def selected(numbers: str = "1-250", lifecycles: frozenset[Lifecycle] = NOT_CLOSED) -> list[int]:
    """The control numbers of B1 that a filter finds, with the default status unless another is named."""
    blockers = Blockers()
    ranges = parse_control_numbers(numbers, FIELD, blockers)
    blockers.raise_if_any()
    return [number for number, facts in B1.items() if facts.lifecycle in lifecycles and is_in(ranges, number)]


def is_in(ranges: Iterable[ControlRange], number: int) -> bool:
    return any(each.first <= number <= each.last for each in ranges)


def counters(numbers: list[int]) -> tuple[int, int, int]:
    """Selected, started and depleted (BAT-28)."""
    found = [B1[number] for number in numbers]
    started = sum(facts.first_used_at is not None for facts in found)
    return len(found), started, sum(is_account_depleted(facts, EASY) for facts in found)


def codes_of(blockers: Blockers) -> tuple[str, ...]:
    with pytest.raises(Refused) as refused:
        blockers.raise_if_any()
    return refused.value.codes


def changes(**request: object) -> tuple[Change, ...]:
    blockers = Blockers()
    found = parse_changes(request, FIELD, blockers)
    blockers.raise_if_any()
    return found


def shown(facts: AccountFacts, at: Instant = NOW, around: Surroundings = EASY) -> AccountStatus:
    return status_line(facts, around, at).status


def test_b_01_b1_without_the_closed_ones() -> None:
    assert counters(selected()) == (245, 45, 5)


@pytest.mark.parametrize(
    ("lifecycles", "expected"),
    [
        (ANY, (250, 50, 10)),
        (frozenset({Lifecycle.OPEN}), (45, 45, 5)),
        (frozenset({Lifecycle.INACTIVE}), (200, 0, 0)),
        (frozenset({Lifecycle.CLOSED}), (5, 5, 5)),
    ],
)
def test_b_02_the_status_filter_tests_the_lifecycle(
    lifecycles: frozenset[Lifecycle], expected: tuple[int, int, int]
) -> None:
    assert counters(selected(lifecycles=lifecycles)) == expected


@pytest.mark.parametrize("numbers", ["1,3,8-12", " 1 , 3 ,8-12,10,12"])
def test_b_03_a_list_of_control_numbers(numbers: str) -> None:
    assert selected(numbers) == [1, 3, 8, 9, 10, 11, 12]
    assert counters(selected(numbers)) == (7, 0, 0)


def test_b_04_a_range_of_control_numbers() -> None:
    assert counters(selected("198-203")) == (6, 3, 0)


@pytest.mark.parametrize(
    ("text", "code", "item"),
    [
        ("12-8", "CONTROL_NUMBER_RANGE_REVERSED", "12-8"),
        ("1,,3", "CONTROL_NUMBER_SYNTAX", ""),
        ("0", "CONTROL_NUMBER_SYNTAX", "0"),
        ("1-", "CONTROL_NUMBER_SYNTAX", "1-"),
        ("a", "CONTROL_NUMBER_SYNTAX", "a"),
        ("-5", "CONTROL_NUMBER_SYNTAX", "-5"),
    ],
)
def test_b_05_a_wrong_control_number_is_named(text: str, code: str, item: str) -> None:
    with pytest.raises(Refused) as refused:
        selected(text)
    (blocker,) = refused.value.blockers
    assert (blocker.code, blocker.details["item"]) == (code, item)


@pytest.mark.parametrize(
    ("typed", "mode", "found"),
    [
        ("1212", DEFAULT_SEARCH_MODE, ["1212"]),
        ("eric", SearchMode.CONTAINS, ["Eric", "Erica", "Maverick", "American"]),
        ("smith", SearchMode.ENDS_WITH, ["Smith", "Hammersmith"]),
        ("SMITH", SearchMode.EXACT, ["Smith"]),
    ],
)
def test_b_06_the_four_modes(typed: str, mode: SearchMode, found: list[str]) -> None:
    ids = ["Eric", "Erica", "Maverick", "American", "Smith", "Hammersmith", "Smithers", "1212", "91212"]
    blockers = Blockers()
    value = parse_search_value(typed, FIELD, blockers)
    assert not blockers
    assert [each for each in ids if is_match(each, value, mode)] == found


def test_b_09_nothing_set_and_null() -> None:
    with pytest.raises(Refused) as nothing:
        changes()
    with pytest.raises(Refused) as null:
        changes(expirationDate=None)
    assert (nothing.value.codes, null.value.codes) == (("NOTHING_TO_UPDATE",), ("VALUE_REQUIRED",))


def test_b_16_the_form_of_an_account_id() -> None:
    accepted, too_long, wrong = Blockers(), Blockers(), Blockers()
    parse_account_id("1" * 64, AccountRole.PREPAID_CARD, FIELD, accepted)
    parse_account_id("1" * 65, AccountRole.PREPAID_CARD, FIELD, too_long)
    parse_account_id("12-34", AccountRole.PREPAID_CARD, FIELD, wrong)
    assert not accepted
    assert (codes_of(too_long), codes_of(wrong)) == (("ACCOUNT_ID_TOO_LONG",), ("ACCOUNT_ID_FORMAT",))


def test_b_17_a_session_needs_its_price_in_funds() -> None:
    assert session_refusal(parse_amount("10.00"), EASY.availability_threshold_micros, parse_amount("3.40")) is None
    owed_to_the_limit = funds_micros(
        AccountType.CREDIT,
        BalanceControl.INDIVIDUAL,
        balance_micros=parse_amount("20.00"),
        credit_limit_micros=parse_amount("20.00"),
        wallet_usable_micros=parse_amount("2.50"),
    )
    assert session_refusal(owed_to_the_limit, EASY.availability_threshold_micros, parse_amount("0.01")) == "NO_FUNDS"


def test_b_18_a_demo_works_while_the_billing_of_its_customer_is_deactivated() -> None:
    deactivated = replace(EASY, customer=OrganizationFacts(billing_status="DEACTIVATED"))
    assert shown(AccountFacts(kind=AccountKind.DEMO), around=deactivated) is AccountStatus.OK
    assert shown(B1[201], around=deactivated) is AccountStatus.CUSTOMER_SUSPENDED


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        (NEW_YORK, "2026-03-08", "2026-03-08T05:00:00Z"),
        (NEW_YORK, "2026-03-09", "2026-03-09T04:00:00Z"),
        (NEW_YORK, "2026-11-01", "2026-11-01T04:00:00Z"),
        (NEW_YORK, "2026-11-02", "2026-11-02T05:00:00Z"),
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z"),
        ("Asia/Kathmandu", "2026-05-01", "2026-04-30T18:15:00Z"),
        ("Pacific/Palau", "2026-05-01", "2026-04-30T15:00:00Z"),
    ],
)
def test_b_28_an_activation_date_counts_from_its_first_instant(zone: str, day: str, instant: str) -> None:
    dated = replace(B1[1], activation_date=date.fromisoformat(day))
    around = replace(EASY, zone=zone)
    at = parse_instant(instant)
    assert activates_at(date.fromisoformat(day), zone) == at
    assert shown(dated, at - ONE_MILLISECOND, around) is AccountStatus.NOT_YET_ACTIVE
    assert shown(dated, at, around) is AccountStatus.OK


def test_b_29_where_the_member_sits_does_not_matter() -> None:
    assert activates_at(date(2026, 5, 4), NEW_YORK) == parse_instant("2026-05-04T04:00:00Z")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-13-01", "DATE_INVALID"),
        ("2026-02-30", "DATE_INVALID"),
        ("08/03/2026", "DATE_INVALID"),
        ("2100-01-01", "DATE_OUT_OF_RANGE"),
    ],
)
def test_b_30_a_date_must_exist_and_lie_in_the_century(text: str, code: str) -> None:
    blockers = Blockers()
    parse_date(text, FIELD, blockers)
    assert codes_of(blockers) == (code,)
    with pytest.raises(Refused) as refused:
        changes(expirationDate=text)
    assert refused.value.codes == (code,)


def test_b_31_a_later_expiration_revives_with_the_balance_kept() -> None:
    expired = replace(B1[201], expiration_date=date(2026, 1, 15))
    assert shown(expired) is AccountStatus.EXPIRED
    decision = decide(expired, changes(expirationDate="2026-06-01"), ROW)
    assert (decision.result, decision.after) == (RowResult.SUCCEEDED, {"expirationDate": "2026-06-01"})
    revived = replace(expired, expiration_date=date(2026, 6, 1))
    assert (shown(revived), revived.balance_micros) == (AccountStatus.OK, parse_amount("4.20"))


def test_b_32_thirty_days_after_first_use_across_the_change_of_the_clocks() -> None:
    started = replace(B1[201], availability_days=30, first_used_at=parse_instant("2026-03-01T20:00:00Z"))
    assert shown(started, parse_instant("2026-03-31T03:59:59Z")) is AccountStatus.OK
    assert shown(started, parse_instant("2026-03-31T04:00:00Z")) is AccountStatus.EXPIRED


@pytest.mark.parametrize(
    ("expiration_date", "end"), [(None, "2026-01-31T05:00:00Z"), (date(2026, 1, 20), "2026-01-20T05:00:00Z")]
)
def test_b_33_the_earlier_end_holds(expiration_date: date | None, end: str) -> None:
    found = effective_end(
        expiration_date=expiration_date,
        availability_days=30,
        first_used_at=parse_instant("2026-01-01T20:00:00Z"),
        last_recharged_at=None,
        zone=NEW_YORK,
    )
    assert found == parse_instant(end)


def test_b_36_an_expiration_before_the_activation_of_the_same_request_conflicts() -> None:
    (conflict,) = [each for each in CONFLICTS if (each.first, each.second) == ("expirationDate", "activationDate")]
    assert conflict.clashes(date(2026, 3, 1), date(2026, 3, 8))
    assert conflict.clashes(date(2026, 3, 8), date(2026, 3, 8))
    assert not conflict.clashes(date(2026, 3, 9), date(2026, 3, 8))


def test_b_37_block_and_unblock() -> None:
    blocked = [decide(B1[number], changes(status={"to": "BLOCKED"}), ROW) for number in selected("201-210")]
    assert blocked == 10 * [
        RowDecision(result=RowResult.SUCCEEDED, before={"status": "UNBLOCKED"}, after={"status": "BLOCKED"})
    ]
    line = status_line(replace(B1[201], is_blocked=True), EASY, NOW)
    assert (line.status, line.sessions, line.self_care) == (AccountStatus.BLOCKED, Sessions.NONE, SelfCare.YES)

    unblocked = [decide(B1[number], changes(status={"to": "UNBLOCKED"}), ROW) for number in selected("201-210,241-245")]
    assert [each.result for each in unblocked] == 10 * [RowResult.NO_CHANGE] + 5 * [RowResult.SUCCEEDED]
    freed = replace(B1[241], is_blocked=False)
    assert (shown(freed), freed.balance_micros) == (AccountStatus.OK, parse_amount("4.20"))


def test_b_38_a_customer_suspended_by_its_seller() -> None:
    suspended = replace(EASY, customer=OrganizationFacts(status="SUSPENDED", suspension_reasons=frozenset({"SELLER"})))
    for number in (201, 241):
        line = status_line(B1[number], suspended, NOW)
        assert (line.status, line.sessions, line.self_care) == (
            AccountStatus.CUSTOMER_BLOCKED,
            Sessions.NONE,
            SelfCare.NO,
        )
    assert (shown(B1[201]), shown(B1[241])) == (AccountStatus.OK, AccountStatus.BLOCKED)


def test_b_39_a_suspension_for_payment_comes_before_a_block() -> None:
    unpaid = replace(EASY, customer=OrganizationFacts(status="SUSPENDED", suspension_reasons=frozenset({"PAYMENT"})))
    blocked = replace(B1[201], is_blocked=True)
    assert shown(blocked, around=unpaid) is AccountStatus.CUSTOMER_SUSPENDED
    assert shown(blocked) is AccountStatus.BLOCKED
    assert shown(replace(blocked, is_blocked=False)) is AccountStatus.OK


def test_b_40_a_closed_account_takes_no_change() -> None:
    closed = selected("246-250", ANY)
    for request in ({"expirationDate": "2026-06-01"}, {"status": {"to": "UNBLOCKED"}}):
        decisions = [decide(B1[number], changes(**request), ROW) for number in closed]
        assert [(each.result, each.code) for each in decisions] == 5 * [(RowResult.FAILED, "ACCOUNT_TERMINATED")]


def test_b_60_a_preview_is_over_16_minutes_later() -> None:
    with pytest.raises(Refused) as refused:
        check_confirmable(JobState.AWAITING_CONFIRMATION, NOW, NOW + 16 * MINUTE)
    assert refused.value.codes == ("PREVIEW_EXPIRED",)


def test_b_66_availability_days_from_1_to_3650() -> None:
    for days in (1, 3650):
        accepted = Blockers()
        assert check_availability_days(days, FIELD, accepted) == days
        assert not accepted
    for days in (0, 3651):
        refused = Blockers()
        check_availability_days(days, FIELD, refused)
        assert codes_of(refused) == ("AVAILABILITY_DAYS_OUT_OF_RANGE",)


def test_b_66_all_wrong_fields_of_a_request_are_named() -> None:
    with pytest.raises(Refused) as refused:
        changes(expirationDate="2026-02-30", status=None)
    assert [blocker.field for blocker in refused.value.blockers] == [(*FIELD, name) for name in ATTRIBUTES]


def test_b_67_values_of_a_search_that_are_refused_all_at_once() -> None:
    blockers = Blockers()
    parse_search_value("   ", ("filter", "accountId"), blockers)
    parse_search_value("1" * 65, ("filter", "member"), blockers)
    check_page_size(101, ("first",), blockers)
    parse_control_numbers(",".join(["1"] * 1_001), ("filter", "controlNumbers"), blockers)
    assert codes_of(blockers) == (
        "CONTROL_NUMBER_LIST_TOO_LONG",
        "FILTER_VALUE_EMPTY",
        "FILTER_VALUE_TOO_LONG",
        "PAGE_SIZE_INVALID",
    )
