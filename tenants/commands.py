"""Running one command: one unit of work, at most once per idempotency key, its refusal audited apart (GEN-2, AUD-3)."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg

from core.refusals import Refused
from core.transaction import Transaction, fetch_value, insert
from tenants.actor import Actor, Credentials
from tenants.authentication import Unauthenticated
from tenants.idempotency import claim, store
from tenants.unit_of_work import (
    ActorChanged,
    Platform,
    UnitOfWork,
    audit_row,
    platform_transaction,
    time_of,
    unit_of_work,
)

Answer = TypeVar("Answer")
Outcome = dict[str, Any]
"""What a command made, as ids and plain values: it is stored under the idempotency key and read again for a replay."""

TRIES = 4
_RETRIED = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)


@dataclass(frozen=True, slots=True)
class Command:
    """A mutation's name, its input as plain values (without the key), and its idempotency key."""

    operation: str
    values: Mapping[str, object]
    idempotency_key: str | None = None
    moves_rows: bool = False
    """It changes where rows stand: nobody else writes meanwhile (MOVE-8)."""


class RefusedWithTrace(Refused):
    """A refusal that somebody has to hear of: what it leaves is written apart from the refused command (MON-7)."""

    async def leave_trace(self, tx: Transaction) -> None:
        """Write what stays; `tx` is a transaction of its own and sees as the platform."""
        raise AssertionError("a refusal with a trace says which")


async def run_command(
    platform: Platform,
    credentials: Credentials,
    command: Command,
    act: Callable[[UnitOfWork], Awaitable[Outcome]],
    answer: Callable[[UnitOfWork, Outcome, bool], Awaitable[Answer]],
) -> Answer:
    """Act once, and answer from the same transaction; `answer` gets the outcome and whether it was replayed.

    Raises Unauthenticated, or Refused after the refusal was written into the log of the actor's organization.
    A deadlock, a busy database or another role of the actor is tried again, with nothing kept of the try before."""
    actors: list[Actor] = []
    for attempt in range(TRIES):
        try:
            return await _once(platform, credentials, command, act, answer, actors)
        except Unauthenticated:
            raise
        except Refused as refusal:
            if isinstance(refusal, ActorChanged) and attempt < TRIES - 1:
                continue
            await _audit_refusal(platform, credentials, command, refusal, actors[-1])
            if isinstance(refusal, RefusedWithTrace):
                async with platform_transaction(platform) as tx:
                    await refusal.leave_trace(tx)
            raise
        except (*_RETRIED, sqlite3.OperationalError) as error:
            if attempt == TRIES - 1 or (isinstance(error, sqlite3.OperationalError) and "locked" not in str(error)):
                raise
            await asyncio.sleep(0.02 * 2**attempt)
    raise AssertionError("unreachable: the last try returns or raises")


async def _once(
    platform: Platform,
    credentials: Credentials,
    command: Command,
    act: Callable[[UnitOfWork], Awaitable[Outcome]],
    answer: Callable[[UnitOfWork, Outcome, bool], Awaitable[Answer]],
    actors: list[Actor],
) -> Answer:
    async with unit_of_work(platform, credentials, command.operation, moves_rows=command.moves_rows) as uow:
        actors.append(uow.actor)
        key = command.idempotency_key
        stored = await claim(uow, key, command.operation, command.values) if key is not None else None
        if stored is not None:
            return await answer(uow, stored, True)
        outcome = await act(uow)
        if key is not None:
            await store(uow, key, outcome)
        return await answer(uow, outcome, False)


async def _audit_refusal(
    platform: Platform, credentials: Credentials, command: Command, refusal: Refused, actor: Actor
) -> None:
    """One entry with the code, in the organization the actor stands in and nowhere else (AUD-3)."""
    row = audit_row(actor, credentials, time_of(actor, platform.clock), command.operation)
    async with platform_transaction(platform) as tx:
        # Read anew: the organization may have moved since the refused transaction was left.
        path = await fetch_value(tx, "SELECT path FROM organization WHERE id = $1", actor.organization_id)
        subject = {"organization_id": actor.organization_id, "path": path, "entity_type": "Mutation"}
        await insert(tx, "audit_entry", **row, **subject, result_code=",".join(sorted(set(refusal.codes))))
