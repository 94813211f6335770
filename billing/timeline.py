"""The timeline of a subscription: one entry per change of status, written once (SUB-112).

Statuses are computed, so what time alone changed is written when due work or the next command comes by. A unique
index keeps one entry per subscription, instant and status, whoever comes by at the same time."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from billing.status_notices import tell_of_ends
from billing.subscription_status import Cause, Facts, FinalState, Status, SuspensionReason, status_at
from core.clock import Instant
from core.ids import new_id
from core.transaction import MAX_PARAMETERS, Row, Transaction


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """A change of status; actor_member_id is None where time alone changed it. reason: the cause, or what was given."""

    subscription_id: str
    organization_id: str
    path: str
    at: Instant
    from_status: Status | None
    to_status: Status
    reason: str
    actor_member_id: str | None = None

    @property
    def key(self) -> tuple[str, Instant, str]:
        """What is written once."""
        return self.subscription_id, self.at, self.to_status.value


@dataclass(frozen=True, slots=True)
class Subject:
    """A subscription whose time runs on: whose it is, and the facts that decide its status."""

    subscription_id: str
    organization_id: str
    path: str
    facts: Facts


FACT_COLUMNS = (
    "ends_at", "grace_ends_at", "ladder_ends_at", "final_state", "is_trial", "suspension_reasons", "terminated_at",
)  # fmt: skip


def facts_of(row: Row) -> Facts:
    """The facts of a row of `subscription` that was read with FACT_COLUMNS."""
    reasons = frozenset(SuspensionReason(reason) for reason in row["suspension_reasons"].split(",") if reason)
    return Facts(
        row["ends_at"], row["grace_ends_at"], row["ladder_ends_at"], FinalState(row["final_state"]),
        bool(row["is_trial"]), reasons, row["terminated_at"],
    )  # fmt: skip


def changes_of_time(subject: Subject, until: Instant) -> Iterator[TimelineEntry]:
    """What time alone has changed through `until`, in order, by the facts as they stand (SUB-110). Pure."""
    facts = subject.facts
    last = until if facts.terminated_at is None else min(until, facts.terminated_at - 1)
    causes = {
        facts.ladder_ends_at: Cause.EXPIRY_OVER,
        facts.grace_ends_at: Cause.GRACE_OVER,
        facts.ends_at: Cause.TRIAL_OVER if facts.is_trial else Cause.END_REACHED_UNPAID,
    }
    for at in sorted(at for at in causes if at <= last):
        before, after = status_at(facts, at - 1), status_at(facts, at)
        if before is not after:
            yield TimelineEntry(
                subject.subscription_id, subject.organization_id, subject.path, at, before, after, causes[at].value
            )


async def write_changes_of_time(tx: Transaction, subjects: Iterable[Subject], until: Instant) -> int:
    """Write what time changed and nobody wrote yet, in the order of time; answers how many entries (SUB-112, SUB-115).

    The subjects' rows are locked by the caller. A second call, or one in smaller steps of time, adds nothing."""
    due = [entry for subject in subjects for entry in changes_of_time(subject, until)]
    known = await _written(tx, sorted({entry.subscription_id for entry in due}))
    missing = sorted((entry for entry in due if entry.key not in known), key=lambda entry: (entry.at, entry.key))
    written = await write_entries(tx, missing)
    await tell_of_ends(tx, missing)
    return written


_COLUMNS = "id, organization_id, path, subscription_id, at, from_status, to_status, reason, actor_member_id"
_WIDTH = _COLUMNS.count(",") + 1


async def write_entries(tx: Transaction, entries: Sequence[TimelineEntry]) -> int:
    """Write entries in the order given but those that stand there already; answers how many."""
    written = 0
    at_once = MAX_PARAMETERS // _WIDTH
    for start in range(0, len(entries), at_once):
        chunk = entries[start : start + at_once]
        written += await tx.execute(_insert_text(len(chunk)), *(value for entry in chunk for value in _values(entry)))
    return written


@lru_cache(maxsize=64)
def _insert_text(rows: int) -> str:
    values = ", ".join(
        f"({', '.join(f'${row * _WIDTH + place}' for place in range(1, _WIDTH + 1))})" for row in range(rows)
    )
    return (
        f"INSERT INTO timeline_entry ({_COLUMNS}) VALUES {values} "
        "ON CONFLICT (subscription_id, at, to_status) DO NOTHING"
    )


def _values(entry: TimelineEntry) -> tuple[object, ...]:
    before = None if entry.from_status is None else entry.from_status.value
    return (
        new_id("tle"), entry.organization_id, entry.path, entry.subscription_id, entry.at, before,
        entry.to_status.value, entry.reason, entry.actor_member_id,
    )  # fmt: skip


async def _written(tx: Transaction, subscription_ids: Sequence[str]) -> Collection[tuple[str, Instant, str]]:
    found: set[tuple[str, Instant, str]] = set()
    for start in range(0, len(subscription_ids), MAX_PARAMETERS):
        chunk = subscription_ids[start : start + MAX_PARAMETERS]
        places = ", ".join(f"${place}" for place in range(1, len(chunk) + 1))
        rows = await tx.fetch(
            f"SELECT subscription_id, at, to_status FROM timeline_entry WHERE subscription_id IN ({places})", *chunk
        )
        found.update((row["subscription_id"], row["at"], row["to_status"]) for row in rows)
    return found
