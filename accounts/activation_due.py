"""Accounts whose activation date has begun are activated, also while their customer is stopped (BAT-31, BAT-35).

By the platform's clock in a periodic step, by a sandbox's within the command that moves it; a use of a due account
activates it first. Idempotent: whoever comes first does it, at the instant that the date stands for."""

from core.clock import Instant
from core.periodic import periodic
from core.transaction import Row
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.platform_work import in_the_platforms_name, platform_work
from tenants.unit_of_work import Platform, UnitOfWork

ACTION = "activateAccount"
CHUNK = 500
_DUE = "{t}.lifecycle = 'INACTIVE' AND {t}.activation_hold IS NULL AND {t}.activates_at <= {until}"
_ACTIVATED = "lifecycle = 'OPEN', activated_at = t.activates_at, version = t.version + 1"


async def activate_due(uow: UnitOfWork, until: Instant, clock_id: str | None = None) -> int:
    """Activate up to CHUNK accounts that are due by `until`, by instant, then control number; how many.

    Those that live by the sandbox clock, or without one that stands by the platform's; `uow` is the platform's."""
    lives_by = "c.stands_at IS NULL AND $2 = ''" if clock_id is None else "o.clock_id = $2"
    lock = " FOR UPDATE OF a" if uow.tx.dialect == "postgres" else ""
    rows = await uow.tx.fetch(
        f"UPDATE account AS t SET {_ACTIVATED} WHERE {_DUE.format(t='t', until='$1')} "
        "AND t.id IN (SELECT a.id FROM account a JOIN organization o ON o.id = a.organization_id "
        f"LEFT JOIN sandbox_clock c ON c.id = o.clock_id WHERE {_DUE.format(t='a', until='$1')} "
        f"AND {lives_by} ORDER BY a.activates_at, a.control_number, a.id LIMIT {CHUNK}{lock}) "
        "RETURNING id, organization_id, path, activates_at, control_number",
        until, clock_id or "",
    )  # fmt: skip
    for row in sorted(rows, key=lambda each: (each["activates_at"], each["control_number"] or 0, each["id"])):
        _note(uow, row)
    return len(rows)


async def activate_if_due(uow: UnitOfWork, account_id: str) -> None:
    """The same for one account that the actor may use, before its use is noted."""
    rows = await uow.tx.fetch(
        f"UPDATE account AS t SET {_ACTIVATED} WHERE t.id = $4 AND {_DUE.format(t='t', until='$5')} "
        f"AND {uow.visible('t', 'account')} "
        "RETURNING id, organization_id, path, activates_at",
        *uow.scope, account_id, uow.now,
    )  # fmt: skip
    for row in rows:
        _note(uow, row)


def _note(uow: UnitOfWork, row: Row) -> None:
    uow.audit(
        "Account", row["id"], organization_id=row["organization_id"], path=row["path"],
        before={"lifecycle": "INACTIVE"}, after={"lifecycle": "OPEN"}, reason="activationDate",
    )  # fmt: skip


@periodic("accounts whose activation date has begun", every_seconds=30)
async def activate_in_real_time(platform: Platform, _last_run: Instant) -> int:
    """The same for everybody who lives by the platform's clock, a transaction for each chunk; how many."""
    activated = 0
    while True:
        async with platform_work(platform, ACTION) as uow:
            done = 0 if uow is None else await activate_due(uow, uow.now)
        activated += done
        if done < CHUNK:
            return activated


@on_clock_advanced
async def activate_in_a_sandbox(uow: UnitOfWork, event: ClockAdvanced) -> None:
    """A sandbox clock moved: what is due by now is active before the command answers, behind the dunning (SUB-115)."""
    async with in_the_platforms_name(uow, ACTION, event.now) as theirs:
        while await activate_due(theirs, event.now, event.clock_id) == CHUNK:
            continue
