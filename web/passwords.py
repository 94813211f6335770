"""Passwords over HTTP: forgotten, reset by a link, changed while signed in (AUTH-4, AUTH-5). The rules: tenants/."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.refusals import Refused
from core.settings import Settings
from tenants.sign_in.password_reset import ask_for_reset, reset_password
from tenants.sign_in.sessions import change_password
from tenants.unit_of_work import Platform
from web.auth_request import answered, fields, is_form, status_of
from web.credentials import credentials_of
from web.json_response import JsonResponse
from web.link_pages import done_page, forgotten_page, reset_page

_SENT = "If this e-mail may sign in here, a link is on its way to it. It works for 60 minutes."
_RESET = "Your new password counts, and all sessions have ended."


async def forgot(request: Request) -> Response:
    """{email} answers 202 {message}, whoever it is (AUTH-5)."""
    return await answered(request, _forgot)


async def reset(request: Request) -> Response:
    """{token, password}: 204. 410 LINK_EXPIRED; 400 PASSWORD_TOO_WEAK."""
    return await answered(request, _reset)


async def change(request: Request) -> Response:
    """{currentPassword, newPassword} of who is signed in: 204; all other sessions end.

    401 UNAUTHENTICATED, SESSION_EXPIRED, SIGN_IN_FAILED; 429 SIGN_IN_LOCKED; 400 PASSWORD_TOO_WEAK; 403 FORBIDDEN."""
    return await answered(request, _change)


async def show_forgotten(request: Request) -> Response:
    """The page that asks for the e-mail."""
    return forgotten_page()


async def show_reset(request: Request) -> Response:
    """The page behind the link in the mail."""
    return reset_page(request.query_params.get("token", ""))


async def _forgot(request: Request, settings: Settings, platform: Platform) -> Response:
    email, site_path = (await fields(request, "email"))["email"], credentials_of(request, settings).site_path
    await ask_for_reset(platform, email, site_path)
    return done_page(_SENT) if is_form(request) else JsonResponse({"message": _SENT}, 202)


async def _reset(request: Request, settings: Settings, platform: Platform) -> Response:
    given = await fields(request, "token", "password")
    try:
        await reset_password(platform, given["token"], given["password"], credentials_of(request, settings))
    except Refused as refused:
        if not is_form(request):
            raise
        first, status = refused.blockers[0], status_of(refused.blockers)[0]
        if first.code == "PASSWORD_TOO_WEAK":
            return reset_page(given["token"], first.message, status)
        return done_page(first.message, status)
    return done_page(_RESET) if is_form(request) else Response(status_code=204)


async def _change(request: Request, settings: Settings, platform: Platform) -> Response:
    given = await fields(request, "currentPassword", "newPassword")
    credentials = credentials_of(request, settings)
    await change_password(platform, credentials, given["currentPassword"], given["newPassword"])
    return Response(status_code=204)


ROUTES = [
    Route("/password-forgotten", show_forgotten, methods=["GET"]),
    Route("/password-reset", show_reset, methods=["GET"]),
    Route("/auth/password/forgot", forgot, methods=["POST"]),
    Route("/auth/password/reset", reset, methods=["POST"]),
    Route("/auth/password/change", change, methods=["POST"]),
]
