"""What a batch update may change and what it does to one account (BAT-37, BAT-40 to BAT-43)."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.account_status import AccountFacts, Lifecycle
from accounts.batch_changes import (
    ATTRIBUTES,
    ROW_MESSAGES,
    Attribute,
    AttributeTable,
    Change,
    Cleared,
    RowContext,
    RowDecision,
    Step,
    decide,
    facts_read,
    irreversible_fields,
    parse_changes,
    seller_only_fields,
)
from accounts.dates import parse_date
from accounts.job_states import RowResult
from core.clock import parse_instant
from core.refusals import Blocker, Blockers, FieldPath, Refused

FIELD = ("input", "changes")
NOW = RowContext(now=parse_instant("2026-02-02T12:00:00Z"), zone="America/New_York")
AN_ACCOUNT = AccountFacts()
JUNE = {"expirationDate": "2026-06-01"}
BLOCK = {"status": {"to": "BLOCKED"}}
UNBLOCK = {"status": {"to": "UNBLOCKED"}}


def changes(request: Mapping[str, object], attributes: AttributeTable = ATTRIBUTES) -> tuple[Change, ...]:
    blockers = Blockers()
    found = parse_changes(request, FIELD, blockers, attributes)
    blockers.raise_if_any()
    return found


def refusal_of(request: Mapping[str, object], attributes: AttributeTable = ATTRIBUTES) -> tuple[Blocker, ...]:
    with pytest.raises(Refused) as refused:
        changes(request, attributes)
    return refused.value.blockers


def named(blockers: tuple[Blocker, ...]) -> list[tuple[str, FieldPath | None]]:
    return [(blocker.code, blocker.field) for blocker in blockers]


def parse_a_date(raw: object, field: FieldPath, blockers: Blockers) -> date | Cleared | None:
    return Cleared.CLEARED if raw == {"clear": True} else parse_date(str(raw), field, blockers)


def a_later_attribute(field: str, step: Step, **settings: Any) -> Attribute[Any]:
    """An attribute as later entries of the table will be; it changes nothing."""
    return Attribute(
        field=field,
        step=step,
        reads=frozenset(),
        parse=parse_a_date,
        apply=lambda facts, value, context: facts,
        show=lambda facts: None,
        from_shown=lambda shown: None,
        **{"is_undoable": True, **settings},
    )


ACTIVATION = a_later_attribute("activationDate", Step.ACTIVATION, is_undoable=False, is_seller_only=True)
ACTIVATE = a_later_attribute("activateInactive", Step.ACTIVATION, absent_values=(False,))
LATER: AttributeTable = {**ATTRIBUTES, "activationDate": ACTIVATION, "activateInactive": ACTIVATE}


def test_the_two_attributes_are_registered_under_their_own_names() -> None:
    assert {name: attribute.field for name, attribute in ATTRIBUTES.items()} == {
        "expirationDate": "expirationDate",
        "status": "status",
    }


def test_what_an_attribute_reads_are_facts_of_an_account() -> None:
    known = {field.name for field in fields(AccountFacts)}
    assert all(attribute.reads <= known for attribute in ATTRIBUTES.values())


def test_changes_are_applied_in_the_order_of_the_rule_not_of_the_request() -> None:
    asked = changes({**BLOCK, "activationDate": "2026-03-08", **JUNE}, LATER)
    assert [change.attribute.field for change in asked] == ["expirationDate", "activationDate", "status"]
    assert [change.value for change in asked] == [date(2026, 6, 1), date(2026, 3, 8), "BLOCKED"]


@pytest.mark.parametrize("request_body", [{}, {"activateInactive": False}])
def test_a_request_without_a_set_field_is_refused(request_body: dict[str, object]) -> None:
    assert named(refusal_of(request_body, LATER)) == [("NOTHING_TO_UPDATE", FIELD)]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026-06-01", date(2026, 6, 1)),
        ({"value": "2026-06-01"}, date(2026, 6, 1)),
        ({"value": "2026-06-01", "clear": False}, date(2026, 6, 1)),
        ({"clear": True}, None),
        ({"value": None, "clear": True}, None),
    ],
)
def test_an_expiration_date_is_set_or_emptied(raw: object, expected: date | None) -> None:
    (change,) = changes({"expirationDate": raw})
    assert change.value == expected


@pytest.mark.parametrize("raw", [None, {}, {"clear": False}, {"value": None}, {"value": "2026-06-01", "clear": True}])
def test_null_and_no_value_are_refused(raw: object) -> None:
    assert named(refusal_of({"expirationDate": raw})) == [("VALUE_REQUIRED", (*FIELD, "expirationDate"))]


@pytest.mark.parametrize("raw", ["BLOCKED", {}, {"to": None}, {"to": "OPEN"}, {"to": ["BLOCKED"]}])
def test_a_status_without_a_known_target_is_refused(raw: object) -> None:
    assert named(refusal_of({"status": raw})) == [("VALUE_REQUIRED", (*FIELD, "status", "to"))]


def test_all_wrong_fields_are_named_at_once() -> None:
    assert named(refusal_of({"expirationDate": "2100-01-01", "status": None})) == [
        ("DATE_OUT_OF_RANGE", (*FIELD, "expirationDate")),
        ("VALUE_REQUIRED", (*FIELD, "status")),
    ]


def test_a_key_that_is_no_attribute_is_an_error_of_the_caller() -> None:
    with pytest.raises(KeyError):
        changes({"colour": "red"})


@pytest.mark.parametrize("expiration", ["2026-03-07", "2026-03-08"])
def test_an_expiration_not_after_the_activation_of_the_same_request_conflicts(expiration: str) -> None:
    (blocker,) = refusal_of({"expirationDate": expiration, "activationDate": "2026-03-08"}, LATER)
    assert (blocker.code, blocker.field) == ("CONFLICTING_ATTRIBUTES", (*FIELD, "expirationDate"))
    assert blocker.details == {"fields": ["expirationDate", "activationDate"]}


@pytest.mark.parametrize(
    ("expiration", "activation"),
    [("2026-03-09", "2026-03-08"), ({"clear": True}, "2026-03-08"), ("2026-03-07", {"clear": True})],
)
def test_a_later_or_an_emptied_date_is_no_conflict(expiration: object, activation: object) -> None:
    assert len(changes({"expirationDate": expiration, "activationDate": activation}, LATER)) == 2


def test_a_changed_field_is_shown_before_and_after() -> None:
    assert decide(AN_ACCOUNT, changes({**JUNE, **BLOCK}), NOW) == RowDecision(
        result=RowResult.SUCCEEDED,
        before={"expirationDate": None, "status": "UNBLOCKED"},
        after={"expirationDate": "2026-06-01", "status": "BLOCKED"},
    )


def test_one_changed_and_one_equal_field_succeed_with_the_changed_one_only() -> None:
    decision = decide(replace(AN_ACCOUNT, is_blocked=True), changes({**JUNE, **BLOCK}), NOW)
    assert decision == RowDecision(
        result=RowResult.SUCCEEDED, before={"expirationDate": None}, after={"expirationDate": "2026-06-01"}
    )


@pytest.mark.parametrize(
    ("facts", "request_body"),
    [
        (AN_ACCOUNT, UNBLOCK),
        (replace(AN_ACCOUNT, is_blocked=True), BLOCK),
        (AN_ACCOUNT, {"expirationDate": {"clear": True}}),
        (replace(AN_ACCOUNT, expiration_date=date(2026, 6, 1)), {**JUNE, **UNBLOCK}),
        (replace(AN_ACCOUNT, expiration_date=date(2026, 6, 1), activation_date=date(2026, 7, 1)), JUNE),
    ],
)
def test_a_value_that_is_already_so_is_no_change(facts: AccountFacts, request_body: dict[str, object]) -> None:
    assert decide(facts, changes(request_body), NOW) == RowDecision(result=RowResult.NO_CHANGE)


def test_an_expiration_date_may_be_emptied_whatever_the_activation() -> None:
    facts = replace(AN_ACCOUNT, expiration_date=date(2026, 6, 1), activation_date=date(2026, 2, 1))
    decision = decide(facts, changes({"expirationDate": {"clear": True}}), NOW)
    assert (decision.before, decision.after) == ({"expirationDate": "2026-06-01"}, {"expirationDate": None})


@pytest.mark.parametrize("lifecycle", [Lifecycle.INACTIVE, Lifecycle.OPEN])
def test_a_block_is_set_in_every_lifecycle_but_closed(lifecycle: Lifecycle) -> None:
    facts = replace(AN_ACCOUNT, lifecycle=lifecycle, expiration_date=date(2026, 1, 1))
    assert decide(facts, changes(BLOCK), NOW).result is RowResult.SUCCEEDED


def test_if_one_attribute_is_refused_none_applies() -> None:
    facts = replace(AN_ACCOUNT, activated_at=parse_instant("2026-06-01T04:00:00Z"))
    assert decide(facts, changes({**JUNE, **BLOCK}), NOW) == RowDecision(
        result=RowResult.FAILED,
        code="EXPIRATION_NOT_AFTER_ACTIVATION",
        field="expirationDate",
        message="The expiration date must lie after the activation date.",
    )


@pytest.mark.parametrize(
    ("is_already_applied", "lifecycle", "result", "code"),
    [
        (True, Lifecycle.CLOSED, RowResult.NO_CHANGE, "ALREADY_APPLIED"),
        (False, Lifecycle.CLOSED, RowResult.FAILED, "ACCOUNT_TERMINATED"),
        (False, Lifecycle.OPEN, RowResult.FAILED, "CHANGED_SINCE_PREVIEW"),
    ],
)
def test_the_past_of_a_row_is_looked_at_before_its_attributes(
    is_already_applied: bool, lifecycle: Lifecycle, result: RowResult, code: str
) -> None:
    context = replace(NOW, is_changed_since_preview=True, is_already_applied=is_already_applied)
    decision = decide(replace(AN_ACCOUNT, lifecycle=lifecycle), changes(BLOCK), context)
    assert decision == RowDecision(result=result, code=code, message=ROW_MESSAGES[code])


def test_the_preview_names_what_cannot_be_undone_and_what_only_the_seller_may_change() -> None:
    asked = {**JUNE, "activationDate": "2026-03-08"}
    assert irreversible_fields(changes({**JUNE, **BLOCK})) == ()
    assert irreversible_fields(changes(asked, LATER)) == ("activationDate",)
    assert seller_only_fields({**JUNE, **BLOCK}) == ()
    assert seller_only_fields(asked, LATER) == ("activationDate",)


def test_the_facts_to_read_are_those_of_the_asked_attributes() -> None:
    assert facts_read(changes(BLOCK)) == {"lifecycle", "is_blocked"}
    assert facts_read(changes(JUNE)) == {"lifecycle", "expiration_date", "activation_date", "activated_at"}


some_dates = st.none() | st.dates(date(2026, 5, 31), date(2026, 6, 2))
some_accounts = st.builds(
    AccountFacts,
    lifecycle=st.sampled_from(Lifecycle),
    is_blocked=st.booleans(),
    activation_date=some_dates,
    activated_at=st.none() | st.just(parse_instant("2026-06-01T04:00:00Z")),
    expiration_date=some_dates,
    balance_micros=st.integers(-1, 1),
)


@given(some_accounts, st.sampled_from([JUNE, BLOCK, UNBLOCK, {**JUNE, **BLOCK}, {"expirationDate": {"clear": True}}]))
def test_a_decision_depends_on_the_facts_to_read_alone(facts: AccountFacts, request_body: dict[str, object]) -> None:
    asked = changes(request_body)
    bare = replace(AN_ACCOUNT, **{name: getattr(facts, name) for name in facts_read(asked)})
    assert decide(facts, asked, NOW) == decide(bare, asked, NOW)
