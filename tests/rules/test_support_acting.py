"""What is done while acting: money, members, refusals and values of Policy (SUP-7, SUP-15, AUD-3, POL-1, POL-4)."""

from core.clock import HOUR, MINUTE, FixedClock
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import everything
from tests.graph.asking import ask
from tests.graph.billing_documents import PURCHASE, QUOTE, a_priced_tree, done
from tests.makers_support import APPROVE, OPEN, a_session, an_open_session, asking_for, codes, read, sent
from tests.rules.fixture_organizations import the_fixture

SET_FOR_BUYER = "mutation ($input: SetPolicyForBuyerInput!) { setPolicyForBuyer(input: $input) { errors { code } } }"
INVITE = """mutation ($input: CreateMemberInput!) { createMember(input: $input) { errors { code }
    member { givenName invitation } } }"""
NEW_CONTACT = """mutation ($input: RequestOwnerContactChangeInput!) {
    requestOwnerContactChange(input: $input) { errors { code } } }"""
RENAME = "mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) { errors { code } } }"


async def test_a_purchase_as_the_organization_is_the_supporters_and_its_own(platform: Platform) -> None:
    # given R2 acting for its customer, writing in subscriptions
    tree = await a_priced_tree(platform)
    session_id, supporter = await an_open_session(
        tree.r2.someone, tree.customer, tree.customer.someone, access="WRITE", areas=["subscriptions"]
    )
    # when it asks for a quote and buys
    order = {"organizationId": tree.customer.id, "planId": tree.plan}
    quote = await ask(platform, supporter, QUOTE, input=order)
    assert quote.errors == [] and len(quote.data["quotePurchase"]["levels"]) == 1
    bought = await sent(supporter, PURCHASE, platform, **order, idempotencyKey="k1")
    # then the subscription is the customer's, and each entry of it, at every level, tells of the session
    assert bought["errors"] == [] and bought["subscription"]["status"] == "ACTIVE"
    async with platform_transaction(platform) as tx:
        rows = await tx.fetch("SELECT * FROM audit_entry WHERE action = 'purchaseSubscription'")
    assert rows and {row["support_session_id"] for row in rows} == {session_id}
    assert {row["actor_organization_id"] for row in rows} == {tree.r2.id}
    assert {row["on_behalf_of_organization_id"] for row in rows} == {tree.customer.id}


async def test_members_are_invited_while_acting_and_no_link_is_seen(platform: Platform) -> None:
    tree = await the_fixture(platform)
    _, supporter = await an_open_session(tree.sue, tree.c1, tree.cora, access="WRITE", areas=["members"])
    given = {"organizationId": tree.c1.id, "givenName": "Eve", "email": "eve@c1.test", "portalAccess": True}
    made = await sent(supporter, INVITE, platform, **given)
    assert made == {"errors": [], "member": {"givenName": "Eve", "invitation": "PENDING"}}
    for area, value in (("policy", SET_FOR_BUYER),):
        values = {"buyerId": tree.c1.id, "values": [{"name": "trialDays", "value": 5}]}
        assert await codes(supporter, value, platform, **values) == ["FORBIDDEN_WHILE_ACTING"], area


async def test_aud_3_a_refused_command_is_in_the_targets_log(platform: Platform) -> None:
    tree = await the_fixture(platform)
    session_id, supporter = await an_open_session(tree.sue, tree.c1, tree.cora)
    assert await codes(supporter, RENAME, platform, id=tree.c1.id, version=1, name="Other") == ["SCOPE_MISSING"]
    missing = "query ($id: ID!) { organization(id: $id) { name } }"
    assert (await ask(platform, supporter, missing, id=tree.c2.id)).codes == ["NOT_FOUND"]
    async with platform_transaction(platform) as tx:
        rows = await tx.fetch(
            "SELECT action, result_code, entity_id, organization_id, before_values, ticket FROM audit_entry "
            "WHERE support_session_id = $1 ORDER BY id",
            session_id,
        )
    assert [tuple(dict(row).values()) for row in rows] == [
        ("updateOrganization", "SCOPE_MISSING", None, tree.c1.id, None, "T-17"),
        ("organization", "NOT_FOUND", None, tree.c1.id, None, "T-17"),
    ]


async def test_pol_1_the_target_decides_and_what_is_asked_keeps_its_values(
    platform: Platform, clock: FixedClock
) -> None:
    tree = await the_fixture(platform)
    values = [{"name": "supportSessionMinutes", "value": 30}, {"name": "supportApprovalHours", "value": 2}]
    assert await done(tree.ada, SET_FOR_BUYER, buyerId=tree.c1.id, values=values) == {"errors": []}
    assert await codes(tree.sue, OPEN, platform, **asking_for(tree.c1, minutes=31)) == ["SESSION_TOO_LONG"]
    session_id, supporter = await a_session(tree.sue, tree.c1)
    # when the values change while it waits, it keeps those it was asked with
    values = [{"name": "supportSessionMinutes", "value": 5}, {"name": "supportApprovalHours", "value": 100}]
    assert await done(tree.ada, SET_FOR_BUYER, buyerId=tree.c1.id, values=values) == {"errors": []}
    clock.advance_to(clock.now() + 2 * HOUR - 1)
    approved = await sent(tree.cora, APPROVE, platform, supportSessionId=session_id)
    assert approved["supportSession"]["minutes"] == 30
    clock.advance_to(clock.now() + 30 * MINUTE - 1)
    assert (await read(platform, supporter)).errors == []
    clock.advance_to(clock.now() + 1)
    assert (await read(platform, supporter)).codes == ["SUPPORT_SESSION_ENDED"]


async def test_sup_8_nobody_takes_an_ownership_over_through_the_owners_email(platform: Platform) -> None:
    tree = await the_fixture(platform)
    _, supporter = await an_open_session(
        tree.sue, tree.c1, tree.cora, kind="LOGIN_AS", memberId=tree.cora.id, access="WRITE", areas=["members"]
    )
    before = await everything(platform)
    given = {"memberId": tree.cora.id, "email": "sue@elsewhere.test"}
    assert await codes(supporter, NEW_CONTACT, platform, **given) == ["FORBIDDEN_WHILE_ACTING"]
    after = await everything(platform)
    assert {table for table in after if after[table] != before[table]} == {"audit_entry"}
