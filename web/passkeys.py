"""POST /auth/passkeys/...: the two steps around the browser's question, to register a passkey or sign in with one."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from core.settings import Settings
from graph.errors import coded
from tenants.commands import Command, Outcome, run_command
from tenants.sign_in.passkey_sign_in import finish_passkey_sign_in, start_passkey_sign_in
from tenants.sign_in.passkeys import PasskeyAnswer, finish_registration, start_registration
from tenants.unit_of_work import Platform, UnitOfWork
from web.auth_request import answered, body_of, signed_in_response
from web.credentials import credentials_of
from web.graphql_request import BadRequest
from web.json_response import JsonResponse
from web.sign_in import CREDENTIAL_BYTES, site_of


async def registration_options(request: Request) -> Response:
    """{} answers 200 {challenge, options} for `navigator.credentials.create`.

    401 UNAUTHENTICATED; 403 FORBIDDEN, FORBIDDEN_WHILE_ACTING, REAUTH_REQUIRED; 503 PUBLIC_URL_MISSING."""
    return await answered(request, _registration_options)


async def register(request: Request) -> Response:
    """{challenge, name, credential} answers 200 {credentialId, recoveryCodes}; codes only with the first factor.

    As `registration_options`, and 400 NAME_LENGTH, FIELD_REQUIRED, PASSKEY_INVALID; 409 PASSKEY_LIMIT."""
    return await answered(request, _register)


async def sign_in_options(request: Request) -> Response:
    """{} answers 200 {challenge, options} for `navigator.credentials.get`. 503 PUBLIC_URL_MISSING."""
    return await answered(request, _sign_in_options)


async def sign_in(request: Request) -> Response:
    """{challenge, credential} answers as POST /auth/sign-in does."""
    return await answered(request, _sign_in)


async def _registration_options(request: Request, settings: Settings, platform: Platform) -> Response:
    site, credentials = site_of(request, settings), credentials_of(request, settings)
    command = Command("startPasskeyRegistration", {})
    made = await run_command(platform, credentials, command, lambda uow: start_registration(uow, site), _outcome)
    return _options(made["challenge"], made["options"])


async def _register(request: Request, settings: Settings, platform: Platform) -> Response:
    given, site = await _answer_of(request), site_of(request, settings)
    answer = PasskeyAnswer(given["challenge"], given.get("name"), given.get("credential"))
    made = await run_command(
        platform, credentials_of(request, settings), Command("registerPasskey", {}),
        lambda uow: finish_registration(uow, site, answer), _outcome,
    )  # fmt: skip
    return JsonResponse(made)


async def _sign_in_options(request: Request, settings: Settings, platform: Platform) -> Response:
    challenge, options = await start_passkey_sign_in(platform, site_of(request, settings))
    return _options(challenge, options)


async def _sign_in(request: Request, settings: Settings, platform: Platform) -> Response:
    given, site = await _answer_of(request), site_of(request, settings)
    session = await finish_passkey_sign_in(
        platform, site, given["challenge"], given.get("credential"), credentials_of(request, settings)
    )  # fmt: skip
    return signed_in_response(request, settings, platform, session)


async def _answer_of(request: Request) -> dict[str, Any]:
    given = await body_of(request, CREDENTIAL_BYTES)
    texts = (given.get("challenge"), given.get("name", ""))
    if not all(isinstance(text, str) and "\0" not in text for text in texts):
        raise BadRequest(400, coded("BAD_REQUEST", "The body must hold the texts: challenge, name."))
    return given


def _options(challenge: str, options: str) -> Response:
    return JsonResponse({"challenge": challenge, "options": orjson.Fragment(options)})


async def _outcome(uow: UnitOfWork, outcome: Outcome, replayed: bool) -> Outcome:
    return outcome | uow.shown_once
