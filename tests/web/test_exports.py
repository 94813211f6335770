"""`GET /exports/failed-renewals.csv`: what, for whom, and nothing of a stranger's (ALR-3, VIS-4, AUD-6)."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest_asyncio

from billing.failed_renewals import COLUMNS
from core.clock import EXACT_DAY, FixedClock, parse_instant
from tenants.actor import Credentials
from tenants.permissions import Role
from tenants.unit_of_work import Platform
from tests.makers import Member, Organization, a_customer, a_member, a_reseller, an_api_key, an_operator, credentials_of
from tests.makers_billing import a_plan, buy, rows
from tests.makers_subscriptions import change_subscription
from tests.web.application import codes_of, running

PATH = "/exports/failed-renewals.csv"


@dataclass(frozen=True, slots=True)
class Tree:
    """Two sellers with a customer each; everybody has one failed renewal and one that runs."""

    operator: Organization
    seller: Organization
    customer: Organization
    stranger: Organization
    strangers_customer: Organization


@pytest_asyncio.fixture
async def tree(platform: Platform) -> Tree:
    """Failed: the customer's ends on 2026-03-10, the stranger's on 2026-03-11."""
    operator = await an_operator(platform)
    seller = await a_reseller(platform, under=operator, name="Northline", owner="ada")
    stranger = await a_reseller(platform, under=operator, name="Other", owner="rob")
    customer = await a_customer(platform, under=seller, name="=1+1", owner="cora")
    other = await a_customer(platform, under=stranger, name="Secret Ltd", owner="sam")
    for top, buyer, end in ((seller, customer, "2026-03-10"), (stranger, other, "2026-03-11")):
        plan = await a_plan(operator, prices=[(operator, "0"), (top, "0")], name="@plan")
        failed = await buy(buyer.someone, buyer, plan)
        await buy(buyer.someone, buyer, plan)
        at = parse_instant(f"{end}T00:00:00+08:00")
        await change_subscription(
            platform, str(failed["subscriptionId"]), end_date=end, ends_at=at, grace_ends_at=at,
            ladder_ends_at=at + 9 * EXACT_DAY, renewal_failed_at=parse_instant("2026-02-01T00:00:00Z"),
        )  # fmt: skip
    return Tree(operator, seller, customer, stranger, other)


@pytest_asyncio.fixture
async def client(database_url: str, clock: FixedClock, tree: Tree) -> AsyncIterator[httpx2.AsyncClient]:
    """Nobody yet."""
    async with running(database_url, clock) as opened:
        yield opened


async def exported(client: httpx2.AsyncClient, who: Member | Credentials, query: str = "") -> httpx2.Response:
    credentials = await credentials_of(who) if isinstance(who, Member) else who
    return await client.get(PATH + query, headers={"authorization": f"Bearer {credentials.token}"})


def lines(answer: httpx2.Response) -> list[dict[str, str]]:
    """The rows by column."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    header, *found = csv.reader(io.StringIO(answer.text))
    assert tuple(header) == COLUMNS
    return [dict(zip(header, row, strict=True)) for row in found]


async def test_alr_3_owner_and_billing_emails_of_what_failed(client: httpx2.AsyncClient, tree: Tree) -> None:
    await rows(tree.seller.platform, "UPDATE organization SET billing_email = '+fin@c.test' WHERE id = $1 RETURNING id",
               tree.customer.id)  # fmt: skip
    answer = await exported(client, tree.seller.someone)
    assert "attachment" in answer.headers["content-disposition"] and answer.headers["cache-control"] == "no-store"
    [row] = lines(answer)
    assert row == {
        "organization": "'=1+1", "billingNumber": tree.customer.billing_number,
        "ownerEmail": tree.customer.someone.email, "billingEmail": "'+fin@c.test",
        "product": row["product"], "plan": "'@plan", "expiry": "2026-03-10", "failedAt": "2026-02-01T00:00:00Z",
        "status": "ACTIVE",
    }  # fmt: skip


async def test_alr_3_no_row_of_a_stranger_whoever_asks(client: httpx2.AsyncClient, tree: Tree) -> None:
    for who, expected in (
        (tree.seller, ["2026-03-10"]), (tree.stranger, ["2026-03-11"]), (tree.customer, ["2026-03-10"]),
        (tree.operator, ["2026-03-10", "2026-03-11"]),
    ):  # fmt: skip
        answer = await exported(client, who.someone)
        assert [row["expiry"] for row in lines(answer)] == expected
        if who is tree.seller:
            assert "Secret" not in answer.text and str(tree.strangers_customer.someone.email) not in answer.text


async def test_alr_3_filtered_by_expiry(client: httpx2.AsyncClient, tree: Tree) -> None:
    for query, expected in (
        ("?expiresFrom=2026-03-11", ["2026-03-11"]), ("?expiresTo=2026-03-10", ["2026-03-10"]),
        ("?expiresFrom=2026-03-10&expiresTo=2026-03-11", ["2026-03-10", "2026-03-11"]),
        ("?expiresFrom=2026-03-12", []),
    ):  # fmt: skip
        assert [row["expiry"] for row in lines(await exported(client, tree.operator.someone, query))] == expected
    for query, code in (
        ("?expiresFrom=2026-03-11&expiresTo=2026-03-10", "TIME_RANGE_INVALID"),
        ("?expiresFrom=11.03.2026", "DATE_INVALID"),
    ):
        answer = await exported(client, tree.operator.someone, query)
        assert (answer.status_code, codes_of(answer)) == (400, [code])


async def test_alr_3_what_ended_unpaid_has_failed_too(
    client: httpx2.AsyncClient, tree: Tree, clock: FixedClock
) -> None:
    platform = tree.seller.platform
    await rows(platform, "UPDATE subscription SET renewal_failed_at = NULL RETURNING id")
    assert lines(await exported(client, tree.seller.someone)) == []
    clock.advance_to(parse_instant("2026-03-09T16:00:00Z"))
    answer = lines(await exported(client, tree.seller.someone))
    assert ("2026-03-10", "EXPIRED", "") in [(row["expiry"], row["status"], row["failedAt"]) for row in answer]


async def test_alr_3_who_may_export(client: httpx2.AsyncClient, tree: Tree) -> None:
    platform = tree.seller.platform
    nobody = await client.get(PATH)
    assert (nobody.status_code, codes_of(nobody)) == (401, ["UNAUTHENTICATED"])
    for role, status in ((Role.ADMIN, 200), (Role.BILLING, 200), (Role.SUPPORT, 403), (Role.MEMBER, 403)):
        answer = await exported(client, await a_member(platform, of=tree.seller, role=role))
        assert answer.status_code == status, role
    key = await an_api_key(tree.seller.someone, scopes=("reports:read",))
    assert len(lines(await exported(client, key))) == 1
    without = await exported(client, await an_api_key(tree.seller.someone, scopes=("org:read",)))
    assert (without.status_code, codes_of(without)) == (403, ["SCOPE_MISSING"])


async def test_aud_6_each_export_is_in_the_log(client: httpx2.AsyncClient, tree: Tree) -> None:
    await exported(client, tree.seller.someone)
    found = await rows(
        tree.seller.platform, "SELECT organization_id, actor_name, entity_type FROM audit_entry WHERE action = $1",
        "exportFailedRenewals",
    )  # fmt: skip
    assert [(row["organization_id"], row["entity_type"]) for row in found] == [(tree.seller.id, "Read")]
