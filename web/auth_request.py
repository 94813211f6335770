"""What the addresses below /auth share: fields out of JSON or a form, refusals as JSON or the page, the cookie.

Knows nothing of what is proved."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core.clock import SECOND, format_instant
from core.refusals import Blocker, Refused, refuse
from core.settings import Settings
from graph.errors import BAD_USER_INPUT, coded
from tenants.brand.brand import url_of
from tenants.sign_in.sign_in import SignedIn
from tenants.unit_of_work import Platform
from web.credentials import cookie_name
from web.graphql_request import BadRequest, read_body
from web.home import sign_in_page
from web.hosts import site_of_connection
from web.json_response import JsonResponse

Act = Callable[[Request, Settings, Platform], Awaitable[Response]]
BODY_BYTES = 8 * 1024
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_STATUS = {
    "SIGN_IN_LOCKED": 429,
    "RATE_LIMITED": 429,
    "ORGANIZATION_NOT_ACTIVE": 403,
    "FORBIDDEN": 403,
    "FORBIDDEN_WHILE_ACTING": 403,
    "SCOPE_MISSING": 403,
    "CONSENT_REQUIRED": 403,
    "DATE_INVALID": 400,
    "TIME_RANGE_INVALID": 400,
    "REAUTH_REQUIRED": 403,
    "NOT_FOUND": 404,
    "INVITATION_EXPIRED": 410,
    "INVITATION_USED": 410,
    "INVITATION_REVOKED": 410,
    "LINK_EXPIRED": 410,
    "IRREVERSIBLE": 410,
    "PASSWORD_TOO_WEAK": 400,
    "NAME_LENGTH": 400,
    "FIELD_REQUIRED": 400,
    "PASSKEY_INVALID": 400,
    "PASSKEY_LIMIT": 409,
    "SUPPORT_SESSION_ALREADY_OPEN": 409,
    "PUBLIC_URL_MISSING": 503,
}
"""Of a refusal; any other code is 401."""


async def answered(request: Request, act: Act) -> Response:
    """What `act` answers, or its refusal as JSON; for the form the page again with the reason."""
    try:
        response = await act(request, request.app.state.settings, request.app.state.platform)
    except BadRequest as bad:
        error = {"code": (bad.error.extensions or {}).get("code"), "message": bad.error.message}
        return JsonResponse({"errors": [error]}, bad.status, bad.headers)
    except Refused as refused:
        return refused_response(request, refused.blockers)
    response.headers["cache-control"] = "no-store"
    return response


def refused_response(request: Request, blockers: tuple[Blocker, ...]) -> Response:
    """The page for a browser that follows links and forms, JSON for a program."""
    status, headers = status_of(blockers)
    if is_form(request) or wants_page(request):
        return sign_in_page(blockers[0].message, status, headers)
    return JsonResponse({"errors": [_shown(blocker) for blocker in blockers]}, status, headers)


def status_of(blockers: tuple[Blocker, ...]) -> tuple[int, dict[str, str]]:
    """The status of a refusal, and after how many seconds it is worth another try (RFC 9110: Retry-After)."""
    wait = blockers[0].details.get("retryAfterSeconds")
    return _STATUS.get(blockers[0].code, 401), {} if wait is None else {"retry-after": str(wait)}


def signed_in_response(request: Request, settings: Settings, platform: Platform, session: SignedIn) -> Response:
    """The token for a program; a browser that follows links is led to the page; the cookie for both."""
    shown = {"accessToken": session.token, "expiresAt": format_instant(session.expires_at)}
    leads_on = is_form(request) or request.method == "GET"
    response = RedirectResponse("/", 303) if leads_on else JsonResponse(shown)
    seconds = (session.expires_at - platform.clock.now()) // SECOND
    return with_cookie(response, settings, session.token, seconds)


async def fields(request: Request, *names: str, optional: Collection[str] = ()) -> Mapping[str, str]:
    """The named texts of a JSON object or a form, and of the optional ones those that were sent. Raises BadRequest."""
    given = await body_of(request)
    names += tuple(name for name in optional if given.get(name) is not None)
    if not all(isinstance(given.get(name), str) for name in names):
        raise BadRequest(400, coded("BAD_REQUEST", f"The body must hold the texts: {', '.join(names)}."))
    if any("\0" in given[name] for name in names):  # PostgreSQL would fail on it
        raise BadRequest(400, coded(BAD_USER_INPUT, "A text cannot hold the character U+0000."))
    return {name: given[name] for name in names}


async def body_of(request: Request, most: int = BODY_BYTES) -> dict[str, Any]:
    """The JSON object or the form. Raises BadRequest."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (_JSON, _FORM):
        raise BadRequest(415, coded("UNSUPPORTED_MEDIA_TYPE", "The body must be application/json."))
    body = await read_body(request, most)
    given = _from_form(body) if kind == _FORM else _from_json(body)
    if not isinstance(given, dict):
        raise BadRequest(400, coded("BAD_REQUEST", "The body must be an object."))
    return given


def is_form(request: Request) -> bool:
    """Whether a page's form sent this."""
    return request.headers.get("content-type", "").startswith(_FORM)


def wants_page(request: Request) -> bool:
    """Whether a browser came here by following a link."""
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")


def public_origin(request: Request, settings: Settings) -> str:
    """The address that people type, such as https://console.example.com; on a desk what the browser asked for.

    At a brand's proven domain that one. Refused PUBLIC_URL_MISSING in production, where a request's own word is not
    enough."""
    site = site_of_connection(request)
    if site is not None:
        return url_of(site.domain, settings.public_url or f"{request.url.scheme}://{request.url.netloc}")
    if settings.public_url is not None:
        return settings.public_url
    if settings.is_production:
        refuse("PUBLIC_URL_MISSING", "This needs the setting TENANTRY_PUBLIC_URL.")
    return f"{request.url.scheme}://{request.url.netloc}"


def with_cookie(response: Response, settings: Settings, value: str, seconds: int) -> Response:
    """Only HTTP reads it, only our own pages and those allowed send it, in production over TLS; `seconds` 0 forgets
    it."""
    response.set_cookie(
        cookie_name(settings), value, max_age=seconds, path="/", httponly=True, samesite=settings.cookie_same_site,
        secure=settings.is_production or settings.cookie_same_site == "none",
    )  # fmt: skip
    return response


def _shown(blocker: Blocker) -> dict[str, object]:
    shown: dict[str, object] = {"code": blocker.code, "message": blocker.message}
    return shown | ({"field": list(blocker.field)} if blocker.field else {})


def _from_json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest(400, coded("BAD_REQUEST", "The body is not JSON.")) from None


def _from_form(body: bytes) -> dict[str, str]:
    try:
        return {name: values[0] for name, values in parse_qs(body.decode(), max_num_fields=10).items()}
    except ValueError:
        raise BadRequest(400, coded("BAD_REQUEST", "The form cannot be read.")) from None
