"""Strawberry, with two things added: a field may answer with finished JSON, and every operation passes the guard.

Holds no limit and no rule itself; HTTP is in web/.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing
from typing import Any

import orjson
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError, GraphQLOutputType, GraphQLResolveInfo, execute
from graphql import OperationType as CoreOperationType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import AwaitableOrValue, Path
from strawberry import Schema
from strawberry.execution import optimized_is_awaitable
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from graph.errors import coded, mask
from graph.limits import Admission, Documents, Guard, OperationRefused, admit, open_guard
from graph.limits.documents import PreparedText
from graph.operation import Operation

AroundQuery = Callable[[Operation, Callable[[], Awaitable[CoreResult]]], Awaitable[CoreResult]]
"""Runs a query by the given function, and does what has to be done about it."""


class FragmentExecutor(StrawberryGraphQLCoreExecutionContext):
    """Takes an `orjson.Fragment` as the complete value of any field: it holds the JSON of exactly its selection."""

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[Any]:
        """The fragment untouched, anything else completed as GraphQL says."""
        if type(result) is orjson.Fragment:
            return result
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)


class _Prepared(SchemaExtension):
    """Hands Strawberry, for a subscription, the tree that the guard has already parsed and validated."""

    def on_parse(self) -> Iterator[None]:
        if isinstance(self.execution_context.query, PreparedText):
            self.execution_context.graphql_document = self.execution_context.query.document
        yield

    def on_validate(self) -> Iterator[None]:
        if isinstance(self.execution_context.query, PreparedText):
            self.execution_context.pre_execution_errors = []
        yield


class GuardedSchema(Schema):
    """A Strawberry schema whose `execute` and `stream` apply the guard, mask errors and tell the cost.

    Queries and mutations go from the guard to graphql-core directly: parsing, validation and the kind of operation are
    the guard's, so Strawberry's own round through its extensions, four of them per request, has nothing left to do.
    `execute_sync` stays bare: it is for our own tools (export, tests), never for a client's document.
    """

    def __init__(
        self, *args: Any, guard: Guard | None = None, around_query: AroundQuery | None = None, **kwargs: Any
    ) -> None:
        kwargs["execution_context_class"] = FragmentExecutor
        kwargs["extensions"] = (*kwargs.get("extensions", ()), _Prepared)
        super().__init__(*args, **kwargs)
        self._around_query = around_query
        self.guard = guard or open_guard()
        self.documents = Documents(self._schema, self.guard.limits)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing: `mask` logs what must be logged, under the id that the client is told."""

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Runs one query or mutation. Refusals are those of `graph.limits.admit`, and OPERATION_TIMEOUT.

        A PreExecutionError is an operation that answered nothing at all.
        """
        kinds = _kinds(allowed_operation_types or (OperationType.QUERY, OperationType.MUTATION))
        try:
            admission = await self._admit(query, operation_name, variable_values, context_value, kinds)
        except OperationRefused as refused:
            return PreExecutionError(data=None, errors=refused.errors)
        operation = Operation(
            admission.text.document, operation_name, variable_values or {}, context_value, root_value,
            operation_extensions,
        )  # fmt: skip
        return await self._run(admission, operation)

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        """The same for the streaming transports: a subscription's results, or the one result of another operation."""
        kinds = _kinds(allowed_operation_types or OperationType)

        async def results() -> AsyncGenerator[ExecutionResult, None]:
            try:
                admission = await self._admit(query, operation_name, variable_values, context_value, kinds)
            except OperationRefused as refused:
                yield PreExecutionError(data=None, errors=refused.errors)
                return
            operation = Operation(
                admission.text.document, operation_name, variable_values or {}, context_value, root_value,
                operation_extensions,
            )  # fmt: skip
            if admission.kind is not CoreOperationType.SUBSCRIPTION:
                yield await self._run(admission, operation)
                return
            async with aclosing(self._subscribe(admission.text, operation)) as events:
                async for event in events:
                    yield event

        return results()

    async def _admit(
        self,
        query: str | None,
        operation_name: str | None,
        variables: dict[str, Any] | None,
        context: Any,
        kinds: frozenset[CoreOperationType],
    ) -> Admission:
        return await admit(self.guard, self.documents, query or "", operation_name, variables or {}, context, kinds)

    async def _run(self, admission: Admission, operation: Operation) -> ExecutionResult:
        seconds = self.guard.limits.operation_seconds
        try:
            async with asyncio.timeout(seconds):
                result = await self._executed(admission.kind, operation)
        except TimeoutError:
            message = f"The operation took longer than {seconds:g} s and was stopped"
            result = PreExecutionError(data=None, errors=[coded("OPERATION_TIMEOUT", message)])
            return _priced(result, admission)
        except Exception as error:
            failed = GraphQLError(str(error), original_error=error)
            return _priced(_masked(PreExecutionError(data=None, errors=[failed])), admission)
        return _priced(_masked(result), admission)

    async def _executed(self, kind: CoreOperationType, operation: Operation) -> ExecutionResult:
        async def run() -> CoreResult:
            return await self._execute_in_core(operation)

        is_watched = kind is CoreOperationType.QUERY and self._around_query is not None
        made = await self._around_query(operation, run) if is_watched else await run()  # type: ignore[misc]
        return ExecutionResult(data=made.data, errors=made.errors)

    async def _execute_in_core(self, operation: Operation) -> CoreResult:
        made: Any = execute(
            self._schema,
            operation.document,
            root_value=operation.root_value,
            context_value=operation.context,
            variable_values=dict(operation.variables),
            operation_name=operation.name,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]
            executor_class=FragmentExecutor,
            operation_extensions=operation.extensions,
        )
        result: CoreResult = made if isinstance(made, CoreResult) else await made
        return result

    async def _subscribe(self, text: PreparedText, operation: Operation) -> AsyncGenerator[ExecutionResult, None]:
        source = await super().stream(
            text, dict(operation.variables), operation.context, operation.root_value, operation.name,
            dict(operation.extensions or {}),
        )  # fmt: skip
        async with aclosing(source):
            async for event in source:
                assert isinstance(event, ExecutionResult)  # no incremental delivery: it is off in the schema
                yield _masked(event)


def _kinds(types: Iterable[OperationType]) -> frozenset[CoreOperationType]:
    return frozenset(CoreOperationType(kind.value) for kind in types)


def _masked(result: ExecutionResult) -> ExecutionResult:
    if result.errors:
        result.errors = mask(result.errors)
    return result


def _priced(result: ExecutionResult, admission: Admission) -> ExecutionResult:
    result.extensions = {**(result.extensions or {}), "cost": admission.cost}
    return result
