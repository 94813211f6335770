"""Why a row named by id was not answered: not there, or seen and only not the reader's own (VIS-3, VIS-8)."""

from core.transaction import fetch_value
from graph.errors import coded
from graph.sql.catalogue import Described
from tenants.permissions import ReadRight, read_right
from tenants.unit_of_work import UnitOfWork


async def refuse_unread(uow: UnitOfWork, described: Described, row_id: str) -> None:
    """Refuses FORBIDDEN for a row inside the actor's range that its role reads only when it is its own."""
    reads = described.reads
    if reads is None or read_right(uow.actor.role, reads.area) is not ReadRight.OWN_ROWS:
        return
    seen = f"SELECT 1 FROM {reads.table} t WHERE t.id = $4 AND {uow.visible('t', reads.table)}"
    if await fetch_value(uow.tx, seen, *uow.scope, row_id) is not None:
        raise coded("FORBIDDEN", "This role may not read this.")
