"""Scenarios and rules of suspensions: A-24, A-26 to A-29, STOP-2 to STOP-10, by GraphQL on both engines."""

from typing import Any

import pytest

from accounts.account_status import Lifecycle
from core.clock import HOUR, FixedClock, parse_instant
from core.periodic import run_steps_once
from tenants.stops.suspension_rows import LIFTED, SUSPENDED
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import asked, codes, done
from tests.makers import a_customer, an_api_key, an_operator, credentials_of
from tests.makers_accounts import a_batch, a_card
from tests.makers_billing import a_plan, a_preset, balance, buy, change_wallet, pay, rows
from tests.makers_subscriptions import set_policy, status
from tests.rules.fixture_organizations import Fixture, the_fixture
from tests.rules.stop_documents import (
    APPEAL,
    DELAY,
    advance,
    lifted,
    notices,
    refused,
    stand,
    standing,
    status_of,
    stopped,
)
from tests.rules.test_organizations_access import code_of_read, enter

ACTIVE = {"status": "ACTIVE", "effectiveStatus": "ACTIVE"}


async def test_a_24_a_suspended_customer(platform: Platform, clock: FixedClock) -> None:
    # given C1 with 40.00 left and a subscription that expires in 10 days
    stand(clock, "2026-01-12T10:00")
    tree = await the_fixture(platform)
    plan = await a_plan(tree.o, prices=[(tree.o, "0"), (tree.r1, "60")])
    await pay(tree.c1, "100")
    subscription = (await buy(tree.cora, tree.c1, plan))["subscriptionId"]
    key = await an_api_key(tree.cora)
    stand(clock, "2026-02-02T10:00")

    # when ben suspends it
    assert (await stopped(tree.ben, tree.c1))["organization"]["status"] == "SUSPENDED"

    # then nobody gets in, nothing is renewed, the wallet stays, and one notice tells everything
    assert await enter(platform, tree.cora.email) == "ORGANIZATION_NOT_ACTIVE"
    assert await code_of_read(platform, key) == "ORGANIZATION_NOT_ACTIVE"
    assert await balance(tree.c1) == "40.00"
    [notice] = await notices(tree.c1, SUSPENDED)
    assert (notice["reason"], notice["status"]) == ("SELLER", "SUSPENDED")
    assert notice["whatStops"] and notice["wayBack"] and notice["link"] == f"/organizations/{tree.c1.id}"
    assert await status(platform, subscription) == "ACTIVE"


