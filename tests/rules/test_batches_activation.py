"""Activation by date (BAT-31, BAT-35): in real time, in a sandbox, and by a use that comes first."""

from typing import Any

import pytest

from accounts.activation_due import activate_in_real_time
from core.clock import FixedClock, parse_instant
from core.periodic import NEVER
from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Organization, a_customer, a_reseller, an_operator
from tests.makers_accounts import NEW_YORK, FixtureB1, fixture_b1
from tests.makers_billing import rows

CREATE = """mutation ($input: CreateAccountInput!) { createAccount(input: $input) { errors { code field }
    account { id status } } }"""
USE = "mutation ($input: UseAccountInput!) { useAccount(input: $input) { errors { code } } }"
SHOWN = "query ($id: ID!) { account(id: $id) { status lifecycle version } }"
ADVANCE = "mutation ($input: AdvanceClockInput!) { advanceClock(input: $input) { errors { code } now } }"
ZONES = [
    ("America/New_York", "2026-03-08", "2026-03-08T05:00:00Z"),
    ("America/New_York", "2026-11-02", "2026-11-02T05:00:00Z"),
    ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z"),
    ("Asia/Kathmandu", "2026-05-01", "2026-04-30T18:15:00Z"),
]


@pytest.fixture
async def b1(platform: Platform) -> FixtureB1:
    """The fresh fixture that each scenario starts from."""
    return await fixture_b1(platform)


async def a_waiting_account(b1: FixtureB1, day: str, number: int = 1, **given: Any) -> str:
    """A card of C2 with an activation date ahead; its id."""
    order = {"organizationId": b1.c2.id, "accountId": f"4400{number}", "accountRole": "PREPAID_CARD"} | given
    made = await done(b1.abe, CREATE, **order, activationDate=day)
    assert (codes(made), made["account"]["status"]) == ([], "NOT_YET_ACTIVE")
    return str(made["account"]["id"])


async def shown(b1: FixtureB1, account: str) -> tuple[str, str, int]:
    account_now = (await asked(b1.abe, SHOWN, id=account)).data["account"]
    return account_now["status"], account_now["lifecycle"], account_now["version"]


async def stored(b1: FixtureB1, account: str) -> dict[str, Any]:
    return (await rows(b1.platform, "SELECT * FROM account WHERE id = $1", account))[0]


async def set_zone(organization: Organization, zone: str) -> None:
    async with platform_transaction(organization.platform) as tx:
        await tx.execute("UPDATE organization SET timezone = $2 WHERE id = $1", organization.id, zone)


@pytest.mark.parametrize(("zone", "day", "instant"), ZONES)
async def test_b_28_a_due_account_is_activated_at_its_instant(
    b1: FixtureB1, clock: FixedClock, zone: str, day: str, instant: str
) -> None:
    await set_zone(b1.c2, zone)
    account, at = await a_waiting_account(b1, day), parse_instant(instant)
    clock.advance_to(at - 1000)
    assert await activate_in_real_time(b1.platform, NEVER) == 0
    assert await shown(b1, account) == ("NOT_YET_ACTIVE", "INACTIVE", 1)
    clock.advance_to(at)
    assert await activate_in_real_time(b1.platform, NEVER) == 1
    assert (await stored(b1, account))["activated_at"] == at
    assert (await shown(b1, account))[1:] == ("OPEN", 2)
    assert await activate_in_real_time(b1.platform, NEVER) == 0
    entries = await rows(
        b1.platform, "SELECT before_values, organization_id FROM audit_entry WHERE entity_id = $1 "
        "AND action = 'activateAccount'", account,
    )  # fmt: skip
    assert [entry["organization_id"] for entry in entries] == [b1.c2.id]


async def test_bat_31_also_while_the_customer_is_suspended_and_late(b1: FixtureB1, clock: FixedClock) -> None:
    account = await a_waiting_account(b1, "2026-03-08")
    async with platform_transaction(b1.platform) as tx:
        await tx.execute("UPDATE organization SET status = 'SUSPENDED' WHERE id = $1", b1.c2.id)
    clock.advance_to(parse_instant("2026-03-20T00:00:00Z"))
    assert await activate_in_real_time(b1.platform, NEVER) == 1
    found = await stored(b1, account)
    assert (found["lifecycle"], found["activated_at"]) == ("OPEN", parse_instant("2026-03-08T05:00:00Z"))


async def test_bat_31_a_use_of_a_due_account_activates_it_first(b1: FixtureB1, clock: FixedClock) -> None:
    role = {"accountRole": "PHONE_LINE", "type": "CREDIT", "balanceControl": "SUBORDINATE"}
    account = await a_waiting_account(b1, "2026-03-08", 9, **role)
    use = {"accountId": account, "service": "INCOMING_CALL"}
    assert codes(await done(b1.abe, USE, **use)) == ["ACCOUNT_INACTIVE"]
    at = parse_instant("2026-03-08T05:00:00Z")
    clock.advance_to(at)
    used = await done(b1.abe, USE, **use)
    found = await stored(b1, account)
    assert (codes(used), found["lifecycle"], found["activated_at"], found["first_used_at"]) == ([], "OPEN", at, at)
    assert await activate_in_real_time(b1.platform, NEVER) == 0


async def test_bat_31_a_sandbox_clock_activates_before_it_answers(platform: Platform, clock: FixedClock) -> None:
    """Only what lives by that clock; the OPEN filter finds it from then on (BAT-17)."""
    place: dict[str, Any] = {"country": "US", "currency": "USD", "timezone": NEW_YORK}
    operator = await an_operator(platform, **place)
    made = {}
    for name, is_sandbox in (("sandbox", True), ("real", False)):
        seller = await a_reseller(platform, under=operator, sandbox=is_sandbox, **place)
        customer = await a_customer(platform, under=seller, managed_by="SERVICE_PROVIDER", **place)
        order = {"organizationId": customer.id, "accountId": "4477", "accountRole": "PREPAID_CARD"}
        payload = await done(seller.someone, CREATE, **order, activationDate="2026-03-08")
        made[name] = (seller, payload["account"]["id"])
    seller, account = made["sandbox"]
    moved = await done(seller.someone, ADVANCE, organizationId=seller.id, to="2026-04-01T00:00:00Z")
    assert codes(moved) == []
    kept = {row["id"]: row for row in await rows(platform, "SELECT id, lifecycle, activated_at FROM account")}
    at = parse_instant("2026-03-08T05:00:00Z")
    assert (kept[account]["lifecycle"], kept[account]["activated_at"]) == ("OPEN", at)
    assert kept[made["real"][1]]["lifecycle"] == "INACTIVE"
    found = await asked(seller.someone, "{ accounts(filter: {status: OPEN}) { totalCount } }")
    assert found.data["accounts"]["totalCount"] == 1
    clock.advance_to(at)
    assert await activate_in_real_time(platform, NEVER) == 1
