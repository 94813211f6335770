"""The approval link of a mail: a page that asks, and the two answers (SUP-2, SUP-3). Rules: support_answers.py."""

import json
from collections.abc import Awaitable, Callable
from html import escape
from string import Template

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.refusals import Refused
from core.settings import Settings
from tenants.commands import Command, Outcome, run_command
from tenants.support.support_answers import Named, approve_support_session, asked_by_link, refuse_support_session
from tenants.support.support_notices import APPROVAL_PATH
from tenants.unit_of_work import Platform, UnitOfWork, reading
from web.auth_request import answered, fields, is_form, status_of
from web.credentials import credentials_of
from web.home import page, sign_in_page, signed_in_actor
from web.json_response import JsonResponse
from web.link_pages import done_page, refused_page

Answer = Callable[[UnitOfWork, Named], Awaitable[Outcome]]
_ASKED = """<h2>May support act inside your organization?</h2>
<p>$kind, $access, for at most $minutes minutes.<br>Reason: $reason<br>Ticket: $ticket</p>
<form method="post" action="/auth/support/approve">
<input type="hidden" name="token" value="$token">
<button>Allow</button>
</form>
<form method="post" action="/auth/support/refuse">
<input type="hidden" name="token" value="$token">
<button>Refuse</button>
</form>"""


async def show(request: Request) -> Response:
    """The page behind the link: looking at it changes nothing. Who is not signed in does that first."""
    if await signed_in_actor(request) is None:
        return sign_in_page("Sign in, then open the link of the mail again.", 401)
    settings: Settings = request.app.state.settings
    token = request.query_params.get("token", "")
    try:
        async with reading(request.app.state.platform, credentials_of(request, settings)) as uow:
            row = await asked_by_link(uow, token)
    except Refused as refused:
        return refused_page(refused.blockers[0], status_of(refused.blockers)[0])
    shown = {name: str(row[name]) for name in ("kind", "minutes", "reason", "ticket")} | {"token": token}
    shown["access"] = " ".join([row["access"], *json.loads(row["areas"])])
    return page(Template(_ASKED).substitute({name: escape(text) for name, text in shown.items()}))


async def approve(request: Request) -> Response:
    """{token} answers 200 {supportSessionId}, by the session that the request comes with.

    404 NOT_FOUND; 403 FORBIDDEN, FORBIDDEN_WHILE_ACTING, REAUTH_REQUIRED, ORGANIZATION_NOT_ACTIVE; 409
    SUPPORT_SESSION_ALREADY_OPEN; 401 CONSENT_EXPIRED, SUPPORT_SESSION_ENDED, and who is not signed in."""
    return await answered(request, _by("approveSupportSession", approve_support_session, "The session is open."))


async def refuse(request: Request) -> Response:
    """The same for saying no."""
    return await answered(request, _by("refuseSupportSession", refuse_support_session, "You refused."))


def _by(operation: str, answer: Answer, message: str) -> Callable[[Request, Settings, Platform], Awaitable[Response]]:
    async def act(request: Request, settings: Settings, platform: Platform) -> Response:
        token = (await fields(request, "token"))["token"]
        command = Command(operation, {"token": token})
        try:
            outcome = await run_command(
                platform, credentials_of(request, settings), command,
                lambda uow: answer(uow, Named(token=token)), _kept,
            )  # fmt: skip
        except Refused as refused:
            if not is_form(request):
                raise
            return refused_page(refused.blockers[0], status_of(refused.blockers)[0])
        return done_page(message) if is_form(request) else JsonResponse(outcome)

    return act


async def _kept(uow: UnitOfWork, outcome: Outcome, is_replayed: bool) -> Outcome:
    return outcome


ROUTES = [
    Route(APPROVAL_PATH, show, methods=["GET"]),
    Route("/auth/support/approve", approve, methods=["POST"]),
    Route("/auth/support/refuse", refuse, methods=["POST"]),
]
