"""Documents that select every field of a type, made from the schema, and the walk over what they answered."""

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLList, GraphQLNonNull, GraphQLObjectType, get_named_type

from tests.isolation.asking import SCHEMA


def query_fields() -> dict[str, Any]:
    """The fields of Query by name."""
    kind: Any = SCHEMA._schema.query_type
    return dict(kind.fields)


def connections() -> dict[str, str]:
    """Every root connection, and the type of its rows."""
    found = {name: get_named_type(field.type) for name, field in query_fields().items()}
    return {name: row_type(kind) for name, kind in found.items() if _is_connection(kind)}


def lookups() -> dict[str, str]:
    """Every root field that answers one row by `id`, and the row's type; `node` apart."""
    found = {name: each for name, each in query_fields().items() if set(each.args) == {"id"} and name != "node"}
    return {name: get_named_type(each.type).name for name, each in found.items()}


def live_fields() -> dict[str, Any]:
    """The fields of Subscription by name; each watches one row by its `id`."""
    kind: Any = SCHEMA._schema.subscription_type
    assert all(set(field.args) == {"id"} for field in kind.fields.values()), "say how the new live view is asked"
    return dict(kind.fields)


def row_type(connection: Any) -> str:
    """The name of the type of a connection's rows."""
    name: str = get_named_type(connection.fields["nodes"].type).name
    return name


def selection(kind: Any, depth: int = 1) -> str:
    """Every field of the type, with all below it that many relations deep."""
    parts = ["__typename"]
    for name, field in kind.fields.items():
        answer = get_named_type(field.type)
        if any(isinstance(each.type, GraphQLNonNull) for each in field.args.values()):
            continue
        if not isinstance(answer, GraphQLObjectType | GraphQLInterfaceType):
            parts.append(name)
        elif _is_connection(answer):
            if depth:
                parts.append(f"{name}(first: 100) {page(answer, depth - 1)}")
        elif depth or not _is_row(answer):
            parts.append(f"{name} {selection(answer, depth - 1 if _is_row(answer) else depth)}")
    return "{ " + " ".join(parts) + " }"


def page(connection: Any, depth: int) -> str:
    """A connection's rows, their number, and where the page ends."""
    rows: Any = SCHEMA._schema.type_map[row_type(connection)]
    return f"{{ totalCount pageInfo {{ hasNextPage endCursor }} nodes {selection(rows, depth)} }}"


def leaves(kind: Any, value: Any) -> Iterator[tuple[str, str, Any]]:
    """Every scalar of an answer: the type that holds it, the field, the value."""
    while isinstance(kind, GraphQLNonNull):
        kind = kind.of_type
    if value is None:
        return
    if isinstance(kind, GraphQLList):
        for each in value:
            yield from leaves(kind.of_type, each)
        return
    if isinstance(value, dict) and "__typename" in value:
        kind = SCHEMA._schema.type_map[value["__typename"]]
    for name, each in value.items():
        field = kind.fields.get(name)
        if field is None or name == "endCursor":
            continue
        if isinstance(get_named_type(field.type), GraphQLObjectType | GraphQLInterfaceType):
            yield from leaves(field.type, each)
        elif each is not None:
            yield kind.name, name, each


def _is_connection(kind: Any) -> bool:
    return isinstance(kind, GraphQLObjectType) and "pageInfo" in kind.fields


def _is_row(kind: Any) -> bool:
    """A type with rows of its own: anything that holds more than the figures of its holder."""
    return kind.name not in ("Money", "SellerCard", "DocumentBrand", "PageInfo")
