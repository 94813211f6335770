"""Brands over HTTP: the proof of a domain by real DNS, who signs in where, what anybody sees (WL-2 to WL-4, VIS-11)."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from core.clock import EXACT_DAY, FixedClock
from tenants.unit_of_work import Platform
from tests.dns_server import NameServer, a_name_server
from tests.makers import PASSWORD, Member, a_member, credentials_of
from tests.makers_brand import CLAIM, REMOVE, SET_BRAND, VERIFY, a_brand, a_logo, a_proven_domain, in_base64
from tests.rules.fixture_organizations import Fixture, the_fixture
from tests.web.application import codes_of, running

NEUTRAL = "https://console.platform.test"
VIEWER = "{ viewer { name organizationName memberships { organizationName } } }"
LOGO = a_logo()
HASH = hashlib.sha256(LOGO).hexdigest()
NOTHING = {"name": None, "logoUrl": None, "domain": None, "supportEmail": None}
NORTHLINE = {"name": "Northline", "logoUrl": f"/brand/logo/{HASH}", "domain": "d1.test",
             "supportEmail": "help@northline.test"}  # fmt: skip


@asynccontextmanager
async def a_console(database_url: str, clock: FixedClock, **given: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """The application with a public address of its own."""
    async with running(database_url, clock, **{"public_url": NEUTRAL, **given}) as client:
        yield client


async def northline(platform: Platform) -> Fixture:
    """The fixture, with R1's brand at D1."""
    tree = await the_fixture(platform)
    await a_brand(tree.ada, brandName="Northline", logo=in_base64(LOGO), supportEmail="help@northline.test")
    await a_proven_domain(tree.ada, "d1.test")
    return tree


def at(host: str, **headers: str) -> dict[str, str]:
    return {"host": host, **headers}


async def sign_in(client: httpx2.AsyncClient, who: Member, host: str) -> httpx2.Response:
    client.cookies.clear()
    given = {"email": who.email, "password": PASSWORD}
    answer = await client.post("/auth/sign-in", json=given, headers=at(host))
    client.cookies.clear()
    return answer


async def mutated(client: httpx2.AsyncClient, who: Member, document: str, **input: Any) -> tuple[list[str], Any]:
    """The codes of a mutation's refusal, and its payload."""
    token = (await credentials_of(who)).token
    body = {"query": document, "variables": {"input": input}}
    answer = (await client.post("/graphql", json=body, headers={"authorization": f"Bearer {token}"})).json()
    [payload] = answer["data"].values()
    return [error["code"] for error in payload["errors"]], payload


async def claimed(client: httpx2.AsyncClient, server: NameServer, who: Member, domain: str) -> None:
    """Claim a domain and publish its record."""
    codes, payload = await mutated(client, who, CLAIM, domain=domain)
    assert codes == []
    server.records.setdefault(payload["recordName"], []).append(payload["recordValue"])


async def test_wl_1_the_largest_logo_fits_into_a_request(
    database_url: str, platform: Platform, clock: FixedClock
) -> None:
    tree = await the_fixture(platform)
    largest = a_logo(size=512 * 1024)
    async with a_console(database_url, clock) as client:
        codes, payload = await mutated(client, tree.ada, SET_BRAND, logo=in_base64(largest))
        assert codes == []
        served = await client.get(payload["brand"]["logoUrl"])
        assert served.content == largest
        assert (await mutated(client, tree.ada, SET_BRAND, logo=in_base64(largest + b"x")))[0] == ["LOGO_INVALID"]


