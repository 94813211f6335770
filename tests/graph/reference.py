"""The reference executor: graphql-core alone over the schema's SDL, a plain resolver per field, a statement per value.

Slow and simple on purpose: it shares the declarations (what a column, a relation, a filter is) with the compiled reads
and nothing of how they are put together, encoded, paged or cached. The truth test compares the two."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, build_schema, get_named_type
from graphql.execution import execute
from graphql.language import parse
from graphql.pyutils import is_awaitable

from core.clock import as_datetime
from core.ids import prefix_of
from core.money import format_amount
from graph.sql.catalogue import Catalogue, Described
from graph.sql.compile import Compilation, sight_of
from graph.sql.cost import SEES_COST
from graph.sql.inputs import Leaf
from graph.sql.reads import Encoding, MoneyValue, Part, ToMany, ToOne, Value
from tenants.actor import Credentials
from tenants.paths import shown_from
from tenants.unit_of_work import Platform, UnitOfWork, reading
from tests.graph.asking import SCHEMA, STATEMENTS

DEFAULT_PAGE = 25


@dataclass(frozen=True, slots=True)
class Row:
    """A row by its type and its key; `node_key` are the values of the key columns."""

    described: Described
    key: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A page that was cut in Python."""

    rows: list[Row]
    cursors: list[str]
    has_next: bool
    has_previous: bool
    total: int


