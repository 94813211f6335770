"""Whether a support session still stands for work that goes on without a request: the job of a batch update (BAT-81).

What came with a request is looked at in authentication.py and at its commit, in unit_of_work.py."""

from core.clock import Instant
from core.transaction import Row, Transaction, fetch_one
from tenants.actor import Actor
from tenants.authentication import Unauthenticated
from tenants.stops.stopped import is_stopped
from tenants.support.support_authentication import MESSAGES, over_by, support_actor
from tenants.unit_of_work import UnitOfWork


async def supporter_now(tx: Transaction, session_id: str, now: Instant) -> Actor | None:
    """The supporter in the target's place as it may act now; None when the session is over. `tx` sees as the platform.

    `now` is the platform's time."""
    row = await _row(tx, session_id)
    if row is None or row["state"] != "OPEN" or over_by(row, now) is not None:
        return None
    place = {
        "organization_id": row["organization_id"],
        "organization_name": row["organization_name"],
        "organization_kind": row["kind"],
        "path": row["path"],
        "clock_id": row["clock_id"],
        "clock_stands_at": row["clock_stands_at"],
    }
    return support_actor(row, place)


async def require_standing(uow: UnitOfWork) -> None:
    """Before the commit of work in a support session: its end waits for this, or this is not committed (SUP-10).

    Raises Unauthenticated with SUPPORT_SESSION_ENDED; nothing for an actor of its own."""
    support = uow.actor.support
    if support is None:
        return
    async with uow.as_platform("SUP-11: what ends a session may stand above the target"):
        if uow.tx.dialect == "postgres":
            await uow.tx.execute("SELECT s.id FROM support_session s WHERE s.id = $1 FOR SHARE", support.session_id)
        stands = await supporter_now(uow.tx, support.session_id, uow.platform_now)
    if stands is None:
        raise Unauthenticated("SUPPORT_SESSION_ENDED", MESSAGES["SUPPORT_SESSION_ENDED"])


async def _row(tx: Transaction, session_id: str) -> Row | None:
    stopped = is_stopped(tx.dialect, "a.supporter_organization_id")
    return await fetch_one(
        tx,
        f"SELECT a.*, {stopped} AS is_supporter_stopped FROM actor_support_session a WHERE a.support_session_id = $1",
        session_id,
    )
