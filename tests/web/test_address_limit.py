"""How often one address may ask where no session is needed: a refusal in time, for that address alone."""

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from core.clock import FixedClock
from graph.limits import BucketSize, Taking
from tenants.unit_of_work import Platform, platform_transaction
from tests.makers import a_member, an_operator
from tests.web.application import another_client, codes_of, running
from web.address_limit import BUCKET, MAIL_POINTS, AddressLimit, account_of


async def test_forgotten_passwords_of_one_address_run_dry_and_tell_when_to_come_back(
    platform: Platform, database_url: str, clock: FixedClock
) -> None:
    await a_member(platform, of=await an_operator(platform), role="ADMIN", email="ada@tenantry.test")
    async with running(database_url, clock) as client:
        # given an address that has used up its points with mails to others
        most = BUCKET.points // MAIL_POINTS
        asked = [await client.post("/auth/password/forgot", json={"email": f"a{n}@x.test"}) for n in range(most)]
        assert {answer.status_code for answer in asked} == {202}

        # when it asks once more, for one that exists
        refused = await client.post("/auth/password/forgot", json={"email": "ada@tenantry.test"})

        # then it is told when to come back, and nothing is sent
        assert (refused.status_code, codes_of(refused)) == (429, ["RATE_LIMITED"])
        assert 1 <= int(refused.headers["retry-after"]) <= MAIL_POINTS // BUCKET.points_per_second
        async with platform_transaction(platform) as tx:
            assert await tx.fetch("SELECT id FROM password_reset") == []

        # and by a form it is the page with the reason
        form = await client.post("/auth/password/forgot", data={"email": "ada@tenantry.test"})
        assert (form.status_code, "try again in" in form.text) == (429, True)


class NothingLeft:
    """A store in which every bucket is empty."""

    async def take(self, account: str, points: int, size: BucketSize) -> Taking:
        return Taking(is_granted=False, left=0, retry_after=7)


@pytest.mark.parametrize("path", ["/auth/sign-in", "/auth/invitations/look", "/invitation", "/reverse-deletion"])
async def test_each_door_is_refused_when_nothing_is_left(path: str) -> None:
    async with another_client(httpx2.ASGITransport(app=AddressLimit(_opens, NothingLeft()))) as client:
        answer = await client.post(path, json={})
        assert (answer.status_code, codes_of(answer)) == (429, ["RATE_LIMITED"])
        assert answer.headers["retry-after"] == "7"


@pytest.mark.parametrize("path", ["/graphql", "/healthz", "/"])
async def test_what_is_no_door_has_limits_of_its_own(path: str) -> None:
    async with another_client(httpx2.ASGITransport(app=AddressLimit(_opens, NothingLeft()))) as client:
        assert (await client.post(path, json={})).status_code == 204


async def _opens(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(status_code=204)(scope, receive, send)


@pytest.mark.parametrize(
    ("host", "account"),
    [
        ("203.0.113.7", "door:203.0.113.7"),
        ("::ffff:203.0.113.7", "door:203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "door:2001:db8:1:2::/64"),
        ("testclient", "door:testclient"),
    ],
)
def test_an_address_is_what_one_subscriber_has(host: str, account: str) -> None:
    assert account_of(Request({"type": "http", "headers": [], "client": (host, 1)})) == account


def test_without_an_address_all_share_one_bucket() -> None:
    assert account_of(Request({"type": "http", "headers": [], "client": None})) == "door:"
