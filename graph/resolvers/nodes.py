"""`node`, `nodes` and `viewer`: what an id names, and who is asking."""

from datetime import datetime
from typing import Any

import orjson
import strawberry

from core.clock import as_datetime
from core.ids import prefix_of
from graph.context import Context
from graph.errors import CodedError
from graph.resolvers.reading import not_found, read_row
from graph.schema.scalars import Node
from graph.schema.viewer import Viewer
from graph.sql.paging import checked_size
from graph.sql.statement import fragment
from tenants.unit_of_work import UnitOfWork, reading


async def _node(uow: UnitOfWork, info: strawberry.Info, node_id: str) -> str | None:
    context: Context = info.context
    type_name = context.statements.catalogue.type_of_prefix.get(prefix_of(node_id) or "")
    if type_name is None:
        return None
    return await read_row(uow, info, type_name, node_id)


async def _node_or_refusal(uow: UnitOfWork, info: strawberry.Info, node_id: str) -> orjson.Fragment | CodedError | None:
    """One of several: a refusal stands at its place in the list, with null in its stead (VIS-3, VIS-8)."""
    try:
        return fragment(await _node(uow, info, node_id))
    except CodedError as refused:
        return refused


@strawberry.type
class NodeQueries:
    @strawberry.field(description="Anything that has an id; NOT_FOUND for a stranger's row and a missing one alike.")
    async def node(self, info: strawberry.Info, id: strawberry.ID) -> Node | None:
        context: Context = info.context
        async with reading(context.platform, context.credentials) as uow:
            found = await _node(uow, info, id)
        if found is None:
            raise not_found()
        answer: Any = fragment(found)
        return answer

    @strawberry.field(
        description="Several at once, at most 100, in the order of the ids; null for what is not found, and with an "
        "error at its place what the viewer sees but may not read."
    )
    async def nodes(self, info: strawberry.Info, ids: list[strawberry.ID]) -> list[Node | None]:
        checked_size(max(len(ids), 1))
        context: Context = info.context
        async with reading(context.platform, context.credentials) as uow:
            answer: Any = [await _node_or_refusal(uow, info, each) for each in ids]
        return answer

    @strawberry.field(description="Who is asking: person or key, organization, role and rights.")
    async def viewer(self, info: strawberry.Info) -> Viewer:
        context: Context = info.context
        async with reading(context.platform, context.credentials) as uow:
            now: datetime = as_datetime(uow.now)
            return Viewer(actor=uow.actor, now=now)
