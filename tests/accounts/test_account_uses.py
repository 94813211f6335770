"""What an account may be used for, as a pure rule: ended demos, KYC, kinds and statuses (DEMO-6, DEMO-8, BAT-3)."""

import pytest

from accounts.account_id import AccountRole
from accounts.account_service import Service, is_ended_demo, service_refusal
from accounts.account_status import STATUS_LINES, AccountKind, AccountStatus, Sessions
from accounts.demo_rules import demo_end, demo_erasure
from core.clock import EXACT_DAY, parse_instant

CALLS = (Service.INCOMING_CALL, Service.OUTGOING_CALL)


def refused(
    service: Service, kind: AccountKind = AccountKind.LIVE, status: AccountStatus = AccountStatus.OK,
    role: AccountRole = AccountRole.UNIVERSAL, *, is_ended: bool = False, lacks_kyc: bool = False,
    is_inside: bool = False,
) -> str | None:  # fmt: skip
    """The rule for an account that is in order but for what is given."""
    return service_refusal(
        kind, role, status, service, is_ended=is_ended, lacks_kyc=lacks_kyc, is_inside_customer=is_inside
    )


def test_a_demo_and_a_live_account_in_order() -> None:
    assert {each: refused(each) for each in Service} == dict.fromkeys(Service)
    demo = {each: refused(each, AccountKind.DEMO) for each in Service}
    assert demo == dict.fromkeys(Service) | {Service.OUTGOING_CALL: "DEMO_OUTBOUND_REFUSED"}


@pytest.mark.parametrize("kind", list(AccountKind))
def test_without_kyc_there_are_messages_only(kind: AccountKind) -> None:
    found = {each for each in Service if refused(each, kind, lacks_kyc=True) == "KYC_REQUIRED"}
    assert found == {*CALLS, Service.NUMBER}
    assert refused(Service.MESSAGE, kind, lacks_kyc=True) is None


def test_an_ended_demo_has_no_traffic_whatever_else_is_wrong() -> None:
    for service in set(Service) - {Service.NUMBER}:
        ended = refused(service, AccountKind.DEMO, AccountStatus.CUSTOMER_BLOCKED, is_ended=True, lacks_kyc=True)
        assert ended == "ACCOUNT_READ_ONLY"
    assert refused(Service.API, AccountKind.DEMO, AccountStatus.CLOSED, is_ended=True) == "ACCOUNT_TERMINATED"


@pytest.mark.parametrize("line", STATUS_LINES, ids=lambda line: line.status)
def test_sessions_are_left_as_the_table_of_statuses_says(line: object) -> None:
    status, sessions = line.status, line.sessions  # type: ignore[attr-defined]
    allowed = {each for each in (*CALLS, Service.MESSAGE) if refused(each, status=status) is None}
    inside = {each for each in (*CALLS, Service.MESSAGE) if refused(each, status=status, is_inside=True) is None}
    everything = {*CALLS, Service.MESSAGE}
    outside = {
        Sessions.ALL: everything, Sessions.INCOMING_AND_FREE: {Service.INCOMING_CALL},
        Sessions.INSIDE_CUSTOMER: set(), Sessions.NONE: set(),
    }  # fmt: skip
    assert allowed == outside[sessions]
    assert inside == (everything if sessions is Sessions.INSIDE_CUSTOMER else allowed)
    assert refused(Service.INCOMING_CALL, role=AccountRole.VOUCHER) == "ACCOUNT_RESTRICTED"


def test_a_demo_runs_exact_days_and_its_data_stays_local_ones() -> None:
    begun = parse_instant("2026-03-07T15:00:00Z")  # New York loses an hour in the night after
    assert demo_end(begun, 3) == begun + 3 * EXACT_DAY
    assert is_ended_demo(AccountKind.DEMO, begun, begun) is True
    assert is_ended_demo(AccountKind.DEMO, begun, begun - 1) is False
    assert is_ended_demo(AccountKind.LIVE, begun, begun) is is_ended_demo(AccountKind.DEMO, None, begun) is False
    assert demo_erasure(begun, 0, "America/New_York") == parse_instant("2026-03-08T05:00:00Z")
    assert demo_erasure(begun, 1, "America/New_York") == parse_instant("2026-03-09T04:00:00Z")
