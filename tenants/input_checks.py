"""Gathering input refusals field by field (GEN-2, GEN-8): a value that is taken comes back normalized."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from core.refusals import Blocker, Blockers, FieldPath, Refused
from tenants.names import normalized

Read = TypeVar("Read")
Check = Callable[[str, FieldPath], Iterable[Blocker]]


def required(found: Blockers, value: object, field: FieldPath) -> None:
    """Notes FIELD_REQUIRED when the value was not given."""
    if value is None:
        found.add("FIELD_REQUIRED", "This field is required.", field)


def accepted(found: Blockers, text: str | None, field: FieldPath, check: Check) -> str:
    """The normalized text, after noting what the check has against it; FIELD_REQUIRED and '' when not given."""
    required(found, text, field)
    return accepted_or_none(found, text, field, check) or ""


def accepted_or_none(found: Blockers, text: str | None, field: FieldPath, check: Check) -> str | None:
    """The same for a field that may be left out."""
    if text is None:
        return None
    text = normalized(text)
    for blocker in check(text, field):
        found.add(blocker.code, blocker.message, blocker.field, **blocker.details)
    return text


def noted(found: Blockers, read: Callable[[], Read]) -> Read | None:
    """What `read` answers, or None after noting why it refuses."""
    try:
        return read()
    except Refused as refused:
        for blocker in refused.blockers:
            found.add(blocker.code, blocker.message, blocker.field, **blocker.details)
        return None
