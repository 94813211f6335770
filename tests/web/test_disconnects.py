"""Clients that hang up at any moment and queries that fail, a thousand at once against a real server: afterwards it
answers as before, and each organization that was being created is there with all its rows or not at all."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from core.transaction import fetch_value
from tenants.unit_of_work import Platform, platform_reading
from tests.makers import PASSWORD, a_member, a_reseller, an_operator
from tests.web.processes import serving

CLIENTS = 1_000
AT_ONCE = 250
CREATE = """mutation Create($input: CreateOrganizationInput!) {
  createOrganization(input: $input) { errors { code } organization { id name } }
}"""
CUSTOMER = {
    "kind": "CUSTOMER", "country": "SG", "currency": "SGD", "timezone": "Asia/Singapore", "pricingModel": "APP",
    "managedBy": "CUSTOMER", "address": "1 Raffles Place", "city": "Singapore",
}  # fmt: skip
LIST = "{ organizations(first: 20) { edges { node { id name seller { name } } } } viewer { __typename } }"
FAILING = (
    '{ a: organization(id: "org_none") { id } b: node(id: "what") { id } ' + LIST[1:],
    '{ nodes(ids: ["org_1", "org_2"]) { id } c: node(id: "org_3") { id } d: node(id: "sub_4") { id } }',
    '{ organizations(first: 5, after: "what") { edges { node { id } } } members(first: 20) { edges { node { id } } } '
    "payments(first: 20) { edges { node { id } } } }",  # one that must not be null fails: the others are cancelled
    "{ nothing }",
    "{ organizations(first: 20000) { edges { node { id } } } }",
)
_COUNTS = {
    "organizations": "SELECT count(*) FROM organization WHERE parent_id = $1",
    "owners": "SELECT count(*) FROM member m JOIN organization o ON o.id = m.organization_id "
    "WHERE o.parent_id = $1 AND m.role = 'OWNER'",
    "wallets": "SELECT count(*) FROM wallet w JOIN organization o ON o.id = w.organization_id WHERE o.parent_id = $1",
    "entries": "SELECT count(*) FROM audit_entry a JOIN organization o ON o.id = a.entity_id WHERE o.parent_id = $1 "
    "AND a.entity_type = 'Organization' AND a.action = 'createOrganization'",
    "keys": "SELECT count(*) FROM idempotency_key k WHERE k.organization_id = $1 AND k.outcome IS NOT NULL",
}


def a_creation(parent_id: str, number: int) -> dict[str, object]:
    """The body of the request that creates customer `number`."""
    owner = {"givenName": "Eve", "familyName": "Lim", "email": f"eve@n{number}.test"}
    own = {"parentId": parent_id, "name": f"Customer {number}", "owner": owner, "idempotencyKey": f"key-{number}"}
    return {"query": CREATE, "variables": {"input": CUSTOMER | own}}


class Crowd:
    """A thousand clients of one reseller; the chance that each takes is the same in every run."""

    def __init__(self, address: str, token: str, reseller_id: str, email: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self._token, self._reseller_id, self._email = token, reseller_id, email
        self._chance = random.Random(20_260_202)
        self._free = asyncio.Semaphore(AT_ONCE)

    async def come(self) -> None:
        """All of them, most at once; an error of a client's own connection is part of the game."""
        kinds: list[Callable[[int], Awaitable[None]]] = [self._creates, self._asks, self._fails, self._stops_half_way]
        weights = (4, 2, 3, 1)
        chosen = self._chance.choices(kinds, weights, k=CLIENTS - 20) + [self._signs_in] * 20
        await asyncio.gather(*(self._visit(kind, number) for number, kind in enumerate(chosen)))

    async def _visit(self, kind: Callable[[int], Awaitable[None]], number: int) -> None:
        async with self._free:
            with suppress(ConnectionError):
                await kind(number)

    async def _creates(self, number: int) -> None:
        await self._send("/graphql", a_creation(self._reseller_id, number))

    async def _asks(self, number: int) -> None:
        await self._send("/graphql", {"query": LIST})

    async def _fails(self, number: int) -> None:
        await self._send("/graphql", {"query": FAILING[number % len(FAILING)]})

    async def _signs_in(self, number: int) -> None:
        await self._send("/auth/sign-in", {"email": self._email, "password": PASSWORD})

    async def _stops_half_way(self, number: int) -> None:
        await self._send("/graphql", {"query": LIST}, part=self._chance.random())

    async def _send(self, path: str, body: dict[str, object], part: float = 1.0) -> None:
        """Sends a request, or the first `part` of it, waits up to 60 ms or for the answer, and hangs up."""
        content = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nAuthorization: Bearer {self._token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        message = head.encode() + content
        reader, writer = await asyncio.open_connection(self._host, self._port)
        writer.write(message[: int(len(message) * part)])
        with suppress(TimeoutError):
            async with asyncio.timeout(self._chance.choice((0, 0.002, 0.01, 0.06, 10 * part))):
                await reader.read(1)
        writer.transport.abort() if self._chance.random() < 0.5 else writer.close()


async def _is_quiet(platform: Platform, reseller_id: str) -> dict[str, int]:
    """The counts, once nothing has changed for a second: what was running when its client left has come to its end."""
    before: dict[str, int] = {}
    for _ in range(60):
        async with platform_reading(platform) as tx:
            now = {name: int(await fetch_value(tx, text, reseller_id)) for name, text in _COUNTS.items()}
        if now == before:
            return now
        before = now
        await asyncio.sleep(1)
    raise AssertionError(f"the server does not come to rest: {before}")


@pytest.mark.slow
async def test_1000_disconnects_and_failing_queries_leave_a_server_that_answers(
    database_url: str, platform: Platform, tmp_path: Path
) -> None:
    reseller = await a_reseller(platform, under=await an_operator(platform))
    member = await a_member(platform, of=reseller, role="ADMIN")
    with serving(database_url, tmp_path) as served:
        async with httpx2.AsyncClient(base_url=served.address, timeout=30) as client:
            signed_in = await client.post("/auth/sign-in", json={"email": member.email, "password": PASSWORD})
            token = signed_in.json()["accessToken"]
            bearer = {"authorization": f"Bearer {token}"}
            first = await client.post("/graphql", json=a_creation(reseller.id, CLIENTS), headers=bearer)
            assert first.json()["data"]["createOrganization"]["errors"] == []

            await Crowd(served.address, token, reseller.id, member.email or "").come()
            counts = await _is_quiet(platform, reseller.id)

            answers = await asyncio.gather(
                *(client.post("/graphql", json={"query": LIST}, headers=bearer) for _ in range(40))
            )
            ready = await client.get("/readyz")
    assert ready.status_code == 200
    assert all("errors" not in answer.json() for answer in answers)
    assert counts["organizations"] > 50
    assert len(set(counts.values())) == 1, counts
