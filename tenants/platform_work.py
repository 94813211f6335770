"""Work that nobody asked for: units of work in the platform's own name, and the time that an organization lives in.

The actor is the operator's organization without a person: it sees every row, and the audit log shows no member."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from core.clock import Instant
from core.transaction import Transaction, fetch_one, fetch_value
from tenants.access import OrganizationFacts
from tenants.actor import Actor, Credentials
from tenants.permissions import SIGNED_IN, Role
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction

PLATFORM_NAME = "Tenantry"


async def platform_actor(tx: Transaction) -> Actor | None:
    """Who acts when time alone does; None before there is an operator. `tx` sees as the platform."""
    row = await fetch_one(tx, "SELECT o.id, o.name, o.kind, o.path FROM organization o WHERE o.kind = 'OPERATOR'")
    if row is None:
        return None
    return Actor(row["id"], row["name"], row["kind"], row["path"], Role.OWNER, SIGNED_IN, PLATFORM_NAME, None, None)


@asynccontextmanager
async def in_the_platforms_name(uow: UnitOfWork, action: str, now: Instant) -> AsyncIterator[UnitOfWork]:
    """Goes on in the same transaction as the platform, at `now`; what it notes is written when the block ends."""
    async with uow.as_platform("due work is the platform's own: it sees above and beside the actor"):
        actor = await platform_actor(uow.tx)
        assert actor is not None, "somebody acts, so there is an operator"
        theirs = UnitOfWork(uow.tx, actor, Credentials(None), now, uow.platform_now, action, platform_depth=1)
        yield theirs
        await theirs.flush()


@asynccontextmanager
async def platform_work(platform: Platform, action: str) -> AsyncIterator[UnitOfWork | None]:
    """A transaction of its own in the platform's name, by its clock; None before there is an operator."""
    async with platform_transaction(platform) as tx:
        actor, now = await platform_actor(tx), platform.clock.now()
        if actor is None:
            yield None
            return
        uow = UnitOfWork(tx, actor, Credentials(None), now, now, action, platform_depth=1)
        yield uow
        await uow.flush()


def at_instant(uow: UnitOfWork, now: Instant) -> UnitOfWork:
    """The same unit of work living at another instant: what it notes bears that time."""
    return replace(uow, now=now)


async def time_of_organization(uow: UnitOfWork, organization: OrganizationFacts) -> Instant:
    """The organization's own now: its sandbox clock's where one stands, whoever asks."""
    if organization.clock_id == uow.actor.clock_id or uow.actor.member_id is None:
        return uow.now
    if organization.clock_id is None:
        return uow.platform_now
    async with uow.as_platform("clock: it may belong to an organization above"):
        stands = await fetch_value(uow.tx, "SELECT stands_at FROM sandbox_clock WHERE id = $1", organization.clock_id)
    return uow.platform_now if stands is None else int(stands)
