"""Second factors over HTTP: an app's codes, recovery codes and passkeys; the lock of AUTH-3 counts them all."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest_asyncio

from core.clock import MINUTE, SECOND, FixedClock, format_instant, parse_instant
from core.periodic import run_steps_once
from tenants.authentication import secret_hash
from tenants.sign_in.totp import STEP, code_of_step
from tenants.unit_of_work import Platform, platform_transaction
from tests.makers import PASSWORD, Member, a_member, an_api_key, an_operator
from tests.web.application import codes_of, running

EMAIL = "ada@tenantry.test"
ENROL = "mutation { enrolTotp(input: {}) { errors { code } secret otpauthUri } }"
CONFIRM = """mutation ($code: String!) {
    confirmTotp(input: {code: $code}) { errors { code field } recoveryCodes } }"""
REMOVE = "mutation { removeSecondFactor(input: {method: %s}) { errors { code } } }"
REGENERATE = "mutation { regenerateRecoveryCodes(input: {}) { errors { code } recoveryCodes } }"
FACTORS = """{ viewer { secondFactors { totpSince recoveryCodesLeft
    passkeys { credentialId name createdAt lastUsedAt } } } }"""


@pytest_asyncio.fixture
async def ada(platform: Platform) -> Member:
    """An ADMIN of the operator."""
    return await a_member(platform, of=await an_operator(platform), role="ADMIN", name="ada", email=EMAIL)


@pytest_asyncio.fixture
async def client(database_url: str, clock: FixedClock, ada: Member) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that nobody knows yet."""
    async with running(database_url, clock) as opened:
        yield opened


async def sign_in(client: httpx2.AsyncClient, password: str = PASSWORD) -> httpx2.Response:
    client.cookies.clear()
    return await client.post("/auth/sign-in", json={"email": EMAIL, "password": password})


async def challenge_of(client: httpx2.AsyncClient) -> str:
    """The challenge after a right password."""
    answer = await sign_in(client)
    return str(answer.json()["secondFactor"]["challenge"])


async def finish(client: httpx2.AsyncClient, challenge: str, code: str, method: str = "TOTP") -> httpx2.Response:
    given = {"challenge": challenge, "method": method, "code": code}
    return await client.post("/auth/second-factor", json=given)


async def asked(client: httpx2.AsyncClient, document: str, **variables: Any) -> Any:
    answer = await client.post("/graphql", json={"query": document, "variables": variables})
    assert "errors" not in answer.json(), answer.json()
    (payload,) = answer.json()["data"].values()
    return payload


async def enrolled(client: httpx2.AsyncClient, clock: FixedClock) -> tuple[str, list[str]]:
    """A confirmed app: its secret and the recovery codes. The code of the present step is used."""
    await sign_in(client)
    secret = (await asked(client, ENROL))["secret"]
    confirmed = await asked(client, CONFIRM, code=code_at(secret, clock))
    assert confirmed["errors"] == []
    return secret, confirmed["recoveryCodes"]


