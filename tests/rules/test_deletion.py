"""Scenarios and rules of an organization's end: A-30, A-32 to A-34, A-76, DEL-1 to DEL-7, by GraphQL, both engines."""

import asyncio
import json
from collections import Counter

import pytest

from accounts.account_id import AccountRole
from accounts.batches import NewBatch, create_batch
from billing.trial import TrialOrder, start_trial
from core.clock import FixedClock
from core.periodic import run_steps_once
from core.refusals import Refused
from tenants.actor import Credentials
from tenants.members.ownership import transfer_ownership
from tenants.organization_events import OrganizationErased, on_organization_erased
from tenants.organizations.new_organization import NewOwner
from tenants.stops.deactivation import deactivate_organization, reverse_by_link
from tenants.stops.deletion import delete_organization, reverse_deletion
from tenants.unit_of_work import Platform, UnitOfWork
from tests.acting import Act, do
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, a_member, an_api_key, credentials_of
from tests.makers_accounts import a_batch, a_card, preview
from tests.makers_billing import (
    a_plan,
    a_preset,
    buy,
    change_wallet,
    pay,
    require_sound_books,
    rows,
)
from tests.makers_subscriptions import assign, set_policy, status
from tests.rules.fixture_organizations import Fixture, the_fixture
from tests.rules.stop_documents import (
    DEACTIVATE,
    DELETE,
    PREVIEW,
    REVERSE,
    advance,
    count,
    deleted,
    notices,
    refused,
    stand,
    standing,
    status_of,
    stopped,
    taken_back,
)
from tests.rules.test_organizations import a_new_customer, create, refused_create
from tests.rules.test_organizations_access import enter

ANYONE = Credentials(None, address="203.0.113.9", client="pytest", request_id="req_link")
ENDED = "notice.organization_ended"


async def a_sold_plan(tree: Fixture) -> str:
    """A plan that costs C1 60 a month and R1 nothing."""
    return await a_plan(tree.o, prices=[(tree.o, "0"), (tree.r1, "60")])


async def test_a_30_the_owner_ends_it_for_good(platform: Platform) -> None:
    # given preset heyo
    tree = await the_fixture(platform)
    await a_preset(tree.o, "heyo")
    member_rows = await count(platform, "member", tree.c1)

    # when cora deactivates C1, it is over at once
    ended = await done(tree.cora, DEACTIVATE)
    assert (codes(ended), ended["organization"]["status"]) == ([], "DEACTIVATED_BY_USER")
    assert (member_rows > 0, await count(platform, "member", tree.c1)) == (True, 0)
    [notice] = await notices(tree.c1, ENDED)
    assert notice["to"] == [tree.cora.email]

    # then it never comes back, and cora is taken on again with a new billing number
    assert codes(await taken_back(tree.ben, tree.c1)) == ["IRREVERSIBLE"]
    assert codes(await deleted(tree.ben, tree.c1)) == ["IRREVERSIBLE"]
    again = a_new_customer(tree.r1, name="C1 again", owner=NewOwner("Cora", "Again", tree.cora.email))
    made = await create(tree.ben, again)
    [new] = await rows(platform, "SELECT * FROM organization WHERE id = $1", made["organizationId"])
    assert new["billing_number"] != tree.c1.billing_number


async def test_a_32_every_blocker_at_once(platform: Platform) -> None:
    tree = await the_fixture(platform)
    plan = await a_sold_plan(tree)
    await pay(tree.c1, "60.01")
    await buy(tree.cora, tree.c1, plan)
    payload = await deleted(tree.ben, tree.c1)
    assert codes(payload) == ["SUBSCRIPTION_OPEN", "WALLET_NOT_EMPTY"]
    assert [each["details"]["count"] for each in payload["errors"]] == [1, 1]
    assert await status_of(tree.c1) == "ACTIVE"
    preview = await done(tree.ben, PREVIEW, organizationId=tree.c1.id)
    assert [(each["code"], each["count"]) for each in preview["blockers"]] == [
        ("SUBSCRIPTION_OPEN", 1),
        ("WALLET_NOT_EMPTY", 1),
    ]
    assert preview["status"] == "SUSPENDED_FOR_DELETION"
    assert await notices(tree.c1, "notice.deletion_requested") == []


