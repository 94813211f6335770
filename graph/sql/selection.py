"""Which fields a selection asks for: fragments opened, `@skip` and `@include` decided, same keys merged."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
)

if TYPE_CHECKING:
    from graph.sql.compile import Compilation


def selected_fields(
    compilation: "Compilation", type_name: str, nodes: Sequence[FieldNode]
) -> dict[str, list[FieldNode]]:
    """The fields selected below `nodes` on an object of that type, by response key, in the order of the document."""
    found: dict[str, list[FieldNode]] = {}
    for node in nodes:
        if node.selection_set is not None:
            _collect(compilation, type_name, node.selection_set, found, set())
    return found


def _collect(
    compilation: "Compilation",
    type_name: str,
    selection_set: SelectionSetNode,
    found: dict[str, list[FieldNode]],
    opened: set[str],
) -> None:
    for selection in selection_set.selections:
        if not _is_included(compilation, selection.directives):
            continue
        if isinstance(selection, FieldNode):
            key = selection.alias.value if selection.alias else selection.name.value
            found.setdefault(key, []).append(selection)
            continue
        fragment = _fragment(compilation, selection, opened)
        if fragment is not None and _applies(compilation, type_name, fragment):
            _collect(compilation, type_name, fragment.selection_set, found, opened)


def _fragment(
    compilation: "Compilation", selection: Any, opened: set[str]
) -> FragmentDefinitionNode | InlineFragmentNode | None:
    if isinstance(selection, InlineFragmentNode):
        return selection
    assert isinstance(selection, FragmentSpreadNode)
    name = selection.name.value
    if name in opened:
        return None
    opened.add(name)
    return compilation.fragments[name]


def _applies(compilation: "Compilation", type_name: str, fragment: FragmentDefinitionNode | InlineFragmentNode) -> bool:
    condition = fragment.type_condition
    if condition is None or condition.name.value == type_name:
        return True
    schema = compilation.catalogue.schema
    named = schema.type_map[condition.name.value]
    possible: GraphQLAbstractType | None = named if is_abstract_type(named) else None
    return possible is not None and any(kind.name == type_name for kind in schema.get_possible_types(possible))


def _is_included(compilation: "Compilation", directives: Sequence[DirectiveNode] | None) -> bool:
    for directive in directives or ():
        if directive.name.value in ("skip", "include"):
            wanted = directive.name.value == "include"
            if _condition(compilation, directive) is not wanted:
                return False
    return True


def _condition(compilation: "Compilation", directive: DirectiveNode) -> bool:
    given: Any = directive.arguments
    value = given[0].value
    if isinstance(value, VariableNode):
        return bool(compilation.variables[value.name.value])
    literal: Any = value  # a boolean: validation has seen to it
    return bool(literal.value)
