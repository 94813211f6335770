"""Alerts open, belong to whom should act, and close themselves: ALR-2, MEM-8, DEL-4, MON-32, MON-42, SUB-91."""

from typing import Any

from billing.alert_closing import close_in_real_time
from billing.alerts import Alert, AlertKind, raise_alert
from billing.payments import confirm_payment
from core.clock import FixedClock
from tenants.api_keys import revoke_api_key
from tenants.members.member_changes import remove_member
from tenants.permissions import Role
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do
from tests.graph.billing_documents import a_priced_tree, asked, codes, done
from tests.makers import Member, Organization, a_member, an_api_key
from tests.makers_billing import a_plan, pay, rows
from tests.makers_subscriptions import a_chain, assign, bought
from tests.rules.fixture_organizations import the_fixture
from tests.rules.stop_documents import stopped

OPEN = "{ alerts(filter: {isOpen: true}) { nodes { id kind details subjectId organization { id } } } }"
HANDLE = """mutation ($input: AlertInput!) { answer: handleAlert(input: $input) {
    errors { code field } alert { id details closedAt } } }"""
CLOSE = """mutation ($input: AlertInput!) { answer: closeAlert(input: $input) {
    errors { code field } alert { id details closedAt } } }"""
PURCHASE = """mutation ($input: PurchaseSubscriptionInput!) { answer: purchaseSubscription(input: $input) {
    errors { code } } }"""


async def open_alerts(who: Member) -> list[tuple[str, str]]:
    """Kind and organization of those that the member sees open."""
    answer = await asked(who, OPEN)
    assert answer.errors == []
    return sorted((each["kind"], each["organization"]["id"]) for each in answer.data["alerts"]["nodes"])


async def an_alert(of: Organization) -> str:
    """One that is about nothing; its id."""
    alert = Alert(of.id, of.path, "Asia/Singapore", AlertKind.UPSTREAM_SHORT, "wal_1", {"missing": "1.00"})
    async with platform_transaction(of.platform) as tx:
        assert await raise_alert(tx, alert, of.platform.clock.now())
    found = await rows(of.platform, "SELECT id FROM alert WHERE organization_id = $1", of.id)
    return str(found[-1]["id"])


async def test_mon_32_upstream_short_closes_once_the_wallet_covers_it(platform: Platform) -> None:
    tree = await a_priced_tree(platform, money="99.99")
    await pay(tree.customer, "100")
    order = {"organizationId": tree.customer.id, "planId": tree.plan}
    for key in ("k1", "k2"):
        answer = await done(tree.customer.someone, PURCHASE, **order, idempotencyKey=key)
        assert codes(answer) == ["UPSTREAM_CREDIT_INSUFFICIENT"]
    assert await open_alerts(tree.r2.someone) == [("UPSTREAM_SHORT", tree.r2.id)]
    assert await open_alerts(tree.customer.someone) == []
    await pay(tree.r2, "1")
    assert await open_alerts(tree.r2.someone) == []


async def test_mem_8_keys_of_a_member_who_left_until_the_last_is_revoked(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    for _ in range(2):
        await an_api_key(tree.dan)
    keys = await rows(platform, "SELECT id FROM api_key ORDER BY id")
    await do(tree.cora, lambda uow: remove_member(uow, tree.dan.id))
    expected = [("KEYS_LEFT_BEHIND", tree.c1.id)]
    assert await open_alerts(tree.cora) == expected
    await do(tree.cora, lambda uow: revoke_api_key(uow, keys[0]["id"]))
    assert await open_alerts(tree.cora) == expected
    await do(tree.cora, lambda uow: revoke_api_key(uow, keys[1]["id"]))
    assert await open_alerts(tree.cora) == []


async def test_mem_8_it_closes_too_when_the_keys_have_ended(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    await an_api_key(tree.dan, lives=60_000_000)
    await do(tree.cora, lambda uow: remove_member(uow, tree.dan.id))
    assert await close_in_real_time(platform, 0) == 0
    clock.advance_to(clock.now() + 60_000_000)
    assert await close_in_real_time(platform, 0) == 1
    assert await open_alerts(tree.cora) == []


async def test_mon_42_a_pending_payment_while_suspended_until_it_is_settled(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert codes(await stopped(tree.ben, tree.c1, "PAYMENT")) == []
    made = await pay(tree.c1, "10", method="CHEQUE")
    assert await open_alerts(tree.ada) == [("PAYMENT_PENDING_WHILE_SUSPENDED", tree.r1.id)]
    await do(tree.bill, lambda uow: confirm_payment(uow, made["paymentId"]))
    assert await open_alerts(tree.ada) == []


async def test_sub_91_nobody_assigned_until_somebody_is(platform: Platform) -> None:
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "0"), (chain.reseller, "0")])
    held = await bought(chain, plan)
    await rows(platform, "DELETE FROM subscription_assignment RETURNING subscription_id")
    async with platform_transaction(platform) as tx:
        of = chain.customer
        alert = Alert(of.id, of.path, "UTC", AlertKind.UNASSIGNED, held)
        await raise_alert(tx, alert, platform.clock.now())
    assert await close_in_real_time(platform, 0) == 0
    assert await open_alerts(chain.customer.someone) == [("UNASSIGNED", chain.customer.id)]
    await assign(chain.customer.someone, held)
    assert await close_in_real_time(platform, 0) == 1
    assert await open_alerts(chain.customer.someone) == []


