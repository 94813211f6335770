"""Root fields that read: one transaction, one statement, its JSON passed through. No business rule."""

import inspect
from typing import Any

import orjson
import strawberry
from graphql import GraphQLResolveInfo, GraphQLSchema, get_named_type
from strawberry.schema.schema_converter import GraphQLCoreConverter

from core.ids import prefix_of
from graph.context import Context, RequestInfo
from graph.errors import CodedError, code_of, coded
from graph.sql.compile import Compilation, row_type
from graph.sql.reads import paging_signature
from graph.sql.statement import fragment
from graph.sql.unread import OF_ROLE_AND_SCOPE, is_seen, refuse_unread
from tenants.actor import Actor
from tenants.unit_of_work import UnitOfWork, reading


async def read_page(root: object, raw: GraphQLResolveInfo[Context], **_: object) -> orjson.Fragment:
    """A connection at the root: all rows that the actor sees. Its arguments are read from the document."""
    context = raw.context
    catalogue = context.statements.catalogue
    described = catalogue.types[row_type(catalogue, get_named_type(raw.return_type).name)]

    def build(compilation: Compilation) -> str:
        arguments = compilation.arguments(raw.parent_type.name, raw.field_name, raw.field_nodes[0])
        return compilation.connection(
            described, "", "", arguments, raw.field_nodes, raw.parent_type.name, raw.field_name
        )

    async with reading(context.platform, context.credentials) as uow:
        answer = fragment(await context.statements.json(uow, raw, raw.field_nodes, "page", build))
    assert answer is not None
    return answer


async def read_row(uow: UnitOfWork, info: RequestInfo, type_name: str, row_id: str, nodes: Any = None) -> str | None:
    """The JSON of one row by its id, within a unit of work; None when the actor does not see it.

    Refused only when it is seen: FORBIDDEN (not one of the rows that the role reads, VIS-8), SCOPE_MISSING (KEY-1)."""
    raw = info._raw_info
    statements = info.context.statements
    described = statements.catalogue.types[type_name]
    chosen = nodes or raw.field_nodes

    def build(compilation: Compilation) -> str:
        place = compilation.of_actor("row_id")
        return compilation.one_row(described, lambda alias: f"{alias}.id = {place}", chosen)

    try:
        found = await statements.json(uow, raw, chosen, f"row:{type_name}", build, row_id=row_id)
    except CodedError as refused:
        if code_of(refused) in OF_ROLE_AND_SCOPE and not await is_seen(uow, described, row_id):
            return None
        raise
    if found is None:
        await refuse_unread(uow, described, row_id)
    return found


async def read_own_organization(context: Context, info: RequestInfo, actor: Actor) -> orjson.Fragment | None:
    """The organization that the actor stands in."""
    async with reading(context.platform, context.credentials) as uow:
        return fragment(await read_row(uow, info, "Organization", actor.organization_id))


async def read_own_seller(context: Context, info: RequestInfo) -> orjson.Fragment | None:
    """The card of the actor's seller, for every role (VIS-2); None for the operator."""
    raw = info._raw_info
    described = context.statements.catalogue.types["SellerCard"]

    def build(compilation: Compilation) -> str:
        own = f"o.id = {compilation.own_organization} AND {compilation.row_is_visible('o', 'organization')}"
        card = compilation.row_object(described, "o", raw.field_nodes)
        return f"SELECT {card} FROM organization o WHERE {own} AND o.parent_id IS NOT NULL"

    async with reading(context.platform, context.credentials) as uow:
        return fragment(await context.statements.json(uow, raw, raw.field_nodes, "seller", build))


async def read_own_brand(context: Context, info: RequestInfo) -> orjson.Fragment | None:
    """What the actor's organization has set of its white label; None when it has set nothing."""
    raw = info._raw_info
    described = context.statements.catalogue.types["Brand"]

    def build(compilation: Compilation) -> str:
        own = compilation.own_organization
        return compilation.one_row(described, lambda alias: f"{alias}.organization_id = {own}", raw.field_nodes)

    async with reading(context.platform, context.credentials) as uow:
        return fragment(await context.statements.json(uow, raw, raw.field_nodes, "brand", build))


def not_found() -> Exception:
    """The one answer for a stranger's row and for a missing one (VIS-3)."""
    return coded("NOT_FOUND", "There is no such row.")


_IS_PAGE = "is_page"


def root_connection(*, filter: type | None = None, order: type | None = None, description: str) -> Any:
    """A root field that answers a connection."""

    async def resolve(root: Any, info: strawberry.Info, **_: Any) -> Any:
        return await read_page(root, info._raw_info)

    own = paging_signature(filter, order)
    given = [each for name, each in own.parameters.items() if name != "self"]
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    lead = [inspect.Parameter("root", keyword), inspect.Parameter("info", keyword, annotation=strawberry.Info)]
    resolve.__signature__ = inspect.Signature([*lead, *given])  # type: ignore[attr-defined]
    resolve.__annotations__ = {"info": strawberry.Info} | {each.name: each.annotation for each in given}
    return strawberry.field(resolver=resolve, description=description, metadata={_IS_PAGE: True})


def answer_pages_directly(schema: GraphQLSchema) -> None:
    """Root connections are answered without Strawberry's conversion of their arguments, which nobody reads: a tenth of
    what Python spends on a request."""
    assert schema.query_type is not None
    for field in schema.query_type.fields.values():
        made = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if made is not None and made.metadata.get(_IS_PAGE):
            field.resolve = read_page


def root_by_id(type_name: str, prefix: str, description: str) -> Any:
    """A root field that answers one row by its id, or NOT_FOUND."""

    async def resolve(root: Any, info: strawberry.Info, id: strawberry.ID) -> Any:
        context: Context = info.context
        async with reading(context.platform, context.credentials) as uow:
            is_one = prefix_of(id) == prefix
            found = await read_row(uow, info, type_name, id) if is_one else None
        if found is None:
            raise not_found()
        return fragment(found)

    return strawberry.field(resolver=resolve, description=description)
