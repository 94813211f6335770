"""Who uses a subscription when members come and go (SUB-91, MEM-8)."""

import json

from tenants.permissions import Role
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import PURCHASE, asked, codes, done
from tests.makers import a_member
from tests.makers_billing import a_plan, rows
from tests.makers_subscriptions import a_chain, assign

REMOVE = "mutation ($input: MemberInput!) { removeMember(input: $input) { errors { code } memberId } }"
UPDATE = "mutation ($input: UpdateMemberInput!) { updateMember(input: $input) { errors { code } } }"
HAND_ON = "mutation ($input: TransferOwnershipInput!) { transferOwnership(input: $input) { errors { code } } }"
ALERTS = "{ alerts(filter: {isOpen: true}) { nodes { kind } } }"


async def test_ss_37_assignments_stay_with_a_new_owner_and_end_with_the_member(platform: Platform) -> None:
    chain = await a_chain(platform)
    first = chain.customer.someone
    plan = await a_plan(chain.operator, prices=[(chain.operator, "9"), (chain.reseller, "30")])
    order = {"organizationId": chain.customer.id, "planId": plan, "quantity": 3, "idempotencyKey": "k"}
    subscription = (await done(first, PURCHASE, **order))["subscription"]["id"]
    roles = (Role.ADMIN, Role.MEMBER)
    second, third = [await a_member(platform, of=chain.customer, role=role) for role in roles]
    for member in (second, third):
        await assign(member, subscription)

    async def assigned() -> set[str]:
        found = await rows(platform, "SELECT member_id FROM subscription_assignment")
        return {row["member_id"] for row in found}

    assert codes(await done(first, HAND_ON, organizationId=chain.customer.id, memberId=second.id)) == []
    assert await assigned() == {first.id, second.id, third.id}
    assert codes(await done(second, REMOVE, memberId=first.id)) == []
    assert await assigned() == {second.id, third.id}
    (version,) = [row["version"] for row in await rows(platform, "SELECT version FROM member WHERE id = $1", third.id)]
    gone = await done(second, UPDATE, memberId=third.id, version=version, portalAccess=False)
    assert (codes(gone), await assigned()) == ([], {second.id})
    assert (await asked(second, ALERTS)).data["alerts"]["nodes"] == []

    # The OWNER stays assigned; once it has handed on and left, nobody is.
    fourth = await a_member(platform, of=chain.customer, role=Role.ADMIN)
    assert codes(await done(second, HAND_ON, organizationId=chain.customer.id, memberId=fourth.id)) == []
    assert codes(await done(fourth, REMOVE, memberId=second.id)) == []
    assert await assigned() == set()
    assert [each["kind"] for each in (await asked(fourth, ALERTS)).data["alerts"]["nodes"]] == ["UNASSIGNED"]
    entries = await rows(
        platform, "SELECT before_values FROM audit_entry WHERE entity_id = $1 AND action = 'removeMember' ORDER BY id",
        subscription,
    )  # fmt: skip
    assert [json.loads(entry["before_values"])["assignedMemberId"] for entry in entries] == [first.id, second.id]
