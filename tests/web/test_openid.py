"""Signing in through an organization's identity provider, a real one on a local port; and what it may not do."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import pytest_asyncio
from joserfc.jwk import OctKey, RSAKey

from core.clock import MINUTE, SECOND, FixedClock
from tenants.unit_of_work import Platform, platform_transaction
from tests.databases import START
from tests.graph.asking import ask
from tests.makers import PASSWORD, Member, a_member, credentials_of
from tests.rules.fixture_organizations import Fixture, the_fixture
from tests.web.application import SECRET, codes_of, running
from tests.web.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, provider_running

SET = """mutation ($input: SetIdentityProviderInput!) { setIdentityProvider(input: $input) {
    errors { code field } identityProvider { id issuer clientId emailDomains version } } }"""
REMOVE = """mutation ($id: ID!) { removeIdentityProvider(input: {identityProviderId: $id}) { errors { code } } }"""
MINE = "{ viewer { organizationName } organizations { nodes { name } } }"
REACH = "{ viewer { memberships { organizationName } } sessions { isCurrent } }"
FAILED = {"errors": [{"code": "SIGN_IN_FAILED", "message": "E-mail or password is wrong."}]}


@pytest.fixture(scope="module")
def local_provider() -> Iterator[IdentityProvider]:
    """One server for all tests of this file."""
    with provider_running(START // SECOND) as running_provider:
        yield running_provider


@pytest_asyncio.fixture
async def family(platform: Platform) -> Fixture:
    return await the_fixture(platform)


@pytest.fixture
def provider(local_provider: IdentityProvider, family: Fixture) -> IdentityProvider:
    """C1's provider, which vouches for dan."""
    local_provider.lies.clear()
    local_provider.codes.clear()
    local_provider.asked.clear()
    local_provider.email = str(family.dan.email)
    return local_provider


@pytest_asyncio.fixture
async def client(database_url: str, clock: FixedClock, family: Fixture) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(database_url, clock) as opened:
        yield opened


def domain_of(member: Member) -> str:
    return str(member.email).partition("@")[2]


async def set_provider(client: httpx2.AsyncClient, who: Member, provider: IdentityProvider, **given: Any) -> Any:
    """The payload of setIdentityProvider over HTTP."""
    credentials = await credentials_of(who)
    input = {"organizationId": who.organization_id, "issuer": provider.issuer, "clientId": CLIENT_ID,
             "clientSecret": CLIENT_SECRET, "emailDomains": [provider.email.partition("@")[2]]} | given  # fmt: skip
    body = {"query": SET, "variables": {"input": input}}
    answer = await client.post("/graphql", json=body, headers={"authorization": f"Bearer {credentials.token}"})
    return answer.json()["data"]["setIdentityProvider"]


async def start(client: httpx2.AsyncClient, organization_id: str) -> str:
    """Where the browser is sent."""
    answer = await client.get(f"/auth/oidc/{organization_id}/start")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def come_back(client: httpx2.AsyncClient, address: str) -> httpx2.Response:
    return await client.get(address)


async def viewer(client: httpx2.AsyncClient, **headers: str) -> Any:
    return (await client.post("/graphql", json={"query": MINE}, headers=headers)).json()


async def test_a_member_signs_in_through_the_provider(
    client: httpx2.AsyncClient, platform: Platform, family: Fixture, provider: IdentityProvider
) -> None:
    made = await set_provider(client, family.cora, provider)
    assert made["errors"] == []
    assert made["identityProvider"] | {"id": ""} == {
        "id": "", "issuer": provider.issuer, "clientId": CLIENT_ID, "emailDomains": [domain_of(family.dan)],
        "version": 1,
    }  # fmt: skip
    away = await start(client, family.c1.id)
    asked = parse_qs(urlsplit(away).query)
    assert (asked["scope"], asked["code_challenge_method"]) == (["openid email"], ["S256"])
    assert asked["redirect_uri"] == ["http://tenantry.test/auth/oidc/callback"]
    entered = await come_back(client, provider.consents(away))
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    assert "tenantry_session=tns_" in entered.headers["set-cookie"]
    assert (await viewer(client))["data"]["viewer"] == {"organizationName": "C1"}
    assert provider.asked[0]["authorization"].startswith("Basic ")
    stored = await rows(platform, "SELECT client_secret_sealed FROM identity_provider")
    assert CLIENT_SECRET not in str(stored)
    assert CLIENT_SECRET not in str(await rows(platform, "SELECT after_values FROM audit_entry"))
    assert [row["topic"] for row in await rows(platform, "SELECT topic FROM outbox WHERE topic LIKE 'notice.id%'")] == [
        "notice.identity_provider_changed"
    ]