class Reference:
    """Runs documents as ordinary GraphQL inside one reading transaction."""

    def __init__(self) -> None:
        self.catalogue: Catalogue = STATEMENTS.catalogue
        self.one_at_a_time = asyncio.Lock()
        self.schema: GraphQLSchema = build_schema(SCHEMA.as_str())
        for name, kind in self.schema.type_map.items():
            if isinstance(kind, GraphQLObjectType) and not name.startswith("__"):
                for field in kind.fields.values():
                    field.resolve = self._resolve
        interfaces: Any = self.schema.type_map.values()
        for kind in interfaces:
            if getattr(kind, "resolve_type", 0) is None:
                kind.resolve_type = lambda row, *_: row.described.name

    async def ask(self, platform: Platform, credentials: Credentials, document: str) -> Any:
        """The data of a document without variables; errors raise."""
        async with reading(platform, credentials) as uow:
            made = execute(self.schema, parse(document), context_value=uow)
            result: Any = await made if is_awaitable(made) else made
        if result.errors:
            raise result.errors[0].original_error or result.errors[0]
        return result.data

    async def _resolve(self, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        uow: UnitOfWork = info.context
        name, holder = info.field_name, info.parent_type.name
        if holder == "Query":
            return await self._root(uow, info, arguments)
        if isinstance(source, Resolved):
            return self._of_page(source, name)
        if isinstance(source, tuple):
            return source[0] if name == "cursor" else source[1]
        if isinstance(source, Mapping):
            return source[name]
        return await self._of_row(uow, source, info, arguments)

    async def _root(self, uow: UnitOfWork, info: GraphQLResolveInfo[Any], arguments: dict[str, Any]) -> Any:
        answer = get_named_type(info.return_type).name
        if "id" in arguments:
            if answer == "Node":
                answer = self.catalogue.type_of_prefix[prefix_of(arguments["id"]) or ""]
            found = await self._rows(uow, self.catalogue.types[answer], [("{t}.id = ", arguments["id"])], "")
            if not found:
                raise GraphQLError("There is no such row.", extensions={"code": "NOT_FOUND"})
            return found[0]
        return await self._page(uow, info, arguments, "", None)

    def _of_page(self, page: Resolved, name: str) -> Any:
        match name:
            case "nodes":
                return page.rows
            case "edges":
                return list(zip(page.cursors, page.rows, strict=True))
            case "totalCount":
                return page.total
        return {
            "hasNextPage": page.has_next,
            "hasPreviousPage": page.has_previous,
            "startCursor": page.cursors[0] if page.cursors else None,
            "endCursor": page.cursors[-1] if page.cursors else None,
        }

    async def _of_row(self, uow: UnitOfWork, row: Row, info: GraphQLResolveInfo[Any], arguments: dict[str, Any]) -> Any:
        read = row.described.fields[info.field_name]
        match read:
            case Value():
                return _decoded(read.encoding, await self._value(uow, row, read.sql))
            case MoneyValue():
                currency = await self._value(uow, row, read.currency)
                micros = await self._value(uow, row, read.micros)
                return None if micros is None else {"amount": format_amount(micros, currency), "currency": currency}
            case Part():
                part = self.catalogue.types[get_named_type(info.return_type).name]
                return Row(Described(part.name, row.described.reads, part.fields), row.key)
            case ToOne():
                target = self.catalogue.types[get_named_type(info.return_type).name]
                found = await self._rows(uow, target, [], await self._related(uow, row, read.on))
                return found[0] if found else None
            case ToMany() if read.is_list:
                target = self.catalogue.types[get_named_type(info.return_type).name]
                return await self._rows(uow, target, [], await self._related(uow, row, read.on))
            case ToMany():
                return await self._page(uow, info, arguments, await self._related(uow, row, read.on), row)
        raise AssertionError(read)

    async def _related(self, uow: UnitOfWork, row: Row, on: str) -> str:
        """The relation with the parent's columns replaced by their values."""
        made = on
        while "{parent}." in made:
            column = made.split("{parent}.", 1)[1].split(" ")[0].strip("()")
            value = await self._value(uow, row, "{t}." + column)
            literal = "NULL" if value is None else str(value) if isinstance(value, int) else f"'{value}'"
            made = made.replace("{parent}." + column, literal)
        return made

    async def _page(
        self, uow: UnitOfWork, info: GraphQLResolveInfo[Any], given: dict[str, Any], on: str, parent: Row | None
    ) -> Resolved:
        holder = get_named_type(info.return_type).name
        described = self.catalogue.types[self.catalogue.named_answer(holder, "nodes")]
        made = self._compilation(uow)
        conditions = made._filter(info.parent_type.name, info.field_name, "t", _tree(given.get("filter"), self, info))
        rows = await self._rows(uow, described, [], on, made, conditions)
        assert described.reads is not None
        fields = [
            (self._order_sql(info, each["field"]), each.get("direction") == "DESC")
            for each in given.get("orderBy") or ()
        ] or [(sql, described.reads.is_newest_first) for sql in described.reads.default_order]
        last = fields[-1][1] if fields else described.reads.is_newest_first
        fields += [(f"{{t}}.{key}", last) for key in described.reads.key]
        keyed = [([await self._value(uow, row, sql) for sql, _ in fields], row) for row in rows]
        for place in reversed(range(len(fields))):
            keyed.sort(key=lambda pair, place=place: pair[0][place], reverse=fields[place][1])  # type: ignore[misc]
        size = given.get("first") or given.get("last") or DEFAULT_PAGE
        cut = keyed[-size:] if given.get("last") else keyed[:size]
        more = len(keyed) > size
        backward = given.get("last") is not None
        cursors = [_cursor(values) for values, _ in cut]
        return Resolved([row for _, row in cut], cursors, more and not backward, more and backward, len(keyed))

    def _order_sql(self, info: GraphQLResolveInfo[Any], name: str) -> str:
        kind: Any = get_named_type(_real(info.parent_type.name).fields[info.field_name].args["orderBy"].type)
        values: Any = get_named_type(kind.fields["field"].type)
        return str(values.values[name].value)

    async def _rows(
        self, uow: UnitOfWork, described: Described, equal: list[tuple[str, Any]], on: str,
        made: Compilation | None = None, conditions: list[str] | None = None,
    ) -> list[Row]:  # fmt: skip
        assert described.reads is not None
        made = made or self._compilation(uow)
        where = [made.visible(described.reads, "t"), *(conditions or [])]
        if on:
            where.append(on.replace("{t}", "t"))
        for text, value in equal:
            where.append(text.replace("{t}", "t") + made.bind(Leaf(value, lambda _, value=value: value)))  # type: ignore[misc]
        keys = ", ".join(f"t.{key}" for key in described.reads.key)
        found = await self._fetch(
            uow, made, f"SELECT {keys} FROM {described.reads.table} t WHERE {' AND '.join(where)} ORDER BY {keys}"
        )
        return [Row(described, tuple(row)) for row in found]

    async def _value(self, uow: UnitOfWork, row: Row, sql: Any) -> Any:
        made = self._compilation(uow)
        reads = row.described.reads
        assert reads is not None
        text = made.text(sql, "t")
        keys = " AND ".join(
            f"t.{key} = " + made.bind(Leaf(value, lambda _, value=value: value))  # type: ignore[misc]
            for key, value in zip(reads.key, row.key, strict=True)
        )
        scope = made.row_is_visible("t", reads.table)
        found = await self._fetch(uow, made, f"SELECT {text} AS value FROM {reads.table} t WHERE {keys} AND {scope}")
        return found[0][0]

    async def _fetch(self, uow: UnitOfWork, made: Compilation, text: str) -> list[Any]:
        actor = uow.actor
        named = {"now": uow.now, "member_id": actor.member_id, "path_start": shown_from(actor.path), SEES_COST: 1}
        values = [named[each] if isinstance(each, str) else each({}) for each in made.parameters]
        async with self.one_at_a_time:  # graphql-core resolves siblings side by side, on one connection here
            return list(await uow.tx.fetch(text, *uow.scope, *values))

    def _compilation(self, uow: UnitOfWork) -> Compilation:
        return Compilation(self.catalogue, uow.tx.dialect, sight_of(uow.actor), {}, {})


def _decoded(encoding: Encoding, value: Any) -> Any:
    match encoding:
        case Encoding.BOOLEAN:
            return None if value is None else bool(value)
        case Encoding.INSTANT:
            if value is None:
                return None
            moment = as_datetime(value)
            return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
        case Encoding.JSON:
            return json.loads(value) if isinstance(value, str) else value
    return value


def _cursor(values: list[Any]) -> str:
    return json.dumps(values)


def _tree(given: Any, reference: Reference, info: GraphQLResolveInfo[Any]) -> Any:
    """A filter's values as the compiled side gets them: leaves, with the enums of the real schema."""
    if given is None:
        return None
    kind: Any = get_named_type(_real(info.parent_type.name).fields[info.field_name].args["filter"].type)

    def leaf(value: Any, declared: Any) -> Any:
        named: Any = get_named_type(declared)
        if isinstance(value, list):
            return [leaf(each, declared) for each in value]
        if isinstance(value, dict):
            return {key: leaf(each, named.fields[key].type) for key, each in value.items()}
        real = named.values[value].value if hasattr(named, "values") and value in named.values else value
        return Leaf(real, lambda _: real.value if hasattr(real, "value") else real)

    return {key: leaf(value, kind.fields[key].type) for key, value in given.items()}


def _real(type_name: str) -> Any:
    """The type of the real schema, whose enums hold what columns hold."""
    return SCHEMA._schema.type_map[type_name]
