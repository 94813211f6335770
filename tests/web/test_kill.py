"""kill -9 of the server at random moments while clients buy: each key ends with exactly one whole purchase (GEN-6)."""

import asyncio
import random
import secrets
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from billing.doctor import check_books
from core.transaction import Row
from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.billing_documents import Tree, a_priced_tree
from tests.makers import PASSWORD
from tests.web.processes import serving

CLIENTS = 6
KILLS = 4
PURCHASE = """mutation ($input: PurchaseSubscriptionInput!) { purchaseSubscription(input: $input) {
    errors { code } replayed subscription { id } } }"""
LOST = (httpx2.TransportError, httpx2.InvalidURL)
_OF_A_SALE = {
    "segments": "SELECT subscription_id AS id, count(*) AS n FROM segment GROUP BY subscription_id",
    "timeline": "SELECT subscription_id AS id, count(*) AS n FROM timeline_entry GROUP BY subscription_id",
    "charges": "SELECT subscription_id AS id, count(*) AS n FROM segment_charge GROUP BY subscription_id",
    "postings": "SELECT s.subscription_id AS id, count(*) AS n FROM ledger_transaction t "
    "JOIN segment s ON s.sale_id = t.sale_id GROUP BY s.subscription_id",
    "audit": "SELECT entity_id AS id, count(*) AS n FROM audit_entry WHERE entity_type = 'Subscription' "
    "AND action = 'purchaseSubscription' AND result_code IS NULL GROUP BY entity_id",
}
"""What each purchase has written: one of each, but a charge and a posting for each of the three levels."""


class Buyers:
    """Clients of one customer; each repeats a request with its key until it is answered, wherever the server is."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.address = ""
        self.token = ""
        self.is_over = False
        self.bought: dict[str, str] = {}
        self.repeated = 0

    async def sign_in(self) -> None:
        """One session, which outlives the processes."""
        email = self._tree.customer.someone.email
        async with httpx2.AsyncClient(base_url=self.address, timeout=20) as client:
            answer = await client.post("/auth/sign-in", json={"email": email, "password": PASSWORD})
            self.token = answer.json()["accessToken"]

    async def buy(self, number: int) -> None:
        """One purchase after the other until it is over; the last one is seen through to its answer."""
        async with httpx2.AsyncClient(timeout=20) as client:
            turn = 0
            while not self.is_over:
                turn += 1
                key = f"client-{number}-{turn}"
                self.bought[key] = await self._answered(client, key)

    async def _answered(self, client: httpx2.AsyncClient, key: str) -> str:
        body = {
            "query": PURCHASE,
            "variables": {
                "input": {
                    "organizationId": self._tree.customer.id,
                    "planId": self._tree.plan,
                    "idempotencyKey": key,
                }
            },
        }
        bearer = {"authorization": f"Bearer {self.token}"}
        while True:
            with suppress(*LOST):
                answer = (await client.post(f"{self.address}/graphql", json=body, headers=bearer)).json()
                payload = answer["data"]["purchaseSubscription"]
                assert payload["errors"] == []
                return str(payload["subscription"]["id"])
            self.repeated += 1
            await asyncio.sleep(0.05)


async def _killed_again_and_again(url: str, folder: Path, buyers: Buyers, chance: random.Random) -> None:
    """Servers that are killed after a while; the last one lives until every client has its answer."""
    async with asyncio.TaskGroup() as group:
        clients: list[asyncio.Task[None]] = []
        for life in range(KILLS + 1):
            server = serving(url, folder)
            served = await asyncio.to_thread(server.__enter__)
            try:
                buyers.address = served.address
                if life == 0:
                    await buyers.sign_in()
                    clients = [group.create_task(buyers.buy(number)) for number in range(CLIENTS)]
                await asyncio.sleep(chance.uniform(0.05, 0.6))
                if life == KILLS:
                    buyers.is_over = True
                    await asyncio.wait_for(asyncio.gather(*clients), 15)
            finally:
                await asyncio.to_thread(server.__exit__, None, None, None)  # kill -9


@pytest.mark.slow
async def test_a_killed_server_neither_loses_nor_doubles_a_purchase(
    database_url: str, platform: Platform, tmp_path: Path
) -> None:
    seed = secrets.randbits(32)
    print("seed", seed)
    tree = await a_priced_tree(platform, money="1000000")
    buyers = Buyers(tree)

    await _killed_again_and_again(database_url, tmp_path, buyers, random.Random(seed))

    assert buyers.repeated >= KILLS, "the kills met nobody"
    assert len(set(buyers.bought.values())) == len(buyers.bought) >= CLIENTS
    await _each_is_whole(platform, set(buyers.bought.values()))
    await _keys_are_settled(platform, buyers.bought)
    await _wallets_tell_the_same(platform, tree, len(buyers.bought))


async def _each_is_whole(platform: Platform, bought: set[str]) -> None:
    """The stored subscriptions are the answered ones, each with everything that belongs to it, once."""
    async with platform_transaction(platform) as tx:
        assert await check_books(tx) == []
        stored = {row["id"] for row in await tx.fetch("SELECT id FROM subscription")}
        found = {what: {row["id"]: row["n"] for row in await tx.fetch(sql)} for what, sql in _OF_A_SALE.items()}
    assert stored == bought
    counts = {"segments": 1, "timeline": 1, "charges": 3, "postings": 3, "audit": 1}
    assert found == {what: dict.fromkeys(bought, count) for what, count in counts.items()}


async def _keys_are_settled(platform: Platform, bought: dict[str, str]) -> None:
    """No key was taken without its outcome."""
    async with platform_transaction(platform) as tx:
        rows: list[Row] = list(await tx.fetch("SELECT * FROM idempotency_key WHERE outcome IS NOT NULL"))
        pending = await tx.fetch("SELECT * FROM idempotency_key WHERE outcome IS NULL")
    outcomes = {row["key"]: row["outcome"] for row in rows if row["key"] in bought}
    assert outcomes.keys() == bought.keys()
    assert all(subscription_id in outcomes[key] for key, subscription_id in bought.items())
    assert list(pending) == []


async def _wallets_tell_the_same(platform: Platform, tree: Tree, purchases: int) -> None:
    """1,000,000 less what each level pays for each purchase: 130, 100 and 80."""
    left = {}
    async with platform_transaction(platform) as tx:
        for buyer, price in ((tree.customer, 130), (tree.r2, 100), (tree.r1, 80)):
            (row,) = await tx.fetch("SELECT wallet_micros FROM wallet WHERE organization_id = $1", buyer.id)
            left[buyer.name] = (row["wallet_micros"], (1_000_000 - price * purchases) * 1_000_000)
    assert all(found == expected for found, expected in left.values()), left
