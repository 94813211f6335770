"""The timeline of a subscription: one entry per change of status, written once (SUB-112).

Statuses are computed, so what time alone changed is written when due work or the next command comes by. Whoever
writes has locked the subscription's row, so that two never write the same."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from billing.subscription_status import Cause, Facts, FinalState, Status, SuspensionReason, status_at
from core.clock import Instant
from core.ids import new_id
from core.transaction import MAX_PARAMETERS, Row, Transaction, insert_many


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
    written = await _written(tx, sorted({entry.subscription_id for entry in due}))
    missing = sorted((entry for entry in due if entry.key not in written), key=lambda entry: (entry.at, entry.key))
    await write_entries(tx, missing)
    return len(missing)


async def write_entries(tx: Transaction, entries: Iterable[TimelineEntry]) -> None:
    """Write entries in the order given."""
    await insert_many(
        tx, "timeline_entry",
        [
            {
                "id": new_id("tle"), "organization_id": entry.organization_id, "path": entry.path,
                "subscription_id": entry.subscription_id, "at": entry.at,
                "from_status": None if entry.from_status is None else entry.from_status.value,
                "to_status": entry.to_status.value, "reason": entry.reason, "actor_member_id": entry.actor_member_id,
            }
            for entry in entries
        ],
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
