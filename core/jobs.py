"""Background work behind one narrow port: a due message of the outbox is claimed with a lease and its topic's handler
runs one step of it. Knows no business word; why a table and no engine of its own: docs/adr/0003-background-work.md."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextvars import Context
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Protocol

import structlog

from core.clock import MINUTE, SECOND, Clock, Instant
from core.database import Database
from core.transaction import Row, Transaction, fetch_one

LEASE = 30 * SECOND
LONGEST_WAIT = 10 * MINUTE
_MESSAGE_LENGTH = 500
_log = structlog.get_logger()


class Platform(Protocol):
    """What a worker stands on; tenants/ has the class."""

    @property
    def database(self) -> Database: ...

    @property
    def clock(self) -> Clock: ...


class Progress(Enum):
    """What a step leaves of its message."""

    DONE = auto()
    MORE = auto()


class LeaseLost(Exception):
    """Another worker has the message now: what this one did since its last commit must not be kept."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the outbox; `attempts` counts the claims since the last step that was committed."""

    id: str
    topic: str
    organization_id: str
    path: str
    subject_id: str
    payload: Mapping[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a message until it runs out. `length`: how long a commit renews it for; 0 gives it back."""

    message_id: str
    token: str
    length: Instant

    async def hold(self, tx: Transaction, now: Instant) -> None:
        """Renew it inside the step's own transaction; `now` is the platform's. Raises LeaseLost, which undoes the step.

        Work, position and lease so commit together: after kill -9 nothing is done twice and nothing is left out."""
        held = await tx.execute(
            "UPDATE outbox SET lease_until_at = $3, attempts = 0 "
            "WHERE id = $1 AND lease_token = $2 AND done_at IS NULL",
            self.message_id, self.token, now + self.length,
        )  # fmt: skip
        if not held:
            raise LeaseLost(self.message_id)


Handler = Callable[[Any, Message, Lease], Awaitable[Progress]]
_HANDLERS: dict[str, Handler] = {}


@dataclass(frozen=True, slots=True)
class _Family:
    """A handler of every topic that begins alike, where the platform has what it needs."""

    handler: Handler
    is_ready: Callable[[Any], bool]


_FAMILIES: dict[str, _Family] = {}


def handles(topic: str) -> Callable[[Handler], Handler]:
    """Register the handler of a topic. It does one short step (well below 30 s) in transactions of its own and must
    answer DONE when it is called again for a message that is already done."""

    def register(handler: Handler) -> Handler:
        _HANDLERS[topic] = handler
        return handler

    return register


def handles_family(prefix: str, is_ready: Callable[[Any], bool]) -> Callable[[Handler], Handler]:
    """Register the handler of all topics that begin with `prefix` (it ends with a dot). Where `is_ready` says no to the
    platform, they wait."""

    def register(handler: Handler) -> Handler:
        _FAMILIES[prefix] = _Family(handler, is_ready)
        return handler

    return register


async def run_worker(
    platform: Platform, stop: asyncio.Event, *, concurrency: int = 2, poll_seconds: float = 0.25
) -> None:
    """Work off what is due, `concurrency` messages at a time, until `stop` is set; running steps are finished then."""
    loops = [
        asyncio.create_task(_work(platform, stop, poll_seconds), context=Context()) for _ in range(max(concurrency, 1))
    ]
    await asyncio.gather(*loops)


async def run_due_once(platform: Platform) -> bool:
    """One step of one due message, the lease given back after it; False when nothing is due (tests, sandboxes)."""
    claimed = await _claim(platform)
    if claimed is None:
        return False
    message, token = claimed
    await _step(platform, message, Lease(message.id, token, 0))
    return True


async def run_all_due(platform: Platform, most_steps: int = 100_000) -> int:
    """Every step that is due, one after the other; how many there were."""
    for done in range(most_steps):
        if not await run_due_once(platform):
            return done
    return most_steps


async def _work(platform: Platform, stop: asyncio.Event, poll_seconds: float) -> None:
    while not stop.is_set():
        try:
            if await _run_claimed(platform, stop):
                continue
        except Exception:
            _log.exception("the worker cannot reach its outbox")
        await _wait(stop, poll_seconds)


async def _run_claimed(platform: Platform, stop: asyncio.Event) -> bool:
    """Claim a message and work on it until it is done, it fails or the worker stops."""
    claimed = await _claim(platform)
    if claimed is None:
        return False
    message, token = claimed
    while await _step(platform, message, Lease(message.id, token, LEASE)):
        if stop.is_set():
            await _settle(platform, message.id, token, "lease_until_at = $3, attempts = 0", platform.clock.now())
            break
    return True


async def _step(platform: Platform, message: Message, lease: Lease) -> bool:
    """Run the handler once; True when the message has more to do and is still ours."""
    try:
        progress = await _handler_of(message.topic)(platform, message, lease)
    except LeaseLost:
        _log.warning("lease lost", message_id=message.id, topic=message.topic)
        return False
    except Exception as error:
        _log.exception("a message failed", message_id=message.id, topic=message.topic, attempts=message.attempts)
        await _put_off(platform, message, lease.token, error)
        return False
    if progress is Progress.MORE:
        return True
    await _settle(platform, message.id, lease.token, "done_at = $3, last_error = NULL", platform.clock.now())
    return False


async def _put_off(platform: Platform, message: Message, token: str, error: Exception) -> None:
    wait = min(SECOND * 2 ** min(message.attempts, 20), LONGEST_WAIT)
    text = f"{type(error).__name__}: {error}"[:_MESSAGE_LENGTH]
    due_at = platform.clock.now() + wait
    change = "due_at = $3, lease_token = NULL, lease_until_at = NULL, last_error = $4"
    await _settle(platform, message.id, token, change, due_at, text)


async def _claim(platform: Platform) -> tuple[Message, str] | None:
    """Take the message that is due the longest and that nobody works on.

    One that was due when it was made is due by every clock: a sandbox's time may be years ahead of the platform's."""
    topics = sorted(_HANDLERS)
    families = sorted(prefix for prefix, family in _FAMILIES.items() if family.is_ready(platform))
    if not topics and not families:
        return None
    now, token = platform.clock.now(), secrets.token_hex(16)
    dialect = platform.database.dialect
    named = ", ".join(f"${place}" for place in range(4, 4 + len(topics)))
    ranges = range(4 + len(topics), 4 + len(topics) + 2 * len(families), 2)
    ours = [*([f"topic IN ({named})"] if topics else []), *(f"topic >= ${at} AND topic < ${at + 1}" for at in ranges)]
    bounds = [bound for prefix in families for bound in (prefix, prefix[:-1] + "/")]  # a slash follows the dot
    async with platform.database.write(_as_system(dialect)) as tx:
        row = await fetch_one(
            tx,
            "UPDATE outbox SET lease_token = $1, lease_until_at = $2, attempts = attempts + 1 WHERE id = ("
            "SELECT id FROM outbox WHERE done_at IS NULL AND (due_at <= $3 OR due_at = created_at) "
            f"AND (lease_until_at IS NULL OR lease_until_at <= $3) AND ({' OR '.join(ours)}) "
            "ORDER BY due_at, id LIMIT 1"
            f"{' FOR UPDATE SKIP LOCKED' if dialect == 'postgres' else ''}) RETURNING *",
            token, now + LEASE, now, *topics, *bounds,
        )  # fmt: skip
    return None if row is None else (_message(row), token)


def _handler_of(topic: str) -> Handler:
    if topic in _HANDLERS:
        return _HANDLERS[topic]
    return next(family.handler for prefix, family in _FAMILIES.items() if topic.startswith(prefix))


async def _settle(platform: Platform, message_id: str, token: str, change: str, *values: object) -> None:
    async with platform.database.write(_as_system(platform.database.dialect)) as tx:
        await tx.execute(f"UPDATE outbox SET {change} WHERE id = $1 AND lease_token = $2", message_id, token, *values)


def _message(row: Row) -> Message:
    names = ("id", "topic", "organization_id", "path", "subject_id", "attempts")
    return Message(payload=json.loads(row["payload"]), **{name: row[name] for name in names})


def _as_system(dialect: str) -> Mapping[str, str]:
    return {"role": "tenantry_system"} if dialect == "postgres" else {}


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
