"""Scenarios of moving in the tree through the API: A-20 to A-23, and each rule of MOVE-1 to MOVE-8."""

import json
from typing import Any

import pytest

from accounts.account_creation import NewAccount
from accounts.account_id import AccountRole
from billing.reversals import reverse_transaction
from billing.trial import TrialOrder, start_trial
from core.clock import EXACT_DAY, FixedClock
from core.ids import new_id
from core.transaction import insert
from tenants.actor import Credentials
from tenants.doctor import examine
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do, everything
from tests.graph.asking import Answer, ask
from tests.makers import Member, Organization, a_member, an_api_key, credentials_of, organization_of
from tests.makers_accounts import a_batch, confirm, preview
from tests.makers_billing import (
    a_plan,
    a_policy_value,
    a_price,
    a_price_list,
    balance,
    buy,
    change_wallet,
    limit,
    pay,
    require_sound_books,
    rows,
    wallet,
)
from tests.rules.fixture_organizations import Fixture, the_fixture

TOKEN = (
    "mutation ($i: CreateMoveTokenInput!) { createMoveToken(input: $i) { token expiresAt replayed errors { code } } }"
)
OPEN = "mutation ($i: OpenMoveInput!) { openMove(input: $i) { moveOffer { id state side } errors { code details } } }"
MOVE = """mutation ($i: MoveOrganizationInput!) { moveOrganization(input: $i) {
    organization { id parent { name } } errors { code details } } }"""
PREVIEW = """query ($o: ID!, $n: ID!) { previewMove(organizationId: $o, newSellerId: $n) {
    organizationCount blockers { code count } kept notKept } }"""
OFFERS = "{ moveOffers { nodes { id side state organizationName newSellerName organization { name } } } }"


async def the_sellers(platform: Platform) -> Fixture:
    """The rule book's fixture, each seller with a price list in SGD."""
    f = await the_fixture(platform)
    for seller in (f.o, f.r1, f.r2, f.r1a):
        await a_price_list(seller)
    return f


async def asked(who: Member | Credentials, document: str, platform: Platform, **variables: Any) -> Answer:
    credentials = await credentials_of(who) if isinstance(who, Member) else who
    return await ask(platform, credentials, document, **variables)


async def done(who: Member, document: str, **given: Any) -> dict[str, Any]:
    """The payload of a mutation."""
    answer = await asked(who, document, who.platform, i=given)
    assert answer.errors == []
    [payload] = answer.data.values()
    return dict(payload)


async def codes(who: Member, document: str, **given: Any) -> list[str]:
    """The codes of a refused mutation; nothing but the entry of the refusal is written (GEN-2)."""
    before = await everything(who.platform)
    found = [error["code"] for error in (await done(who, document, **given))["errors"]]
    after = await everything(who.platform)
    for table in ("audit_entry", "session"):
        before.pop(table), after.pop(table)
    assert found and after == before
    return found


def answering(action: str) -> str:
    """`acceptMove` or `refuseMove`."""
    return (
        f"mutation ($i: MoveOfferInput!) {{ {action}(input: $i) "
        "{ moveOffer { state } errors { code details } } }"
    )


def a_card(account_id: str) -> NewAccount:
    return NewAccount(account_id=account_id, account_role=AccountRole.PREPAID_CARD)


async def an_open_invoice(buyer: Organization, seller: Organization, *, micros: int) -> None:
    """An invoice that no payment is allocated to by itself, with this much open."""
    pair = {"organization_id": buyer.id, "path": buyer.path, "seller_id": seller.id}
    own = await wallet(buyer)
    days = {"issue_date": "2026-02-02", "due_date": "2026-03-02"}
    sums = {"net_micros": micros, "tax_micros": 0, "total_micros": micros, "open_micros": micros}
    async with platform_transaction(buyer.platform) as tx:
        await insert(
            tx, "invoice", id=new_id("inv"), **pair, wallet_id=own["id"], type="TAX", sequence_kind="TAX", counter=1,
            number="INV-1", issued_at=0, **days, overdue_at=2**60, currency="SGD", **sums,
            is_allocated_automatically=False, seller="{}", buyer="{}",
        )  # fmt: skip


async def a_token(owner: Member) -> str:
    made = await done(owner, TOKEN, organizationId=owner.organization_id)
    return str(made["token"])


