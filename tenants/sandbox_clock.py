"""Clocks of sandbox organizations: they tick with the platform until first moved, then stand; never back."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from core.clock import Instant
from core.ids import new_id
from core.refusals import refuse
from core.transaction import Transaction, fetch_one, insert
from tenants.access import allow, organization_by_id
from tenants.commands import Outcome
from tenants.notices.notices import ACTION, Span, next_morning, send_due
from tenants.organization_events import ClockAdvanced, on_clock_advanced
from tenants.permissions import Action
from tenants.platform_work import in_the_platforms_name
from tenants.unit_of_work import UnitOfWork

Stop = Callable[[Transaction, Span], Awaitable[Instant | None]]
"""Answers the first instant of a span at which a moving clock stands still; the transaction sees as the platform."""
_STOPS: list[Stop] = []


def clock_stop(stop: Stop) -> Stop:
    """Register a reason to stand still, besides the mornings with a notice; registering one twice changes nothing."""
    if stop not in _STOPS:
        _STOPS.append(stop)
    return stop


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
        await uow.tx.execute("UPDATE sandbox_clock SET version = version + 1 WHERE id = $1", organization.clock_id)
    of = {"organization_id": clock["organization_id"], "path": clock["path"]}
    uow.audit("SandboxClock", organization.clock_id, before={"standsAt": before}, after={"standsAt": to}, **of)
    await _live_through(uow, ClockAdvanced(organization.clock_id, before=before, now=to, **of))
    return {"clockId": organization.clock_id, "standsAt": to}


async def _next_stop(tx: Transaction, span: Span) -> Instant:
    """The next morning that has a notice, or what else a stop was registered for; the end when nothing comes before."""
    found = [await next_morning(tx, span), *[await stop(tx, span) for stop in _STOPS]]
    return min([at for at in found if at is not None], default=span.until)


async def _live_through(uow: UnitOfWork, whole: ClockAdvanced) -> None:
    """Everything due on the way, in the order of time: it stands still at each morning that has a notice and at each
    renewal, so that they meet the facts of that instant; notices go last (SUB-115, ALR-1). One jump leaves what small
    steps would."""
    at = whole.before
    while True:
        async with uow.as_platform("ALR-1: the clock is shared by organizations above and beside the actor"):
            stop = await _next_stop(uow.tx, Span(at, whole.now, whole.clock_id))
            await uow.tx.execute("UPDATE sandbox_clock SET stands_at = $2 WHERE id = $1", whole.clock_id, stop)
        if uow.actor.clock_id == whole.clock_id:
            uow.now = stop
        await on_clock_advanced.tell(uow, replace(whole, before=at, now=stop))
        async with in_the_platforms_name(uow, ACTION, stop) as theirs:
            await send_due(theirs, Span(at, stop, whole.clock_id))
        if stop >= whole.now:
            return
        at = stop
