"""What time alone changes in a subscription: SUB-110, SUB-112, SUB-115."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from billing.subscription_status import Facts, FinalState, Status, SuspensionReason, status_at
from billing.timeline import Subject, changes_of_time

FACTS = Facts(10, 20, 30, FinalState.DEACTIVATED)


def changes(facts: Facts, until: int = 99) -> list[tuple[int, str | None, str, str]]:
    subject = Subject("sub", "org", "1.", facts)
    return [(entry.at, entry.from_status, entry.to_status, entry.reason) for entry in changes_of_time(subject, until)]


def test_an_unpaid_end_leads_down_the_ladder() -> None:
    assert changes(FACTS) == [
        (10, "ACTIVE", "GRACE", "END_REACHED_UNPAID"),
        (20, "GRACE", "EXPIRED", "GRACE_OVER"),
        (30, "EXPIRED", "DEACTIVATED", "EXPIRY_OVER"),
    ]
    assert changes(FACTS, 20) == changes(FACTS)[:2]
    assert changes(FACTS, 9) == []


def test_without_grace_there_is_no_step_between() -> None:
    assert changes(replace(FACTS, grace_ends_at=10)) == [
        (10, "ACTIVE", "EXPIRED", "END_REACHED_UNPAID"),
        (30, "EXPIRED", "DEACTIVATED", "EXPIRY_OVER"),
    ]


def test_a_trial_that_is_over() -> None:
    trial = replace(FACTS, grace_ends_at=10, is_trial=True, final_state=FinalState.TERMINATED)
    assert changes(trial) == [
        (10, "TRIAL", "EXPIRED", "TRIAL_OVER"),
        (30, "EXPIRED", "TERMINATED", "EXPIRY_OVER"),
    ]


def test_while_suspended_grace_does_not_show() -> None:
    suspended = replace(FACTS, suspension_reasons=frozenset({SuspensionReason.POLICY}))
    assert changes(suspended, 20) == [(20, "SUSPENDED", "EXPIRED", "GRACE_OVER")]


def test_nothing_changes_after_the_end_that_a_command_set() -> None:
    assert changes(replace(FACTS, terminated_at=20)) == [(10, "ACTIVE", "GRACE", "END_REACHED_UNPAID")]


@given(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), st.booleans(), st.sampled_from(FinalState))
def test_the_entries_are_exactly_the_instants_at_which_the_status_changes(
    steps: tuple[int, int, int], is_trial: bool, final_state: FinalState
) -> None:
    ends_at, grace_ends_at, ladder_ends_at = sorted(steps)
    facts = Facts(ends_at, grace_ends_at, ladder_ends_at, final_state, is_trial)
    expected = [
        (at, status_at(facts, at - 1), status_at(facts, at))
        for at in range(11)
        if status_at(facts, at - 1) is not status_at(facts, at)
    ]
    assert [(at, before, Status(after)) for at, before, after, _ in changes(facts)] == expected