def code_at(secret: str, clock: FixedClock, steps: int = 0) -> str:
    return code_of_step(secret, clock.now() // STEP + steps)


async def rows(platform: Platform, sql: str) -> list[Any]:
    async with platform_transaction(platform) as tx:
        return list(await tx.fetch(sql))


async def test_an_enrolled_app_is_asked_for_and_each_code_works_once(
    client: httpx2.AsyncClient, platform: Platform, clock: FixedClock
) -> None:
    await sign_in(client)
    enrolment = await asked(client, ENROL)
    secret = enrolment["secret"]
    assert enrolment["otpauthUri"].startswith(f"otpauth://totp/Tenantry:ada%40tenantry.test?secret={secret}")
    assert secret not in str(await rows(platform, "SELECT secret_sealed FROM totp"))
    assert "accessToken" in (await sign_in(client)).json()  # not confirmed yet
    wrong = await asked(client, CONFIRM, code=code_at(secret, clock, 9))
    assert wrong == {"errors": [{"code": "CODE_INVALID", "field": ["code"]}], "recoveryCodes": None}
    confirmed = await asked(client, CONFIRM, code=code_at(secret, clock))
    assert len(set(confirmed["recoveryCodes"])) == 10
    assert (await asked(client, ENROL))["errors"] == [{"code": "SECOND_FACTOR_ALREADY_ENROLLED"}]
    shown = (await asked(client, FACTORS))["secondFactors"]
    assert parse_instant(shown.pop("totpSince")) == clock.now()
    assert shown == {"recoveryCodesLeft": 10, "passkeys": []}

    half = await sign_in(client)
    assert half.status_code == 200
    assert "set-cookie" not in half.headers
    assert half.json() == {
        "secondFactor": {
            "challenge": half.json()["secondFactor"]["challenge"],
            "methods": ["TOTP", "RECOVERY_CODE"],
            "expiresAt": format_instant(clock.now() + 5 * MINUTE),
        }
    }
    challenge = half.json()["secondFactor"]["challenge"]
    replayed = await finish(client, challenge, code_at(secret, clock))  # the one that confirmed
    assert (replayed.status_code, codes_of(replayed)) == (401, ["SIGN_IN_FAILED"])
    ahead = code_at(secret, clock, 1)
    whole = await finish(client, challenge, f"{ahead[:3]} {ahead[3:]}")
    assert set(whole.json()) == {"accessToken", "expiresAt"}
    assert "tenantry_session=tns_" in whole.headers["set-cookie"]
    assert codes_of(await finish(client, challenge, code_at(secret, clock, 1))) == ["SIGN_IN_FAILED"]
    assert codes_of(await finish(client, await challenge_of(client), ahead)) == ["SIGN_IN_FAILED"]
    changes = [row["topic"] for row in await rows(platform, "SELECT topic FROM outbox WHERE topic LIKE 'notice.%'")]
    assert changes == ["notice.second_factor_changed"]


async def test_a_challenge_lives_five_minutes_and_no_longer_than_its_password(
    client: httpx2.AsyncClient, platform: Platform, clock: FixedClock
) -> None:
    secret, codes = await enrolled(client, clock)
    first = await challenge_of(client)
    clock.advance_to(clock.now() + 5 * MINUTE)
    assert codes_of(await finish(client, first, code_at(secret, clock))) == ["SIGN_IN_FAILED"]
    second = await challenge_of(client)
    clock.advance_to(clock.now() + 5 * MINUTE - 1)
    assert (await finish(client, second, code_at(secret, clock))).status_code == 200
    third = await challenge_of(client)
    clock.advance_to(clock.now() + SECOND)
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE users SET password_at = $1", clock.now())
    assert codes_of(await finish(client, third, codes[0], "RECOVERY_CODE")) == ["SIGN_IN_FAILED"]
    assert codes_of(await finish(client, "tnc_unknown", codes[0], "RECOVERY_CODE")) == ["SIGN_IN_FAILED"]


async def test_wrong_codes_lock_the_e_mail_and_the_password_clears_nothing(
    client: httpx2.AsyncClient, platform: Platform, clock: FixedClock
) -> None:
    secret, codes = await enrolled(client, clock)
    challenge = await challenge_of(client)
    for method in ("TOTP", "RECOVERY_CODE", "TOTP", "PASSKEY"):
        assert codes_of(await finish(client, challenge, "000000", method)) == ["SIGN_IN_FAILED"]
        challenge = await challenge_of(client)  # right each time, and half a sign-in
    assert codes_of(await finish(client, challenge, "000000")) == ["SIGN_IN_FAILED"]
    clock.advance_to(clock.now() + SECOND)
    locked = await finish(client, challenge, codes[0], "RECOVERY_CODE")
    assert (locked.status_code, codes_of(locked), locked.headers["retry-after"]) == (429, ["SIGN_IN_LOCKED"], "899")
    again = await sign_in(client)
    assert (again.status_code, codes_of(again), again.headers["retry-after"]) == (429, ["SIGN_IN_LOCKED"], "899")
    assert len(await rows(platform, "SELECT 1 FROM outbox WHERE topic = 'mail.sign_in_locked'")) == 1
    clock.advance_to(clock.now() + 15 * MINUTE)
    assert codes_of(await finish(client, await challenge_of(client), "000000")) == ["SIGN_IN_FAILED"]
    assert (await finish(client, await challenge_of(client), code_at(secret, clock))).status_code == 200
    cleared = await rows(platform, "SELECT failed_at FROM sign_in_lock")
    assert [row["failed_at"] for row in cleared] == ["[]"]


async def test_parallel_codes_count_one_by_one_and_one_code_opens_one_session(
    client: httpx2.AsyncClient, clock: FixedClock
) -> None:
    secret, codes = await enrolled(client, clock)
    clock.advance_to(clock.now() + STEP)
    challenges = [await challenge_of(client) for _ in range(3)]
    right = await asyncio.gather(*[finish(client, each, code_at(secret, clock)) for each in challenges])
    assert sorted(each.status_code for each in right) == [200, 401, 401]
    challenge = await challenge_of(client)
    same = await asyncio.gather(*[finish(client, challenge, each, "RECOVERY_CODE") for each in codes[:2]])
    assert sorted(each.status_code for each in same) == [200, 401]
    challenge = await challenge_of(client)
    wrong = await asyncio.gather(*[finish(client, challenge, "000000") for _ in range(8)])
    assert sorted(sum(map(codes_of, wrong), [])) == ["SIGN_IN_FAILED"] * 5 + ["SIGN_IN_LOCKED"] * 3


async def test_a_wrong_password_does_not_tell_that_there_is_a_factor(
    client: httpx2.AsyncClient, clock: FixedClock
) -> None:
    await enrolled(client, clock)
    wrong = await sign_in(client, "incorrect horse battery staple")
    nobody = await client.post("/auth/sign-in", json={"email": "nobody@tenantry.test", "password": PASSWORD})
    assert (wrong.status_code, wrong.json()) == (nobody.status_code, nobody.json())


async def test_a_recovery_code_works_once_and_is_told(
    client: httpx2.AsyncClient, platform: Platform, clock: FixedClock
) -> None:
    _, codes = await enrolled(client, clock)
    typed = codes[3].upper().replace("-", " ")
    assert (await finish(client, await challenge_of(client), typed, "RECOVERY_CODE")).status_code == 200
    assert (await asked(client, FACTORS))["secondFactors"]["recoveryCodesLeft"] == 9
    fresh = (await asked(client, REGENERATE))["recoveryCodes"]
    assert len(set(fresh) | set(codes)) == 20
    for code in (codes[3], codes[4]):
        answer = await finish(client, await challenge_of(client), code, "RECOVERY_CODE")
        assert codes_of(answer) == ["SIGN_IN_FAILED"]
    assert (await finish(client, await challenge_of(client), fresh[0], "RECOVERY_CODE")).status_code == 200
    told = [row["payload"] for row in await rows(platform, "SELECT payload FROM outbox ORDER BY id")]
    assert sum("RECOVERY_CODE_USED" in each for each in told) == 2
    assert not any(code in str(told) for code in codes + fresh)


async def test_removing_needs_the_password_and_takes_the_codes_along(
    client: httpx2.AsyncClient, platform: Platform, clock: FixedClock
) -> None:
    await enrolled(client, clock)
    clock.advance_to(clock.now() + 11 * MINUTE)
    for document in (REMOVE % "TOTP", REGENERATE, ENROL):
        assert (await asked(client, document))["errors"] == [{"code": "REAUTH_REQUIRED"}]
    assert (await client.post("/auth/reauthenticate", json={"password": PASSWORD})).status_code == 204
    assert (await asked(client, REMOVE % "PASSKEY"))["errors"] == [{"code": "SECOND_FACTOR_NOT_ENROLLED"}]
    assert (await asked(client, REMOVE % "RECOVERY_CODE"))["errors"] == [{"code": "METHOD_INVALID"}]
    assert (await asked(client, REMOVE % "TOTP"))["errors"] == []
    assert await rows(platform, "SELECT 1 FROM recovery_code UNION ALL SELECT 1 FROM totp") == []
    assert (await asked(client, REGENERATE))["errors"] == [{"code": "SECOND_FACTOR_NOT_ENROLLED"}]
    assert "accessToken" in (await sign_in(client)).json()
    last = (await rows(platform, "SELECT payload FROM outbox WHERE topic LIKE 'notice.%' ORDER BY id"))[-1]
    assert "TOTP_REMOVED" in last["payload"] and EMAIL in last["payload"]
    written = await rows(platform, "SELECT action FROM audit_entry WHERE entity_type = 'User' ORDER BY id")
    assert [row["action"] for row in written] == ["enrolTotp", "confirmTotp", "removeSecondFactor"]


async def test_no_program_has_a_second_factor(client: httpx2.AsyncClient, ada: Member) -> None:
    key = {"authorization": f"Bearer {(await an_api_key(ada, scopes=('org:write',))).token}"}
    shown = await client.post("/graphql", json={"query": FACTORS}, headers=key)
    assert shown.json()["data"]["viewer"] == {"secondFactors": None}
    for document in (ENROL, REMOVE % "TOTP", REGENERATE):
        (payload,) = (await client.post("/graphql", json={"query": document}, headers=key)).json()["data"].values()
        assert payload["errors"] == [{"code": "FORBIDDEN"}]
    options = await client.post("/auth/passkeys/register/options", json={}, headers=key)
    assert (options.status_code, codes_of(options)) == (403, ["FORBIDDEN"])


async def test_the_page_asks_for_the_code_without_a_script(client: httpx2.AsyncClient, clock: FixedClock) -> None:
    secret, _ = await enrolled(client, clock)
    client.cookies.clear()
    half = await client.post("/auth/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert half.status_code == 200 and 'action="/auth/second-factor"' in half.text
    challenge = half.text.partition('name="challenge" type="hidden" value="')[2].partition('"')[0]
    given = {"challenge": challenge, "method": "TOTP", "code": "000000"}
    wrong = await client.post("/auth/second-factor", data=given)
    assert wrong.status_code == 401 and 'role="alert"' in wrong.text and challenge in wrong.text
    whole = await client.post("/auth/second-factor", data=given | {"code": code_at(secret, clock, 1)})
    assert (whole.status_code, whole.headers["location"]) == (303, "/")


async def test_what_is_no_second_factor_is_a_bad_request(client: httpx2.AsyncClient) -> None:
    bad: list[Any] = [{"challenge": 1}, {"challenge": "x", "method": "SMS", "code": "1"}, {"challenge": "\0"}, []]
    for given in bad:
        answer = await client.post("/auth/second-factor", json=given)
        assert (answer.status_code, codes_of(answer)) == (400, ["BAD_REQUEST"])


async def test_what_nobody_finished_is_forgotten(
    client: httpx2.AsyncClient, platform: Platform, clock: FixedClock
) -> None:
    await enrolled(client, clock)
    await challenge_of(client)
    await client.post("/auth/passkeys/sign-in/options", json={})
    clock.advance_to(clock.now() + 5 * MINUTE - 1)
    open_still = await challenge_of(client)
    clock.advance_to(clock.now() + 1)
    assert (await run_steps_once(platform))["half sign-ins"] == 2
    left = await rows(platform, "SELECT token_hash FROM sign_in_challenge")
    assert [row["token_hash"] for row in left] == [secret_hash(open_still)]