async def test_a_cause_that_is_back_on_the_same_day_opens_it_again(platform: Platform) -> None:
    tree = await the_fixture(platform)
    alert_id = await an_alert(tree.r1)
    assert codes(await done(tree.ada, CLOSE, alertId=alert_id)) == []
    assert await open_alerts(tree.ada) == []
    alert = Alert(tree.r1.id, tree.r1.path, "Asia/Singapore", AlertKind.UPSTREAM_SHORT, "wal_1", {"missing": "2.00"})
    async with platform_transaction(platform) as tx:
        assert not await raise_alert(tx, alert, platform.clock.now())
    assert await open_alerts(tree.ada) == [("UPSTREAM_SHORT", tree.r1.id)]
    assert len(await rows(platform, "SELECT id FROM alert")) == 1


async def test_who_handles_and_closes(platform: Platform) -> None:
    tree = await the_fixture(platform)
    alert_id = await an_alert(tree.c1)
    before = await alert_row(platform)
    bill = await a_member(platform, of=tree.c1, role=Role.BILLING)
    sue = await a_member(platform, of=tree.c1, role=Role.SUPPORT)
    for document in (HANDLE, CLOSE):
        # a MEMBER does not, nor does who stands higher than the seller; a stranger sees nothing
        for who, code in ((tree.mia, "FORBIDDEN"), (tree.olga, "FORBIDDEN"), (tree.rob, "NOT_FOUND")):
            assert codes(await done(who, document, alertId=alert_id)) == [code], who.given_name
    assert await alert_row(platform) == before
    for who in (tree.cora, tree.dan, bill, sue, tree.ada, tree.ben, tree.bill, tree.sue):
        answer = await done(who, HANDLE, alertId=alert_id, note="calling them")
        assert codes(answer) == []
        assert answer["alert"]["details"]["handled"] == {
            "handledBy": answer["alert"]["details"]["handled"]["handledBy"], "note": "calling them",
            "handledAt": "2026-02-02T12:00:00Z",
        }  # fmt: skip
        assert answer["alert"]["closedAt"] is None
    closed = await done(tree.sue, CLOSE, alertId=alert_id)
    assert (codes(closed), closed["alert"]["closedAt"]) == ([], "2026-02-02T12:00:00.000Z")
    assert closed["alert"]["details"]["missing"] == "1.00"
    # once closed it stays as it is
    assert (await done(tree.cora, HANDLE, alertId=alert_id, note="again"))["alert"] == closed["alert"]
    assert (await done(tree.cora, CLOSE, alertId=alert_id))["alert"] == closed["alert"]
    entries = await rows(platform, "SELECT organization_id FROM audit_entry WHERE entity_type = 'Alert' "
                         "AND result_code IS NULL")  # fmt: skip
    assert [each["organization_id"] for each in entries] == [tree.c1.id] * 9


async def alert_row(platform: Platform) -> list[dict[str, Any]]:
    """All of them."""
    return await rows(platform, "SELECT * FROM alert")