async def test_a_26_an_appeal_ends_what_no_payment_ends(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await pay(tree.c1, "5")
    await stopped(tree.ben, tree.c1, "POLICY")
    await pay(tree.c1, "30")
    assert await status_of(tree.c1) == "SUSPENDED"
    assert await refused(tree.sue, APPEAL, organizationId=tree.c1.id) == ["FORBIDDEN"]
    assert await refused(tree.rob, APPEAL, organizationId=tree.c1.id) == ["NOT_FOUND"]
    assert (await done(tree.ben, APPEAL, organizationId=tree.c1.id))["organization"] == ACTIVE
    assert await balance(tree.c1) == "35.00"
    assert await refused(tree.ben, APPEAL, organizationId=tree.c1.id) == ["NOT_FOUND"]
    assert len(await notices(tree.c1, LIFTED)) == 1


async def test_stop_7_an_appeal_is_accepted_by_who_set_it_or_above(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await stopped(tree.olga, tree.c1, "POLICY")
    assert await refused(tree.ben, APPEAL, organizationId=tree.c1.id) == ["LIFT_NOT_ALLOWED"]
    assert await status_of(tree.c1) == "SUSPENDED"
    assert (await done(tree.olga, APPEAL, organizationId=tree.c1.id))["organization"] == ACTIVE


async def test_stop_2_several_side_by_side_and_what_those_below_see(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await stopped(tree.ben, tree.c1, "SELLER")
    await stopped(tree.olga, tree.c1, "FRAUD")
    seen = (await standing(tree.ben, tree.c1))["suspensions"]
    assert sorted((each["reason"] or "", each["setBy"]) for each in seen) == [("", "ABOVE"), ("SELLER", "OWN")]
    seen = (await standing(tree.olga, tree.c1))["suspensions"]
    assert sorted((each["reason"], each["setBy"]) for each in seen) == [("FRAUD", "OWN"), ("SELLER", "BELOW")]
    assert (await lifted(tree.ben, tree.c1))["organization"]["status"] == "SUSPENDED"
    assert (await lifted(tree.olga, tree.c1, "FRAUD"))["organization"] == ACTIVE
    assert [len(await notices(tree.c1, topic)) for topic in (SUSPENDED, LIFTED)] == [2, 2]


async def test_a_28_a_delay_instead_of_a_lift(platform: Platform, clock: FixedClock) -> None:
    stand(clock, "2026-03-01T10:00")
    tree = await the_fixture(platform)
    await a_preset(tree.o, "portabilling")
    await stopped(tree.ben, tree.c1, "PAYMENT")
    assert codes(await lifted(tree.ben, tree.c1, "PAYMENT")) == ["LIFT_NOT_ALLOWED"]
    assert await refused(tree.ben, DELAY, organizationId=tree.c1.id, untilDate="2026-04-01") == ["DELAY_TOO_LONG"]
    assert await refused(tree.ben, DELAY, organizationId=tree.c1.id, untilDate="2026-02-28") == ["DATE_OUT_OF_RANGE"]
    assert await status_of(tree.c1) == "SUSPENDED"
    delayed = await done(tree.ben, DELAY, organizationId=tree.c1.id, untilDate="2026-03-31")
    assert delayed["organization"] == ACTIVE
    [shown] = (await standing(tree.ben, tree.c1))["suspensions"]
    assert (shown["reason"], shown["delayedUntilDate"]) == ("PAYMENT", "2026-03-31")
    assert len(await notices(tree.c1, "notice.suspension_delayed")) == 1


async def test_stop_8_service_through_the_end_of_the_last_day(platform: Platform, clock: FixedClock) -> None:
    # given a sandbox whose customer is delayed through 31 March
    stand(clock, "2026-01-01")
    tree = await the_fixture(platform, sandbox=True, stands_at="2026-03-01T10:00")
    await a_preset(tree.o, "portabilling")
    await stopped(tree.bill, tree.c1, "PAYMENT")
    assert await refused(tree.bill, DELAY, organizationId=tree.c1.id, untilDate="2026-03-31") == []

    # then it stands again from the first instant of 1 April, never lifted
    await advance(tree.olga, tree.o, "2026-03-31T23:59")
    assert await status_of(tree.c1) == "ACTIVE"
    await advance(tree.olga, tree.o, "2026-04-01")
    assert await status_of(tree.c1) == "SUSPENDED"
    assert len(await notices(tree.c1, "notice.suspended_again")) == 1
    assert codes(await lifted(tree.ben, tree.c1, "PAYMENT")) == ["LIFT_NOT_ALLOWED"]


async def test_stop_8_a_delay_is_no_offer_where_lifting_by_hand_is(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert await refused(tree.ben, DELAY, organizationId=tree.c1.id, untilDate="2026-02-03") == ["NOT_FOUND"]
    await stopped(tree.ben, tree.c1, "PAYMENT")
    assert await refused(tree.ben, DELAY, organizationId=tree.c1.id, untilDate="2026-02-03") == ["LIFT_NOT_ALLOWED"]


async def test_stop_7_payment_lifts_itself_when_nothing_due_is_unpaid(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await stopped(tree.ben, tree.c1, "PAYMENT")
    await stopped(tree.ben, tree.c1, "SELLER")
    await pay(tree.c1, "30")
    assert [each["reason"] for each in (await standing(tree.ben, tree.c1))["suspensions"]] == ["SELLER"]
    assert await status_of(tree.c1) == "SUSPENDED"
    assert len(await notices(tree.c1, LIFTED)) == 1
    await pay(tree.c1, "1")
    assert len(await notices(tree.c1, LIFTED)) == 1


@pytest.mark.parametrize("steps", [("2025-07-20",), ("2025-06-01", "2025-06-09", "2025-06-16T23:59", "2025-07-20")])
async def test_stop_3_unpaid_suspends_and_ends_by_day_or_in_one_jump(
    platform: Platform, clock: FixedClock, steps: tuple[str, ...]
) -> None:
    """heyo: INACTIVE suspends for PAYMENT; 7 days later it is DELETED (STOP-9)."""
    stand(clock, "2025-05-01")
    tree = await the_fixture(platform, sandbox=True, stands_at="2025-05-01")
    plan = await a_plan(tree.o, prices=[(tree.o, "0"), (tree.r1, "60")])
    await set_policy(tree.o, suspendWhenUnpaid="INACTIVE", paymentSuspensionMaxDays=7, graceDays=7)
    await pay(tree.c1, "60")
    await buy(tree.cora, tree.c1, plan, is_auto_renew=True)
    for step in steps:
        await advance(tree.olga, tree.o, step)
    [row] = await rows(platform, "SELECT * FROM suspension WHERE organization_id = $1", tree.c1.id)
    turned = 1749398400000000  # 2025-06-09 00:00 in Singapore
    assert (row["reason"], bool(row["is_by_platform"]), row["started_at"]) == ("PAYMENT", True, turned)
    assert row["set_by_organization_id"] == tree.r1.id
    assert row["lifted_at"] == row["ends_at"] == turned + 8 * 86_400_000_000
    assert await status_of(tree.c1) == "DELETED"
    assert len(await notices(tree.c1, SUSPENDED)) == 1
    record = "mutation ($input: RecordPaymentInput!) { recordPayment(input: $input) { errors { code } } }"
    given = {"organizationId": tree.c1.id, "amount": {"amount": "60", "currency": "SGD"}, "method": "CASH"}
    answer = await asked(tree.bill, record, input={**given, "idempotencyKey": "late"})
    assert [each["code"] for each in answer.data["recordPayment"]["errors"]] == ["IRREVERSIBLE"]


async def test_stop_3_the_seller_lifts_and_the_same_cause_is_not_answered_again(
    platform: Platform, clock: FixedClock
) -> None:
    stand(clock, "2025-05-01")
    tree = await the_fixture(platform, sandbox=True, stands_at="2025-05-01")
    plan = await a_plan(tree.o, prices=[(tree.o, "0"), (tree.r1, "60")])
    await set_policy(tree.o, suspendWhenUnpaid="INACTIVE", graceDays=7)
    await pay(tree.c1, "60")
    await buy(tree.cora, tree.c1, plan, is_auto_renew=True)
    await advance(tree.olga, tree.o, "2025-06-10")
    assert await status_of(tree.c1) == "SUSPENDED"
    assert (await lifted(tree.ben, tree.c1, "PAYMENT"))["organization"] == ACTIVE
    await advance(tree.olga, tree.o, "2025-06-20")
    assert await status_of(tree.c1) == "ACTIVE"
    await stopped(tree.ben, tree.c1, "PAYMENT")
    await pay(tree.c1, "20")
    assert await status_of(tree.c1) == "SUSPENDED"  # the renewal costs 60
    await pay(tree.c1, "40")
    assert await status_of(tree.c1) == "ACTIVE"


async def test_stop_3_without_the_policy_nothing_is_suspended(platform: Platform, clock: FixedClock) -> None:
    stand(clock, "2025-05-01")
    tree = await the_fixture(platform, sandbox=True, stands_at="2025-05-01")
    plan = await a_plan(tree.o, prices=[(tree.o, "0"), (tree.r1, "60")])
    await pay(tree.c1, "60")
    await buy(tree.cora, tree.c1, plan, is_auto_renew=True)
    await advance(tree.olga, tree.o, "2025-08-01")
    assert await status_of(tree.c1) == "ACTIVE"
    assert await rows(platform, "SELECT id FROM suspension") == []


async def test_a_29_and_org_16_nothing_else_is_done_to_a_stopped_one(platform: Platform) -> None:
    tree = await the_fixture(platform)
    session = await credentials_of(tree.cora)
    await change_wallet(tree.c1, wallet_micros=0)
    await stopped(tree.ben, tree.c1)
    assert await code_of_read(platform, session) == "ORGANIZATION_NOT_ACTIVE"
    kind = "mutation ($input: ChangeBillingKindInput!) { changeBillingKind(input: $input) { errors { code } } }"
    [row] = await rows(platform, "SELECT version FROM organization WHERE id = $1", tree.c1.id)
    given = {"organizationId": tree.c1.id, "version": row["version"], "billingKind": "CORPORATE"}
    assert await refused(tree.ben, kind, **given) == ["ORGANIZATION_NOT_ACTIVE"]
    assert await refused(tree.ben, kind, **given | {"version": 1}) == ["VERSION_CONFLICT"]


@pytest.mark.parametrize("steps", [("2025-07-10",), ("2025-05-20", "2025-06-01", "2025-06-05", "2025-07-10")])
async def test_a_24_no_grace_for_who_is_suspended_at_the_end(
    platform: Platform, clock: FixedClock, steps: tuple[str, ...]
) -> None:
    # given two customers of a sandbox with 7 days of grace and 28 expired days; R1a above C3 is suspended
    stand(clock, "2025-05-01")
    tree = await the_fixture(platform, sandbox=True, stands_at="2025-05-01")
    plan = await a_plan(tree.o, prices=[(tree.o, "0"), (tree.r1, "0"), (tree.r1a, "60"), (tree.r2, "60")])
    await set_policy(tree.o, graceDays=7, expiredDays=28)
    held = {}
    for who, buyer in ((tree.c3.someone, tree.c3), (tree.c4.someone, tree.c4)):
        await pay(buyer, "60")
        held[buyer.id] = (await buy(who, buyer, plan, is_auto_renew=True))["subscriptionId"]
    await stopped(tree.ada, tree.r1a)

    # when time passes the end, 1 June, by day or in one jump
    for step in steps:
        await advance(tree.olga, tree.o, step)

    # then who is stopped expires at once, and the other one after its grace
    entries = {
        name: [
            (row["at"], row["to_status"])
            for row in await rows(
                platform, "SELECT at, to_status FROM timeline_entry WHERE subscription_id = $1 ORDER BY at", held[of.id]
            )
        ][1:]
        for name, of in (("stopped", tree.c3), ("active", tree.c4))
    }
    june = 1748707200000000  # 2025-06-01 00:00 in Singapore
    day = 86_400_000_000
    assert entries == {
        "stopped": [(june, "EXPIRED"), (june + 29 * day, "DEACTIVATED")],
        "active": [(june, "GRACE"), (june + 8 * day, "EXPIRED"), (june + 36 * day, "DEACTIVATED")],
    }


async def an_overdue_customer(platform: Platform, clock: FixedClock) -> Fixture:
    """A sandbox from 1 May 2025 in which C1 buys for 30.00 on credit, due the day after; OVERDUE suspends."""
    stand(clock, "2025-05-01")
    tree = await the_fixture(platform, sandbox=True, stands_at="2025-05-01T10:00")
    await set_policy(tree.o, suspendWhenUnpaid="OVERDUE", invoiceDueDays=1, suspendedSignIn="NONE")
    await change_wallet(tree.c1, credit_limit_micros=50_000_000)
    await buy(tree.cora, tree.c1, await a_plan(tree.o, prices=[(tree.o, "0"), (tree.r1, "30")]))
    return tree


@pytest.mark.parametrize("steps", [("2025-05-10",), ("2025-05-02T23:59", "2025-05-03", "2025-05-10")])
async def test_stop_3_an_overdue_invoice_suspends_once(
    platform: Platform, clock: FixedClock, steps: tuple[str, ...]
) -> None:
    tree = await an_overdue_customer(platform, clock)
    for step in steps:
        assert await status_of(tree.c1) == ("ACTIVE" if step <= "2025-05-03" or len(steps) == 1 else "SUSPENDED")
        await advance(tree.olga, tree.o, step)
    [row] = await rows(platform, "SELECT * FROM suspension")
    assert (row["reason"], row["started_at"]) == ("PAYMENT", parse_instant("2025-05-02T16:00:00Z"))
    assert len(await notices(tree.c1, SUSPENDED)) == 1

    # then it lifts itself when nothing due is unpaid
    await pay(tree.c1, "10")
    assert await status_of(tree.c1) == "SUSPENDED"
    await pay(tree.c1, "20")
    assert await status_of(tree.c1) == "ACTIVE"
    assert len(await notices(tree.c1, LIFTED)) == 1


async def test_stop_3_in_real_time_by_the_workers_steps(platform: Platform, clock: FixedClock) -> None:
    """Twice in a row, and late: nothing is done twice, and the time to pay starts no earlier than an hour ago."""
    stand(clock, "2025-05-01T10:00")
    tree = await the_fixture(platform)
    await set_policy(tree.o, suspendWhenUnpaid="OVERDUE", invoiceDueDays=1, paymentSuspensionMaxDays=2)
    await change_wallet(tree.c1, credit_limit_micros=50_000_000)
    await buy(tree.cora, tree.c1, await a_plan(tree.o, prices=[(tree.o, "0"), (tree.r1, "30")]))
    stand(clock, "2025-05-06T12:00")
    for _ in range(2):
        await run_steps_once(platform)
    [row] = await rows(platform, "SELECT * FROM suspension")
    assert row["started_at"] == clock.now() - HOUR
    assert len(await notices(tree.c1, SUSPENDED)) == 1
    stand(clock, "2025-05-08T23:59")
    await run_steps_once(platform)
    assert await status_of(tree.c1) == "SUSPENDED"
    stand(clock, "2025-05-09")
    await run_steps_once(platform)
    assert await status_of(tree.c1) == "DELETED"  # whatever DEL-2 says: an invoice is open (STOP-9)


async def test_a_27_service_stops_below_and_comes_back_by_itself(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await a_batch(tree.c3.someone, tree.c3, "B1", [a_card("121200001", None, Lifecycle.OPEN, "4.20")])
    listed = "{ accounts { nodes { status } } }"

    async def seen() -> list[str]:
        nodes = (await asked(tree.ada, listed)).data["accounts"]["nodes"]
        return [node["status"] for node in nodes]

    assert await seen() == ["OK"]
    await stopped(tree.ada, tree.r1a)
    assert await seen() == ["SELLER_BLOCKED"]
    below = await standing(tree.ada, tree.c3)
    assert (below["status"], below["effectiveStatus"], below["suspensions"]) == ("ACTIVE", "SUSPENDED", [])
    before = await rows(platform, "SELECT version FROM organization WHERE id = $1", tree.c3.id)
    await lifted(tree.ada, tree.r1a)
    assert await seen() == ["OK"]
    assert await rows(platform, "SELECT version FROM organization WHERE id = $1", tree.c3.id) == before


async def test_a_31_billing_status_runs_down_the_ladder(platform: Platform, clock: FixedClock) -> None:
    # given preset myoperator, Asia/Kolkata, auto-renew on, due 2025-06-01
    clock.at = parse_instant("2025-04-30T19:00:00Z")
    india: dict[str, Any] = {"currency": "INR", "timezone": "Asia/Kolkata", "country": "IN"}
    operator = await an_operator(platform, **india)
    customer = await a_customer(platform, under=operator, **india)
    await a_preset(operator, "myoperator")
    await change_wallet(customer, wallet_micros=10_000_000_000)
    await buy(customer.someone, customer, await a_plan(operator, prices=[(operator, "60")]), is_auto_renew=True)
    [row] = await rows(platform, "SELECT end_date FROM subscription")
    assert row["end_date"] == "2025-06-01"
    shown = {}
    for at in ("06-08T23:59", "06-09T00:00", "07-06T23:59", "07-07T00:00"):
        clock.at = parse_instant(f"2025-{at}:00+05:30")
        shown[at] = (await standing(operator.someone, customer))["billingStatus"]
    assert list(shown.values()) == ["GRACE", "INACTIVE", "INACTIVE", "DEACTIVATED"]
