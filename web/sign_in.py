"""POST /auth/sign-in, /auth/sign-out, /auth/reauthenticate: HTTP around tenants/.

A program sends JSON and gets JSON; the form of the page at `/` sends fields and is led back to the page."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core.clock import SECOND, format_instant
from core.refusals import Blocker, Refused
from core.settings import Settings
from graph.errors import BAD_USER_INPUT, coded
from tenants import sessions
from tenants import sign_in as signing_in
from tenants.unit_of_work import Platform
from web.credentials import cookie_name, credentials_of
from web.graphql_request import BadRequest, read_body
from web.home import sign_in_page
from web.json_response import JsonResponse

BODY_BYTES = 8 * 1024
_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"
_STATUS = {"SIGN_IN_LOCKED": 429, "ORGANIZATION_NOT_ACTIVE": 403, "FORBIDDEN": 403}
"""Of a refusal; any other code is 401."""


async def sign_in(request: Request) -> Response:
    """{email, password} answers 200 {accessToken, expiresAt} and sets the session cookie.

    401 SIGN_IN_FAILED; 429 SIGN_IN_LOCKED; 403 ORGANIZATION_NOT_ACTIVE; 400 BAD_REQUEST, BAD_USER_INPUT, 413, 415."""
    return await _answered(request, _sign_in)


async def sign_out(request: Request) -> Response:
    """Ends the session that the request came with and forgets the cookie: 204, also when there is none."""
    return await _answered(request, _sign_out)


async def reauthenticate(request: Request) -> Response:
    """{password} proves again who sits there (AUTH-7): 204. 401 and 429 as for signing in; 401 UNAUTHENTICATED,
    SESSION_EXPIRED; 403 FORBIDDEN for an API key."""
    return await _answered(request, _reauthenticate)


async def _sign_in(request: Request, settings: Settings, platform: Platform) -> Response:
    given = await _fields(request, "email", "password")
    credentials = credentials_of(request, settings)
    session = await signing_in.sign_in(platform, given["email"], given["password"], credentials)
    shown = {"accessToken": session.token, "expiresAt": format_instant(session.expires_at)}
    response = RedirectResponse("/", 303) if _is_form(request) else JsonResponse(shown)
    seconds = (session.expires_at - platform.clock.now()) // SECOND
    return _with_cookie(response, settings, session.token, seconds)


async def _sign_out(request: Request, settings: Settings, platform: Platform) -> Response:
    await sessions.sign_out(platform, credentials_of(request, settings))
    response = RedirectResponse("/", 303) if _is_form(request) else Response(status_code=204)
    return _with_cookie(response, settings, "", 0)


async def _reauthenticate(request: Request, settings: Settings, platform: Platform) -> Response:
    given = await _fields(request, "password")
    await sessions.reauthenticate(platform, credentials_of(request, settings), given["password"])
    return Response(status_code=204)


async def _answered(request: Request, act: Callable[[Request, Settings, Platform], Awaitable[Response]]) -> Response:
    """What `act` answers, or its refusal as JSON; for the form the page again with the reason."""
    try:
        response = await act(request, request.app.state.settings, request.app.state.platform)
    except BadRequest as bad:
        error = {"code": (bad.error.extensions or {}).get("code"), "message": bad.error.message}
        return JsonResponse({"errors": [error]}, bad.status, bad.headers)
    except Refused as refused:
        return _refused(request, refused.blockers)
    response.headers["cache-control"] = "no-store"
    return response


def _refused(request: Request, blockers: tuple[Blocker, ...]) -> Response:
    status = _STATUS.get(blockers[0].code, 401)
    if _is_form(request):
        return sign_in_page(blockers[0].message, status)
    return JsonResponse({"errors": [_shown(blocker) for blocker in blockers]}, status)


def _shown(blocker: Blocker) -> dict[str, object]:
    shown: dict[str, object] = {"code": blocker.code, "message": blocker.message}
    return shown | ({"field": list(blocker.field)} if blocker.field else {})


async def _fields(request: Request, *names: str) -> Mapping[str, str]:
    """The named texts of a JSON object or a form. Raises BadRequest."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (_JSON, _FORM):
        raise BadRequest(415, coded("UNSUPPORTED_MEDIA_TYPE", "The body must be application/json."))
    body = await read_body(request, BODY_BYTES)
    given = _from_form(body) if kind == _FORM else _from_json(body)
    if not isinstance(given, dict) or not all(isinstance(given.get(name), str) for name in names):
        raise BadRequest(400, coded("BAD_REQUEST", f"The body must hold the texts: {', '.join(names)}."))
    if any("\0" in given[name] for name in names):  # PostgreSQL would fail on it
        raise BadRequest(400, coded(BAD_USER_INPUT, "A text cannot hold the character U+0000."))
    return {name: given[name] for name in names}


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


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith(_FORM)


def _with_cookie(response: Response, settings: Settings, value: str, seconds: int) -> Response:
    """Only HTTP reads it, only our own pages send it, in production only over TLS; `seconds` 0 forgets it."""
    response.set_cookie(
        cookie_name(settings), value, max_age=seconds, path="/", httponly=True, samesite="lax",
        secure=settings.is_production,
    )  # fmt: skip
    return response
