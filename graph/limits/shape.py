"""How large a document is once its fragments are opened. Works on the bare syntax tree, each fragment once, so that
neither cycles nor fragments that double at every step cost time; needs no schema.
"""

from collections import Counter
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from graph.errors import CodedError, coded
from graph.limits.settings import Limits

_INTROSPECTION = frozenset({"__schema", "__type"})
_HARMLESS_IN_TYPE = frozenset({"name", "__typename"})


@dataclass(slots=True)
class Shape:
    """A selection with its fragments opened: levels of fields, fields in all, and how often each name is answered."""

    depth: int = 0
    fields: int = 0
    names: Counter[str] = field(default_factory=Counter)

    def take_in(self, other: "Shape") -> None:
        """Adds a fragment that stands in this selection."""
        self.depth = max(self.depth, other.depth)
        self.fields += other.fields
        self.names.update(other.names)


class ShapeReader:
    """Reads the shapes of one document, and counts its aliases and fragment spreads on the way."""

    def __init__(self, document: DocumentNode) -> None:
        definitions = document.definitions
        self._fragments = {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
        self._operations = [node for node in definitions if isinstance(node, OperationDefinitionNode)]
        self._known: dict[str, Shape] = {}
        self.aliases = 0
        self.spreads = 0
        self.repeats = 0
        self.is_introspective = False

    def shapes(self) -> list[Shape]:
        """The shape of each operation; fragments that nobody uses are read too, for the counts."""
        shapes = [self._read(operation.selection_set) for operation in self._operations]
        for name in self._fragments:
            self._fragment(name)
        return shapes

    def _read(self, selections: SelectionSetNode | None) -> Shape:
        shape = Shape()
        for node in selections.selections if selections else ():
            self._add(shape, node)
        if shape.names:
            self.repeats = max(self.repeats, max(shape.names.values()))
        return shape

    def _add(self, shape: Shape, node: SelectionNode) -> None:
        if isinstance(node, FieldNode):
            self._add_field(shape, node)
        elif isinstance(node, InlineFragmentNode):
            shape.take_in(self._read(node.selection_set))
        elif isinstance(node, FragmentSpreadNode):
            self.spreads += 1
            shape.take_in(self._fragment(node.name.value))

    def _add_field(self, shape: Shape, node: FieldNode) -> None:
        below = self._read(node.selection_set)
        name = node.name.value
        if node.alias:
            self.aliases += 1
        if name in _INTROSPECTION:
            self.is_introspective = self.is_introspective or name == "__schema" or not _is_echo(node)
        shape.depth = max(shape.depth, 1 + (0 if name in _INTROSPECTION else below.depth))
        shape.fields += 1 + below.fields
        shape.names[node.alias.value if node.alias else name] += 1

    def _fragment(self, name: str) -> Shape:
        """Empty for an unknown fragment and inside a cycle: validation refuses both by name."""
        if name not in self._known:
            self._known[name] = Shape()
            if name in self._fragments:
                self._known[name] = self._read(self._fragments[name].selection_set)
        return self._known[name]


def _is_echo(node: FieldNode) -> bool:
    """`__type(name) { name }` only says back what was asked, so it is no introspection."""
    selections = node.selection_set.selections if node.selection_set else ()
    return all(isinstance(child, FieldNode) and child.name.value in _HARMLESS_IN_TYPE for child in selections)


def check_shape(document: DocumentNode, limits: Limits) -> bool:
    """Raises CodedError for the first limit that the document breaks; answers whether it asks for introspection."""
    reader = ShapeReader(document)
    shapes = reader.shapes()
    root_fields = max((sum(shape.names.values()) for shape in shapes), default=0)
    for code, what, found, most in (
        ("TOO_MANY_ALIASES", "aliases", reader.aliases, limits.aliases),
        ("TOO_MANY_FRAGMENTS", "fragment spreads", reader.spreads, limits.fragment_spreads),
        ("TOO_MANY_ROOT_FIELDS", "root fields", root_fields, limits.root_fields),
        ("DEPTH_TOO_HIGH", "levels of fields", max((s.depth for s in shapes), default=0), limits.depth),
        ("TOO_MANY_FIELDS", "fields", max((s.fields for s in shapes), default=0), limits.fields),
        ("TOO_MANY_FIELDS", "fields of one name in one selection", reader.repeats, limits.repeats),
    ):
        if found > most:
            raise _too_many(code, what, found, most)
    return reader.is_introspective


def _too_many(code: str, what: str, found: int, most: int) -> CodedError:
    shown = found if found < 1_000_000_000 else "over 1000000000"
    return coded(code, f"The document has {shown} {what}, the limit is {most}", limit=most)
