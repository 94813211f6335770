"""GET /auth/oidc/{organization}/start and /auth/oidc/callback: a browser's way to an identity provider and back."""

import secrets

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core.clock import SECOND
from core.outgoing_http import Outgoing
from core.sealing import Sealer
from core.settings import Settings
from tenants.sign_in.identity_provider_sign_in import VISIT_LIVES, Door, Return, finish_visit, start_visit
from tenants.sign_in.sign_in import refuse_sign_in
from tenants.unit_of_work import Platform
from web.auth_request import answered, public_origin, signed_in_response
from web.credentials import credentials_of

CALLBACK = "/auth/oidc/callback"
_LONGEST = 4_096


async def start(request: Request) -> Response:
    """303 to the organization's identity provider, with a cookie by which this browser is known when it comes back.

    401 SIGN_IN_FAILED when there is none, or it does not answer; 503 PUBLIC_URL_MISSING."""
    return await answered(request, _start)


async def callback(request: Request) -> Response:
    """303 to `/` with the session cookie; 401 SIGN_IN_FAILED without detail; 429, 403 as signing in."""
    return await answered(request, _callback)


async def _start(request: Request, settings: Settings, platform: Platform) -> Response:
    browser = request.cookies.get(_cookie(settings)) or secrets.token_urlsafe(32)
    door = _door(request, settings, platform)
    organization_id = _text(request.path_params["organization"])
    address = await start_visit(platform, door, organization_id, browser, credentials_of(request, settings))
    response = RedirectResponse(address, 303)
    response.set_cookie(
        _cookie(settings), browser, max_age=VISIT_LIVES // SECOND, path="/", httponly=True, samesite="lax",
        secure=settings.is_production,
    )  # fmt: skip
    return response


async def _callback(request: Request, settings: Settings, platform: Platform) -> Response:
    given = request.query_params
    came_back = Return(
        state=_text(given.get("state")),
        code=_text(given.get("code")),
        issuer=given.get("iss"),
        browser=_text(request.cookies.get(_cookie(settings))),
    )
    door = _door(request, settings, platform)
    session = await finish_visit(platform, door, came_back, credentials_of(request, settings))
    return signed_in_response(request, settings, platform, session)


def _door(request: Request, settings: Settings, platform: Platform) -> Door:
    origin = public_origin(request, settings)
    return Door(Outgoing(is_guarded=settings.is_production), Sealer(platform.secret), origin + CALLBACK)


def _cookie(settings: Settings) -> str:
    """As the session's cookie: in production for this host alone."""
    return "__Host-tenantry_oidc" if settings.is_production else "tenantry_oidc"


def _text(given: str | None) -> str:
    """What came, when it can be what was sent out. Refused SIGN_IN_FAILED."""
    if not given or len(given) > _LONGEST or "\0" in given:
        refuse_sign_in("SIGN_IN_FAILED")
    return given
