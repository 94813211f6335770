"""Every GraphQL type's declarations by GraphQL names, gathered once from the finished schema."""

from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
)

from graph.sql.dialect import Shape
from graph.sql.reads import READS, WHOLE_FILTERS, Condition, Read, TypeReads, WholeFilter, condition_of, read_of


@dataclass(frozen=True, slots=True)
class Described:
    """A GraphQL object type with what its fields read; `reads` is None for a part of another type's row."""

    name: str
    reads: TypeReads | None
    fields: dict[str, Read]


@dataclass(slots=True)
class Catalogue:
    """The schema's types, the conditions of its filter inputs, and which type an id's prefix names."""

    schema: GraphQLSchema
    types: dict[str, Described] = field(default_factory=dict)
    conditions: dict[str, dict[str, Condition]] = field(default_factory=dict)
    whole_filters: dict[str, WholeFilter] = field(default_factory=dict)
    type_of_prefix: dict[str, str] = field(default_factory=dict)

    def field_type(self, type_name: str, field_name: str) -> Any:
        """The GraphQL field definition, for the types of its arguments and of its answer."""
        holder = self.schema.type_map[type_name]
        assert isinstance(holder, GraphQLObjectType)
        return holder.fields[field_name]

    def named_answer(self, type_name: str, field_name: str) -> str:
        """The name of the type that a field answers with, without its lists and its `!`."""
        name: str = get_named_type(self.field_type(type_name, field_name).type).name
        return name

    def shape_of_value(self, type_name: str, field_name: str) -> Shape:
        """What a plain value is as JSON, by the type that the schema promises."""
        kind = get_nullable_type(self.field_type(type_name, field_name).type)
        if isinstance(kind, GraphQLEnumType):
            return Shape.TOKEN
        return SHAPE_OF_SCALAR.get(str(kind), Shape.TEXT)


SHAPE_OF_SCALAR = {"Int": Shape.NUMBER, "ID": Shape.TOKEN, "Date": Shape.TOKEN, "CurrencyCode": Shape.TOKEN}
"""Scalars whose columns hold nothing to escape; any other text is escaped by the database."""


def catalogue_of(schema: GraphQLSchema) -> Catalogue:
    """Read the declarations of all types of a schema made by Strawberry."""
    catalogue = Catalogue(schema)
    for name, kind in schema.type_map.items():
        definition = kind.extensions.get("strawberry-definition") if kind.extensions else None
        if definition is None or not isinstance(kind, GraphQLInputObjectType | GraphQLObjectType):
            continue
        graphql_names = {
            given.python_name: given.graphql_name or _camel(given.python_name) for given in definition.fields
        }
        if isinstance(kind, GraphQLInputObjectType):
            found = {graphql_names[given.python_name]: condition_of(given.metadata) for given in definition.fields}
            catalogue.conditions[name] = {key: build for key, build in found.items() if build is not None}
            if definition.origin in WHOLE_FILTERS:
                catalogue.whole_filters[name] = WHOLE_FILTERS[definition.origin]
        elif isinstance(kind, GraphQLObjectType):
            _describe(catalogue, name, definition, graphql_names)
    return catalogue


def _describe(catalogue: Catalogue, name: str, definition: Any, graphql_names: dict[str, str]) -> None:
    declared = {graphql_names[given.python_name]: read_of(given.metadata) for given in definition.fields}
    fields = {key: read for key, read in declared.items() if read is not None}
    reads = READS.get(definition.origin)
    if not fields and reads is None:
        return
    catalogue.types[name] = Described(name, reads, fields)
    if reads is not None and reads.prefix is not None:
        catalogue.type_of_prefix[reads.prefix] = name


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
