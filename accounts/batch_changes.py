"""What a batch update may change, and what that does to one account (BAT-37, BAT-40 to BAT-43). Pure: preview and run
decide with this same code. A further attribute is a further entry of ATTRIBUTES, never a further `if`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, IntEnum, StrEnum
from typing import Any, Generic, TypeVar

from accounts.account_status import AccountFacts, Lifecycle
from accounts.dates import is_after_activation, parse_date
from accounts.job_states import RowResult
from core.clock import Instant
from core.refusals import Blockers, FieldPath

Value = TypeVar("Value")


class Step(IntEnum):
    """The order in which the attributes of one request are applied to an account (BAT-42)."""

    DATES = 1
    OPENING_BALANCE = 2
    PLAN = 3
    ADD_ONS = 4
    DISTRIBUTOR = 5
    ACTIVATION = 6
    CHARGING_PERIOD = 7
    REFUND = 8
    CHARGE = 9
    SETTINGS = 10
    STATUS = 11


class BlockTarget(StrEnum):
    """What `status` may set an account to."""

    BLOCKED = "BLOCKED"
    UNBLOCKED = "UNBLOCKED"


class Cleared(Enum):
    """Marks a value that the request empties by `{clear: true}` (BAT-37)."""

    CLEARED = "CLEARED"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowContext:
    """What a row is decided against besides the account's own facts: now, billing zone, and its past in this job."""

    now: Instant
    zone: str
    is_changed_since_preview: bool = False
    is_already_applied: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute(Generic[Value]):
    """One row of BAT-40.

    parse: from the request's value to the typed one; None when it noted a blocker.
    apply: the facts afterwards (equal ones: no change) or the code of the refusal; it may look only at lifecycle and
    the facts named in `reads`. show: the value as rows and audit show it, from the same facts.
    from_shown: the value of what `show` has shown, for an undo (BAT-56).
    absent_values: count as an absent field (BAT-37).
    """

    field: str
    step: Step
    reads: frozenset[str]
    parse: Callable[[object, FieldPath, Blockers], Value | Cleared | None]
    apply: Callable[[AccountFacts, Value | None, RowContext], AccountFacts | str]
    show: Callable[[AccountFacts], object]
    from_shown: Callable[[Any], Value | None]
    is_undoable: bool
    is_seller_only: bool = False
    absent_values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One attribute of a request with its typed value; None empties it."""

    attribute: Attribute[Any]
    value: Any


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two fields that exclude each other in one request when `clashes` says so of their values (BAT-43)."""

    first: str
    second: str
    clashes: Callable[[Any, Any], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDecision:
    """The outcome of one row (BAT-50); before and after hold the changed fields of a SUCCEEDED row only."""

    result: RowResult
    code: str | None = None
    field: str | None = None
    message: str | None = None
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None


ROW_MESSAGES: Mapping[str, str] = {
    "ACCOUNT_TERMINATED": "The account is closed for good.",
    "ALREADY_APPLIED": "The account has already got this change from the same job or a retry of it.",
    "CHANGED_SINCE_PREVIEW": "The account was changed after the update was confirmed.",
    "CHANGED_SINCE_UPDATE": "The value is no longer the one that the update has set.",
    "EXPIRATION_NOT_AFTER_ACTIVATION": "The expiration date must lie after the activation date.",
}


def _parse_expiration_date(raw: object, field: FieldPath, blockers: Blockers) -> date | Cleared | None:
    if isinstance(raw, Mapping):
        if raw.get("clear") is True and raw.get("value") is None:
            return Cleared.CLEARED
        raw = raw.get("value") if not raw.get("clear") else None
    if raw is None:
        blockers.add("VALUE_REQUIRED", "Give a date, or {clear: true} to empty it.", field)
        return None
    return parse_date(str(raw), field, blockers)


def _apply_expiration_date(facts: AccountFacts, day: date | None, context: RowContext) -> AccountFacts | str:
    if day == facts.expiration_date:
        return facts
    if day is not None and not is_after_activation(
        day, activation_date=facts.activation_date, activated_at=facts.activated_at, zone=context.zone
    ):
        return "EXPIRATION_NOT_AFTER_ACTIVATION"
    return replace(facts, expiration_date=day)


def _parse_status(raw: object, field: FieldPath, blockers: Blockers) -> BlockTarget | None:
    target = raw.get("to") if isinstance(raw, Mapping) else None
    if not isinstance(target, str) or target not in BlockTarget.__members__:
        blockers.add("VALUE_REQUIRED", f"Set status to one of {', '.join(BlockTarget)}.", (*field, "to"))
        return None
    return BlockTarget(target)


def _apply_status(facts: AccountFacts, target: BlockTarget | None, context: RowContext) -> AccountFacts:
    """BAT-41: a block is set and removed whatever the account's other states are."""
    is_blocked = target is BlockTarget.BLOCKED
    return facts if facts.is_blocked is is_blocked else replace(facts, is_blocked=is_blocked)


EXPIRATION_DATE = Attribute(
    field="expirationDate",
    step=Step.DATES,
    reads=frozenset({"expiration_date", "activation_date", "activated_at"}),
    parse=_parse_expiration_date,
    apply=_apply_expiration_date,
    show=lambda facts: None if facts.expiration_date is None else facts.expiration_date.isoformat(),
    from_shown=lambda shown: None if shown is None else date.fromisoformat(shown),
    is_undoable=True,
)
STATUS = Attribute(
    field="status",
    step=Step.STATUS,
    reads=frozenset({"is_blocked"}),
    parse=_parse_status,
    apply=_apply_status,
    show=lambda facts: (BlockTarget.BLOCKED if facts.is_blocked else BlockTarget.UNBLOCKED).value,
    from_shown=BlockTarget,
    is_undoable=True,
)

AttributeTable = Mapping[str, Attribute[Any]]
ATTRIBUTES: AttributeTable = {each.field: each for each in (EXPIRATION_DATE, STATUS)}

CONFLICTS: tuple[Conflict, ...] = (
    Conflict("expirationDate", "activationDate", lambda expiration, activation: expiration <= activation),
)


def parse_changes(
    request: Mapping[str, object], field: FieldPath, blockers: Blockers, attributes: AttributeTable = ATTRIBUTES
) -> tuple[Change, ...]:
    """The set attributes of a request in the order in which they are applied (BAT-42); an absent key keeps its value.

    Notes all at once NOTHING_TO_UPDATE, VALUE_REQUIRED, the codes of each attribute and CONFLICTING_ATTRIBUTES; what
    was refused is not in the result. A key that is no attribute is KeyError: the schema lets none through.
    """
    named = (attributes[name] for name, raw in request.items() if raw not in attributes[name].absent_values)
    present = sorted(named, key=lambda attribute: (attribute.step, attribute.field))
    if not present:
        blockers.add("NOTHING_TO_UPDATE", "No field is set.", field)
    changes = []
    for attribute in present:
        value = _parse_value(attribute, request[attribute.field], (*field, attribute.field), blockers)
        if value is not None:
            changes.append(Change(attribute, None if value is Cleared.CLEARED else value))
    _check_conflicts(changes, field, blockers)
    return tuple(changes)


def shown_changes(
    shown: Mapping[str, object], attributes: AttributeTable = ATTRIBUTES, *, only_undoable: bool = False
) -> tuple[Change, ...]:
    """The changes that lead to values as rows show them, in the order of BAT-42."""
    named = sorted((attributes[name] for name in shown), key=lambda attribute: (attribute.step, attribute.field))
    return tuple(
        Change(each, each.from_shown(shown[each.field])) for each in named if each.is_undoable or not only_undoable
    )


def decide(
    facts: AccountFacts, changes: Iterable[Change], context: RowContext, expected: Mapping[str, object] | None = None
) -> RowDecision:
    """What the changes do to one account: all of them or, if one is refused, none (BAT-40, BAT-42, BAT-50).

    `expected`: what an update has set, of an undo (BAT-56). ALREADY_APPLIED (no change), ACCOUNT_TERMINATED,
    CHANGED_SINCE_PREVIEW, CHANGED_SINCE_UPDATE come before the attributes' own codes.
    """
    changes = tuple(changes)
    if context.is_already_applied:
        return _without_effect(RowResult.NO_CHANGE, "ALREADY_APPLIED")
    if facts.lifecycle is Lifecycle.CLOSED:
        return _without_effect(RowResult.FAILED, "ACCOUNT_TERMINATED")
    if context.is_changed_since_preview:
        return _without_effect(RowResult.FAILED, "CHANGED_SINCE_PREVIEW")
    for attribute in (change.attribute for change in changes):
        if expected is not None and attribute.show(facts) != expected[attribute.field]:
            return _without_effect(RowResult.FAILED, "CHANGED_SINCE_UPDATE", attribute.field)
    return _apply_all(facts, changes, context)


def facts_read(changes: Iterable[Change]) -> frozenset[str]:
    """The names of the AccountFacts that decide() looks at: accounts that are equal in them get equal decisions.

    A set-based run may therefore decide once per group of such accounts instead of once per row.
    """
    return frozenset({"lifecycle"}).union(*(change.attribute.reads for change in changes))


def irreversible_fields(changes: Iterable[Change]) -> tuple[str, ...]:
    """The fields that an undo cannot set back, for the preview (BAT-45)."""
    return tuple(change.attribute.field for change in changes if not change.attribute.is_undoable)


def seller_only_fields(request: Iterable[str], attributes: AttributeTable = ATTRIBUTES) -> tuple[str, ...]:
    """The named fields that only OWNER and ADMIN of the seller may change (BAT-80); asked before the values."""
    return tuple(name for name in request if attributes[name].is_seller_only)


def _parse_value(attribute: Attribute[Any], raw: object, field: FieldPath, blockers: Blockers) -> object:
    if raw is None:
        blockers.add("VALUE_REQUIRED", f"{attribute.field} is null: leave it out to keep its value.", field)
        return None
    return attribute.parse(raw, field, blockers)


def _check_conflicts(changes: Iterable[Change], field: FieldPath, blockers: Blockers) -> None:
    values = {change.attribute.field: change.value for change in changes if change.value is not None}
    for conflict in CONFLICTS:
        first, second = values.get(conflict.first), values.get(conflict.second)
        if first is not None and second is not None and conflict.clashes(first, second):
            message = f"{conflict.first} and {conflict.second} exclude each other"
            named = [conflict.first, conflict.second]
            blockers.add("CONFLICTING_ATTRIBUTES", message, (*field, conflict.first), fields=named)


def _without_effect(result: RowResult, code: str, field: str | None = None) -> RowDecision:
    return RowDecision(result=result, code=code, field=field, message=ROW_MESSAGES[code])


def _apply_all(facts: AccountFacts, changes: tuple[Change, ...], context: RowContext) -> RowDecision:
    after = facts
    for change in changes:
        applied = change.attribute.apply(after, change.value, context)
        if isinstance(applied, str):
            return _without_effect(RowResult.FAILED, applied, change.attribute.field)
        after = applied
    shown = [(each.attribute.field, each.attribute.show(facts), each.attribute.show(after)) for each in changes]
    changed = [(field, before, now) for field, before, now in shown if before != now]
    if not changed:
        return RowDecision(result=RowResult.NO_CHANGE)
    return RowDecision(
        result=RowResult.SUCCEEDED,
        before={field: before for field, before, _ in changed},
        after={field: now for field, _, now in changed},
    )
