"""A support session over HTTP: the token as a bearer token, its claims, and what it gets when the session is over."""

import base64
import json
from typing import Any

import httpx2

from core.clock import FixedClock
from tenants.unit_of_work import Platform
from tests.makers import credentials_of
from tests.makers_support import END, OPEN, VIEWER, asking_for
from tests.rules.fixture_organizations import the_fixture
from tests.web.application import SECRET, codes_of, running


async def posted(client: httpx2.AsyncClient, token: str | None, document: str, **input: Any) -> httpx2.Response:
    """The answer to a bearer of the token."""
    body = {"query": document, "variables": {"input": input} if input else {}}
    return await client.post("/graphql", json=body, headers={"authorization": f"Bearer {token}"})


def claims_of(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT, unverified."""
    head, body, _ = (json.loads(base64.urlsafe_b64decode(part + "==")) if part[:2] == "ey" else {}
                     for part in token.split("."))  # fmt: skip
    return head, body


async def test_a_support_token_acts_for_the_target_until_its_session_ends(
    platform: Platform, clock: FixedClock, database_url: str
) -> None:
    # given C2, which R1 manages, and sue signed in
    tree = await the_fixture(platform)
    sue = await credentials_of(tree.sue)
    async with running(database_url, clock, env="production", secret=SECRET) as client:
        # when she opens a session
        answer = await posted(client, sue.token, OPEN, **asking_for(tree.c2))
        opened = answer.json()["data"]["openSupportSession"]
        session_id, token = opened["supportSession"]["id"], opened["token"]
        # then the token says who acts as whom, where and in what scope (RFC 8693)
        head, claims = claims_of(token)
        assert head == {"alg": "Ed25519", "typ": "support+jwt"}
        assert claims == {
            "iss": "tenantry", "sub": tree.c2.id, "act": {"sub": tree.sue.id, "org": tree.r1.id}, "org": tree.c2.id,
            "scope": "read", "jti": session_id, "iat": 1_770_033_600, "exp": 1_770_037_200,
        }  # fmt: skip
        acting = (await posted(client, token, VIEWER)).json()["data"]["viewer"]
        assert (acting["name"], acting["supportSession"]["organizationName"]) == ("Sue", "C2")
        # and is worth nothing once the session has ended
        await posted(client, sue.token, END, supportSessionId=session_id)
        for document, given in ((VIEWER, {}), (END, {"supportSessionId": session_id})):
            over = await posted(client, token, document, **given)
            assert codes_of(over) == ["SUPPORT_SESSION_ENDED"]
    # nor is it where another secret signs
    async with running(database_url, clock, env="production", secret=SECRET[::-1]) as other:
        refused = await posted(other, token, VIEWER)
        assert (refused.status_code, codes_of(refused)) == (401, ["UNAUTHENTICATED"])


async def test_a_repeated_opening_shows_no_token(platform: Platform, clock: FixedClock, database_url: str) -> None:
    tree = await the_fixture(platform)
    sue = await credentials_of(tree.sue)
    async with running(database_url, clock) as client:
        given = asking_for(tree.c2, idempotencyKey="once")
        first, second = [(await posted(client, sue.token, OPEN, **given)).json()["data"] for _ in range(2)]
    assert first["openSupportSession"]["token"] is not None
    again = second["openSupportSession"]
    assert (again["replayed"], again["token"]) == (True, None)
    assert again["supportSession"]["id"] == first["openSupportSession"]["supportSession"]["id"]
