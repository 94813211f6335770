"""POST /auth/sign-in, /auth/second-factor, /auth/sign-out, /auth/reauthenticate: HTTP around tenants/.

A program sends JSON and gets JSON; the form of the page at `/` sends fields and is led back to the page."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core.clock import format_instant
from core.refusals import Refused
from core.sealing import Sealer
from core.settings import Settings
from graph.errors import coded
from tenants.sign_in import sessions
from tenants.sign_in import sign_in as signing_in
from tenants.sign_in.passkey_checks import Site, sign_in_options
from tenants.sign_in.second_factor_challenge import SecondFactorMethod, SecondFactorNeeded
from tenants.sign_in.second_factor_sign_in import Checks, SecondProof, finish_sign_in
from tenants.unit_of_work import Platform
from web.auth_request import (
    answered,
    body_of,
    fields,
    is_form,
    public_origin,
    signed_in_response,
    status_of,
    with_cookie,
)
from web.credentials import credentials_of
from web.graphql_request import BadRequest
from web.home import second_factor_page, sign_in_page
from web.json_response import JsonResponse

CREDENTIAL_BYTES = 64 * 1024
"""Of a body with an authenticator's answer in it."""


async def sign_in(request: Request) -> Response:
    """{email, password} answers 200 {accessToken, expiresAt} and sets the session cookie.

    Who has a second factor gets 200 {secondFactor: {challenge, methods, expiresAt, passkeyOptions}} and no session.
    401 SIGN_IN_FAILED; 429 SIGN_IN_LOCKED with Retry-After; 403 ORGANIZATION_NOT_ACTIVE; 400 BAD_REQUEST,
    BAD_USER_INPUT, 413, 415."""
    return await answered(request, _sign_in)


async def second_factor(request: Request) -> Response:
    """{challenge, method, code} or {challenge, method: "PASSKEY", credential} answers as signing in does."""
    return await answered(request, _second_factor)


async def sign_out(request: Request) -> Response:
    """Ends the session that the request came with and forgets the cookie: 204, also when there is none."""
    return await answered(request, _sign_out)


async def reauthenticate(request: Request) -> Response:
    """{password} proves again who sits there (AUTH-7): 204. 401 and 429 as for signing in; 401 UNAUTHENTICATED,
    SESSION_EXPIRED; 403 FORBIDDEN for an API key."""
    return await answered(request, _reauthenticate)


def site_of(request: Request, settings: Settings) -> Site:
    """The site whose passkeys count. Refused PUBLIC_URL_MISSING."""
    return Site(public_origin(request, settings))


async def _sign_in(request: Request, settings: Settings, platform: Platform) -> Response:
    given = await fields(request, "email", "password")
    credentials = credentials_of(request, settings)
    try:
        session = await signing_in.sign_in(platform, given["email"], given["password"], credentials)
    except Refused as refused:
        if not is_form(request):
            raise
        status, headers = status_of(refused.blockers)
        return sign_in_page(refused.blockers[0].message, status, headers, email=given["email"])
    if isinstance(session, SecondFactorNeeded):
        return _half(request, settings, session)
    return signed_in_response(request, settings, platform, session)


def _half(request: Request, settings: Settings, needed: SecondFactorNeeded) -> Response:
    if is_form(request):
        return second_factor_page(needed.challenge)
    shown: dict[str, Any] = {
        "challenge": needed.challenge,
        "methods": list(needed.methods),
        "expiresAt": format_instant(needed.expires_at),
    }
    if needed.credential_ids:
        site = site_of(request, settings)
        options = sign_in_options(site, needed.passkey_challenge, needed.credential_ids)
        shown["passkeyOptions"] = orjson.Fragment(options)
    return JsonResponse({"secondFactor": shown})


async def _second_factor(request: Request, settings: Settings, platform: Platform) -> Response:
    proof = _proof(await body_of(request, CREDENTIAL_BYTES))
    # A desk without passkeys needs no address of its own to check a code.
    site = site_of(request, settings) if proof.method is SecondFactorMethod.PASSKEY else Site("")
    checks = Checks(Sealer(platform.secret), site)
    try:
        session = await finish_sign_in(platform, checks, proof, credentials_of(request, settings))
    except Refused as refused:
        if not is_form(request):
            raise
        status, headers = status_of(refused.blockers)
        return second_factor_page(proof.challenge, refused.blockers[0].message, status, headers)
    return signed_in_response(request, settings, platform, session)


def _proof(given: dict[str, Any]) -> SecondProof:
    texts = {name: given.get(name, "") for name in ("challenge", "method", "code")}
    if not all(isinstance(text, str) and "\0" not in text for text in texts.values()):
        raise BadRequest(400, coded("BAD_REQUEST", "The body must hold the texts: challenge, method, code."))
    if texts["method"] not in list(SecondFactorMethod):
        raise BadRequest(400, coded("BAD_REQUEST", f"method is one of {', '.join(SecondFactorMethod)}."))
    method = SecondFactorMethod(texts["method"])
    return SecondProof(texts["challenge"], method, texts["code"], given.get("credential"))


async def _sign_out(request: Request, settings: Settings, platform: Platform) -> Response:
    await sessions.sign_out(platform, credentials_of(request, settings))
    response = RedirectResponse("/", 303) if is_form(request) else Response(status_code=204)
    return with_cookie(response, settings, "", 0)


async def _reauthenticate(request: Request, settings: Settings, platform: Platform) -> Response:
    given = await fields(request, "password")
    await sessions.reauthenticate(platform, credentials_of(request, settings), given["password"])
    return Response(status_code=204)