LIES: list[dict[str, Any]] = [
    {"nonce": "another"},
    {"aud": "another client"},
    {"aud": [CLIENT_ID, "another client"]},
    {"iss": "https://another.test"},
    {"exp": START // SECOND - 61},
    {"iat": START // SECOND + 3_600},
    {"alg": "none"},
    {"alg": "HS256", "key": OctKey.import_key("a secret that is long enough to be a key")},
    {"key": RSAKey.generate_key(2048, {"kid": "first"})},
    {"email_verified": False},
    {"email_verified": "true"},
    {"email": "somebody@elsewhere.test"},
    {"issuer": "https://another.test"},
    {"back_issuer": "https://another.test"},
    {"discovery": {"token_endpoint": None}},
]


async def test_what_the_provider_says_wrongly_opens_nothing(
    client: httpx2.AsyncClient, platform: Platform, family: Fixture, provider: IdentityProvider
) -> None:
    await set_provider(client, family.cora, provider)
    before = await rows(platform, "SELECT id FROM session")
    for lies in LIES:
        provider.lies.clear()
        away = await start(client, family.c1.id)
        provider.lies |= lies
        refused = await come_back(client, provider.consents(away))
        assert (refused.status_code, refused.json()) == (401, FAILED), lies
        assert "tenantry_session" not in refused.headers.get("set-cookie", ""), lies
        assert await rows(platform, "SELECT id FROM session") == before, lies


async def test_a_state_serves_once_ten_minutes_and_one_browser(
    client: httpx2.AsyncClient, clock: FixedClock, family: Fixture, provider: IdentityProvider
) -> None:
    await set_provider(client, family.cora, provider)
    back = provider.consents(await start(client, family.c1.id))
    kept = dict(client.cookies)
    client.cookies.clear()
    assert (await come_back(client, back)).json() == FAILED  # another browser: a forged sign-in
    client.cookies.update(kept)
    assert (await come_back(client, back)).status_code == 303
    again = back.replace(parse_qs(urlsplit(back).query)["code"][0], "another")
    assert (await come_back(client, again)).json() == FAILED
    late = provider.consents(await start(client, family.c1.id))
    clock.advance_to(clock.now() + 10 * MINUTE)
    assert (await come_back(client, late)).json() == FAILED
    for query in ("", "?state=x", "?state=x&code=y", "?error=access_denied&state=x", "?state=%00&code=%00"):
        assert (await client.get(f"/auth/oidc/callback{query}")).json() == FAILED


async def test_only_accepted_members_of_that_organization_enter(
    client: httpx2.AsyncClient, platform: Platform, family: Fixture, provider: IdentityProvider
) -> None:
    pending = await a_member(platform, of=family.c1, accepted=False)
    desk = await a_member(platform, of=family.c1, portal_access=False, email="desk@c1.test")
    people = [family.ben, family.ada, family.rob, pending, desk]
    domains = [domain_of(each) for each in [*people, family.dan]] + ["nowhere.test"]
    await set_provider(client, family.cora, provider, emailDomains=domains)
    before = await rows(platform, "SELECT id FROM users ORDER BY id")
    for email in [*(str(each.email) for each in people), "nobody@nowhere.test"]:
        provider.email = email
        refused = await come_back(client, provider.consents(await start(client, family.c1.id)))
        assert refused.json() == FAILED, email
    assert await rows(platform, "SELECT id FROM users ORDER BY id") == before
    provider.email = str(family.dan.email).upper()
    assert (await come_back(client, provider.consents(await start(client, family.c1.id)))).status_code == 303


async def test_the_session_stands_in_that_organization_alone_and_gave_no_password(
    client: httpx2.AsyncClient, platform: Platform, family: Fixture, provider: IdentityProvider
) -> None:
    elsewhere = await a_member(platform, of=family.r2, role="ADMIN", email=str(family.dan.email))
    assert elsewhere.user_id == family.dan.user_id
    made = await set_provider(client, family.cora, provider)
    entered = await come_back(client, provider.consents(await start(client, family.c1.id)))
    token = entered.headers["set-cookie"].partition("tenantry_session=")[2].partition(";")[0]
    chosen = {"authorization": f"Bearer {token}", "tenantry-organization": family.r2.id}
    assert [each["extensions"]["code"] for each in (await viewer(client, **chosen))["errors"]] == ["UNAUTHENTICATED"]
    assert (await viewer(client))["data"]["organizations"] == {"nodes": [{"name": "C1"}]}
    by_password = await credentials_of(family.dan)
    seen = (await client.post("/graphql", json={"query": REACH})).json()["data"]
    assert [each["organizationName"] for each in seen["viewer"]["memberships"]] == ["C1"]
    assert [each["isCurrent"] for each in seen["sessions"]] == [True]
    all_of_it = (await ask(platform, by_password, REACH)).data
    assert [each["organizationName"] for each in all_of_it["viewer"]["memberships"]] == ["C1", "R2"]
    assert len(all_of_it["sessions"]) == 2
    remove = {"query": REMOVE, "variables": {"id": made["identityProvider"]["id"]}}
    refused = (await client.post("/graphql", json=remove)).json()["data"]["removeIdentityProvider"]
    assert refused == {"errors": [{"code": "REAUTH_REQUIRED"}]}
    assert (await client.post("/auth/reauthenticate", json={"password": PASSWORD})).status_code == 204
    removed = (await client.post("/graphql", json=remove)).json()["data"]["removeIdentityProvider"]
    assert removed == {"errors": []}
    assert [each["extensions"]["code"] for each in (await viewer(client))["errors"]] == ["UNAUTHENTICATED"]
    gone = await client.get(f"/auth/oidc/{family.c1.id}/start")
    assert (gone.status_code, gone.json()) == (401, FAILED)


async def test_a_suspended_organization_lets_nobody_in_and_a_locked_e_mail_waits(
    client: httpx2.AsyncClient, platform: Platform, clock: FixedClock, family: Fixture, provider: IdentityProvider
) -> None:
    await set_provider(client, family.cora, provider)
    for _ in range(5):
        await client.post("/auth/sign-in", json={"email": family.dan.email, "password": "wrong"})
    locked = await come_back(client, provider.consents(await start(client, family.c1.id)))
    assert (locked.status_code, codes_of(locked)) == (429, ["SIGN_IN_LOCKED"])
    async with platform_transaction(platform) as tx:
        await tx.execute("DELETE FROM sign_in_lock")
        await tx.execute("UPDATE organization SET status = 'SUSPENDED' WHERE id = $1", family.c1.id)
    stopped = await come_back(client, provider.consents(await start(client, family.c1.id)))
    assert (stopped.status_code, codes_of(stopped)) == (403, ["ORGANIZATION_NOT_ACTIVE"])


async def test_a_browser_gets_a_page_and_nobody_a_detail(
    client: httpx2.AsyncClient, family: Fixture, provider: IdentityProvider
) -> None:
    await set_provider(client, family.cora, provider)
    for organization_id in (family.c2.id, "org_01jzzzzzzzzzzzzzzzzzzzzzzz", "acme"):
        none = await client.get(f"/auth/oidc/{organization_id}/start")
        assert (none.status_code, none.json()) == (401, FAILED)
    page = await client.get("/auth/oidc/callback?state=x&code=y", headers={"accept": "text/html"})
    assert page.status_code == 401 and 'role="alert"' in page.text


async def test_a_provider_that_takes_no_basic_gets_the_secret_in_the_form(
    client: httpx2.AsyncClient, family: Fixture, provider: IdentityProvider
) -> None:
    await set_provider(client, family.cora, provider)
    provider.lies["discovery"] = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert (await come_back(client, provider.consents(await start(client, family.c1.id)))).status_code == 303
    assert (provider.asked[0]["authorization"], provider.asked[0]["client_secret"]) == ("", CLIENT_SECRET)


async def test_in_production_only_https_and_the_open_internet_are_asked(
    database_url: str, clock: FixedClock, family: Fixture, provider: IdentityProvider
) -> None:
    given = {"env": "production", "secret": SECRET, "public_url": "https://console.example.com"}
    async with running(database_url, clock, **given) as client:
        refused = await set_provider(client, family.cora, provider)
        assert refused["errors"] == [{"code": "ISSUER_INVALID", "field": ["issuer"]}]
        inside = provider.issuer.replace("http:", "https:")
        assert (await set_provider(client, family.cora, provider, issuer=inside))["errors"] == []
        answer = await client.get(f"/auth/oidc/{family.c1.id}/start")
    assert (answer.status_code, answer.json()) == (401, FAILED)


async def test_who_may_set_and_what_a_provider_has_to_be(
    client: httpx2.AsyncClient, clock: FixedClock, family: Fixture, provider: IdentityProvider
) -> None:
    bad = {"issuer": "ftp://x.test", "clientId": " ", "clientSecret": "", "emailDomains": ["c1.test", "no domain"]}
    refused = await set_provider(client, family.dan, provider, **bad)
    assert refused == {
        "identityProvider": None,
        "errors": [
            {"code": "EMAIL_DOMAIN_INVALID", "field": ["emailDomains"]},
            {"code": "FIELD_REQUIRED", "field": ["clientId"]},
            {"code": "FIELD_REQUIRED", "field": ["clientSecret"]},
            {"code": "ISSUER_INVALID", "field": ["issuer"]},
        ],
    }
    for who, organization, code in (
        (family.mia, family.c1, "FORBIDDEN"),
        (family.ben, family.c1, "FORBIDDEN"),
        (family.ben, family.c2, "FORBIDDEN"),
        (family.cora, family.r1, "NOT_FOUND"),
    ):
        given = await set_provider(client, who, provider, organizationId=organization.id)
        assert [each["code"] for each in given["errors"]] == [code]
    first = await set_provider(client, family.dan, provider)
    second = await set_provider(client, family.cora, provider, clientId="new")
    shown = second["identityProvider"]
    assert (shown["id"], shown["clientId"], shown["version"]) == (first["identityProvider"]["id"], "new", 2)
    late = await credentials_of(family.cora)
    clock.advance_to(clock.now() + 11 * MINUTE)
    answer = await ask(family.platform, late, REMOVE, id=shown["id"])
    assert answer.data["removeIdentityProvider"]["errors"] == [{"code": "REAUTH_REQUIRED"}]
    listed = "{ identityProviders { nodes { issuer organization { name } } } }"
    seen = (await ask(family.platform, await credentials_of(family.cora), listed)).data["identityProviders"]["nodes"]
    assert seen == [{"issuer": provider.issuer, "organization": {"name": "C1"}}]
    stranger = await ask(family.platform, await credentials_of(family.rob), REMOVE, id=shown["id"])
    assert stranger.data["removeIdentityProvider"]["errors"] == [{"code": "NOT_FOUND"}]


async def rows(platform: Platform, sql: str) -> list[Any]:
    async with platform_transaction(platform) as tx:
        return [dict(row) for row in await tx.fetch(sql)]
