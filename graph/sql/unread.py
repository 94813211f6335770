"""Why a row named by id was not answered: not there, or seen and only not the reader's own (VIS-3, VIS-8)."""

from core.transaction import fetch_value
from graph.errors import coded
from graph.sql.catalogue import Described
from tenants.permissions import ReadRight, read_right
from tenants.unit_of_work import UnitOfWork

OF_ROLE_AND_SCOPE = ("FORBIDDEN", "SCOPE_MISSING")
"""What GEN-1 checks after whether the row is seen at all."""


async def is_seen(uow: UnitOfWork, described: Described, row_id: str) -> bool:
    """Whether the row stands inside the actor's range, whatever its role reads there."""
    if described.reads is None:
        return False
    table = described.reads.table
    seen = f"SELECT 1 FROM {table} t WHERE t.id = $4 AND {uow.visible('t', table)}"
    return await fetch_value(uow.tx, seen, *uow.scope, row_id) is not None


async def refuse_unread(uow: UnitOfWork, described: Described, row_id: str) -> None:
    """Refuses FORBIDDEN for a row inside the actor's range that its role reads only when it is its own."""
    reads = described.reads
    if reads is None or read_right(uow.actor.role, reads.area) is not ReadRight.OWN_ROWS:
        return
    if await is_seen(uow, described, row_id):
        raise coded("FORBIDDEN", "This role may not read this.")
