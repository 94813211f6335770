"""One log line and one measurement per request, under an id that the answer carries too. Reads no body and no query."""

import re
import secrets
import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.metrics import measured

_log = structlog.get_logger("http")
_HEADER = "x-request-id"
_GIVEN_ID = re.compile(r"[\w.:-]{8,64}", re.ASCII)


class RequestLog:
    """Gives each request an id (the caller's, when it is a plain one), and tells how it ended and how long it took."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, WebSocket or lifespan."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request_id = request_id_of(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._serve(scope, receive, send, request_id)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        status = 499 if scope["type"] == "http" else 101
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[_HEADER] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except BaseException:
            status = 500
            raise
        finally:
            seconds = time.perf_counter() - started
            kind = scope.get("method", "WEBSOCKET")
            measured(kind, scope["path"], status, seconds)
            _log.info("request", kind=kind, path=scope["path"][:200], status=status, ms=round(seconds * 1000, 1))


def request_id_of(scope: Scope) -> str:
    """The id that the caller or a proxy gave, if it is 8 to 64 of letters, digits and `_.:-`; else a new one."""
    given = Headers(scope=scope).get(_HEADER, "")
    return given if _GIVEN_ID.fullmatch(given) else "req_" + secrets.token_hex(12)
