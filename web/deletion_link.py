"""The OWNER's way back from a deletion by the link of the notice, without a session (DEL-3). Rules: deactivation.py."""

from html import escape
from string import Template

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.refusals import Refused
from core.settings import Settings
from tenants.stops.deactivation import reverse_by_link
from tenants.unit_of_work import Platform
from web.auth_request import answered, fields, is_form, status_of
from web.credentials import credentials_of
from web.home import page
from web.json_response import JsonResponse
from web.link_pages import done_page, refused_page

_ASKED = """<h2>Take the deletion back</h2>
<form method="post" action="/auth/reverse-deletion">
<input type="hidden" name="token" value="$token">
<button>Take it back</button>
</form>"""


async def show(request: Request) -> Response:
    """The page behind the link: looking at it changes nothing."""
    return page(Template(_ASKED).substitute(token=escape(request.query_params.get("token", ""))))


async def reverse(request: Request) -> Response:
    """{token} answers 200 {organizationId, status}. 404 NOT_FOUND; 410 IRREVERSIBLE."""
    return await answered(request, _reverse)


async def _reverse(request: Request, settings: Settings, platform: Platform) -> Response:
    token = (await fields(request, "token"))["token"]
    try:
        outcome = await reverse_by_link(platform, token, credentials_of(request, settings))
    except Refused as refused:
        if not is_form(request):
            raise
        return refused_page(refused.blockers[0], status_of(refused.blockers)[0])
    return done_page("The deletion is taken back.") if is_form(request) else JsonResponse(outcome)


ROUTES = [
    Route("/reverse-deletion", show, methods=["GET"]),
    Route("/auth/reverse-deletion", reverse, methods=["POST"]),
]
