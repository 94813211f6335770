"""Clocks of sandbox organizations: they tick with the platform until first moved, then stand; never back."""

from core.clock import Instant
from core.ids import new_id
from core.refusals import refuse
from core.transaction import fetch_one, insert
from tenants.access import allow, organization_by_id
from tenants.commands import Outcome
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.permissions import Action
from tenants.unit_of_work import UnitOfWork


async def open_sandbox_clock(uow: UnitOfWork, organization_id: str, path: str, stands_at: Instant | None = None) -> str:
    """Give the organization a clock of its own, which everything created below it shares; answers the clock's id."""
    clock_id = new_id("clk")
    await insert(uow.tx, "sandbox_clock", id=clock_id, organization_id=organization_id, path=path, stands_at=stands_at)
    await uow.tx.execute("UPDATE organization SET clock_id = $1 WHERE id = $2", clock_id, organization_id)
    after = {"standsAt": stands_at}
    uow.audit("SandboxClock", clock_id, organization_id=organization_id, path=path, after=after)
    return clock_id


async def advance_clock(uow: UnitOfWork, organization_id: str, to: Instant) -> Outcome:
    """Move the sandbox clock that the organization shares to `to`; due work of the time between runs in here.

    Refused: NOT_FOUND, FORBIDDEN, SCOPE_MISSING, CLOCK_NOT_SANDBOX, CLOCK_BACKWARDS (the present instant is allowed).
    Answers clockId and standsAt."""
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    allow(uow, Action.ADVANCE_CLOCK, organization)
    if organization.clock_id is None:
        refuse("CLOCK_NOT_SANDBOX", "This organization lives in real time.", ("organizationId",))
    lock = " FOR UPDATE" if uow.tx.dialect == "postgres" else ""
    async with uow.as_platform("clock: it may belong to the organization above that opened the sandbox"):
        clock = await fetch_one(
            uow.tx, f"SELECT organization_id, path, stands_at FROM sandbox_clock WHERE id = $1{lock}",
            organization.clock_id,
        )  # fmt: skip
        if clock is None:
            raise RuntimeError("an organization names a clock that does not exist")
        before: Instant = uow.platform_now if clock["stands_at"] is None else clock["stands_at"]
        if to < before:
            refuse("CLOCK_BACKWARDS", "A clock is never moved back.", ("to",), standsAt=before)
        await uow.tx.execute(
            "UPDATE sandbox_clock SET stands_at = $2, version = version + 1 WHERE id = $1", organization.clock_id, to
        )
    of = {"organization_id": clock["organization_id"], "path": clock["path"]}
    uow.audit("SandboxClock", organization.clock_id, before={"standsAt": before}, after={"standsAt": to}, **of)
    if uow.actor.clock_id == organization.clock_id:
        uow.now = to
    await on_clock_advanced.tell(uow, ClockAdvanced(organization.clock_id, before=before, now=to, **of))
    return {"clockId": organization.clock_id, "standsAt": to}