async def an_offer(new_seller: Member, old_seller: Member, token: str) -> str:
    """An offer opened by the new seller; the old seller's id of it."""
    assert (await done(new_seller, OPEN, token=token))["errors"] == []
    answer = await asked(old_seller, OFFERS, old_seller.platform)
    return str(answer.data["moveOffers"]["nodes"][0]["id"])


async def stands_under(platform: Platform, organization: Organization) -> str | None:
    [row] = await rows(platform, "SELECT parent_id FROM organization WHERE id = $1", organization.id)
    return str(row["parent_id"])


async def require_sound_tree(platform: Platform) -> None:
    assert (await examine(platform)).faults == ()


async def test_a_20_a_preview_names_every_blocker_with_its_count(platform: Platform) -> None:
    f = await the_sellers(platform)
    await pay(f.c1, "5.00")
    await pay(f.c1, "1.00", method="BANK_TRANSFER")

    await an_open_invoice(f.c1, f.r1, micros=10_000)
    answer = await asked(f.ben, PREVIEW, platform, o=f.c1.id, n=f.r1a.id)
    assert answer.errors == []
    assert answer.data["previewMove"]["blockers"] == [
        {"code": "OPEN_INVOICE", "count": 1},
        {"code": "PAYMENT_PENDING", "count": 1},
        {"code": "WALLET_NOT_EMPTY", "count": 1},
    ]
    assert answer.data["previewMove"]["organizationCount"] == 1
    refused = await codes(f.ben, MOVE, organizationId=f.c1.id, newSellerId=f.r1a.id, token=await a_token(f.cora))
    assert refused == ["OPEN_INVOICE", "PAYMENT_PENDING", "WALLET_NOT_EMPTY"]


async def test_a_21_an_offer_moves_the_organization_and_leaves_what_was_the_sellers(platform: Platform) -> None:
    f = await the_sellers(platform)
    ron = await a_member(platform, of=f.r2, role="ADMIN", name="ron")
    tag = """mutation ($i: UpdateOrganizationInput!) { updateOrganization(input: $i) { errors { code } } }"""
    tags = [{"key": "CustomerRef", "value": "C-1"}]
    [version] = await rows(platform, "SELECT version FROM organization WHERE id = $1", f.c1.id)
    made = await done(f.ben, tag, id=f.c1.id, version=version["version"], buyerTags=tags)
    assert made["errors"] == []
    await limit(f.c1, "250.00")
    await a_policy_value(f.r1, "invitationDays", 3, buyer=f.c1)
    old_wallet = await wallet(f.c1)
    members = await rows(platform, "SELECT id, role FROM member WHERE organization_id = $1 ORDER BY id", f.c1.id)

    token = await a_token(f.cora)
    offer = await an_offer(ron, f.ben, token)
    assert (await done(f.ben, answering("acceptMove"), moveOfferId=offer))["moveOffer"] == {"state": "ACCEPTED"}

    [c1] = await rows(platform, "SELECT * FROM organization WHERE id = $1", f.c1.id)
    assert (c1["parent_id"], c1["billing_number"]) == (f.r2.id, "5001")
    assert c1["path"] == f.r2.path + f.c1.path.removeprefix(f.r1.path)
    assert members == await rows(
        platform,
        "SELECT id, role FROM member WHERE organization_id = $1 AND path = $2 ORDER BY id",
        f.c1.id,
        c1["path"],
    )
    assert await rows(platform, "SELECT * FROM buyer_tag") == []
    assert await rows(platform, "SELECT * FROM policy_value") == []
    new_wallet = await wallet(f.c1)
    assert (new_wallet["seller_id"], new_wallet["credit_limit_micros"], new_wallet["wallet_micros"]) == (f.r2.id, 0, 0)
    [closed] = await rows(platform, "SELECT path, closed_at FROM wallet WHERE id = $1", old_wallet["id"])
    assert closed["path"] == f.c1.path and closed["closed_at"] is not None

    one = "query ($id: ID!) { organization(id: $id) { name buyerTags { key } } }"
    assert (await asked(f.ben, one, platform, id=f.c1.id)).codes == ["NOT_FOUND"]
    key = await an_api_key(f.ada, scopes=("org:read",))
    assert (await asked(key, one, platform, id=f.c1.id)).codes == ["NOT_FOUND"]
    seen = await asked(ron, one, platform, id=f.c1.id)
    assert seen.data["organization"] == {"name": "C1", "buyerTags": []}
    await require_sound_tree(platform)


