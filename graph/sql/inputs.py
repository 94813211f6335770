"""Arguments as trees whose leaves know where their value comes from, so that a statement's text can be kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
)
from graphql.utilities import value_from_ast

Variables = Mapping[str, Any]
Reader = Callable[[Variables], Any]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar or enum of this request, and how the next request with the same shape finds its own."""

    value: Any
    read: Reader


Tree = Leaf | dict[str, Any] | list[Any] | None


def argument_tree(node: ValueNode, kind: GraphQLInputType, variables: Variables) -> Any:
    """The tree of an argument's value: Leaf, dict of GraphQL names, list, or None; Undefined for an absent variable."""
    if isinstance(node, VariableNode):
        name = node.name.value
        return _of_value(variables.get(name, Undefined), lambda all_: all_.get(name, Undefined))
    if isinstance(node, NullValueNode):
        return None
    if isinstance(kind, GraphQLNonNull):
        return argument_tree(node, kind.of_type, variables)
    if isinstance(kind, GraphQLList):
        items = node.values if isinstance(node, ListValueNode) else (node,)
        return [argument_tree(item, kind.of_type, variables) for item in items]
    if isinstance(kind, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
        given = {field.name.value: argument_tree(field.value, kind.fields[field.name.value].type, variables)
                 for field in node.fields}  # fmt: skip
        return {name: tree for name, tree in given.items() if tree is not Undefined}
    constant = value_from_ast(node, kind)
    return Leaf(constant, lambda _: constant)


def plain_values(tree: Any) -> Any:
    """The tree's values alone, enums by their value."""
    if isinstance(tree, dict):
        return {name: plain_values(item) for name, item in tree.items()}
    if isinstance(tree, list):
        return [plain_values(item) for item in tree]
    if isinstance(tree, Leaf):
        return tree.value.value if isinstance(tree.value, Enum) else tree.value
    return tree


def values_read(tree: Any, variables: Variables) -> Any:
    """What `plain_values` gives, but of another request's variables, which have the same shape."""
    if isinstance(tree, dict):
        return {name: values_read(item, variables) for name, item in tree.items()}
    if isinstance(tree, list):
        return [values_read(item, variables) for item in tree]
    if isinstance(tree, Leaf):
        value = tree.read(variables)
        return value.value if isinstance(value, Enum) else value
    return tree


def shape_of(value: Any) -> Any:
    """What of a variable decides a statement's text: its structure, its booleans and its enums; not its scalars."""
    if isinstance(value, dict):
        return tuple((name, shape_of(item)) for name, item in sorted(value.items()))
    if isinstance(value, list):
        return tuple(shape_of(item) for item in value)
    if value is None or isinstance(value, bool | Enum):
        return value
    return "*"


def _of_value(value: Any, read: Reader) -> Any:
    if isinstance(value, dict):
        return {name: _of_value(item, _item(read, name)) for name, item in value.items()}
    if isinstance(value, list):
        return [_of_value(item, _item(read, place)) for place, item in enumerate(value)]
    if value is None or value is Undefined:
        return value
    return Leaf(value, read)


def _item(read: Reader, key: Any) -> Reader:
    return lambda variables: read(variables)[key]
