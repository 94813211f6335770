"""Running a mutation: plain values in, one domain function, its payload as finished JSON. No business rule."""

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry

from core.refusals import Refused
from graph.context import Context, RequestInfo
from graph.sql.payloads import Payload
from tenants.authentication import Unauthenticated
from tenants.commands import Command, Outcome, run_command
from tenants.names import normalized
from tenants.unit_of_work import UnitOfWork

Act = Callable[[UnitOfWork], Awaitable[Outcome]]


async def run(info: RequestInfo, given: Any, act: Act, *, moves_rows: bool = False) -> Any:
    """Act once and answer the payload; a refusal is data, a dead session or key a top-level error.

    `given` is the Strawberry input; its `idempotency_key`, if any, makes a repetition answer the first outcome.
    `moves_rows`: nobody else writes meanwhile."""
    context: Context = info.context
    raw = info._raw_info
    payload = Payload(context.statements, raw)
    values: Any = plain(given)
    key = values.pop("idempotency_key", None) if isinstance(values, dict) else None
    command = Command(raw.field_name, values, key, moves_rows)
    try:
        return await run_command(context.platform, context.credentials, command, act, payload.done)
    except Unauthenticated:
        raise
    except Refused as refusal:
        return payload.refused(refusal.blockers)


def plain(given: Any) -> Any:
    """A Strawberry input as JSON-able values; what was not given is left out."""
    if dataclasses.is_dataclass(given) and not isinstance(given, type):
        fields = ((each.name, getattr(given, each.name)) for each in dataclasses.fields(given))
        return {name: plain(value) for name, value in fields if value is not strawberry.UNSET}
    if isinstance(given, list | tuple):
        return [plain(each) for each in given]
    if isinstance(given, Enum):
        return given.value
    if isinstance(given, datetime | date):
        return given.isoformat()
    return given


def or_none(value: Any) -> Any:
    """None for what was not given."""
    return None if value is strawberry.UNSET else value


def written(value: Any) -> str | None:
    """A free text as it is stored: trimmed and NFC (GEN-8); None for one that was not given or holds nothing."""
    return normalized(value) or None if isinstance(value, str) else None
