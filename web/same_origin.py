"""The defence against forged requests: a foreign page cannot make a browser act with its owner's session (AUTH-6).

A request with a bearer token passes: no browser adds one by itself. Nothing here knows who the caller is."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from web.credentials import bearer_token
from web.json_response import JsonResponse

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class SameOrigin:
    """Refuses what a foreign page sent to change something: 403 CROSS_ORIGIN; a WebSocket before its handshake.

    `allowed` are origins such as https://console.example.com that count as our own."""

    def __init__(self, app: ASGIApp, allowed: tuple[str, ...] = ()) -> None:
        self._app = app
        self._allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, WebSocket or lifespan."""
        if scope["type"] == "lifespan" or self._passes(HTTPConnection(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 4403})  # before the handshake: the client sees 403
        else:
            refusal = {"code": "CROSS_ORIGIN", "message": "This page may not send requests to Tenantry."}
            await JsonResponse({"errors": [refusal]}, 403)(scope, receive, send)

    def _passes(self, connection: HTTPConnection) -> bool:
        if connection.scope["type"] == "http" and connection.scope["method"] in _SAFE:
            return True
        return bearer_token(connection) is not None or self._is_own_page(connection)

    def _is_own_page(self, connection: HTTPConnection) -> bool:
        """Browsers say where a request comes from: in Sec-Fetch-Site, older ones in Origin. Programs say nothing.

        Of a WebSocket only Origin is asked: browsers do not agree on Sec-Fetch-Site there."""
        site = connection.headers.get("sec-fetch-site") if connection.scope["type"] == "http" else None
        origin = connection.headers.get("origin")
        if origin in self._allowed or site in ("same-origin", "none"):
            return True
        if site is not None:
            return False
        return origin is None or urlsplit(origin).netloc == connection.headers.get("host")
