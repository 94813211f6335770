"""Scenarios of moving in the tree through the API: A-20 to A-23, and each rule of MOVE-1 to MOVE-8."""

from typing import Any

import pytest

from core.clock import EXACT_DAY, FixedClock
from tenants.actor import Credentials
from tenants.doctor import examine
from tenants.questions import open_invoice_count
from tenants.unit_of_work import Platform, UnitOfWork
from tests.acting import everything
from tests.graph.asking import Answer, ask
from tests.makers import Member, Organization, a_member, an_api_key, credentials_of
from tests.makers_billing import a_policy_value, a_price_list, change_wallet, limit, pay, rows, wallet
from tests.rules.fixture_organizations import Fixture, the_fixture

TOKEN = "mutation ($i: CreateMoveTokenInput!) { createMoveToken(input: $i) { token expiresAt replayed errors { code } } }"
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

    async def one_open(uow: UnitOfWork, organization_id: str) -> int:
        return int(organization_id == f.c1.id)

    open_invoice_count(one_open)
    try:
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
    finally:
        open_invoice_count.forget(one_open)


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
        platform, "SELECT id, role FROM member WHERE organization_id = $1 AND path = $2 ORDER BY id", f.c1.id, c1["path"]
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
