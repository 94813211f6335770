"""Moves against other writers at once: exactly one outcome, and no row that stands where nobody stands (GEN-7)."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from tenants.doctor import examine
from tenants.unit_of_work import Platform
from tests.graph.asking import Answer, ask
from tests.makers import Member, credentials_of
from tests.makers_billing import a_plan, a_price_list, limit, pay, require_sound_books, rows
from tests.rules.fixture_organizations import Fixture, the_fixture

MOVE = "mutation ($i: MoveOrganizationInput!) { moveOrganization(input: $i) { errors { code } } }"
TOKEN = "mutation ($i: CreateMoveTokenInput!) { createMoveToken(input: $i) { token } }"
OPEN = "mutation ($i: OpenMoveInput!) { openMove(input: $i) { errors { code } } }"
ACCEPT = "mutation ($i: MoveOfferInput!) { acceptMove(input: $i) { errors { code } } }"
REFUSE = "mutation ($i: MoveOfferInput!) { refuseMove(input: $i) { errors { code } } }"
CREATE = "mutation ($i: CreateOrganizationInput!) { createOrganization(input: $i) { errors { code } } }"
PURCHASE = "mutation ($i: PurchaseSubscriptionInput!) { purchaseSubscription(input: $i) { errors { code } } }"
LIST = "{ organizations { nodes { name } } }"


async def the_sellers(platform: Platform) -> Fixture:
    f = await the_fixture(platform)
    for seller in (f.o, f.r1, f.r2, f.r1a):
        await a_price_list(seller)
    return f


async def sent(who: Member, document: str, **given: Any) -> list[str]:
    """The codes of the answer; none: carried out."""
    answer: Answer = await ask(who.platform, await credentials_of(who), document, i=given)
    assert answer.errors == []
    [payload] = answer.data.values()
    return [error["code"] for error in payload["errors"]]


async def at_once(*sending: Awaitable[list[str]]) -> list[list[str]]:
    return list(await asyncio.gather(*sending))


async def require_sound(platform: Platform) -> None:
    assert (await examine(platform)).faults == ()
    await require_sound_books(platform)


async def test_of_two_moves_at_once_one_comes_first(platform: Platform) -> None:
    # given C2 is to go to R2 and to R1a; and R1a under R2 while R2 goes under R1a
    f = await the_sellers(platform)
    both = await at_once(
        sent(f.olga, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id),
        sent(f.olga, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id),
    )
    assert sorted(both) == [[], ["SAME_PARENT"]]
    await rows(platform, "UPDATE organization SET managed_by = 'SERVICE_PROVIDER' RETURNING id")
    both = await at_once(
        sent(f.olga, MOVE, organizationId=f.r1.id, newSellerId=f.r2.id),
        sent(f.olga, MOVE, organizationId=f.r2.id, newSellerId=f.r1.id),
    )
    assert sorted(both) == [[], ["MOVE_UNDER_SELF"]]
    assert (
        len(await rows(platform, "SELECT id FROM wallet WHERE organization_id = $1 AND closed_at IS NULL", f.c2.id))
        == 1
    )
    await require_sound(platform)


async def test_an_offer_is_opened_once_and_answered_once(platform: Platform) -> None:
    f = await the_sellers(platform)
    made = await ask(platform, await credentials_of(f.cora), TOKEN, i={"organizationId": f.c1.id})
    token = made.data["createMoveToken"]["token"]
    opened = await at_once(sent(f.rob, OPEN, token=token), sent(f.rob, OPEN, token=token))
    assert sorted(opened) == [[], ["NOT_FOUND"]]
    [offer] = await rows(platform, "SELECT id FROM move_offer WHERE side = 'OLD_SELLER'")
    accepted, refused, again = await at_once(
        sent(f.ada, ACCEPT, moveOfferId=offer["id"]),
        sent(f.ada, REFUSE, moveOfferId=offer["id"]),
        sent(f.ada, ACCEPT, moveOfferId=offer["id"]),
    )
    assert sorted((accepted, refused, again)) == [[], ["NOT_FOUND"], ["NOT_FOUND"]]
    [c1] = await rows(platform, "SELECT parent_id FROM organization WHERE id = $1", f.c1.id)
    assert c1["parent_id"] == (f.r1.id if refused == [] else f.r2.id)
    states = await rows(platform, "SELECT DISTINCT state FROM move_offer")
    assert states == [{"state": "REFUSED" if refused == [] else "ACCEPTED"}]
    await require_sound(platform)


async def test_a_move_against_creations_below_what_moves(platform: Platform) -> None:
    f = await the_sellers(platform)
    await rows(platform, "UPDATE organization SET managed_by = 'SERVICE_PROVIDER' RETURNING id")
    new = {"parentId": f.r1a.id, "kind": "CUSTOMER", "country": "SG", "currency": "SGD", "timezone": "UTC",
           "pricingModel": "APP", "managedBy": "SERVICE_PROVIDER"}  # fmt: skip
    made = await at_once(
        sent(f.r1a.someone, CREATE, name="First", **new),
        sent(f.olga, MOVE, organizationId=f.r1a.id, newSellerId=f.r2.id),
        sent(f.r1a.someone, CREATE, name="Second", **new),
    )
    assert made == [[], [], []]
    stand = await rows(platform, "SELECT path FROM organization WHERE parent_id = $1", f.r1a.id)
    assert len(stand) == 3 and all(row["path"].startswith(f.r2.path) for row in stand)
    await require_sound(platform)


async def test_a_move_against_a_purchase(platform: Platform) -> None:
    # given C2 may buy of R1 for all the money it has, which stands in the way of a move until it is spent
    f = await the_sellers(platform)
    plan = await a_plan(f.o, prices=[(f.o, "1.00"), (f.r1, "10.00"), (f.r2, "10.00")])
    for seller in (f.r1, f.r2):
        await limit(seller, "100.00")
    await limit(f.c2, "10.00")
    buying = {"organizationId": f.c2.id, "planId": plan, "quantity": 1, "cycleMonths": 1, "idempotencyKey": "p1"}
    bought, moved = await at_once(
        sent(f.ada, PURCHASE, **buying), sent(f.olga, MOVE, organizationId=f.c2.id, newSellerId=f.r2.id)
    )
    # then either it was bought on credit and the debt stands in the way, or it was R2's before R1 could sell
    assert (bought, moved) in (([], ["OPEN_INVOICE", "WALLET_NOT_EMPTY"]), (["NOT_FOUND"], []))
    await require_sound(platform)


async def test_a_move_against_a_payment_and_readers(platform: Platform) -> None:
    f = await the_sellers(platform)
    await rows(platform, "UPDATE organization SET managed_by = 'SERVICE_PROVIDER' RETURNING id")
    old, new = {"C1", "C2", "C3", "R1", "R1a"}, {"C1", "C2", "R1"}
    rita = f.r1a.someone

    async def read(who: Member) -> list[str]:
        names = []
        for _ in range(6):
            answer = await ask(platform, await credentials_of(who), LIST)
            assert answer.errors == []
            names.append(" ".join(each["name"] for each in answer.data["organizations"]["nodes"]))
        return names

    async def paying() -> list[str]:
        await pay(f.c3, "3.00")
        return []

    moved, _, seen, own = await at_once(
        sent(f.olga, MOVE, organizationId=f.r1a.id, newSellerId=f.r2.id), paying(), read(f.ada), read(rita)
    )
    assert moved == []
    assert {frozenset(names.split()) for names in seen} <= {frozenset(old), frozenset(new)}
    assert set(own) == {"C3 R1a"}  # whoever moves always sees what is its own
    await require_sound(platform)