async def test_wl_3_the_first_proof_wins(database_url: str, platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    async with a_name_server() as dns, a_console(database_url, clock, dns_servers=(dns.address,)) as client:
        assert (await client.get("/brand", headers=at("d1.test"))).status_code == 404
        assert (await mutated(client, tree.ada, CLAIM, domain="x.console.platform.test"))[0] == ["DOMAIN_INVALID"]
        assert (await mutated(client, tree.ada, VERIFY, domain="d1.test"))[0] == ["DOMAIN_NOT_VERIFIED"]
        assert dns.asked == []  # without a claim nobody is asked
        dns.records["_tenantry.d1.test"] = ["tenantry-domain=another"]
        await mutated(client, tree.ada, CLAIM, domain="d1.test")
        assert (await mutated(client, tree.ada, VERIFY, domain="d1.test"))[0] == ["DOMAIN_NOT_VERIFIED"]
        await claimed(client, dns, tree.ada, "d1.test")
        await claimed(client, dns, tree.rob, "D1.test")  # several may claim it
        assert (await mutated(client, tree.ada, VERIFY, domain="d1.test"))[0] == []
        assert (await mutated(client, tree.rob, VERIFY, domain="d1.test"))[0] == ["DOMAIN_TAKEN"]
        assert (await mutated(client, tree.ada, VERIFY, domain="d1.test"))[0] == []  # it has it already
        assert (await client.get("/brand", headers=at("d1.test"))).json() == NOTHING | {
            "name": "R1", "domain": "d1.test",
        }  # fmt: skip
        assert (await mutated(client, tree.ada, REMOVE))[0] == []
        assert (await client.get("/brand", headers=at("d1.test"))).status_code == 404
        assert (await mutated(client, tree.rob, VERIFY, domain="d1.test"))[0] == []
        assert set(dns.asked) == {"_tenantry.d1.test"}


async def test_wl_3_a_token_is_worth_nothing_after_seven_days(
    database_url: str, platform: Platform, clock: FixedClock
) -> None:
    tree = await the_fixture(platform)
    async with a_name_server() as dns, a_console(database_url, clock, dns_servers=(dns.address,)) as client:
        await claimed(client, dns, tree.ada, "d1.test")
        clock.advance_to(clock.now() + 8 * EXACT_DAY)
        assert (await mutated(client, tree.ada, VERIFY, domain="d1.test"))[0] == ["DOMAIN_NOT_VERIFIED"]
        await claimed(client, dns, tree.ada, "d1.test")
        assert (await mutated(client, tree.ada, VERIFY, domain="d1.test"))[0] == []


async def test_wl_3_of_two_proofs_at_once_one_wins(database_url: str, platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    async with a_name_server() as dns, a_console(database_url, clock, dns_servers=(dns.address,)) as client:
        for who in (tree.ada, tree.rob):
            await claimed(client, dns, who, "d1.test")
        both = await asyncio.gather(*(mutated(client, who, VERIFY, domain="d1.test") for who in (tree.ada, tree.rob)))
        assert sorted(codes for codes, _ in both) == [[], ["DOMAIN_TAKEN"]]


async def test_wl_4_who_signs_in_at_a_reseller_s_domain(
    database_url: str, platform: Platform, clock: FixedClock
) -> None:
    tree = await northline(platform)
    async with a_console(database_url, clock) as client:
        for who in (tree.ada, tree.sue, tree.cora, tree.mia, tree.c3.someone):
            assert (await sign_in(client, who, "d1.test")).status_code == 200
        unknown = await client.post(
            "/auth/sign-in", json={"email": "nobody@no.test", "password": PASSWORD}, headers=at("d1.test")
        )
        for who in (tree.olga, tree.rob, tree.c4.someone):
            answer = await sign_in(client, who, "D1.test:443")
            assert (answer.status_code, codes_of(answer)) == (401, ["SIGN_IN_FAILED"])
            assert answer.content == unknown.content
            assert (await sign_in(client, who, "console.platform.test")).status_code == 200
            assert (await sign_in(client, who, "localhost:8000")).status_code == 200


async def test_wl_4_a_foreign_domain_counts_as_a_failure(
    database_url: str, platform: Platform, clock: FixedClock
) -> None:
    tree = await northline(platform)
    async with a_console(database_url, clock) as client:
        for _ in range(5):
            assert codes_of(await sign_in(client, tree.rob, "d1.test")) == ["SIGN_IN_FAILED"]
        assert codes_of(await sign_in(client, tree.rob, "console.platform.test")) == ["SIGN_IN_LOCKED"]


async def test_wl_4_the_choice_of_organization_is_limited_there(
    database_url: str, platform: Platform, clock: FixedClock
) -> None:
    tree = await northline(platform)
    await a_member(platform, of=tree.c4, name="cora", email=tree.cora.email)
    async with a_console(database_url, clock) as client:
        token = (await sign_in(client, tree.cora, "console.platform.test")).json()["accessToken"]
        foreign = (await sign_in(client, tree.c4.someone, "console.platform.test")).json()["accessToken"]

        async def viewer(host: str, token: str, organization: str | None = None) -> Any:
            headers = at(host, authorization=f"Bearer {token}")
            headers |= {} if organization is None else {"tenantry-organization": organization}
            answer = (await client.post("/graphql", json={"query": VIEWER}, headers=headers)).json()
            if "errors" in answer:
                return [error["extensions"]["code"] for error in answer["errors"]]
            return sorted(each["organizationName"] for each in answer["data"]["viewer"]["memberships"])

        assert await viewer("console.platform.test", token) == ["C1", "C4"]
        assert await viewer("console.platform.test", token, tree.c4.id) == ["C1", "C4"]
        assert await viewer("d1.test", token) == ["C1"]
        assert await viewer("d1.test", token, tree.c1.id) == ["C1"]
        assert await viewer("d1.test", token, tree.c4.id) == ["UNAUTHENTICATED"]
        assert await viewer("d1.test", foreign) == ["UNAUTHENTICATED"]


async def test_wl_4_an_unknown_host_is_not_found(database_url: str, platform: Platform, clock: FixedClock) -> None:
    tree = await northline(platform)
    async with a_console(database_url, clock) as client:
        for path in ("/", "/brand", "/graphql", "/auth/sign-in", f"/brand/logo/{HASH}"):
            answer = await client.get(path, headers=at("unknown.test"))
            assert (answer.status_code, codes_of(answer)) == (404, ["NOT_FOUND"])
        assert codes_of(await sign_in(client, tree.cora, "unknown.test")) == ["NOT_FOUND"]
        assert (await client.get("/healthz", headers=at("unknown.test"))).status_code == 200
        assert (await client.get("/readyz", headers=at("10.0.0.7"))).status_code == 200
    async with running(database_url, clock) as client:  # without a public address every other host is neutral
        assert (await client.get("/brand", headers=at("unknown.test"))).json() == NOTHING
        assert (await client.get("/brand", headers=at("d1.test"))).json() == NORTHLINE


async def test_wl_2_the_brand_of_a_host_for_anybody(database_url: str, platform: Platform, clock: FixedClock) -> None:
    await northline(platform)
    async with a_console(database_url, clock) as client:
        shown = await client.get("/brand", headers=at("d1.test"))
        assert (shown.status_code, shown.json(), shown.headers["cache-control"]) == (
            200, NORTHLINE, "public, max-age=60",
        )  # fmt: skip
        again = await client.get("/brand", headers=at("d1.test", **{"if-none-match": shown.headers["etag"]}))
        assert (again.status_code, again.content) == (304, b"")
        assert (await client.get("/brand")).json() == NOTHING
        logo = await client.get(f"/brand/logo/{HASH}", headers=at("d1.test"))
        assert (logo.status_code, logo.content, logo.headers["content-type"]) == (200, LOGO, "image/png")
        assert logo.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in logo.headers["content-security-policy"]
        assert logo.headers["cache-control"] == "public, max-age=31536000, immutable"
        known = await client.get(f"/brand/logo/{HASH}", headers={"if-none-match": logo.headers["etag"]})
        assert known.status_code == 304
        for missing in ("0" * 64, HASH[:-1], HASH.upper(), "..%2f..%2fetc"):
            answer = await client.get(f"/brand/logo/{missing}")
            assert (answer.status_code, codes_of(answer)) == (404, ["NOT_FOUND"])


@pytest.mark.parametrize("path", ["/", "/password-forgotten", "/password-reset?token=x", "/invitation?token=x"])
async def test_wl_2_pages_show_the_brand_of_their_host(
    database_url: str, platform: Platform, clock: FixedClock, path: str
) -> None:
    tree = await northline(platform)
    await a_brand(tree.ada, brandName="North & <Line>")
    async with a_console(database_url, clock) as client:
        branded = await client.get(path, headers=at("d1.test"))
        assert "<title>North &amp; &lt;Line&gt;</title>" in branded.text
        assert f'<img src="/brand/logo/{HASH}"' in branded.text and "help@northline.test" in branded.text
        assert "Tenantry" not in branded.text and "img-src 'self'" in branded.headers["content-security-policy"]
        neutral = (await client.get(path)).text
        assert "<title>Tenantry</title>" in neutral and "North" not in neutral


async def test_wl_4_a_proven_domain_is_an_own_origin_at_itself_alone(
    database_url: str, platform: Platform, clock: FixedClock
) -> None:
    tree = await northline(platform)
    given = {"email": tree.cora.email, "password": PASSWORD}
    async with a_console(database_url, clock) as client:
        for site in ({}, {"sec-fetch-site": "same-origin"}):
            headers = at("d1.test", origin="https://d1.test", **site)
            assert (await client.post("/auth/sign-in", json=given, headers=headers)).status_code == 200
        for host, origin in (("console.platform.test", "https://d1.test"), ("d1.test", NEUTRAL)):
            answer = await client.post("/auth/sign-in", json=given, headers=at(host, origin=origin))
            assert (answer.status_code, codes_of(answer)) == (403, ["CROSS_ORIGIN"])


async def test_wl_4_passkeys_and_providers_belong_to_the_host(
    database_url: str, platform: Platform, clock: FixedClock
) -> None:
    tree = await northline(platform)
    async with a_console(database_url, clock) as client:
        for host, site in (("d1.test", "d1.test"), ("console.platform.test", "console.platform.test")):
            asked = await client.post("/auth/passkeys/sign-in/options", json={}, headers=at(host))
            assert asked.json()["options"]["rpId"] == site
        answer = await client.get(f"/auth/oidc/{tree.c4.id}/start", headers=at("d1.test"))
        assert (answer.status_code, codes_of(answer)) == (401, ["SIGN_IN_FAILED"])
