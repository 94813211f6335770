"""What an operation costs, in points, counted from its text before it runs: one point per row that it may return.

Compiled once per document; only what hangs on variables is left to be counted per request.
"""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    BooleanValueNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    is_list_type,
    value_from_ast_untyped,
)

from graph.limits.settings import Limits

Variables = Mapping[str, Any]
Price = int | Callable[[Variables], int]


def price_in(price: Price, variables: Variables) -> int:
    """The points of a price for these variables (raw, as sent)."""
    return price if isinstance(price, int) else price(variables)


def _sum(one: Price, other: Price) -> Price:
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    return lambda variables: price_in(one, variables) + price_in(other, variables)


def _product(one: Price, other: Price) -> Price:
    if isinstance(one, int) and isinstance(other, int):
        return one * other
    return lambda variables: price_in(one, variables) * price_in(other, variables)


def price_of(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, limits: Limits
) -> Price:
    """Points of a valid operation, at least 1. An upper bound: fields that merge and fragments that exclude each
    other are counted each. A connection costs a point for itself and, for each of `first`/`last` rows, one point
    and what the row's own selection costs; a plain list counts as `assumed_list` rows, `ids` by their number.
    """
    counted = _Pricing(schema, document, operation, limits).total()
    if isinstance(counted, int):
        return max(1, counted)
    return lambda variables: max(1, counted(variables))


class _Pricing:
    """Prices of one operation's selections; the shape limits bound how many there are."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, limits: Limits
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._operation = operation
        nodes = document.definitions
        self._fragments = {node.name.value: node for node in nodes if isinstance(node, FragmentDefinitionNode)}
        self._defaults = {
            node.variable.name.value: value_from_ast_untyped(node.default_value)
            for node in operation.variable_definitions or ()
            if node.default_value is not None
        }

    def total(self) -> Price:
        root = self._schema.get_root_type(self._operation.operation)
        fixed, per_row = self._selection(root, self._operation.selection_set)
        return _sum(fixed, per_row)

    def _selection(self, parent: GraphQLNamedType | None, selections: SelectionSetNode | None) -> tuple[Price, Price]:
        """Price of a selection once, and (for a connection) per row."""
        fixed: Price = 0
        per_row: Price = 0
        for node in selections.selections if selections else ():
            factor = self._included(node)
            if isinstance(node, FieldNode):
                price = _product(factor, self._field(parent, node))
                if _is_connection(parent) and node.name.value in ("edges", "nodes"):
                    per_row = _sum(per_row, price)
                else:
                    fixed = _sum(fixed, price)
            else:
                once, each = self._fragment(parent, node)
                fixed, per_row = _sum(fixed, _product(factor, once)), _sum(per_row, _product(factor, each))
        return fixed, per_row

    def _fragment(self, parent: GraphQLNamedType | None, node: object) -> tuple[Price, Price]:
        if isinstance(node, FragmentSpreadNode):
            node = self._fragments[node.name.value]
        assert isinstance(node, (InlineFragmentNode, FragmentDefinitionNode))
        condition = node.type_condition
        within = self._schema.type_map.get(condition.name.value) if condition else parent
        return self._selection(within, node.selection_set)

    def _field(self, parent: GraphQLNamedType | None, node: FieldNode) -> Price:
        name = node.name.value
        if name in ("__schema", "__type"):
            return self._limits.introspection_points
        output = self._output_type(parent, name)
        if parent is None or output is None:
            return 0
        points = self._limits.field_points.get(f"{parent.name}.{name}", 0)
        return _sum(points + self._mutation_points(parent), self._rows_price(parent, node, output))

    def _mutation_points(self, parent: GraphQLNamedType) -> int:
        return self._limits.mutation_points if parent is self._schema.mutation_type else 0

    def _output_type(self, parent: GraphQLNamedType | None, name: str) -> GraphQLOutputType | None:
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType):
            definition = self._schema.get_field(parent, name)
            return definition.type if definition else None
        return None

    def _rows_price(self, parent: GraphQLNamedType, node: FieldNode, output: GraphQLOutputType) -> Price:
        answered = get_named_type(output)
        if not is_composite_type(answered):
            return 0
        fixed, per_row = self._selection(answered, node.selection_set)
        if _is_connection(answered):
            return _sum(1, _sum(fixed, _product(self._page(node), per_row)))
        if parent.name.endswith("Edge") and node.name.value == "node":
            return fixed  # the edge was already counted as the row
        if _is_list(output) and not (_is_connection(parent) and node.name.value in ("edges", "nodes")):
            return _product(self._length(node), _sum(1, fixed))
        return _sum(1, fixed)

    def _page(self, node: FieldNode) -> Price:
        """Rows asked of a connection; how many it allows at most is the connection's own rule."""
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        first, last = self._number(given.get("first")), self._number(given.get("last"))
        default = self._limits.default_page

        def rows(variables: Variables) -> int:
            asked = first(variables)
            asked = last(variables) if asked is None else asked
            return default if asked is None else max(0, asked)

        pages = (given.get("first"), given.get("last"))
        return rows if any(isinstance(value, VariableNode) for value in pages) else rows({})

    def _length(self, node: FieldNode) -> Price:
        """Rows of a plain list: as many as the `ids` asked for, else an assumption."""
        assumed = self._limits.assumed_list
        ids = next((argument.value for argument in node.arguments or () if argument.name.value == "ids"), None)
        if isinstance(ids, ListValueNode):
            return len(ids.values)
        if isinstance(ids, VariableNode):
            read = self._variable(ids)

            def length(variables: Variables) -> int:
                value = read(variables)
                return len(value) if isinstance(value, list) else assumed

            return length
        return assumed

    def _number(self, value: ValueNode | None) -> Callable[[Variables], int | None]:
        if isinstance(value, IntValueNode):
            constant = int(value.value)
            return lambda _: constant
        if isinstance(value, VariableNode):
            read = self._variable(value)

            def number(variables: Variables) -> int | None:
                found = read(variables)
                return found if isinstance(found, int) else None

            return number
        return lambda _: None

    def _variable(self, node: VariableNode) -> Callable[[Variables], object]:
        name = node.name.value
        default = self._defaults.get(name)
        return lambda variables: variables.get(name, default)

    def _included(self, node: Any) -> Price:
        """1, or 0 where @skip and @include leave the selection out."""
        factor: Price = 1
        for directive in node.directives or ():
            if directive.name.value in ("skip", "include"):
                factor = _product(factor, self._switch(directive.arguments[0].value, directive.name.value == "include"))
        return factor

    def _switch(self, value: ValueNode, wanted: bool) -> Price:
        if isinstance(value, BooleanValueNode):
            return int(value.value is wanted)
        assert isinstance(value, VariableNode)
        read = self._variable(value)
        return lambda variables: int(bool(read(variables)) is wanted)


def _is_connection(named: GraphQLNamedType | None) -> bool:
    return named is not None and named.name.endswith("Connection")


def _is_list(output: GraphQLOutputType) -> bool:
    return is_list_type(output.of_type if isinstance(output, GraphQLNonNull) else output)
