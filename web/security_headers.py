"""Headers that tell a browser to trust an answer as little as possible; an answer that sets one itself keeps it."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
_ALWAYS = {
    "content-security-policy": CONTENT_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_OVER_TLS = {"strict-transport-security": "max-age=31536000; includeSubDomains"}


class SecurityHeaders:
    """Adds the headers; with `is_over_tls` also the one that forbids plain HTTP for a year."""

    def __init__(self, app: ASGIApp, is_over_tls: bool = False) -> None:
        self._app = app
        headers = {**_ALWAYS, **(_OVER_TLS if is_over_tls else {})}
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, WebSocket or lifespan."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"], *((name, value) for name, value in self._headers if name not in given)
                ]  # fmt: skip
            await send(message)

        await self._app(scope, receive, send_with_headers)
