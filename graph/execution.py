"""Strawberry, with two things added: a field may answer with finished JSON, and every operation passes the guard.

Holds no limit and no rule itself; HTTP is in web/.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLOutputType, GraphQLResolveInfo
from graphql import OperationType as CoreOperationType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import AwaitableOrValue, Path
from strawberry import Schema
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from graph.errors import coded, mask
from graph.limits import Admission, Documents, Guard, OperationRefused, admit, open_guard
from graph.limits.documents import PreparedText


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
    """Hands Strawberry the tree that the guard has already parsed and validated."""

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

    `execute_sync` stays bare: it is for our own tools (export, tests), never for a client's document.
    """

    def __init__(self, *args: Any, guard: Guard | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("execution_context_class", FragmentExecutor)
        kwargs["extensions"] = (*kwargs.get("extensions", ()), _Prepared)
        super().__init__(*args, **kwargs)
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
        return await self._run(
            admission, variable_values, context_value, root_value, operation_name, operation_extensions
        )

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
            run = (admission, variable_values, context_value, root_value, operation_name, operation_extensions)
            if admission.kind is not CoreOperationType.SUBSCRIPTION:
                yield await self._run(*run)
                return
            async with aclosing(self._subscribe(*run)) as events:
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

    async def _run(
        self,
        admission: Admission,
        variables: dict[str, Any] | None,
        context: Any,
        root_value: Any,
        operation_name: str | None,
        operation_extensions: dict[str, Any] | None,
    ) -> ExecutionResult:
        seconds = self.guard.limits.operation_seconds
        try:
            async with asyncio.timeout(seconds):
                result = await super().execute(
                    admission.text,
                    variables,
                    context,
                    root_value,
                    operation_name,
                    (OperationType(admission.kind.value),),
                    operation_extensions,
                )
        except TimeoutError:
            message = f"The operation took longer than {seconds:g} s and was stopped"
            result = PreExecutionError(data=None, errors=[coded("OPERATION_TIMEOUT", message)])
            return _priced(result, admission)
        return _priced(_masked(result), admission)

    async def _subscribe(
        self,
        admission: Admission,
        variables: dict[str, Any] | None,
        context: Any,
        root_value: Any,
        operation_name: str | None,
        operation_extensions: dict[str, Any] | None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        source = await super().stream(
            admission.text, variables, context, root_value, operation_name, operation_extensions
        )
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
