"""Tells the audit log of each query that ran (AUD-6); which of them it keeps is decided in tenants/audit_reads.py."""

from collections.abc import AsyncIterator, Iterator, Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
    StringValueNode,
    VariableNode,
    get_operation_ast,
)
from strawberry.extensions import SchemaExtension
from strawberry.types import ExecutionContext
from strawberry.types.graphql import OperationType

from graph.context import Context
from graph.errors import codes_within
from tenants.audit_reads import Read, note_read
from tenants.readers import gathering_readers

_Fragments = Mapping[str, FragmentDefinitionNode]


class NotedReads(SchemaExtension):
    """Gathers who reads while a query runs, and tells of it before the answer leaves."""

    async def on_execute(self) -> AsyncIterator[None]:  # type: ignore[override]
        """Around the run of one operation; a failure to note it fails the operation."""
        execution = self.execution_context
        context = execution.context
        if not isinstance(context, Context) or execution.operation_type is not OperationType.QUERY:
            yield
            return
        with gathering_readers() as readers:
            yield
        if readers:
            await note_read(context.platform, context.credentials, readers[-1], _read_of(execution))


def _read_of(execution: ExecutionContext) -> Read:
    document = execution.graphql_document
    assert document is not None
    operation = get_operation_ast(document, execution.operation_name)
    assert operation is not None
    fields = list(_root_fields(operation.selection_set, _fragments(document), set()))
    names = list(dict.fromkeys(each.name.value for each in fields if not each.name.value.startswith("__")))
    ids = {_id_of(each, execution.variables or {}) for each in fields}
    entity_id = ids.pop() if len(ids) == 1 else None
    errors = execution.result.errors if execution.result is not None else None
    codes = [code for error in errors or () for code in codes_within(error)]
    return Read(names, operation.name.value if operation.name else None, entity_id, codes)


def _fragments(document: DocumentNode) -> _Fragments:
    return {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}


def _root_fields(selections: SelectionSetNode, fragments: _Fragments, opened: set[str]) -> Iterator[FieldNode]:
    """The fields of the root, fragments opened; one that `@skip` left out is named too."""
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _root_fields(node.selection_set, fragments, opened)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in opened:
            opened.add(node.name.value)
            yield from _root_fields(fragments[node.name.value].selection_set, fragments, opened)


def _id_of(node: FieldNode, variables: Mapping[str, object]) -> str | None:
    """The row that the field names by its argument `id`."""
    for argument in node.arguments or ():
        if argument.name.value == "id":
            value = argument.value
            found = variables.get(value.name.value) if isinstance(value, VariableNode) else None
            return value.value if isinstance(value, StringValueNode) else found if isinstance(found, str) else None
    return None
