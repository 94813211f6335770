"""Tells the audit log of each query that ran (AUD-6); which of them it keeps tenants/audit/audit_reads.py decides."""

from collections.abc import Awaitable, Callable, Iterator, Mapping

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
    StringValueNode,
    VariableNode,
    get_operation_ast,
)

from graph.context import Context
from graph.errors import codes_within
from graph.operation import Operation
from tenants.audit.audit_reads import Read, may_be_noted, note_read
from tenants.readers import gathering_readers

_Fragments = Mapping[str, FragmentDefinitionNode]


async def noting_reads(operation: Operation, run: Callable[[], Awaitable[ExecutionResult]]) -> ExecutionResult:
    """Runs a query and tells of it before the answer leaves; a failure to note it fails the operation."""
    context = operation.context
    if not isinstance(context, Context):
        return await run()
    with gathering_readers() as readers:
        result = await run()
    if readers and may_be_noted(readers[-1]):
        await note_read(context.platform, context.credentials, readers[-1], _read_of(operation, result))
    return result


def _read_of(operation: Operation, result: ExecutionResult) -> Read:
    asked = get_operation_ast(operation.document, operation.name)
    assert asked is not None
    fields = list(_root_fields(asked.selection_set, _fragments(operation.document), set()))
    names = list(dict.fromkeys(each.name.value for each in fields if not each.name.value.startswith("__")))
    ids = {_id_of(each, operation.variables) for each in fields}
    entity_id = ids.pop() if len(ids) == 1 else None
    codes = [code for error in result.errors or () for code in codes_within(error)]
    return Read(names, asked.name.value if asked.name else None, entity_id, codes)


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
