"""Signing in over HTTP: token and cookie, refusals alike for everybody, lockout, sign-out, the password again."""

from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from core.clock import HOUR, MINUTE, FixedClock, format_instant
from tenants.unit_of_work import Platform, platform_transaction
from tests.makers import PASSWORD, Member, a_member, an_api_key, an_operator
from tests.web.application import ADDRESS, SECRET, codes_of, running

VIEWER = {"query": "{ viewer { __typename } }"}
WRONG = "incorrect horse battery staple"


@pytest_asyncio.fixture
async def ada(platform: Platform) -> Member:
    """An ADMIN of the operator."""
    return await a_member(platform, of=await an_operator(platform), role="ADMIN", name="ada", email="Ada@Tenantry.test")


@pytest_asyncio.fixture
async def client(database_url: str, clock: FixedClock, ada: Member) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser or a program that nobody knows yet."""
    async with running(database_url, clock) as opened:
        yield opened


async def sign_in(
    client: httpx2.AsyncClient, email: str = "ada@tenantry.test", password: str = PASSWORD
) -> httpx2.Response:
    return await client.post("/auth/sign-in", json={"email": email, "password": password})


async def viewer_status(client: httpx2.AsyncClient, **headers: str) -> tuple[int, list[str]]:
    """Whether `viewer` is answered: the status and the codes of the errors."""
    answer = await client.post("/graphql", json=VIEWER, headers=headers)
    return answer.status_code, codes_of(answer) if "errors" in answer.json() else []


async def test_signing_in_answers_a_token_and_sets_a_cookie(client: httpx2.AsyncClient, clock: FixedClock) -> None:
    answer = await sign_in(client, " ada@TENANTRY.test")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"accessToken", "expiresAt"}
    assert body["expiresAt"] == format_instant(clock.now() + 12 * HOUR)
    assert answer.headers["set-cookie"] == (
        f"tenantry_session={body['accessToken']}; HttpOnly; Max-Age=43200; Path=/; SameSite=lax"
    )


async def test_the_form_keeps_the_email_and_a_reload_leads_back(client: httpx2.AsyncClient) -> None:
    typed = '"><b>ada@tenantry.test'
    again = await client.post("/auth/sign-in", data={"email": typed, "password": WRONG})
    assert again.status_code == 401
    assert 'value="&quot;&gt;&lt;b&gt;ada@tenantry.test"' in again.text and "<b>" not in again.text
    reloaded = await client.get("/auth/sign-in", headers={"accept": "text/html"})
    assert (reloaded.status_code, reloaded.headers["location"]) == (303, "/")
    assert codes_of(await client.get("/auth/sign-in")) == ["METHOD_NOT_ALLOWED"]


async def test_token_and_cookie_open_the_same_session(client: httpx2.AsyncClient) -> None:
    token = (await sign_in(client)).json()["accessToken"]
    assert await viewer_status(client) == (200, [])
    client.cookies.clear()
    assert await viewer_status(client, authorization=f"Bearer {token}") == (200, [])
    assert await viewer_status(client) == (200, ["UNAUTHENTICATED"])


async def test_in_production_the_cookie_needs_tls_and_this_host(
    database_url: str, clock: FixedClock, ada: Member
) -> None:
    async with running(database_url, clock, env="production", secret=SECRET) as client:
        answer = await sign_in(client)
    assert answer.headers["set-cookie"].startswith("__Host-tenantry_session=tns_")
    assert answer.headers["set-cookie"].endswith("; HttpOnly; Max-Age=43200; Path=/; SameSite=lax; Secure")
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("email", ["ada@tenantry.test", "nobody@tenantry.test"])
async def test_a_wrong_password_and_an_unknown_e_mail_are_refused_alike(client: httpx2.AsyncClient, email: str) -> None:
    answer = await sign_in(client, email, WRONG)
    assert answer.status_code == 401
    assert answer.json() == {"errors": [{"code": "SIGN_IN_FAILED", "message": "E-mail or password is wrong."}]}
    assert "set-cookie" not in answer.headers


async def test_the_fifth_failure_locks_and_the_right_password_waits(
    client: httpx2.AsyncClient, clock: FixedClock
) -> None:
    assert [codes_of(await sign_in(client, password=WRONG)) for _ in range(5)] == [["SIGN_IN_FAILED"]] * 5
    locked = await sign_in(client)
    assert (locked.status_code, codes_of(locked)) == (429, ["SIGN_IN_LOCKED"])
    clock.advance_to(clock.now() + 15 * MINUTE)
    assert (await sign_in(client)).status_code == 200


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "BAD_REQUEST"),
        (b"[]", "application/json", 400, "BAD_REQUEST"),
        (b'{"email":"ada@tenantry.test"}', "application/json", 400, "BAD_REQUEST"),
        (b'{"email":1,"password":"x"}', "application/json", 400, "BAD_REQUEST"),
        (b'{"email":"\xff","password":"x"}', "application/json", 400, "BAD_REQUEST"),
        (b"email=ada%40tenantry.test", "application/x-www-form-urlencoded", 400, "BAD_REQUEST"),
        (b"a=1&" * 20, "application/x-www-form-urlencoded", 400, "BAD_REQUEST"),
        (b"{}", "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"x" * 8_193, "application/json", 413, "BODY_TOO_LARGE"),
    ],
)
async def test_what_is_no_sign_in_is_a_bad_request(
    client: httpx2.AsyncClient, content: bytes, kind: str, status: int, code: str
) -> None:
    answer = await client.post("/auth/sign-in", content=content, headers={"content-type": kind})
    assert (answer.status_code, codes_of(answer)) == (status, [code])


async def test_signing_out_ends_the_session_and_forgets_the_cookie(client: httpx2.AsyncClient) -> None:
    token = (await sign_in(client)).json()["accessToken"]
    answer = await client.post("/auth/sign-out")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["set-cookie"].startswith('tenantry_session="";')
    assert await viewer_status(client, authorization=f"Bearer {token}") == (401, ["UNAUTHENTICATED"])
    assert (await client.post("/auth/sign-out")).status_code == 204


async def test_a_session_that_was_believed_a_moment_ago_shows_nothing_after_its_end(client: httpx2.AsyncClient) -> None:
    token = (await sign_in(client)).json()["accessToken"]
    bearer = {"authorization": f"Bearer {token}"}
    assert await viewer_status(client, **bearer) == (200, [])
    await client.post("/auth/sign-out")
    assert await viewer_status(client, **bearer) == (200, ["UNAUTHENTICATED"])


async def test_an_unknown_token_is_refused_before_anything_runs(client: httpx2.AsyncClient) -> None:
    assert await viewer_status(client, authorization="Bearer tns_unknown") == (401, ["UNAUTHENTICATED"])
    assert await viewer_status(client, authorization="Bearer what") == (401, ["UNAUTHENTICATED"])


async def test_use_is_stored_so_that_a_session_in_use_does_not_idle_out(
    client: httpx2.AsyncClient, clock: FixedClock
) -> None:
    await sign_in(client)
    for _ in range(3):
        clock.advance_to(clock.now() + 59 * MINUTE)
        assert await viewer_status(client) == (200, [])
        await client.post("/auth/reauthenticate", json={"password": PASSWORD})
    clock.advance_to(clock.now() + 60 * MINUTE)
    assert (await viewer_status(client))[1] == ["SESSION_EXPIRED"]


async def test_giving_the_password_again(client: httpx2.AsyncClient, platform: Platform, clock: FixedClock) -> None:
    await sign_in(client)
    clock.advance_to(clock.now() + 11 * MINUTE)
    assert (await client.post("/auth/reauthenticate", json={"password": PASSWORD})).status_code == 204
    async with platform_transaction(platform) as tx:
        rows = await tx.fetch("SELECT password_at FROM session")
    assert [row["password_at"] for row in rows] == [clock.now()]

    wrong = await client.post("/auth/reauthenticate", json={"password": WRONG})
    assert (wrong.status_code, codes_of(wrong)) == (401, ["SIGN_IN_FAILED"])


async def test_only_a_session_gives_a_password_again(client: httpx2.AsyncClient, ada: Member) -> None:
    stranger = await client.post("/auth/reauthenticate", json={"password": PASSWORD})
    assert (stranger.status_code, codes_of(stranger)) == (401, ["UNAUTHENTICATED"])
    key = {"authorization": f"Bearer {(await an_api_key(ada)).token}"}
    program = await client.post("/auth/reauthenticate", json={"password": PASSWORD}, headers=key)
    assert (program.status_code, codes_of(program)) == (403, ["FORBIDDEN"])


async def test_a_foreign_page_can_neither_sign_in_nor_use_the_session(client: httpx2.AsyncClient) -> None:
    foreign = {"origin": "https://evil.test", "sec-fetch-site": "cross-site"}
    given = {"email": "ada@tenantry.test", "password": PASSWORD}
    forged = await client.post("/auth/sign-in", data=given, headers=foreign)
    assert (forged.status_code, codes_of(forged)) == (403, ["CROSS_ORIGIN"])
    await sign_in(client)
    assert await viewer_status(client, **foreign) == (403, ["CROSS_ORIGIN"])
    assert (await client.post("/auth/sign-out", headers=foreign)).status_code == 403
    assert await viewer_status(client, origin=ADDRESS) == (200, [])


async def test_the_page_signs_in_and_out_without_a_script(client: httpx2.AsyncClient) -> None:
    stranger = await client.get("/")
    assert stranger.status_code == 200
    assert 'action="/auth/sign-in"' in stranger.text
    assert "<script" not in stranger.text
    assert "form-action 'self'" in stranger.headers["content-security-policy"]

    wrong = await client.post("/auth/sign-in", data={"email": "ada@tenantry.test", "password": WRONG})
    assert wrong.status_code == 401
    assert '<p role="alert">E-mail or password is wrong.</p>' in wrong.text

    right = await client.post("/auth/sign-in", data={"email": "ada@tenantry.test", "password": PASSWORD})
    assert (right.status_code, right.headers["location"]) == (303, "/")
    page = (await client.get("/")).text
    assert "Signed in as <strong>Ada</strong>, admin of <strong>Tenantry</strong>" in page
    assert (await client.get("/graphql", headers={"accept": "text/html"})).status_code == 200

    out = await client.post("/auth/sign-out", headers={"content-type": "application/x-www-form-urlencoded"})
    assert (out.status_code, out.headers["location"]) == (303, "/")
    assert (await client.get("/graphql", headers={"accept": "text/html"})).status_code == 401


async def test_the_schema_is_for_those_who_signed_in(client: httpx2.AsyncClient) -> None:
    question = {"query": "{ __schema { queryType { name } } }"}
    assert codes_of(await client.post("/graphql", json=question)) == ["INTROSPECTION_REQUIRES_SIGN_IN"]
    await sign_in(client)
    assert (await client.post("/graphql", json=question)).json()["data"]["__schema"]["queryType"]["name"] == "Query"
