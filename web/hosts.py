"""Which site a request came to: the neutral one or a brand's domain; an unknown host is NOT_FOUND (WL-4).

What is shown to everybody who is not known yet hangs on this alone: never on a header that a proxy did not check."""

from contextvars import ContextVar
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from core.settings import Settings
from tenants.brand.domain_names import host_of, is_loopback
from tenants.brand.site_cache import BrandSite
from tenants.brand.sites import site_at
from web.json_response import JsonResponse

OPEN_EVERYWHERE = frozenset({"/healthz", "/readyz"})
"""Asked by address, by whatever watches this process."""
_shown: ContextVar[BrandSite | None] = ContextVar("brand_site", default=None)


def neutral_host_of(settings: Settings) -> str | None:
    """The platform's own host; None on a desk, where every host is that has no brand."""
    return None if settings.public_url is None else (urlsplit(settings.public_url).hostname or "").lower()


def site_of_connection(connection: HTTPConnection) -> BrandSite | None:
    """The brand's domain that the request came to; None at the neutral one."""
    site: BrandSite | None = connection.scope.get("state", {}).get("site")
    return site


def shown_site() -> BrandSite | None:
    """The same for a page that is being made within a request."""
    return _shown.get()


class Hosts:
    """Notes the site of each request; where the neutral host is known, any other unknown one gets 404 NOT_FOUND."""

    def __init__(self, app: ASGIApp, neutral_host: str | None = None) -> None:
        self._app = app
        self._neutral_host = neutral_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, WebSocket or lifespan."""
        if scope["type"] == "lifespan" or scope["path"] in OPEN_EVERYWHERE:
            await self._app(scope, receive, send)
            return
        host = host_of(HTTPConnection(scope).headers.get("host"))
        site = None if self._is_neutral(host) else await site_at(scope["app"].state.platform, host)
        if site is None and self._neutral_host is not None and not self._is_neutral(host):
            await _refuse(scope, receive, send)
            return
        scope.setdefault("state", {})["site"] = site
        token = _shown.set(site)
        try:
            await self._app(scope, receive, send)
        finally:
            _shown.reset(token)

    def _is_neutral(self, host: str) -> bool:
        return host == self._neutral_host or is_loopback(host)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4404})  # before the handshake: the client sees 403
        return
    refusal = {"code": "NOT_FOUND", "message": "There is nothing at this host."}
    await JsonResponse({"errors": [refusal]}, 404)(scope, receive, send)
