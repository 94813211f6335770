"""A-51 over HTTP: after a demo's end people sign in, read and export as before; only its traffic stops (DEMO-6)."""

from core.clock import FixedClock, parse_instant
from tenants.unit_of_work import Platform
from tests.makers import PASSWORD
from tests.rules.fixture_organizations import the_fixture
from tests.rules.test_organizations_demo import CHECK, a_demo
from tests.web.application import running

EXPORT = "/exports/failed-renewals.csv"
READ = "{ accounts { nodes { id kind isReadOnly settings { label } } } }"


async def test_a_51_signing_in_reading_and_export_stay(
    platform: Platform, clock: FixedClock, database_url: str
) -> None:
    # given a demo for cora, made on 2026-09-01 at 10:00
    tree = await the_fixture(platform)
    clock.advance_to(parse_instant("2026-09-01T10:00:00Z"))
    demo = await a_demo(tree)
    async with running(database_url, clock) as client:
        for at, code in (("2026-09-04T09:59:59Z", None), ("2026-09-04T10:00:00Z", "ACCOUNT_READ_ONLY")):
            # when it is used a moment before its end, and at its end
            clock.advance_to(parse_instant(at))
            client.cookies.clear()
            entered = await client.post("/auth/sign-in", json={"email": tree.cora.email, "password": PASSWORD})
            given = {"input": {"accountId": demo["id"], "service": "INCOMING_CALL"}}
            tried = await client.post("/graphql", json={"query": CHECK, "variables": given})
            read = await client.post("/graphql", json={"query": READ})
            exported = await client.get(EXPORT)

            # then its traffic alone has stopped
            assert tried.json()["data"]["checkAccountService"]["code"] == code
            assert (entered.status_code, exported.status_code) == (200, 200)
            assert exported.headers["content-type"].startswith("text/csv")
            shown = {"id": demo["id"], "kind": "DEMO", "isReadOnly": code is not None, "settings": {"label": None}}
            assert read.json()["data"]["accounts"]["nodes"] == [shown]
