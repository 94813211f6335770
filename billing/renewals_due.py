"""When renewals fall due: in real time before anything else of that instant, in a sandbox within the move of its clock.

A subscription stores when it renews next; one that stands undated gets its date first (SUB-40, SUB-115)."""

from datetime import date

import structlog

from billing.renewal_dates import NEVER, renewal_instant
from billing.renewal_run import DueGroup, groups_of, make_up, renew_group
from core.clock import Instant
from core.transaction import Transaction
from tenants.notices.notices import LIVES_BY, Span
from tenants.organization_events import ClockAdvanced, OrganizationActive, on_clock_advanced, on_organization_active
from tenants.platform_work import in_the_platforms_name, platform_work
from tenants.policy.policy import read_policies
from tenants.sandbox_clock import clock_stop
from tenants.stops.stopped import is_stopped
from tenants.unit_of_work import Platform, UnitOfWork, platform_reading, platform_transaction

ACTION = "renewSubscription"
AT_ONCE = 500
_OF = (
    "FROM subscription s JOIN organization o ON o.id = s.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id"
)
_log = structlog.get_logger()


async def renew_due(uow: UnitOfWork, until: Instant, clock_id: str) -> int:
    """Everything due through `until` of those who live by the sandbox clock, in the order of time; how many.

    `uow` is the platform's own. What something hindered up to its end is not tried any more (SUB-40)."""
    await _date_undated(uow.tx, clock_id, until)
    done = 0
    while renewed := [await renew_group(uow, group, until) for group in await _due(uow.tx, until, clock_id)]:
        done += sum(renewed)
        if not any(renewed):  # what is left is hindered
            break
    await _give_up(uow.tx, until, clock_id)
    return done


async def renew_in_real_time(platform: Platform, until: Instant | None = None) -> int:
    """The same for everybody else, a transaction for each group; what fails does not hold up the others.

    Also for sandboxes whose clock stands: what hindered a renewal may have gone meanwhile."""
    done, real = 0, platform.clock.now() if until is None else until
    async with platform_transaction(platform) as tx:
        await _never_by_themselves(tx, "", real)
        standing = await tx.fetch(
            f"SELECT DISTINCT c.id, c.stands_at {_OF} WHERE s.renews_at <= c.stands_at AND s.is_auto_renew "
            "AND s.ends_at > c.stands_at"
        )
    while await _date_in_real_time(platform):
        continue
    lives = [("", real), *((row["id"], row["stands_at"]) for row in standing)]
    for clock_id, now in lives:
        done += await _renew_all(platform, now, clock_id)
    async with platform_transaction(platform) as tx:
        await _give_up(tx, real, "")
    return done


async def _date_in_real_time(platform: Platform) -> int:
    async with platform_transaction(platform) as tx:
        return await _date_some(tx, "")


async def _renew_all(platform: Platform, now: Instant, clock_id: str) -> int:
    """Until what is due stays the same: the next period of one that was just renewed may be due already, also of one
    that another process has renewed. What comes after renewals must not come before those of somebody else."""
    done, before = 0, list[DueGroup]()
    while (groups := await _due_now(platform, now, clock_id)) != before:
        done += sum([await _one_in_real_time(platform, group, now) for group in groups])
        before = groups
    return done


async def _due_now(platform: Platform, now: Instant, clock_id: str) -> list[DueGroup]:
    async with platform_reading(platform) as tx:
        return await _due(tx, now, clock_id)


async def _one_in_real_time(platform: Platform, group: DueGroup, now: Instant) -> int:
    try:
        async with platform_work(platform, ACTION) as uow:
            return 0 if uow is None else await renew_group(uow, group, now)
    except Exception:
        _log.exception("a renewal failed", organization_id=group.organization_id)
        return 0


async def _due(tx: Transaction, until: Instant, clock_id: str) -> list[DueGroup]:
    """What nothing hinders as it stands; `tx` sees as the platform."""
    rows = await tx.fetch(
        f"SELECT s.renews_at, s.organization_id, s.id {_OF} WHERE {LIVES_BY} AND s.renews_at <= $2 "
        "AND s.is_auto_renew AND NOT s.is_trial AND s.terminated_at IS NULL AND s.ladder_ends_at > s.renews_at "
        f"AND NOT {is_stopped(tx.dialect, 'o.id')} ORDER BY s.renews_at, s.organization_id, s.id",
        clock_id, until,
    )  # fmt: skip
    return groups_of([(row["renews_at"], row["organization_id"], row["id"]) for row in rows])