async def test_del_2_pending_payments_unbilled_charges_and_debts(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await pay(tree.c1, "10", method="CHEQUE")
    await change_wallet(tree.c1, unbilled_micros=-5_000_000, due_micros=-1_000_000)
    assert codes(await deleted(tree.ben, tree.c1)) == ["PAYMENT_PENDING", "UNBILLED_CHARGES", "WALLET_NOT_EMPTY"]


async def test_a_33_taken_back_on_the_last_day(platform: Platform, clock: FixedClock) -> None:
    # given C1, and C2 suspended SELLER before; both deleted on 2026-01-10 14:00
    stand(clock, "2026-01-10T14:00")
    tree = await the_fixture(platform)
    await stopped(tree.ben, tree.c2)
    for buyer in (tree.c1, tree.c2):
        payload = await deleted(tree.ben, buyer)
        assert payload["organization"]["status"] == "SUSPENDED_FOR_DELETION"
        assert payload["reversibleUntil"] == "2026-02-09T16:00:00Z"
    assert await enter(platform, tree.cora.email) == "ORGANIZATION_NOT_ACTIVE"
    [notice] = await notices(tree.c1, "notice.deletion_requested")
    assert (notice["lastDay"], notice["askedBy"], "ownerLink" in notice) == ("2026-02-09", "SELLER", False)

    # when both are reversed on 2026-02-09, day 30
    stand(clock, "2026-02-09T23:59")
    assert (await taken_back(tree.ben, tree.c1))["organization"]["status"] == "ACTIVE"
    assert (await taken_back(tree.ben, tree.c2))["organization"]["status"] == "SUSPENDED"
    assert codes(await taken_back(tree.ben, tree.c1)) == ["NOT_FOUND"]
    assert len(await notices(tree.c1, "notice.deletion_reversed")) == 1
    assert (await standing(tree.ben, tree.c1))["deletion"] is None


async def test_del_3_over_from_the_first_instant_after(platform: Platform, clock: FixedClock) -> None:
    stand(clock, "2026-01-10T14:00")
    tree = await the_fixture(platform)
    await deleted(tree.ben, tree.c1)
    stand(clock, "2026-02-10")
    assert codes(await taken_back(tree.ben, tree.c1)) == ["IRREVERSIBLE"]


async def test_a_34_children_and_what_is_not_offered(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await a_preset(tree.o, "b3networks")
    assert codes(await deleted(tree.ben, tree.r1a)) == ["HAS_CHILDREN"]
    assert await refused(tree.cora, DEACTIVATE) == ["DEACTIVATION_NOT_OFFERED"]
    assert (await done(tree.cora, PREVIEW, organizationId=tree.c1.id))["status"] is None


async def test_a_76_a_deleted_number_is_never_given_out_again(platform: Platform) -> None:
    tree = await the_fixture(platform)
    admin = await a_member(platform, of=tree.o, role="ADMIN")
    await set_policy(tree.o, deletionReverseDays=0)
    made = await create(admin, a_new_customer(tree.o, billing_number="6001"))
    gone = await done(tree.olga, DELETE, organizationId=made["organizationId"])
    assert (gone["organization"]["status"], gone["reversibleUntil"]) == ("DELETED", None)
    assert await refused_create(admin, a_new_customer(tree.o, billing_number="6001")) == ("BILLING_NUMBER_TAKEN",)
    assert await refused_create(tree.ben, a_new_customer(tree.r1, billing_number="6002")) == ("FORBIDDEN",)


async def test_del_1_who_may_delete(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    for who, of, expected in (
        (tree.bill, tree.c1, "FORBIDDEN"),
        (tree.olga, tree.c1, "FORBIDDEN"),
        (tree.ada, tree.r1, "FORBIDDEN"),
        (tree.rob, tree.c1, "NOT_FOUND"),
        (tree.olga, tree.o, "OPERATOR_PROTECTED"),
    ):
        assert await refused(who, DELETE, organizationId=of.id) == [expected]
    assert await refused(tree.dan, DEACTIVATE) == ["FORBIDDEN"]
    assert await refused(tree.olga, DEACTIVATE) == ["OPERATOR_PROTECTED"]
    # AUTH-7: the password within 10 minutes
    ben, cora = await credentials_of(tree.ben), await credentials_of(tree.cora)
    clock.advance_to(clock.now() + 10 * 60_000_000)
    with pytest.raises(Refused) as found:
        await do(ben, lambda uow: delete_organization(uow, tree.c1.id), platform=platform)
    assert found.value.codes == ("REAUTH_REQUIRED",)
    with pytest.raises(Refused) as found:
        await do(cora, deactivate_organization, platform=platform)
    assert found.value.codes == ("REAUTH_REQUIRED",)
    assert await status_of(tree.c1) == "ACTIVE"
    key = await an_api_key(tree.ben, scopes=["org:write"])
    with pytest.raises(Refused) as found:
        await do(key, lambda uow: reverse_deletion(uow, tree.c1.id), platform=platform)
    assert found.value.codes == ("FORBIDDEN",)


async def test_del_3_the_owner_who_asked_takes_it_back_by_the_link(platform: Platform) -> None:
    tree = await the_fixture(platform)
    asked_for = await done(tree.cora, DEACTIVATE)
    assert asked_for["organization"]["status"] == "SUSPENDED_FOR_DELETION"
    [notice] = await notices(tree.c1, "notice.deletion_requested")
    assert (notice["askedBy"], notice["ownerLink"]["to"]) == ("OWNER", tree.cora.email)
    token = notice["ownerLink"]["token"]
    with pytest.raises(Refused) as found:
        await reverse_by_link(platform, "wrong", ANYONE)
    assert found.value.codes == ("NOT_FOUND",)
    assert await reverse_by_link(platform, token, ANYONE) == {"organizationId": tree.c1.id, "status": "ACTIVE"}
    with pytest.raises(Refused) as found:
        await reverse_by_link(platform, token, ANYONE)
    assert found.value.codes == ("NOT_FOUND",)
    [entry] = await rows(platform, "SELECT * FROM audit_entry WHERE action = 'reverseDeletion'")
    assert (entry["actor_member_id"], entry["organization_id"]) == (tree.cora.id, tree.c1.id)
    stored = await rows(platform, "SELECT after_values FROM audit_entry")
    assert not any(token in (row["after_values"] or "") for row in stored)


@pytest.mark.parametrize("steps", [("2026-02-14",), ("2026-02-09T23:59", "2026-02-10", "2026-02-11", "2026-02-14")])
async def test_del_4_checked_daily_until_nothing_stands_in_the_way(
    platform: Platform, clock: FixedClock, steps: tuple[str, ...]
) -> None:
    # given a sandbox whose customer is deleted, and gets a payment into its wallet meanwhile
    stand(clock, "2026-01-10")
    tree = await the_fixture(platform, sandbox=True, stands_at="2026-01-10T14:00")
    await deleted(tree.ben, tree.c1)
    await pay(tree.c1, "0.01")

    # when the days are over, it stays reversible, with one Alert a day to the seller
    for step in steps:
        await advance(tree.olga, tree.o, step)
    assert await status_of(tree.c1) == "SUSPENDED_FOR_DELETION"
    alerts = await rows(platform, "SELECT * FROM alert WHERE kind = 'DELETION_BLOCKED' ORDER BY alert_date")
    assert [each["alert_date"] for each in alerts] == [f"2026-02-{day}" for day in (10, 11, 12, 13, 14)]
    assert {each["organization_id"] for each in alerts} == {tree.r1.id}
    assert '"WALLET_NOT_EMPTY": 1' in alerts[0]["details"]

    # then it ends at the next check after that is gone, and the Alerts close
    await change_wallet(tree.c1, wallet_micros=0)
    await advance(tree.olga, tree.o, "2026-02-14T23:59")
    assert await status_of(tree.c1) == "SUSPENDED_FOR_DELETION"
    await advance(tree.olga, tree.o, "2026-02-15")
    assert await status_of(tree.c1) == "DELETED"
    assert await rows(platform, "SELECT id FROM alert WHERE kind = 'DELETION_BLOCKED' AND closed_at IS NULL") == []


async def test_del_4_reversible_while_something_stands_in_the_way(platform: Platform, clock: FixedClock) -> None:
    stand(clock, "2026-01-10T14:00")
    tree = await the_fixture(platform, sandbox=True, stands_at="2026-01-10T14:00")
    await deleted(tree.ben, tree.c1)
    await pay(tree.c1, "0.01")
    await advance(tree.olga, tree.o, "2026-02-20")
    assert (await taken_back(tree.ben, tree.c1))["organization"]["status"] == "ACTIVE"
    assert await rows(platform, "SELECT id FROM alert WHERE kind = 'DELETION_BLOCKED' AND closed_at IS NULL") == []


async def test_del_5_what_is_erased_and_what_stays(platform: Platform) -> None:
    # given cora, who is a member of C4 too, and C1 with money moved, a key and a setting
    tree = await the_fixture(platform)
    elsewhere = await a_member(platform, of=tree.c4, name="cora4")
    await pay(tree.c1, "60")
    plan = await a_sold_plan(tree)
    subscription = (await buy(tree.cora, tree.c1, plan))["subscriptionId"]
    await an_api_key(tree.cora)
    await set_policy(tree.o, userDeactivation="FINAL")
    kept = ("ledger_transaction", "payment", "segment_charge", "audit_entry")
    before = {table: await count(platform, table, tree.c1) for table in kept}

    # when it ends, which loses a running subscription
    assert await refused(tree.cora, DEACTIVATE) == ["FORFEIT_NOT_CONFIRMED"]
    assert await refused(tree.cora, DEACTIVATE, confirmForfeit=True) == []

    # then what is its own is gone, and the books and the log stay
    for table in ("member", "invitation", "api_key", "account", "batch", "policy_value", "subscription_assignment"):
        assert await count(platform, table, tree.c1) == 0
    for table in kept:
        assert await count(platform, table, tree.c1) >= before[table] > 0
    assert await status(platform, subscription) == "TERMINATED"
    await require_sound_books(platform)
    assert elsewhere.email is not None and not isinstance(await enter(platform, elsewhere.email), str)
    [row] = await rows(platform, "SELECT count(*) AS many FROM users WHERE id = $1", tree.cora.user_id)
    assert row["many"] == 1
    assert (await standing(tree.ben, tree.c1))["status"] == "DEACTIVATED_BY_USER"


async def test_aud_1_each_erased_row_has_its_entry(platform: Platform) -> None:
    # given C1 with three members, an invitation, a key, a batch of two accounts and a job
    tree = await the_fixture(platform)
    pending = await a_member(platform, of=tree.c1, name="pat", accepted=False)
    await an_api_key(tree.cora)
    batch = await a_batch(tree.dan, tree.c1, "B1", [a_card("12345678"), a_card("12345679")])
    await preview(tree.dan, batch, {"status": {"to": "BLOCKED"}})
    await pay(tree.c1, "60")
    bought = await buy(tree.cora, tree.c1, await a_sold_plan(tree))
    await assign(tree.mia, bought["subscriptionId"])
    await set_policy(tree.o, userDeactivation="FINAL")
    members = await rows(platform, "SELECT id FROM member WHERE organization_id = $1", tree.c1.id)
    kinds = {"Member": "member", "Account": "account", "ApiKey": "api_key", "Batch": "batch"}
    kinds["Invitation"] = "invitation"
    expected = {kind: await count(platform, table, tree.c1) for kind, table in kinds.items()}
    assigned = await count(platform, "subscription_assignment", tree.c1)
    expected |= {"BatchUpdate": 1, "Organization": 1, "Subscription": 1 + assigned, "Wallet": 1}

    # when it ends for good
    assert await refused(tree.cora, DEACTIVATE, confirmForfeit=True) == []

    # then each row that went has one entry of the organization, by whom, and no secret
    entries = await rows(
        platform, "SELECT * FROM audit_entry WHERE action = 'deactivateOrganization' AND result_code IS NULL"
    )
    found = Counter(entry["entity_type"] for entry in entries)
    assert found == expected, found
    assert {(entry["organization_id"], entry["actor_name"]) for entry in entries} == {(tree.c1.id, "Cora Test")}
    gone = {entry["entity_id"]: entry for entry in entries if entry["entity_type"] == "Member"}
    assert gone.keys() == {row["id"] for row in members}
    assert json.loads(gone[pending.id]["before_values"])["email"] == pending.email
    assert all(entry["after_values"] is None for entry in gone.values())
    assert not any(word in str(entry["before_values"]) for entry in entries for word in ("hash", "sealed"))


async def test_del_7_what_blocks_a_final_end(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await set_policy(tree.o, userDeactivation="FINAL")
    assert await refused(tree.ada, DEACTIVATE) == ["HAS_CHILDREN"]
    await pay(tree.c1, "25")
    assert await refused(tree.cora, DEACTIVATE) == ["FORFEIT_NOT_CONFIRMED"]
    preview = await done(tree.cora, PREVIEW, organizationId=tree.c1.id)
    assert (preview["status"], preview["blockers"], preview["forfeitedCredit"]) == ("DEACTIVATED_BY_USER", [], "25.00")
    await change_wallet(tree.c1, wallet_micros=-1, unbilled_micros=-1)
    await pay(tree.c1, "3", method="CHEQUE")
    blocked = ["PAYMENT_PENDING", "UNBILLED_CHARGES", "WALLET_NOT_EMPTY"]
    assert await refused(tree.cora, DEACTIVATE, confirmForfeit=True) == blocked
    assert await status_of(tree.c1) == "ACTIVE"


async def test_gen_7_a_deletion_and_what_excludes_it(platform: Platform) -> None:
    tree = await the_fixture(platform)
    plan = await a_sold_plan(tree)
    await change_wallet(tree.c1, credit_limit_micros=100_000_000)
    await set_policy(tree.o, deletionReverseDays=0)

    async def tried(act: object) -> bool:
        try:
            await act  # type: ignore[misc]
        except Refused:
            return False
        return True

    won = await asyncio.gather(
        tried(do(tree.ben, lambda uow: delete_organization(uow, tree.c1.id))), tried(buy(tree.cora, tree.c1, plan))
    )
    assert sorted(won) == [False, True]
    new = a_new_customer(tree.r1a, name="C5")
    await do(tree.r1a.someone, lambda uow: delete_organization(uow, tree.c3.id))
    won = await asyncio.gather(
        tried(do(tree.ada, lambda uow: delete_organization(uow, tree.r1a.id))), tried(create(tree.r1a.someone, new))
    )
    assert sorted(won) == [False, True]


async def test_gen_7_of_two_reversals_one_succeeds(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await deleted(tree.ben, tree.c1)

    async def codes_of(who: Member) -> tuple[str, ...]:
        try:
            await do(who, lambda uow: reverse_deletion(uow, tree.c1.id))
        except Refused as refusal:
            return refusal.codes
        return ()

    assert sorted(await asyncio.gather(codes_of(tree.ben), codes_of(tree.ada))) == [(), ("NOT_FOUND",)]
    assert len(await notices(tree.c1, "notice.deletion_reversed")) == 1


async def test_a_deleted_organization_is_listed_only_when_asked_for(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await set_policy(tree.o, deletionReverseDays=0)
    await deleted(tree.ben, tree.c1)
    listed = "query ($filter: OrganizationFilter) { organizations(filter: $filter) { nodes { name owner { id } } } }"
    names = [each["name"] for each in (await asked(tree.ben, listed)).data["organizations"]["nodes"]]
    assert "C1" not in names
    found = (await asked(tree.ben, listed, filter={"status": ["DELETED"]})).data["organizations"]["nodes"]
    assert found == [{"name": "C1", "owner": None}]
    assert await refused(tree.ben, REVERSE, organizationId=tree.c1.id) == ["IRREVERSIBLE"]


async def test_gen_7_who_has_just_given_the_ownership_away_ends_nothing(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await set_policy(tree.o, userDeactivation="FINAL", ownerTransferNeedsPaidInvoices=False)

    async def codes_of(act: Act) -> tuple[str, ...]:
        try:
            await do(tree.cora, act)
        except Refused as refusal:
            return refusal.codes
        return ()

    found = await asyncio.gather(
        codes_of(lambda uow: transfer_ownership(uow, tree.c1.id, tree.dan.id)), codes_of(deactivate_organization)
    )
    assert sum(not each for each in found) == 1


async def test_del_4_in_real_time_what_fails_holds_nobody_up(platform: Platform, clock: FixedClock) -> None:
    stand(clock, "2026-01-10T14:00")
    tree = await the_fixture(platform)
    for buyer in (tree.c1, tree.c2):
        await deleted(tree.ben, buyer)

    async def fail(uow: UnitOfWork, event: OrganizationErased) -> None:
        if event.organization_id == tree.c1.id:
            raise RuntimeError("a hook that breaks")

    stand(clock, "2026-02-10")
    on_organization_erased(fail)
    try:
        await run_steps_once(platform)
    finally:
        on_organization_erased.forget(fail)
    assert await status_of(tree.c2) == "DELETED"
    assert await status_of(tree.c1) == "SUSPENDED_FOR_DELETION"
    assert await count(platform, "member", tree.c1) > 0
    for _ in range(2):
        await run_steps_once(platform)
    assert await status_of(tree.c1) == "DELETED"
    assert len(await notices(tree.c1, ENDED)) == 1


async def test_gen_7_nothing_begins_in_what_ends_at_the_same_moment(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await set_policy(tree.o, deletionReverseDays=0)
    plan = await a_sold_plan(tree)

    async def is_done(who: Member, act: Act) -> bool:
        try:
            await do(who, act)
        except Refused:
            return False
        return True

    trial = TrialOrder(tree.c1.id, plan)
    won = await asyncio.gather(
        is_done(tree.ben, lambda uow: delete_organization(uow, tree.c1.id)),
        is_done(tree.ada, lambda uow: start_trial(uow, trial)),
    )
    assert sorted(won) == [False, True]
    batch = NewBatch(tree.c2.id, "B1", AccountRole.PREPAID_CARD)
    await asyncio.gather(
        is_done(tree.ben, lambda uow: delete_organization(uow, tree.c2.id)),
        is_done(tree.ada, lambda uow: create_batch(uow, batch)),
    )
    assert await status_of(tree.c2) == "DELETED"
    assert await count(platform, "batch", tree.c2) == 0
