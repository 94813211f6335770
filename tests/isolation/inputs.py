"""Inputs of mutations and computed queries, filled from their types: valid-looking values, ids of the viewer's own.

Each attempt puts one foreign id into one field; its twin puts an id there that does not exist at all."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull, get_named_type

from core.ids import new_id
from tests.isolation.asking import SCHEMA
from tests.isolation.filters import foreign_ids
from tests.isolation.kinds import kind_of
from tests.isolation.stages import Stage
from tests.isolation.world import Viewer

SCALARS: dict[str, Any] = {
    "Int": 1, "Float": 1.0, "Boolean": True, "Decimal": "1.00", "CurrencyCode": "USD",
    "DateTime": "2026-03-01T00:00:00Z", "Date": "2026-02-02", "JSON": {},
}  # fmt: skip
TEXTS = {
    "country": "US", "timezone": "UTC", "email": "someone@new.test", "ownerEmail": "someone@new.test",
    "billingEmail": "someone@new.test", "uuid": "",
}  # fmt: skip
VERSION = "version"


@dataclass(frozen=True, slots=True)
class Operation:
    """A root field of Mutation or Query that takes arguments with ids in them."""

    root: str
    name: str
    arguments: dict[str, Any]

    @property
    def document(self) -> str:
        """The operation with all its arguments as variables; of the answer only who it is and why it was refused."""
        field = fields_of(self.root)[self.name]
        answer: Any = get_named_type(field.type)
        declared = ", ".join(f"${name}: {each.type}" for name, each in field.args.items())
        given = ", ".join(f"{name}: ${name}" for name in field.args)
        shown = "errors { code message field details }"
        below = shown if "errors" in getattr(answer, "fields", {}) else "__typename"
        results = getattr(answer, "fields", {}).get("results")
        if results is not None and "errors" in getattr(get_named_type(results.type), "fields", {}):
            below += f" results {{ {shown} }}"  # each row stands alone
        return f"{self.root.lower()} ({declared}) {{ {self.name}({given}) {{ {below} }} }}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One field with an id in it: the input with a foreign id, and the same with one that does not exist."""

    field: str
    foreign: dict[str, Any]
    missing: dict[str, Any]


def fields_of(root: str) -> dict[str, Any]:
    """The fields of Query or Mutation."""
    kind: Any = SCHEMA._schema.type_map[root]
    return dict(kind.fields)


def operations() -> list[Operation]:
    """Every mutation, and every query that takes an input or names rows one by one (a preview)."""
    mutations = [Operation("Mutation", name, dict(field.args)) for name, field in fields_of("Mutation").items()]
    queries = [(name, field) for name, field in fields_of("Query").items() if _is_computed(field.args)]
    return mutations + [Operation("Query", name, dict(field.args)) for name, field in queries]


def _is_computed(arguments: Iterable[str]) -> bool:
    return any(name == "input" or name.endswith("Id") for name in arguments)


def attempts(stage: Stage, viewer: Viewer, operation: Operation) -> Iterator[Attempt]:
    """One per field of type ID, however deep, and per foreign id."""
    filled = _Filling(stage, viewer, operation.name)
    given = {name: filled.value(each.type, name, (name,)) for name, each in operation.arguments.items()}
    for path, kind in filled.ids.items():
        reads = stage.asking.statements.catalogue.types[kind].reads
        assert reads is not None and reads.prefix is not None
        for foreign in foreign_ids(stage, viewer, kind, most=1):
            twins = []
            for row_id in (foreign, new_id(reads.prefix)):
                made = deepcopy(given)
                _put(made, path, row_id)
                if "idempotencyKey" in made.get("input", {}):
                    made["input"]["idempotencyKey"] = new_id("test")  # rows that stand alone are kept under it
                twins.append(made)
            yield Attempt(".".join(map(str, path)), twins[0], twins[1])


def plain_input(stage: Stage, viewer: Viewer, operation: Operation) -> dict[str, Any]:
    """The arguments with nothing foreign in them."""
    filled = _Filling(stage, viewer, operation.name)
    return {name: filled.value(each.type, name, (name,)) for name, each in operation.arguments.items()}


class _Filling:
    """Fills a type and notes where ids stand and of which kind."""

    def __init__(self, stage: Stage, viewer: Viewer, operation: str) -> None:
        self.stage, self.viewer, self.operation = stage, viewer, operation
        self.ids: dict[tuple[str | int, ...], str] = {}

    def value(self, kind: Any, name: str, path: tuple[str | int, ...]) -> Any:
        """A value that the type takes."""
        if isinstance(kind, GraphQLNonNull):
            return self.value(kind.of_type, name, path)
        if isinstance(kind, GraphQLList):
            return [self.value(kind.of_type, name, (*path, 0))]
        if isinstance(kind, GraphQLInputObjectType):
            if kind.is_one_of:
                kept = dict(list(kind.fields.items())[:1])
                return {key: self.value(each.type, key, (*path, key)) for key, each in kept.items()}
            return {key: self.value(each.type, key, (*path, key)) for key, each in kind.fields.items()}
        if isinstance(kind, GraphQLEnumType):
            return next(iter(kind.values))
        if kind.name == "ID":
            self.ids[path] = kind_of(self.stage, name, self.operation)
            return self._own(self.ids[path], name)
        if kind.name == "String":
            return new_id("test") if name == "idempotencyKey" else TEXTS.get(name, "Some text")
        return SCALARS[kind.name]

    def _own(self, kind: str, name: str) -> str:
        """A visible id of the kind: of a buyer rather than of the viewer itself, so that rights do not end it early."""
        reads = self.stage.asking.statements.catalogue.types[kind].reads
        assert reads is not None
        rows = [row for row in self.stage.world.visible(self.viewer, reads.table) if row.id is not None]
        own = name in ("parentId", "productId", "priceListId", "planId", "addOnId", "itemId")
        wanted = self.viewer.place.id if own else self.viewer.place.buyer.id
        return str(next((row.id for row in rows if row.organization_id == wanted), rows[0].id if rows else "none"))


def _put(into: Any, path: tuple[str | int, ...], value: str) -> None:
    for step in path[:-1]:
        into = into[step]
    into[path[-1]] = value