async def _give_up(tx: Transaction, until: Instant, clock_id: str) -> None:
    """Its end has come and something stood in the way: it expires, and nothing makes up for it later.

    Looked at again behind the row's lock: who pays for it meanwhile dates its next renewal."""
    await tx.execute(
        "UPDATE subscription SET renews_at = $3 WHERE renews_at <= $2 AND ends_at <= $2 AND id IN ("
        f"SELECT s.id {_OF} WHERE {LIVES_BY} AND s.renews_at <= $2 AND s.ends_at <= $2 AND (NOT s.is_auto_renew "
        "OR (s.suspension_reasons <> '' AND s.suspension_reasons NOT LIKE '%NO\\_FUNDS%' ESCAPE '\\') "
        f"OR (s.suspension_reasons = '' AND {is_stopped(tx.dialect, 'o.id')})))",
        clock_id, until, NEVER,
    )  # fmt: skip


async def _date_undated(tx: Transaction, clock_id: str, now: Instant) -> None:
    """Store when each renews next by the Policy of today; what has failed or ended does not by itself."""
    await _never_by_themselves(tx, clock_id, now)
    while await _date_some(tx, clock_id):
        continue


async def _never_by_themselves(tx: Transaction, clock_id: str, now: Instant) -> None:
    await tx.execute(
        f"UPDATE subscription SET renews_at = $3 WHERE renews_at IS NULL AND id IN (SELECT s.id {_OF} WHERE {LIVES_BY} "
        "AND s.renews_at IS NULL AND (s.ends_at <= $2 OR s.is_trial OR s.renewal_failed_at IS NOT NULL "
        "OR s.terminated_at IS NOT NULL))",
        clock_id, now, NEVER,
    )  # fmt: skip


async def _date_some(tx: Transaction, clock_id: str) -> int:
    """Those of a few organizations; answers how many there were."""
    rows = await tx.fetch(
        f"SELECT s.id, s.organization_id, s.end_date, o.timezone {_OF} WHERE {LIVES_BY} AND s.renews_at IS NULL "
        f"ORDER BY s.id LIMIT {AT_ONCE}",
        clock_id,
    )  # fmt: skip
    if not rows:
        return 0
    known = {each: await read_policies(tx, each) for each in {row["organization_id"] for row in rows}}
    dated = [
        (
            row["id"],
            renewal_instant(date.fromisoformat(row["end_date"]), known[row["organization_id"]], row["timezone"]),
        )
        for row in rows
    ]
    values = ", ".join(f"(${2 * place + 1}, CAST(${2 * place + 2} AS bigint))" for place in range(len(dated)))
    return await tx.execute(
        f"UPDATE subscription SET renews_at = v.column2 FROM (VALUES {values}) AS v WHERE subscription.id = v.column1 "
        "AND subscription.renews_at IS NULL",
        *(value for each in dated for value in each),
    )


@clock_stop
async def next_renewal(tx: Transaction, span: Span) -> Instant | None:
    """Where a moving clock stands still: just before the next renewal, then at it, so that it meets what is due before
    and is met by what is due after it (SUB-115)."""
    await _date_undated(tx, span.clock_id, span.after)
    rows = await tx.fetch(
        f"SELECT min(s.renews_at) AS at {_OF} WHERE {LIVES_BY} AND s.renews_at > $2 AND s.renews_at <= $3 "
        "AND s.is_auto_renew AND s.terminated_at IS NULL",
        span.clock_id, span.after, span.until,
    )  # fmt: skip
    at: Instant | None = rows[0]["at"]
    return at - 1 if at is not None and at - 1 > span.after else at


@on_clock_advanced
async def renew_what_a_sandbox_lived_through(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """A sandbox clock moved to the next renewal, or beyond the last one."""
    async with in_the_platforms_name(uow, ACTION, event.now) as theirs:
        await renew_due(theirs, event.now, event.clock_id)


@on_organization_active
async def make_up_for_a_stop(uow: UnitOfWork, event: OrganizationActive) -> None:
    """The organization is not stopped any more (SUB-40)."""
    async with in_the_platforms_name(uow, ACTION, event.at) as theirs:
        await make_up(theirs, event.organization_id)
