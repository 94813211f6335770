"""CORS: pages of the exact allowed origins may send the cookie and read the answers; nobody else gets a header."""

import pytest
from pydantic import ValidationError

from core.clock import FixedClock
from core.settings import Settings
from tenants.unit_of_work import Platform
from tests.makers import PASSWORD, a_member, an_operator
from tests.web.application import codes_of, running

CONSOLE, EVIL = "https://console.other.test", "https://console.other.test.evil.test"
VIEWER = {"query": "{ viewer { name } }"}
ASKED = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}


async def test_a_page_of_an_allowed_origin_works_with_its_session(
    database_url: str, platform: Platform, clock: FixedClock
) -> None:
    await a_member(platform, of=await an_operator(platform), name="ada", email="ada@tenantry.test")
    async with running(database_url, clock, allowed_origins=(CONSOLE,), cookie_same_site="none") as client:
        here, there = (
            {"origin": CONSOLE, "sec-fetch-site": "cross-site"},
            {"origin": EVIL, "sec-fetch-site": "cross-site"},
        )
        asked = await client.options("/graphql", headers=here | ASKED)
        assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, CONSOLE)
        assert asked.headers["access-control-allow-credentials"] == "true"
        assert "tenantry-organization" in asked.headers["access-control-allow-headers"]
        given = {"email": "ada@tenantry.test", "password": PASSWORD}
        signed_in = await client.post("/auth/sign-in", json=given, headers=here)
        assert signed_in.headers["set-cookie"].endswith("; HttpOnly; Max-Age=43200; Path=/; SameSite=none; Secure")
        cookie = {"cookie": signed_in.headers["set-cookie"].partition(";")[0]}
        answer = await client.post("/graphql", json=VIEWER, headers=here | cookie)
        assert (answer.json()["data"], answer.headers["vary"]) == ({"viewer": {"name": "Ada"}}, "Origin")

        forged = await client.post("/graphql", json=VIEWER, headers=there | cookie)
        assert (forged.status_code, codes_of(forged)) == (403, ["CROSS_ORIGIN"])
        refused = await client.options("/graphql", headers=there | ASKED)
        for each in (forged, refused, await client.get("/", headers=there | cookie)):
            assert not [name for name in each.headers if name.startswith("access-control")]


async def test_by_default_only_the_own_origin(database_url: str, platform: Platform, clock: FixedClock) -> None:
    async with running(database_url, clock) as client:
        asked = await client.options("/graphql", headers={"origin": CONSOLE} | ASKED)
        assert not [name for name in asked.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "origin", ["*", "null", "https://console.test/", "console.test", "https://a.test/x", "ftp://a"]
)
def test_an_origin_is_named_exactly(origin: str) -> None:
    with pytest.raises(ValidationError):
        Settings(allowed_origins=(origin,))