async def test_a_22_a_direct_move_needs_the_owners_token_unless_the_seller_manages(platform: Platform) -> None:
    f = await the_sellers(platform)
    admin = await a_member(platform, of=f.o, role="ADMIN", name="otto")
    assert await codes(admin, MOVE, organizationId=f.c1.id, newSellerId=f.r2.id) == ["CONSENT_REQUIRED"]
    moved = await done(admin, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id)
    assert moved["organization"] == {"id": f.c2.id, "parent": {"name": "R2"}}
    assert await stands_under(platform, f.c2) == f.r2.id


async def test_a_23_places_where_an_organization_cannot_move(platform: Platform) -> None:
    f = await the_sellers(platform)
    admin, token = await a_member(platform, of=f.o, role="ADMIN", name="otto"), await a_token(f.ada)
    for place, code in ((f.r1a, "MOVE_UNDER_SELF"), (f.c4, "PARENT_KIND_INVALID"), (f.o, "SAME_PARENT")):
        assert await codes(admin, MOVE, organizationId=f.r1.id, newSellerId=place.id, token=token) == [code]


async def test_tokens_and_offers_live_their_days_and_work_once(platform: Platform, clock: FixedClock) -> None:
    # 2026-02-02T20:00 in Singapore: 14 days end with 2026-02-16, local time (GEN-3)
    f = await the_sellers(platform)
    made = await done(f.cora, TOKEN, organizationId=f.c1.id)
    assert made["expiresAt"].startswith("2026-02-16T16:00:00")
    clock.advance_to(clock.now() + 14 * EXACT_DAY + 4 * EXACT_DAY // 24 - 1)
    offer = await an_offer(f.rob, f.ben, made["token"])
    # used, unknown, a second offer
    assert await codes(f.rob, OPEN, token=made["token"]) == ["NOT_FOUND"]
    assert await codes(f.rob, OPEN, token="tnm_unknown") == ["NOT_FOUND"]
    second = await a_token(f.cora)
    assert await codes(f.rob, OPEN, token=second) == ["MOVE_ALREADY_OPEN"]
    # the offer is over after 14 more days, and so is the second token
    clock.advance_to(clock.now() + 15 * EXACT_DAY)
    assert await codes(f.ada, answering("acceptMove"), moveOfferId=offer) == ["MOVE_EXPIRED"]
    assert await codes(f.ada, answering("refuseMove"), moveOfferId=offer) == ["MOVE_EXPIRED"]
    assert await codes(f.rob, OPEN, token=second) == ["MOVE_EXPIRED"]
    assert await codes(f.olga, MOVE, organizationId=f.c1.id, newSellerId=f.r2.id, token=second) == ["MOVE_EXPIRED"]
    assert await codes(await a_member(platform, of=f.r2, role="BILLING"), OPEN, token=second) == ["FORBIDDEN"]
    states = (await asked(f.ada, OFFERS, platform)).data["moveOffers"]["nodes"]
    assert [each["state"] for each in states] == ["EXPIRED"]
    # a new token opens a new offer
    await an_offer(f.rob, f.ada, await a_token(f.cora))
    states = (await asked(f.rob, OFFERS, platform)).data["moveOffers"]["nodes"]
    assert [(each["state"], each["side"], each["organization"]) for each in states] == [
        ("OPEN", "NEW_SELLER", None), ("EXPIRED", "NEW_SELLER", None),
    ]  # fmt: skip


async def test_the_old_seller_refuses_an_offer(platform: Platform) -> None:
    f = await the_sellers(platform)
    offer = await an_offer(f.rob, f.ada, await a_token(f.cora))
    [mine] = (await asked(f.rob, OFFERS, platform)).data["moveOffers"]["nodes"]
    assert await codes(f.rob, answering("acceptMove"), moveOfferId=mine["id"]) == ["FORBIDDEN"]
    assert await codes(f.rob, answering("acceptMove"), moveOfferId=offer) == ["NOT_FOUND"]
    assert await codes(f.sue, answering("refuseMove"), moveOfferId=offer) == ["FORBIDDEN"]
    assert await codes(f.olga, answering("acceptMove"), moveOfferId=offer) == ["FORBIDDEN"]
    assert (await done(f.ada, answering("refuseMove"), moveOfferId=offer))["moveOffer"] == {"state": "REFUSED"}
    assert await codes(f.ada, answering("acceptMove"), moveOfferId=offer) == ["NOT_FOUND"]
    assert await stands_under(platform, f.c1) == f.r1.id
    told = await rows(
        platform, "SELECT organization_id FROM outbox WHERE topic = 'notice.move_refused' ORDER BY organization_id"
    )
    assert [row["organization_id"] for row in told] == sorted((f.c1.id, f.r1.id, f.r2.id))


async def test_who_may_move(platform: Platform) -> None:
    f = await the_sellers(platform)
    for who in (f.dan, f.mia):
        assert await codes(who, TOKEN, organizationId=f.c1.id) == ["FORBIDDEN"]
    assert await codes(f.ada, TOKEN, organizationId=f.c1.id) == ["FORBIDDEN"]
    assert await codes(f.olga, TOKEN, organizationId=f.o.id) == ["OPERATOR_PROTECTED"]
    token = await a_token(f.cora)
    assert await codes(await a_member(platform, of=f.r2, role="BILLING"), OPEN, token=token) == ["FORBIDDEN"]
    assert await codes(f.ada, OPEN, token=token) == ["SAME_PARENT"]
    assert await codes(f.c4.someone, OPEN, token=token) == ["PARENT_KIND_INVALID"]
    # R1 does not see R2, SUPPORT may not, nobody moves himself
    assert await codes(f.ada, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id) == ["NOT_FOUND"]
    assert await codes(f.sue, MOVE, organizationId=f.c2.id, newSellerId=f.r1a.id) == ["FORBIDDEN"]
    assert await codes(f.ada, MOVE, organizationId=f.r1.id, newSellerId=f.r1a.id) == ["FORBIDDEN"]
    # another's token is as good as none
    assert await codes(f.ada, MOVE, organizationId=f.c2.id, newSellerId=f.r1a.id, token=token) == ["NOT_FOUND"]
    assert (await asked(f.sue, PREVIEW, platform, o=f.c1.id, n=f.r1a.id)).codes == ["FORBIDDEN"]
    assert (await asked(f.ada, PREVIEW, platform, o=f.c1.id, n=f.r2.id)).codes == ["NOT_FOUND"]
    # seller and new seller of one's own: allowed
    assert (await done(f.ada, MOVE, organizationId=f.c2.id, newSellerId=f.r1a.id))["errors"] == []


@pytest.mark.parametrize("is_suspended", ["organization", "seller"])
async def test_nothing_moves_from_or_to_where_it_is_not_active(platform: Platform, is_suspended: str) -> None:
    f = await the_sellers(platform)
    stopped = f.c2 if is_suspended == "organization" else f.r2
    suspend = "mutation ($i: SuspensionInput!) { suspendOrganization(input: $i) { errors { code } } }"
    above = f.ada if is_suspended == "organization" else f.olga
    assert (await done(above, suspend, organizationId=stopped.id, reason="SELLER"))["errors"] == []
    expected = "ORGANIZATION_NOT_ACTIVE" if is_suspended == "organization" else "PARENT_NOT_ACTIVE"
    assert await codes(f.olga, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id) == [expected]


async def test_every_blocker_of_the_relation_at_once(platform: Platform) -> None:
    f = await the_fixture(platform)  # R2 has no price list
    await change_wallet(f.c2, unbilled_micros="-1.00", due_micros="-0.000001")
    await rows(platform, "UPDATE organization SET billing_kind = 'CHILD' WHERE id = $1 RETURNING id", f.c2.id)
    refused = await codes(f.olga, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id)
    assert refused == ["BILLING_GROUP_OPEN", "CURRENCY_NOT_OFFERED", "UNBILLED_CHARGES", "WALLET_NOT_EMPTY"]
    await rows(
        platform, "UPDATE organization SET billing_kind = 'CORPORATE' WHERE id = $1 RETURNING id", f.c2.id
    )  # nobody is billed through it
    assert "BILLING_GROUP_OPEN" not in await codes(f.olga, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id)


PAYMENTS = "{ payments { nodes { amount { amount } } } ledgerTransactions { nodes { id } } }"


async def test_vis_6_the_closed_relation_stays_with_the_old_pair(platform: Platform) -> None:
    # given C1 paid R1 5.00, which R1 took back, so that the wallet is at 0
    f = await the_sellers(platform)
    await pay(f.c1, "5.00")
    [paid] = await rows(platform, "SELECT id FROM ledger_transaction WHERE organization_id = $1", f.c1.id)
    await do(f.ada, lambda uow: reverse_transaction(uow, paid["id"], "wrong customer"))
    before = {who.id: (await asked(who, PAYMENTS, platform)).data for who in (f.ada, f.cora, f.olga)}
    offer = await an_offer(f.rob, f.ada, await a_token(f.cora))
    assert (await done(f.ada, answering("acceptMove"), moveOfferId=offer))["errors"] == []
    # then both of the pair, and those above the old seller, read what they read; the new seller reads none of it
    for who in (f.ada, f.cora, f.olga):
        seen = await asked(who, PAYMENTS, platform)
        assert seen.data == before[who.id] and seen.data["payments"]["nodes"]
    assert (await asked(f.rob, PAYMENTS, platform)).data == {
        "payments": {"nodes": []},
        "ledgerTransactions": {"nodes": []},
    }
    # and what C1 pays from now on, the old seller does not see
    await pay(await organization_of(platform, f.c1.id), "7.00")
    assert (await asked(f.ada, PAYMENTS, platform)).data == before[f.ada.id]
    amounts = [each["amount"]["amount"] for each in (await asked(f.rob, PAYMENTS, platform)).data["payments"]["nodes"]]
    assert amounts == ["7.00"]


async def test_the_log_tells_a_later_seller_nothing_of_the_money_before(platform: Platform) -> None:
    f = await the_sellers(platform)
    await limit(f.c1, "250.00")
    log = "{ auditEntries(first: 100) { nodes { entityType action after } } }"

    async def told(who: Member) -> list[str]:
        nodes = (await asked(who, log, platform)).data["auditEntries"]["nodes"]
        return [each["entityType"] for each in nodes if "creditLimitMicros" in (each["after"] or {})]

    assert await told(f.cora) == await told(f.ada) == ["Wallet"]
    offer = await an_offer(f.rob, f.ada, await a_token(f.cora))
    assert (await done(f.ada, answering("acceptMove"), moveOfferId=offer))["errors"] == []
    assert await told(f.cora) == await told(f.ada) == await told(f.olga) == ["Wallet"]
    assert await told(f.rob) == []
    # everything else of C1's own log is read where C1 stands now
    kinds = {each["entityType"] for each in (await asked(f.rob, log, platform)).data["auditEntries"]["nodes"]}
    assert {"Organization", "Member", "MoveToken", "Wallet"} <= kinds
    await require_sound_tree(platform)


async def test_a_reseller_moves_with_all_below_it_and_keeps_its_relations(platform: Platform) -> None:
    # given R1a sells to C3, who paid it
    f = await the_sellers(platform)
    rita, cleo = f.r1a.someone, f.c3.someone
    await pay(f.c3, "9.00")
    before = (await asked(rita, PAYMENTS, platform)).data
    offer = await an_offer(f.rob, f.ada, await a_token(rita))
    assert (await done(f.ada, answering("acceptMove"), moveOfferId=offer))["errors"] == []
    # then R1a still sees what it sold, R2 stands above it now, R1 sees nothing of it, C3 is as before
    assert (await asked(rita, PAYMENTS, platform)).data == before
    assert (await asked(f.rob, PAYMENTS, platform)).data == before
    assert (await asked(f.ada, PAYMENTS, platform)).data["payments"]["nodes"] == []
    assert (await asked(cleo, PAYMENTS, platform)).data["payments"]["nodes"] == [{"amount": {"amount": "9.00"}}]
    await pay(await organization_of(platform, f.c3.id), "1.00")
    names = "{ organizations { nodes { name } } }"
    listed = [each["name"] for each in (await asked(f.rob, names, platform)).data["organizations"]["nodes"]]
    assert listed == ["C3", "C4", "R1a", "R2"]
    listed = [each["name"] for each in (await asked(f.ada, names, platform)).data["organizations"]["nodes"]]
    assert listed == ["C1", "C2", "R1"]
    log = "{ auditEntries(first: 100) { nodes { entityType } } }"
    assert (await asked(cleo, log, platform)).data["auditEntries"]["nodes"]
    await require_sound_tree(platform)
    await require_sound_books(platform)


async def test_a_batch_update_counts_in_everything_that_moves(platform: Platform) -> None:
    f = await the_sellers(platform)
    rita = f.r1a.someone
    batch = await a_batch(f.c3.someone, f.c3, "Cards", [a_card("c1"), a_card("c2")])
    previewed = await preview(f.c3.someone, batch, {"status": {"to": "BLOCKED"}})
    await confirm(f.c3.someone, previewed)
    token = await a_token(rita)
    refused = await codes(f.olga, MOVE, organizationId=f.r1a.id, newSellerId=f.r2.id, token=token)
    assert refused == ["BATCH_UPDATE_RUNNING"]
    await rows(platform, "UPDATE batch_update SET state = 'COMPLETED' RETURNING id")
    assert (await done(f.olga, MOVE, organizationId=f.r1a.id, newSellerId=f.r2.id, token=token))["errors"] == []


async def test_an_account_id_is_taken_once_per_seller_after_a_move_too(platform: Platform) -> None:
    f = await the_sellers(platform)
    for customer, maker in ((f.c2, f.ada), (f.c4, f.c4.someone)):
        await a_batch(maker, customer, "Cards", [a_card("same"), a_card(customer.name)])
    assert await codes(f.olga, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id) == ["ACCOUNT_ID_TAKEN"]
    await rows(platform, "UPDATE account SET lifecycle = 'CLOSED' WHERE organization_id = $1 RETURNING id", f.c4.id)
    assert (await done(f.olga, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id))["errors"] == []
    sold_by = await rows(platform, "SELECT DISTINCT seller_id FROM account")
    assert sold_by == [{"seller_id": f.r2.id}]


async def test_subscriptions_go_along_when_the_new_seller_offers_their_plan(platform: Platform) -> None:
    f = await the_sellers(platform)
    plan = await a_plan(f.o, prices=[(f.o, "1.00"), (f.r1, "10.00")])
    await limit(f.r1, "100.00")
    await pay(f.c2, "10.00")
    bought = await buy(f.ada, f.c2, plan)
    assert await codes(f.olga, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id) == ["PLAN_NOT_OFFERED"]
    await a_price(f.r2, plan, "12.00")
    assert (await done(f.olga, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id))["errors"] == []
    [kept] = await rows(platform, "SELECT * FROM subscription WHERE id = $1", bought["subscriptionId"])
    assert (kept["seller_id"], kept["organization_id"]) == (f.r2.id, f.c2.id)
    shown = "query ($id: ID!) { subscription(id: $id) { sellerName status } }"
    seen = await asked(f.rob, shown, platform, id=bought["subscriptionId"])
    assert seen.data["subscription"] == {"sellerName": "R2", "status": "ACTIVE"}
    assert (await asked(f.ada, shown, platform, id=bought["subscriptionId"])).codes == ["NOT_FOUND"]
    # what is bought now asks the new seller's list, of the new wallet
    await limit(f.r2, "100.00")
    moved = await organization_of(platform, f.c2.id)
    await pay(moved, "12.00")
    await buy(f.rob, moved, plan)
    assert await balance(moved) == "0.00"
    await require_sound_tree(platform)
    await require_sound_books(platform)


async def test_trials_and_dunning_stand_in_the_way(platform: Platform, clock: FixedClock) -> None:
    f = await the_sellers(platform)
    plan = await a_plan(f.o, prices=[(f.o, "1.00"), (f.r1, "10.00"), (f.r2, "12.00")])
    await limit(f.r1, "100.00")
    await pay(f.c2, "10.00")
    await buy(f.ada, f.c2, plan)
    await do(f.ada, lambda uow: start_trial(uow, TrialOrder(f.c1.id, plan)))
    token = await a_token(f.cora)
    assert await codes(f.olga, MOVE, organizationId=f.c1.id, newSellerId=f.r2.id, token=token) == ["TRIAL_RUNNING"]
    clock.advance_to(clock.now() + 40 * EXACT_DAY)
    assert await codes(f.olga, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id) == ["IN_DUNNING"]


async def test_the_same_move_twice_is_one_and_a_replay_holds_no_token(platform: Platform) -> None:
    f = await the_sellers(platform)
    first = await done(f.cora, TOKEN, organizationId=f.c1.id, idempotencyKey="k1")
    again = await done(f.cora, TOKEN, organizationId=f.c1.id, idempotencyKey="k1")
    assert again == {**first, "token": None, "replayed": True}
    given = {"organizationId": f.c1.id, "newSellerId": f.r2.id, "token": first["token"], "idempotencyKey": "k2"}
    assert (await done(f.olga, MOVE, **given))["errors"] == []
    assert (await done(f.olga, MOVE, **given))["errors"] == []
    assert await codes(f.olga, MOVE, organizationId=f.c1.id, newSellerId=f.r1.id, token=first["token"]) == ["NOT_FOUND"]
    stored = [json.dumps(row) for row in await rows(platform, "SELECT * FROM audit_entry")]
    assert not any(first["token"] in entry for entry in stored)


async def test_move_2_who_moves_sees_what_became_of_its_token(platform: Platform) -> None:
    # given an offer about C1, and one about C4
    f = await the_sellers(platform)
    offer = await an_offer(f.rob, f.ada, await a_token(f.cora))
    await an_offer(f.ada, f.rob, await a_token(f.c4.someone))

    # then C1 sees the one about itself alone, as what moves
    mine = {"id": offer, "side": "MOVING", "state": "OPEN", "organizationName": "C1", "newSellerName": "R2"}
    for who in (f.cora, f.dan):
        seen = (await asked(who, OFFERS, platform)).data["moveOffers"]["nodes"]
        assert seen == [mine | {"organization": {"name": "C1"}}]
    assert (await asked(f.mia, OFFERS, platform)).codes == ["FORBIDDEN"]
    assert (await asked(f.c3.someone, OFFERS, platform)).data["moveOffers"]["nodes"] == []
    sides = "query ($s: [MoveSide!]) { moveOffers(filter: {side: $s}) { nodes { side } } }"
    for side, count in (("MOVING", 1), ("OLD_SELLER", 0), ("NEW_SELLER", 0)):
        assert len((await asked(f.cora, sides, platform, s=[side])).data["moveOffers"]["nodes"]) == count
    by_role = [each["side"] for each in (await asked(f.ada, OFFERS, platform)).data["moveOffers"]["nodes"]]
    assert sorted(by_role) == ["NEW_SELLER", "OLD_SELLER"]

    # and answers nothing itself; how it ended stays to be read
    for action in ("acceptMove", "refuseMove"):
        assert await codes(f.cora, answering(action), moveOfferId=offer) == ["FORBIDDEN"]
    assert (await done(f.ada, answering("acceptMove"), moveOfferId=offer))["errors"] == []
    [seen] = (await asked(f.cora, OFFERS, platform)).data["moveOffers"]["nodes"]
    assert (seen["id"], seen["side"], seen["state"]) == (offer, "MOVING", "ACCEPTED")


async def test_org_16_an_offer_about_a_stopped_organization_waits(platform: Platform) -> None:
    f = await the_sellers(platform)
    offer = await an_offer(f.rob, f.ada, await a_token(f.cora))
    suspension = "mutation ($i: SuspensionInput!) {{ {}(input: $i) {{ errors {{ code }} }} }}"
    given = {"organizationId": f.c1.id, "reason": "SELLER"}
    assert (await done(f.ada, suspension.format("suspendOrganization"), **given))["errors"] == []
    for action in ("acceptMove", "refuseMove"):
        assert await codes(f.ada, answering(action), moveOfferId=offer) == ["ORGANIZATION_NOT_ACTIVE"]
    assert (await done(f.ada, suspension.format("liftSuspension"), **given))["errors"] == []
    assert (await done(f.ada, answering("refuseMove"), moveOfferId=offer))["moveOffer"] == {"state": "REFUSED"}
