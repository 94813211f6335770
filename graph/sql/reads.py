"""How a type says what it reads, next to its fields: a column, an expression, a to-one, a connection.

`{t}` in SQL is the row's table, `{parent}` the row that a relation comes from. Declarations only.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING, Any, Optional, TypeVar, dataclass_transform

import strawberry

from tenants.permissions.vocabulary import Area

if TYPE_CHECKING:
    from graph.sql.compile import Compilation

Sql = str | Callable[["Compilation"], str]
"""SQL text with `{t}`, or a function for what needs the engine, the time or the reader."""


class Encoding(StrEnum):
    """How a value becomes JSON."""

    PLAIN = auto()
    BOOLEAN = auto()
    INSTANT = auto()
    JSON = auto()


@dataclass(frozen=True, slots=True)
class Value:
    """A column or an expression."""

    sql: Sql
    encoding: Encoding = Encoding.PLAIN


@dataclass(frozen=True, slots=True)
class MoneyValue:
    """An amount in micro-units and its currency."""

    micros: Sql
    currency: Sql
    is_nullable: bool = False


@dataclass(frozen=True, slots=True)
class ToOne:
    """Another row that the viewer may not see is null."""

    table: str
    on: str


@dataclass(frozen=True, slots=True)
class ToMany:
    """A connection (paged) or, when `is_list`, a plain short list of the rows of another type."""

    on: str
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """An object of the same row: its fields read this row's table."""


@dataclass(frozen=True, slots=True)
class Entity:
    """In a payload: the row (or rows) whose id the command's outcome holds under `key`."""

    key: str


@dataclass(frozen=True, slots=True)
class FromOutcome:
    """In a payload: a plain value that the command's outcome holds under `key`."""

    key: str


@dataclass(frozen=True, slots=True)
class ShownOnce:
    """In a payload: a secret that only the first answer holds (KEY-2)."""

    key: str


Read = Value | MoneyValue | ToOne | ToMany | Part | Entity | FromOutcome | ShownOnce
_KEY = "read"


@dataclass(frozen=True, slots=True)
class TypeReads:
    """What a GraphQL type reads: its table, the prefix of its ids, the area that decides who reads it, its own rows.

    `own_row` is the condition under which a row is the reader's own (VIS-8); None: such a reader sees none of them.
    `default_order`: NOT NULL expressions that sort a list, as its key does, when no other order is asked for.
    `shown_when`: what besides has to hold for a visible row to be shown to anybody."""

    table: str
    prefix: str | None
    area: Area
    own_row: Sql | None = None
    key: tuple[str, ...] = ("id",)
    is_newest_first: bool = False
    default_order: tuple[str, ...] = ()
    shown_when: Sql | None = None


READS: dict[type, TypeReads] = {}
Type = TypeVar("Type", bound=type)


@dataclass_transform(kw_only_default=True)
def table_type(
    table: str,
    *,
    area: Area,
    prefix: str | None = None,
    own_row: Sql | None = None,
    key: tuple[str, ...] = ("id",),
    newest_first: bool = False,
    default_order: tuple[str, ...] = (),
    shown_when: Sql | None = None,
    description: str,
) -> Callable[[Type], Type]:
    """A Strawberry type whose objects are rows of `table`."""

    def decorate(cls: Type) -> Type:
        made: Type = strawberry.type(cls, description=description)
        READS[made] = TypeReads(table, prefix, area, own_row, key, newest_first, default_order, shown_when)
        return made

    return decorate


def _declared(read: Read, description: str | None, name: str | None = None) -> Any:
    return strawberry.field(metadata={_KEY: read}, description=description, name=name)


def column(sql: Sql, description: str | None = None, *, name: str | None = None) -> Any:
    """A text, number, enum or date: the value as the database has it."""
    return _declared(Value(sql), description, name)


def flag(sql: Sql, description: str | None = None) -> Any:
    """A boolean."""
    return _declared(Value(sql, Encoding.BOOLEAN), description)


def instant(sql: Sql, description: str | None = None) -> Any:
    """A moment, of microseconds since the epoch."""
    return _declared(Value(sql, Encoding.INSTANT), description)


def stored_json(sql: Sql, description: str | None = None) -> Any:
    """A JSON column, as it is."""
    return _declared(Value(sql, Encoding.JSON), description)


def money(
    micros: Sql, currency: Sql = "{t}.currency", description: str | None = None, *, is_nullable: bool = False
) -> Any:
    """Money: `{amount currency}`."""
    return _declared(MoneyValue(micros, currency, is_nullable), description)


