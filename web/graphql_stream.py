"""GraphQL over server-sent events: the distinct connections mode of the GraphQL over SSE protocol. Decides nothing."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from core.json_text import dumps
from core.refusals import Refused
from graph.errors import CodedError, coded, masked_exception
from web.graphql_http import GraphQLSettings, failed
from web.graphql_request import JSON, BadRequest, read_parameters

EVENT_STREAM = "text/event-stream"
KEEP_ALIVE_SECONDS = 15.0
"""Proxies close what is silent for long; a comment is no event."""

_GET_KINDS = (OperationType.QUERY, OperationType.SUBSCRIPTION)
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class GraphQLStream:
    """An ASGI application: one operation per request, each result an event `next`, then one `complete`.

    What GraphQL has against an operation comes as an event too; a status other than 200 is of HTTP or of sign-in."""

    def __init__(self, settings: GraphQLSettings) -> None:
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, for as long as its stream lives."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except BadRequest as bad:
            response = failed([bad.error], bad.status, JSON, bad.headers)
        except Exception as exception:
            response = failed(masked_exception(exception), 500, JSON)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if not _takes_events(request.headers.get("accept", "")):
            raise BadRequest(406, coded("NOT_ACCEPTABLE", f"The answer is {EVENT_STREAM}"))
        parameters = await read_parameters(request, self._settings.body_bytes)
        try:
            context = await self._settings.build_context(request)
        except (Refused, CodedError) as refused:
            return failed(masked_exception(refused), 401, JSON)
        results = await self._settings.schema.stream(
            parameters.query,
            parameters.variables,
            context,
            None,
            parameters.operation_name,
            parameters.extensions,
            _GET_KINDS if request.method == "GET" else None,
        )
        return StreamingResponse(_events(results), headers=_HEADERS, media_type=EVENT_STREAM)


def _takes_events(accept: str) -> bool:
    wishes = {wish.partition(";")[0].strip().lower() for wish in accept.split(",")}
    return bool(wishes & {EVENT_STREAM, "text/*", "*/*", ""})


async def _events(results: AsyncGenerator[ExecutionResult, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(results):
        waiting: asyncio.Future[ExecutionResult | None] | None = None
        try:
            while True:
                waiting = waiting or asyncio.ensure_future(_next(results))
                done, _ = await asyncio.wait({waiting}, timeout=KEEP_ALIVE_SECONDS)
                if not done:
                    yield b":\n\n"
                    continue
                result, waiting = waiting.result(), None
                if result is None:
                    break
                yield b"event: next\ndata: " + dumps(_shown(result)) + b"\n\n"
        finally:
            if waiting is not None:
                waiting.cancel()
                await asyncio.wait({waiting})
    yield b"event: complete\ndata:\n\n"


async def _next(results: AsyncGenerator[ExecutionResult, None]) -> ExecutionResult | None:
    return await anext(results, None)


def _shown(result: ExecutionResult) -> dict[str, object]:
    shown: dict[str, object] = {"data": result.data}
    if result.errors:
        shown["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        shown["extensions"] = result.extensions
    return shown
