"""The GraphQL endpoint over HTTP and WebSocket: by the letter of GraphQL over HTTP, for any guarded schema.

Decides nothing about who may do what: the request's context and sign-in come in as functions.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from graphql import GraphQLError
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from core.json_text import dumps
from core.refusals import Refused
from graph.errors import INTERNAL_ERROR, CodedError, code_of, coded, masked_exception
from graph.execution import GuardedSchema
from web.graphql_page import graphql_page, sign_in_first
from web.graphql_request import GRAPHQL_JSON, JSON, BadRequest, accepted_media_type, read_parameters
from web.json_response import JsonResponse

_log = structlog.get_logger("graphql")
_GET_KINDS = (OperationType.QUERY,)
_POST_KINDS = (OperationType.QUERY, OperationType.MUTATION)
_NOT_SIGNED_IN = 4401

# Status of an operation that answered nothing, in application/graphql-response+json; any other code is 400.
_STATUS = {
    "RATE_LIMITED": 429,
    "INTROSPECTION_REQUIRES_SIGN_IN": 401,
    "UNAUTHENTICATED": 401,
    "OPERATION_TIMEOUT": 503,
    INTERNAL_ERROR: 500,
}


@dataclass(frozen=True, slots=True)
class GraphQLSettings:
    """What the application injects.

    `build_context` makes the request's `info.context` (HTTP request or WebSocket handshake); when it raises Refused
    or a coded error, nothing runs and the answer is 401. `is_signed_in` opens the query page in the browser.
    `allowed_origins` are foreign pages that may open a WebSocket.
    """

    schema: GuardedSchema
    build_context: Callable[[HTTPConnection], Awaitable[Any]]
    is_signed_in: Callable[[Request], Awaitable[bool]]
    body_bytes: int = 256 * 1024
    allowed_origins: Sequence[str] = ()


class GraphQLEndpoint(GraphQL[Any, None]):
    """An ASGI application. Over `graphql-transport-ws` anything runs; subscriptions never over GET and POST."""

    def __init__(self, settings: GraphQLSettings) -> None:
        super().__init__(
            settings.schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            allowed_origins=settings.allowed_origins,
        )
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one WebSocket for as long as it lives."""
        if scope["type"] == "websocket":
            await self._serve_websocket(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        media_type = accepted_media_type(request.headers.get("accept")) or JSON
        try:
            response = await self._answer(request, media_type)
        except BadRequest as bad:
            response = failed([bad.error], bad.status, media_type, bad.headers)
        except Exception as exception:
            response = failed(masked_exception(exception), 500, media_type)
        await response(scope, receive, send)

    def encode_json(self, data: object) -> str:
        """Text for WebSocket frames: clients of the protocol do not read binary ones."""
        return dumps(data).decode()

    def decode_json(self, data: str | bytes) -> object:
        """A WebSocket message; one that is too large is refused like one that is no JSON."""
        if len(data) > self._settings.body_bytes:
            raise json.JSONDecodeError("The message is too large", "", 0)
        return orjson.loads(data)

    async def _answer(self, request: Request, media_type: str) -> Response:
        if request.method == "GET" and "query" not in request.query_params and _wants_page(request):
            return graphql_page() if await self._settings.is_signed_in(request) else sign_in_first()
        if accepted_media_type(request.headers.get("accept")) is None:
            raise BadRequest(406, coded("NOT_ACCEPTABLE", f"The answer is {GRAPHQL_JSON} or {JSON}"))
        parameters = await read_parameters(request, self._settings.body_bytes)
        try:
            context = await self._settings.build_context(request)
        except (Refused, CodedError) as refused:
            return failed(masked_exception(refused), 401, media_type)
        result = await self._settings.schema.execute(
            parameters.query,
            parameters.variables,
            context,
            None,
            parameters.operation_name,
            _GET_KINDS if request.method == "GET" else _POST_KINDS,
            parameters.extensions,
        )
        return _answered(result, media_type)

    async def _serve_websocket(self, websocket: WebSocket) -> None:
        try:
            context = await self._settings.build_context(websocket)
        except (Refused, CodedError):
            await websocket.close(_NOT_SIGNED_IN)  # before the handshake: the client sees 403
            return
        await self.run(websocket, context=context)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _answered(result: ExecutionResult, media_type: str) -> Response:
    if not result.errors:
        return JsonResponse(_shown(result.data, result), media_type=media_type)
    errors = result.errors
    body = {"errors": [error.formatted for error in errors]}
    if result.data is not None or any(error.path for error in errors):
        return JsonResponse({**body, **_shown(result.data, result)}, media_type=media_type)
    return JsonResponse(
        {**body, **({"extensions": result.extensions} if result.extensions else {})},
        _status(errors[0], media_type),
        _headers(errors[0]),
        media_type,
    )


def _shown(data: object, result: ExecutionResult) -> dict[str, object]:
    return {"data": data, "extensions": result.extensions} if result.extensions else {"data": data}


def _status(error: GraphQLError, media_type: str) -> int:
    """application/json keeps 200 for every well-formed request, but for the one thing HTTP itself forbids."""
    code = code_of(error) or ""
    if code == "OPERATION_KIND_NOT_ALLOWED":
        return 405
    return _STATUS.get(code, 400) if media_type == GRAPHQL_JSON else 200


def _headers(error: GraphQLError) -> dict[str, str]:
    extensions = error.extensions or {}
    if extensions.get("code") == "OPERATION_KIND_NOT_ALLOWED":
        return {"allow": "POST"}
    return {"retry-after": str(extensions["retryAfter"])} if "retryAfter" in extensions else {}


def failed(
    errors: Sequence[GraphQLError], status: int, media_type: str, headers: dict[str, str] | None = None
) -> Response:
    """The answer of a request that runs no operation."""
    return JsonResponse({"errors": [error.formatted for error in errors]}, status, headers, media_type)