def part(description: str | None = None) -> Any:
    """An object over the same row; its type is declared with `@part_type`."""
    return _declared(Part(), description)


def to_one(table: str, on: str, description: str | None = None) -> Any:
    """Another row, or null when there is none or the viewer does not see it."""
    return _declared(ToOne(table, on), description)


def entity(key: str, description: str | None = None) -> Any:
    """A payload's row: its id stands under `key` in the command's outcome."""
    return _declared(Entity(key), description)


def from_outcome(key: str, description: str | None = None) -> Any:
    """A payload's plain value: it stands under `key` in the command's outcome."""
    return _declared(FromOutcome(key), description)


def shown_once(key: str, description: str | None = None) -> Any:
    """A payload's secret; null when the outcome is replayed."""
    return _declared(ShownOnce(key), description)


def to_many(on: str, *, filter: type | None = None, order: type | None = None, description: str | None = None) -> Any:
    """A connection of rows: paged by keyset, filtered and ordered by typed inputs."""
    return strawberry.field(
        resolver=paging_resolver(filter, order), metadata={_KEY: ToMany(on)}, description=description
    )


def short_list(on: str, description: str | None = None) -> Any:
    """A plain list for what is short by its nature (the entries of one transaction)."""
    return _declared(ToMany(on, is_list=True), description)


def read_of(metadata: Mapping[Any, Any]) -> Read | None:
    """The declaration that a field carries, if it does."""
    read: Read | None = metadata.get(_KEY)
    return read


def paging_resolver(filter: type | None, order: type | None) -> Callable[..., Any]:
    """The arguments of a connection; the compiled statement answers, so the body is never run."""

    async def compiled(self: Any) -> Any:
        raise AssertionError("a connection is part of its root's statement")

    compiled.__signature__ = paging_signature(filter, order)  # type: ignore[attr-defined]
    compiled.__annotations__ = {
        name: parameter.annotation
        for name, parameter in compiled.__signature__.parameters.items()  # type: ignore[attr-defined]
        if name != "self"
    }
    return compiled


def paging_signature(filter: type | None, order: type | None) -> inspect.Signature:
    """`first, after, last, before`, and `filter` and `orderBy` where the type has them."""
    kinds: dict[str, Any] = {
        "first": int | None,
        "after": str | None,
        "last": int | None,
        "before": str | None,
    }
    if filter is not None:
        kinds["filter"] = Optional[filter]  # noqa: UP045
    if order is not None:
        kinds["order_by"] = Optional[list[order]]  # type: ignore[valid-type]  # noqa: UP045
    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("self", keyword)]
    parameters += [
        inspect.Parameter(name, keyword, default=strawberry.UNSET, annotation=kind) for name, kind in kinds.items()
    ]
    return inspect.Signature(parameters)


Condition = Callable[["Compilation", str, Any], str]
"""From a filter's value (a tree, see inputs.py) to a condition on the row under the alias."""

WholeFilter = Callable[["Compilation", str, dict[str, Any]], str]
"""From a whole filter input (trees by GraphQL name, {} when it was left out) to one condition on the row."""

WHOLE_FILTERS: dict[type, WholeFilter] = {}


def whole_filter(build: WholeFilter) -> Callable[[Type], Type]:
    """A filter input whose fields are read together by a domain's own parser, also when no filter is given."""

    def decorate(cls: Type) -> Type:
        WHOLE_FILTERS[cls] = build
        return cls

    return decorate


_CONDITION = "condition"


def condition(of: Condition, description: str | None = None, *, name: str | None = None) -> Any:
    """A field of a filter input: `None` when it is left out. `name` where Python keeps the field's own for itself."""
    return strawberry.field(name=name, default=strawberry.UNSET, metadata={_CONDITION: of}, description=description)


def condition_of(metadata: Mapping[Any, Any]) -> Condition | None:
    """The condition that a filter's field carries."""
    found: Condition | None = metadata.get(_CONDITION)
    return found


@strawberry.enum(description="Which way a list is sorted.")
class Direction(Enum):
    ASC = "ASC"
    DESC = "DESC"


def order_input(name: str, fields: type[Enum]) -> type:
    """An input `{field direction}` over an enum whose values are SQL of NOT NULL columns; ids break ties."""
    made = type(name, (), {"__annotations__": {"field": fields, "direction": Direction}, "direction": Direction.ASC})
    return strawberry.input(made, description="How to sort: a field and a direction; ties are broken by id.")
