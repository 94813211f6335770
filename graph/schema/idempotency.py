"""The idempotency key as a field of inputs (GEN-6); what it does is in tenants/idempotency.py."""

from typing import Any

import strawberry

_WHAT = (
    "1 to 255 characters of the caller's own choice, kept 30 days: the same key with the same input answers the first "
    "result (`replayed`) and does nothing; with another input IDEMPOTENCY_KEY_REUSED."
)


def required_key() -> Any:
    """For what moves money or ends something."""
    return strawberry.field(description=_WHAT)


def optional_key() -> Any:
    """For everything else."""
    return strawberry.field(default=strawberry.UNSET, description=_WHAT)
