"""The application: routes, what stands around them, and what lives as long as the process. Decides nothing itself."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from core.clock import Clock, SystemClock
from core.settings import Settings
from web import (
    brand,
    deletion_link,
    dev_mails,
    exports,
    invitations,
    notice_pages,
    openid,
    passkeys,
    passwords,
    support_link,
)
from web.address_limit import AddressLimit
from web.api import Api, build_api
from web.auth_request import wants_page
from web.background import working
from web.callers import Callers
from web.context import request_context
from web.cross_origin import CrossOrigin
from web.graphql_http import GraphQLEndpoint, GraphQLSettings
from web.graphql_stream import GraphQLStream
from web.health import healthz, readyz
from web.home import home, is_signed_in
from web.hosts import Hosts, neutral_host_of
from web.json_response import JsonResponse
from web.link_pages import done_page
from web.metrics import metrics
from web.readiness import Readiness, database_blockers
from web.request_log import RequestLog
from web.same_origin import SameOrigin
from web.security_headers import SecurityHeaders
from web.sign_in import reauthenticate, second_factor, sign_in, sign_out
from web.start import serving_platform

_log = structlog.get_logger("start")
LARGEST_BODY_BYTES = 768 * 1024
"""Of an operation: a logo of 512 kB in base64, and some."""


def create_app(settings: Settings, *, api: Api | None = None, clock: Clock | None = None) -> Starlette:
    """The ASGI application. `api` and `clock` stand in for the contract and the machine's time in tests.

    Starting it raises Refused with the codes of `web.production`."""
    served = api or build_api()
    return Starlette(
        routes=_routes(served, settings),
        middleware=[
            Middleware(RequestLog),
            Middleware(SecurityHeaders, is_over_tls=settings.is_production),
            Middleware(Hosts, neutral_host=neutral_host_of(settings)),
            Middleware(CrossOrigin, allowed=settings.allowed_origins),
            Middleware(SameOrigin, allowed=settings.allowed_origins),
            Middleware(AddressLimit),
        ],
        exception_handlers={HTTPException: _refused, Exception: _failed},
        lifespan=_lifespan(settings, served, clock or SystemClock()),
    )


def _routes(api: Api, settings: Settings) -> list[BaseRoute]:
    of_graphql = GraphQLSettings(
        api.schema, request_context, is_signed_in, LARGEST_BODY_BYTES, settings.allowed_origins
    )  # fmt: skip
    graphql = GraphQLEndpoint(of_graphql)
    return [
        Route("/", home, methods=["GET"]),
        Route("/graphql", graphql),
        WebSocketRoute("/graphql", graphql),
        Route("/graphql/stream", GraphQLStream(of_graphql)),
        Route("/auth/sign-in", sign_in, methods=["POST"]),
        Route("/auth/second-factor", second_factor, methods=["POST"]),
        Route("/auth/oidc/{organization}/start", openid.start, methods=["GET"]),
        Route(openid.CALLBACK, openid.callback, methods=["GET"]),
        Route("/auth/passkeys/register/options", passkeys.registration_options, methods=["POST"]),
        Route("/auth/passkeys/register/verify", passkeys.register, methods=["POST"]),
        Route("/auth/passkeys/sign-in/options", passkeys.sign_in_options, methods=["POST"]),
        Route("/auth/passkeys/sign-in/verify", passkeys.sign_in, methods=["POST"]),
        *brand.ROUTES,
        *invitations.ROUTES,
        *deletion_link.ROUTES,
        *passwords.ROUTES,
        *support_link.ROUTES,
        *notice_pages.ROUTES,
        Route("/auth/sign-out", sign_out, methods=["POST"]),
        Route("/auth/reauthenticate", reauthenticate, methods=["POST"]),
        *exports.ROUTES,
        *dev_mails.routes(settings),
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/metrics", metrics, methods=["GET"]),
    ]


def _lifespan(settings: Settings, api: Api, clock: Clock) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with serving_platform(settings, clock) as platform:
            app.state.settings = settings
            app.state.statements = api.statements
            app.state.platform = platform
            app.state.callers = Callers(platform)
            app.state.readiness = Readiness(platform.database)
            for blocker in await database_blockers(platform.database):
                _log.warning("start.not_ready", code=blocker.code, message=blocker.message)
            async with working(settings, platform):
                yield
            await app.state.callers.close()

    return lifespan


async def _refused(request: Request, error: Any) -> Response:
    """No such path, no such method; a browser is told so by a page, and led on from an address that takes forms."""
    if wants_page(request) and error.status_code in (404, 405):
        return RedirectResponse("/", 303) if error.status_code == 405 else done_page("There is no such page.", 404)
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "BAD_REQUEST")
    body = {"errors": [{"code": code, "message": str(error.detail)}]}
    return JsonResponse(body, error.status_code, dict(error.headers or {}))


async def _failed(request: Request, error: Exception) -> Response:
    """A fault: the client gets an id, the log has the exception under it."""
    error_id = "err_" + secrets.token_hex(8)
    _log.error("request.failed", error_id=error_id, path=request.url.path, exc_info=error)
    body = {"errors": [{"code": "INTERNAL_ERROR", "message": "Internal error", "errorId": error_id}]}
    return JsonResponse(body, 500)
