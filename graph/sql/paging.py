"""Keyset pages: opaque cursors over the values that order the rows, at most 100 rows, no count unless asked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import FieldNode

from graph.errors import coded
from graph.sql import dialect as sql
from graph.sql.catalogue import Described
from graph.sql.inputs import Leaf
from graph.sql.reads import TypeReads
from graph.sql.selection import selected_fields

if TYPE_CHECKING:
    from graph.sql.compile import Compilation

DEFAULT_PAGE, LARGEST_PAGE = 25, 100
_OF_ROWS = ("edges", "nodes", "pageInfo")


@dataclass(frozen=True, slots=True)
class Sorting:
    """One sort value of a row and its direction as the page is read (turned round for `last`)."""

    sql: str
    is_descending: bool


@dataclass(frozen=True, slots=True)
class Page:
    """What was asked of a connection: how many rows from which end, between which cursors, in which order."""

    size: Leaf | None
    after: Leaf | None
    before: Leaf | None
    is_backward: bool
    order: tuple[Sorting, ...]

    @staticmethod
    def of(arguments: dict[str, Any], reads: TypeReads, alias: str) -> "Page":
        """Read the arguments. Refused: PAGE_SIZE_INVALID (1 to 100; `first` and `last` exclude each other)."""
        first, last = arguments.get("first"), arguments.get("last")
        if first is not None and last is not None:
            raise coded("PAGE_SIZE_INVALID", "Ask for `first` or `last`, not both.", field=["first"])
        size = first or last
        if size is not None:
            checked_size(size.value, "last" if last is not None else "first")
        order = _order(arguments.get("orderBy"), reads, alias)
        return Page(size, arguments.get("after"), arguments.get("before"), last is not None, order)

    def checked_size(self, size: Any) -> int:
        """The same of a later value of the argument."""
        return checked_size(size, "last" if self.is_backward else "first")


def checked_size(size: Any, field: str = "first") -> int:
    """The size of a page, from the argument `field`. Refused: PAGE_SIZE_INVALID (SRCH-6)."""
    if not isinstance(size, int) or not 1 <= size <= LARGEST_PAGE:
        raise coded("PAGE_SIZE_INVALID", f"A page has 1 to {LARGEST_PAGE} rows.", field=[field])
    return size


def _order(given: Any, reads: TypeReads, alias: str) -> tuple[Sorting, ...]:
    sortings = [
        Sorting(each["field"].value.value.replace("{t}", alias), _is_descending(each.get("direction")))
        for each in given or ()
    ] or [Sorting(each.replace("{t}", alias), reads.is_newest_first) for each in reads.default_order]
    is_last_descending = sortings[-1].is_descending if sortings else reads.is_newest_first
    sortings += [Sorting(f"{alias}.{key}", is_last_descending) for key in reads.key]
    return tuple(sortings)


def _is_descending(direction: Leaf | None) -> bool:
    return direction is not None and direction.value.value == "DESC"


def connection_sql(
    compilation: "Compilation",
    described: Described,
    holder: str,
    alias: str,
    conditions: list[str],
    page: Page,
    nodes: Sequence[FieldNode],
) -> str:
    """A query of one JSON object: edges, nodes, pageInfo and totalCount as far as they are selected."""
    assert described.reads is not None
    wanted = selected_fields(compilation, holder, nodes)
    asks_for_more = any(same[0].name.value == "pageInfo" for same in wanted.values())
    parts = _Parts(compilation, described, alias, page, is_looking_ahead=asks_for_more)
    members = [(key, parts.member(holder, same)) for key, same in wanted.items() if same[0].name.value in _OF_ROWS]
    total = f"SELECT count(*) FROM {described.reads.table} {alias} WHERE {' AND '.join(conditions)}"
    number = sql.json_value(compilation.dialect, f"({total})", sql.Shape.NUMBER)
    counted = {key: number for key, same in wanted.items() if same[0].name.value == "totalCount"}
    name = sql.json_name(compilation.dialect, holder)
    constant = {key: name for key, same in wanted.items() if same[0].name.value == "__typename"}
    known = dict(members) | counted | constant
    body = sql.json_object(compilation.dialect, [(key, known[key]) for key in wanted])
    if parts.is_aggregated:
        return f"SELECT {body} FROM ({parts.rows(conditions)}) rows"
    if counted:
        return f"SELECT {body}"
    # What no row decides still names every parameter: the engines refuse one that nothing names.
    return f"SELECT {body} FROM (SELECT count(*) FROM ({parts.rows(conditions)}) page) counted"


class _Parts:
    """The pieces of one connection's statement; collects the columns that its inner query must give."""

    def __init__(
        self, compilation: "Compilation", described: Described, alias: str, page: Page, *, is_looking_ahead: bool
    ) -> None:
        self.compilation, self.described, self.alias, self.page = compilation, described, alias, page
        self.dialect = compilation.dialect
        self.columns: dict[str, str] = {}
        self._size: str | None = None
        self.is_looking_ahead = is_looking_ahead
        self.is_aggregated = False

    @property
    def size(self) -> str:
        """The parameter of the page's size, bound when it is first needed: a mere count needs none."""
        if self._size is None:
            given = self.page.size
            self._size = self.compilation.bind(given, self.page.checked_size) if given else str(DEFAULT_PAGE)
        return self._size

    def member(self, holder: str, same: list[FieldNode]) -> str:
        name = same[0].name.value
        if name == "pageInfo":
            return self._page_info(same)
        return self._list(self._node(same) if name == "nodes" else self._edge(holder, same))

    def rows(self, conditions: list[str]) -> str:
        """The inner query: the page's rows (and one more when somebody asks whether there are more), in order."""
        where = " AND ".join([*conditions, *self._bounds()])
        order = ", ".join(f"{each.sql} {'DESC' if self._descends(each) else 'ASC'}" for each in self.page.order)
        columns = ", ".join(f"{text} AS {name}" for name, text in self.columns.items()) or "1 AS one"
        table = f"{self.described.reads.table} {self.alias}"  # type: ignore[union-attr]
        limit = f"{self.size} + 1" if self.is_looking_ahead else self.size
        numbered = f", row_number() OVER (ORDER BY {order}) AS place" if self._needs_place() else ""
        inner = f"SELECT {columns}{numbered} FROM {table} WHERE {where} ORDER BY {order} LIMIT {limit}"
        return f"SELECT * FROM ({inner}) page ORDER BY place DESC" if self.page.is_backward else inner

    def _needs_place(self) -> bool:
        return self.is_looking_ahead or self.page.is_backward

    def _descends(self, sorting: Sorting) -> bool:
        return sorting.is_descending is not self.page.is_backward

    def _column(self, text: str) -> str:
        for name, known in self.columns.items():
            if known == text:
                return f"rows.{name}"
        name = f"c{len(self.columns)}"
        self.columns[name] = text
        return f"rows.{name}"

    def _node(self, nodes: Sequence[FieldNode]) -> str:
        return self._column(self.compilation.row_object(self.described, self.alias, nodes))

    def _edge(self, holder: str, nodes: Sequence[FieldNode]) -> str:
        edge_type = self.compilation.catalogue.named_answer(holder, "edges")
        members = []
        for key, same in selected_fields(self.compilation, edge_type, nodes).items():
            match same[0].name.value:
                case "node":
                    node = self._node(same)
                    members.append((key, node if self.dialect == "postgres" else f"json({node})"))
                case "cursor":
                    members.append((key, sql.json_value(self.dialect, self._cursor(), sql.Shape.TOKEN)))
                case _:
                    members.append((key, sql.json_name(self.dialect, edge_type)))
        return sql.json_object(self.dialect, members)

    def _cursor(self) -> str:
        return self._column(sql.cursor(self.dialect, [each.sql for each in self.page.order]))

    def _list(self, item: str) -> str:
        keep = f"rows.place <= {self.size}" if self.is_looking_ahead else None
        return self._aggregate(sql.json_list(self.dialect, item, keep))

    def _page_info(self, nodes: Sequence[FieldNode]) -> str:
        chosen = selected_fields(self.compilation, "PageInfo", nodes)
        return sql.json_object(self.dialect, [(key, self._end(same[0].name.value)) for key, same in chosen.items()])

    def _end(self, name: str) -> str:
        """One field of the page's info; what the request itself decides needs no row."""
        match name, self.page.is_backward:
            case ("hasNextPage", False) | ("hasPreviousPage", True):
                return sql.boolean(self.dialect, self._aggregate(f"count(*) > {self.size}"))
            case "hasNextPage", _:
                return sql.boolean(self.dialect, "1 = 1" if self.page.before else "1 = 0")
            case "hasPreviousPage", _:
                return sql.boolean(self.dialect, "1 = 1" if self.page.after else "1 = 0")
            case "__typename", _:
                return sql.json_name(self.dialect, "PageInfo")
        place = 0 if name == "startCursor" else -1
        kept = f"rows.place <= {self.size}"
        cursor = self._aggregate(sql.text_list_last(self.dialect, self._cursor(), kept, place))
        return sql.json_value(self.dialect, cursor, sql.Shape.TOKEN)

    def _aggregate(self, text: str) -> str:
        self.is_aggregated = True
        return text

    def _bounds(self) -> list[str]:
        bounds = []
        if self.page.after is not None:
            bounds.append(self._beyond(self.page.after, is_after=True))
        if self.page.before is not None:
            bounds.append(self._beyond(self.page.before, is_after=False))
        return bounds

    def _beyond(self, cursor: Leaf, *, is_after: bool) -> str:
        """The keyset condition: rows strictly after (or before) the one the cursor names, in the page's order."""
        width = len(self.page.order)
        field = "after" if is_after else "before"
        decode_cursor(cursor.value, width, field)
        values = [self.compilation.bind(cursor, _cursor_value(place, width, field)) for place in range(width)]
        tests = []
        for place, each in enumerate(self.page.order):
            equal = [f"{earlier.sql} = {values[index]}" for index, earlier in enumerate(self.page.order[:place])]
            comparison = ">" if is_after is not each.is_descending else "<"
            tests.append(" AND ".join([*equal, f"{each.sql} {comparison} {values[place]}"]))
        return "(" + " OR ".join(f"({test})" for test in tests) + ")"


def _cursor_value(place: int, width: int, field: str) -> Any:
    return lambda text: decode_cursor(text, width, field)[place]


def decode_cursor(text: Any, width: int, field: str) -> list[Any]:
    """The ordering values that the cursor in argument `field` holds. Refused: CURSOR_INVALID."""
    try:
        values = json.loads(bytes.fromhex(str(text)))
    except ValueError:
        values = None
    if not isinstance(values, list) or len(values) != width:
        raise coded("CURSOR_INVALID", "This cursor is not of this list and order.", field=[field])
    return values
