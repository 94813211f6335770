"""CORS for the exact origins of the settings: their pages may send the session cookie and read the answers.

Nobody else gets a header; what a foreign page sends is refused by same_origin.py, whatever a browser allows."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = "GET, POST"
HEADERS = "authorization, content-type, tenantry-organization, apollo-require-preflight, x-apollo-operation-name"
EXPOSED = "retry-after, x-request-id"
KEPT_SECONDS = "600"
"""How long a browser remembers the answer to its question."""


class CrossOrigin:
    """Answers preflights of the allowed origins and marks the answers they may read; all others pass untouched."""

    def __init__(self, app: ASGIApp, allowed: tuple[str, ...] = ()) -> None:
        self._app = app
        self._allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, WebSocket or lifespan."""
        if scope["type"] != "http" or not self._allowed:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin not in self._allowed:
            await self._app(scope, receive, _varying(send, {}))
            return
        shared = {"access-control-allow-origin": origin, "access-control-allow-credentials": "true"}
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            asked = {"access-control-allow-methods": METHODS, "access-control-allow-headers": HEADERS,
                     "access-control-max-age": KEPT_SECONDS}  # fmt: skip
            await Response(status_code=204)(scope, receive, _varying(send, shared | asked))
            return
        await self._app(scope, receive, _varying(send, shared | {"access-control-expose-headers": EXPOSED}))


def _varying(send: Send, added: dict[str, str]) -> Send:
    """Adds the headers, and says to caches that the answer depends on the origin."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(added)
            headers.add_vary_header("Origin")
        await send(message)

    return send_with_headers
