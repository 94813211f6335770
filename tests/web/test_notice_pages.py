"""The pages behind the links of notices, and of the one that asks for consent to support (STOP-10, SUP-3)."""

import re
from pathlib import Path
from string import Template

import httpx2
import pytest
from graphql import parse, validate

from core.clock import FixedClock
from core.ids import new_id
from tenants.support.support_notices import APPROVAL_PATH
from tenants.unit_of_work import Platform
from tests.graph.asking import SCHEMA
from tests.makers import PASSWORD, Member
from tests.makers_support import a_session, link_token, read
from tests.rules.fixture_organizations import the_fixture
from tests.web.application import codes_of, running
from web.notice_pages import QUERIES

ROOT = Path(__file__).parents[2]
BROWSER = {"accept": "text/html"}
_LINK = re.compile(r'"link": f?"(/[^"]*)"')


@pytest.mark.parametrize("path", QUERIES)
def test_every_query_that_a_page_shows_is_one_of_the_schema(path: str) -> None:
    query = Template(QUERIES[path]).substitute(id=new_id("org"))
    assert validate(SCHEMA._schema, parse(query)) == []


def test_every_link_of_a_notice_has_a_page() -> None:
    sources = [file.read_text() for name in ("tenants", "billing") for file in (ROOT / name).rglob("*.py")]
    linked = {re.sub(r"{[^}]*}", "{id}", link) for text in sources for link in _LINK.findall(text)}
    assert len(linked) > 8
    assert linked | {"/support/sessions/{id}"} == set(QUERIES)


async def enters(client: httpx2.AsyncClient, member: Member) -> None:
    """The member signs in with the form; the cookie stays."""
    given = {"email": member.email, "password": PASSWORD}
    assert (await client.post("/auth/sign-in", data=given)).status_code == 303


async def test_a_notice_leads_to_the_form_or_to_a_query(
    platform: Platform, database_url: str, clock: FixedClock
) -> None:
    tree = await the_fixture(platform)
    async with running(database_url, clock) as client:
        stranger = await client.get(f"/organizations/{tree.c1.id}", headers=BROWSER)
        assert (stranger.status_code, "Sign in, then open" in stranger.text) == (401, True)
        await enters(client, tree.cora)
        page = await client.get(f"/organizations/{tree.c1.id}", headers=BROWSER)
        assert (page.status_code, f"organization(id: &quot;{tree.c1.id}&quot;)" in page.text) == (200, True)
        for nothing in ("/organizations/x", "/nothing"):
            missing = await client.get(nothing, headers=BROWSER)
            assert (missing.status_code, missing.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert codes_of(await client.get("/nothing")) == ["NOT_FOUND"]


async def test_the_approval_link_asks_and_takes_the_answer(
    platform: Platform, database_url: str, clock: FixedClock
) -> None:
    tree = await the_fixture(platform)
    session_id, supporter = await a_session(tree.sue, tree.c1, reason="Fax <setup> fails")
    link = {"token": await link_token(platform, session_id)}
    async with running(database_url, clock) as client:
        assert (await client.get(APPROVAL_PATH, params=link)).status_code == 401
        await enters(client, tree.mia)
        assert (await client.get(APPROVAL_PATH, params=link)).status_code == 403
        await enters(client, tree.ben)
        assert (await client.get(APPROVAL_PATH, params=link)).status_code == 404
        assert codes_of(await client.post("/auth/support/approve", json=link)) == ["NOT_FOUND"]
        await enters(client, tree.cora)
        asked = await client.get(APPROVAL_PATH, params=link)
        assert (asked.status_code, "Fax &lt;setup&gt; fails" in asked.text) == (200, True)
        assert (await read(platform, supporter)).codes == ["CONSENT_REQUIRED"]
        allowed = await client.post("/auth/support/approve", data=link)
        assert (allowed.status_code, "is open" in allowed.text) == (200, True)
        assert (await read(platform, supporter)).codes == []
        assert (await client.get(APPROVAL_PATH, params=link)).status_code == 409
        again = await client.post("/auth/support/approve", json=link)
        assert (again.status_code, codes_of(again)) == (409, ["SUPPORT_SESSION_ALREADY_OPEN"])


async def test_the_approval_link_refuses_too(platform: Platform, database_url: str, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    session_id, supporter = await a_session(tree.sue, tree.c1)
    link = {"token": await link_token(platform, session_id)}
    async with running(database_url, clock) as client:
        await enters(client, tree.cora)
        assert (await client.post("/auth/support/refuse", json=link)).json() == {"supportSessionId": session_id}
    assert (await read(platform, supporter)).codes == ["SUPPORT_SESSION_ENDED"]
