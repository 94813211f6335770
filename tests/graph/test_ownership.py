"""`transferOwnership`: what the payload shows, what is refused, that nothing else moves."""

from core.clock import MINUTE, FixedClock
from tenants.permissions import Role
from tenants.unit_of_work import Platform
from tests.graph.asking import ask
from tests.graph.billing_documents import codes, done
from tests.makers import a_member, credentials_of
from tests.rules.fixture_organizations import the_fixture

TRANSFER = """mutation ($input: TransferOwnershipInput!) { transferOwnership(input: $input) { replayed
    errors { code field } owner { id role } formerOwner { id role contactFor }
    organization { billingEmail owner { id } members(filter: {role: [OWNER]}) { totalCount } } } }"""


async def test_a_44_the_owner_transfers(platform: Platform) -> None:
    tree = await the_fixture(platform)
    order = {"organizationId": tree.c1.id, "memberId": tree.dan.id, "idempotencyKey": "o1"}
    session = await credentials_of(tree.cora)
    first = (await ask(platform, session, TRANSFER, input=order)).data["transferOwnership"]
    assert first == {
        "replayed": False, "errors": [], "owner": {"id": tree.dan.id, "role": "OWNER"},
        "formerOwner": {"id": tree.cora.id, "role": "ADMIN", "contactFor": ["TECH", "ACCOUNTS", "GENERAL"]},
        "organization": {"billingEmail": tree.cora.email, "owner": {"id": tree.dan.id}, "members": {"totalCount": 1}},
    }  # fmt: skip
    again = (await ask(platform, session, TRANSFER, input=order)).data["transferOwnership"]
    assert again == first | {"replayed": True}
    other = (await ask(platform, session, TRANSFER, input=order | {"idempotencyKey": "o2"})).data["transferOwnership"]
    assert codes(other) == ["FORBIDDEN"]


async def test_a_46_who_may_transfer(platform: Platform) -> None:
    tree = await the_fixture(platform)
    zoe = await a_member(platform, of=tree.c2, role=Role.MEMBER, name="zoe")
    assert codes(await done(tree.dan, TRANSFER, organizationId=tree.c1.id, memberId=tree.mia.id)) == ["FORBIDDEN"]
    moved = await done(tree.ben, TRANSFER, organizationId=tree.c2.id, memberId=zoe.id)
    assert (moved["owner"], moved["formerOwner"]["role"]) == ({"id": zoe.id, "role": "OWNER"}, "MEMBER")
    assert codes(await done(tree.ben, TRANSFER, organizationId=tree.c1.id, memberId=tree.mia.id)) == ["FORBIDDEN"]


async def test_own_2_blockers_are_named_at_once(platform: Platform) -> None:
    tree = await the_fixture(platform)
    pending = await a_member(platform, of=tree.c1, accepted=False)
    refused = await done(tree.cora, TRANSFER, organizationId=tree.c1.id, memberId=pending.id)
    assert (codes(refused), refused["organization"]) == (["TARGET_INVITATION_PENDING"], None)
    assert codes(await done(tree.cora, TRANSFER, organizationId=tree.c1.id, memberId=tree.cora.id)) == [
        "TARGET_IS_OWNER"
    ]
    below = await done(tree.ada, TRANSFER, organizationId=tree.r1.id, memberId=tree.dan.id)
    assert codes(below) == ["TARGET_NOT_MEMBER"]
    unseen = await done(tree.cora, TRANSFER, organizationId=tree.c1.id, memberId=tree.ben.id)
    missing = await done(tree.cora, TRANSFER, organizationId=tree.c1.id, memberId="mem_01jzzzzzzzzzzzzzzzzzzzzzzz")
    assert codes(unseen) == ["NOT_FOUND"]
    assert unseen == missing


async def test_own_1_the_password_is_ten_minutes_old(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    session = await credentials_of(tree.cora)
    clock.advance_to(clock.now() + 10 * MINUTE)
    order = {"organizationId": tree.c1.id, "memberId": tree.dan.id}
    answer = await ask(platform, session, TRANSFER, input=order)
    assert codes(answer.data["transferOwnership"]) == ["REAUTH_REQUIRED"]
