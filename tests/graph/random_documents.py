"""Documents drawn at random from the schema: every type, field, relation, page, order and fragment may come up."""

import random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
)

from tests.graph.asking import SCHEMA

LEFT_OUT = {"viewer", "nodes", "node"}
"""Root fields that are not one compiled statement, or that need ids of their own."""


class Documents:
    """Draws documents; the same seed draws the same ones. `ids` are (root field, id) pairs for lookups by id."""

    def __init__(self, seed: int, ids: list[tuple[str, str]], roots: list[str] | None = None) -> None:
        self.chance = random.Random(seed)
        self.ids = ids
        self.schema = SCHEMA._schema
        query: Any = self.schema.query_type
        pages = [name for name, field in query.fields.items() if get_named_type(field.type).name.endswith("Connection")]
        self.roots = roots or [name for name in pages if name not in LEFT_OUT]

    def draw(self) -> str:
        """One document with one to three root fields and up to two named fragments."""
        self.fragments: dict[str, str] = {}
        fields = [self._root(place) for place in range(self.chance.randint(1, 3))]
        return "{ " + " ".join(fields) + " } " + " ".join(self.fragments.values())

    def _root(self, place: int) -> str:
        query: Any = self.schema.query_type
        if self.ids and self.chance.random() < 0.3:
            name, row_id = self.chance.choice(self.ids)
            return f'r{place}: {name}(id: "{row_id}") {self._selection(query.fields[name].type, 3)}'
        name = self.chance.choice(self.roots)
        return f"r{place}: {name}{self._arguments(query.fields[name])} {self._selection(query.fields[name].type, 3)}"

    def _selection(self, kind: Any, depth: int) -> str:
        named = get_named_type(kind)
        assert isinstance(named, GraphQLObjectType | GraphQLInterfaceType)
        names = [name for name, field in named.fields.items() if depth > 0 or not _is_object(field.type)]
        chosen = self.chance.sample(names, min(len(names), self.chance.randint(1, 5))) or ["__typename"]
        parts = [self._field(named, name, depth) for name in chosen]
        if self.chance.random() < 0.15:
            parts.append("__typename")
        if self.chance.random() < 0.15:
            parts.append(self._fragment(named, depth))
        return "{ " + " ".join(parts) + " }"

    def _field(self, holder: Any, name: str, depth: int) -> str:
        field = holder.fields[name]
        alias = f"a{self.chance.randint(0, 9999)}: " if self.chance.random() < 0.2 or field.args else ""
        skipped = " @skip(if: false)" if self.chance.random() < 0.05 else ""
        below = " " + self._selection(field.type, depth - 1) if _is_object(field.type) else ""
        return f"{alias}{name}{self._arguments(field)}{skipped}{below}"

    def _fragment(self, named: Any, depth: int) -> str:
        leaves = [name for name, field in named.fields.items() if not _is_object(field.type) and not field.args]
        if not leaves:
            return "__typename"
        body = "{ " + " ".join(self.chance.sample(leaves, min(3, len(leaves)))) + " }"
        if self.chance.random() < 0.5:
            return f"... on {named.name} {body}"
        name = f"F{len(self.fragments)}"
        self.fragments[name] = f"fragment {name} on {named.name} {body}"
        return f"...{name}"

    def _arguments(self, field: Any) -> str:
        given = []
        if "first" in field.args and self.chance.random() < 0.6:
            given.append(f"{self.chance.choice(('first', 'last'))}: {self.chance.randint(1, 4)}")
        if "orderBy" in field.args and self.chance.random() < 0.4:
            order: Any = get_named_type(field.args["orderBy"].type)
            values: Any = get_named_type(order.fields["field"].type)
            direction = self.chance.choice(("ASC", "DESC"))
            given.append(f"orderBy: [{{field: {self.chance.choice(list(values.values))}, direction: {direction}}}]")
        if "filter" in field.args and self.chance.random() < 0.3:
            given.append(self._filter(get_named_type(field.args["filter"].type)))
        given = [each for each in given if each]
        return f"({', '.join(given)})" if given else ""

    def _filter(self, kind: Any) -> str:
        """A filter on a list of enum values, which always has a valid value."""
        lists = [
            (name, get_named_type(field.type))
            for name, field in kind.fields.items()
            if isinstance(get_named_type(field.type), GraphQLEnumType) and isinstance(field.type, GraphQLList)
        ]
        if not lists:
            return ""
        name, chosen = self.chance.choice(lists)
        values: Any = chosen
        return f"filter: {{{name}: [{self.chance.choice(list(values.values))}]}}"


def _is_object(kind: Any) -> bool:
    while isinstance(kind, GraphQLNonNull | GraphQLList):
        kind = kind.of_type
    return isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
