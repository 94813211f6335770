"""Invitations for whoever holds the link (VIS-11): looking and accepting, as JSON or as pages. Rules: joining.py."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.clock import format_instant
from core.refusals import Refused
from core.settings import Settings
from tenants.members.joining import accept_invitation, look_at_invitation
from tenants.unit_of_work import Platform
from web.auth_request import answered, fields, is_form, status_of
from web.credentials import credentials_of
from web.json_response import JsonResponse
from web.link_pages import done_page, invitation_page, refused_page

_JOINED = "You have accepted the invitation and can sign in now."
_BY_PASSWORD = frozenset({"PASSWORD_TOO_WEAK", "SIGN_IN_FAILED", "SIGN_IN_LOCKED", "FIELD_REQUIRED"})
"""Refusals after which the same link may be tried with another password."""


async def look(request: Request) -> Response:
    """{token} answers 200 {organization, email, givenName, familyName, expiresAt, isKnownUser}.

    404 NOT_FOUND; 410 INVITATION_EXPIRED, INVITATION_USED, INVITATION_REVOKED; 403 ORGANIZATION_NOT_ACTIVE."""
    return await answered(request, _look)


async def accept(request: Request) -> Response:
    """{token, password, name?} answers 200 {organizationId, memberId}; a known User gives the present password.

    As `look`, and 400 PASSWORD_TOO_WEAK, NAME_LENGTH; 401 SIGN_IN_FAILED; 429 SIGN_IN_LOCKED."""
    return await answered(request, _accept)


async def show(request: Request) -> Response:
    """The page behind the link in the mail."""
    token = request.query_params.get("token", "")
    try:
        return invitation_page(token, await look_at_invitation(request.app.state.platform, token))
    except Refused as refused:
        return refused_page(refused.blockers[0], status_of(refused.blockers)[0])


async def _look(request: Request, settings: Settings, platform: Platform) -> Response:
    found = await look_at_invitation(platform, (await fields(request, "token"))["token"])
    return JsonResponse(
        {
            "organization": found.organization_name, "email": found.email, "givenName": found.given_name,
            "familyName": found.family_name, "expiresAt": format_instant(found.expires_at),
            "isKnownUser": found.is_known_user,
        }
    )  # fmt: skip


async def _accept(request: Request, settings: Settings, platform: Platform) -> Response:
    given = await fields(request, "token", optional=("password", "name"))
    token, password = given["token"], given.get("password", "")
    try:
        name = given.get("name") or None
        joined = await accept_invitation(platform, token, password, credentials_of(request, settings), name)
    except Refused as refused:
        if not is_form(request):
            raise
        return await _again(platform, token, refused)
    if is_form(request):
        return done_page(_JOINED)
    return JsonResponse({"organizationId": joined["organizationId"], "memberId": joined["memberId"]})


async def _again(platform: Platform, token: str, refused: Refused) -> Response:
    """The page with the reason; without the field when the link itself is no good."""
    first, status = refused.blockers[0], status_of(refused.blockers)[0]
    if first.code not in _BY_PASSWORD:
        return refused_page(first, status)
    return invitation_page(token, await look_at_invitation(platform, token), first.message, status)


ROUTES = [
    Route("/invitation", show, methods=["GET"]),
    Route("/auth/invitations/look", look, methods=["POST"]),
    Route("/auth/invitations/accept", accept, methods=["POST"]),
]
