"""VIS-1 to VIS-8 through the API: who sees what upward, one row refused alike by every way, and what a key may do."""

from dataclasses import replace
from typing import Any

import pytest

from core.ids import new_id
from tenants.unit_of_work import Platform
from tests.graph.asking import ask
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, a_member, an_api_key, credentials_of
from tests.makers_billing import a_plan
from tests.makers_subscriptions import a_chain, bought, set_policy
from tests.rules.fixture_organizations import the_fixture

SELLER = "{ viewer { seller { name } permissions } }"
NODE = "query ($id: ID!) { node(id: $id) { id } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
RENAME = "mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) { errors { code } } }"


async def test_a_73_what_is_seen_above_below_and_beside(platform: Platform) -> None:
    tree = await the_fixture(platform)
    listed = await asked(tree.ada, "{ organizations { totalCount nodes { name } } }")
    names = [each["name"] for each in listed.data["organizations"]["nodes"]]
    assert (names, listed.data["organizations"]["totalCount"]) == (["C1", "C2", "C3", "R1", "R1a"], 5)

    stranger, missing = [await asked(tree.ada, NODE, id=each) for each in (tree.c4.id, new_id("org"))]
    assert stranger == missing
    assert stranger.codes == ["NOT_FOUND"]

    assert (await asked(tree.cora, SELLER)).data["viewer"]["seller"] == {"name": "R1"}
    assert (await asked(tree.cora, NODE, id=tree.r1.id)).codes == ["NOT_FOUND"]


async def test_a_74_below_a_buyer_nothing_is_renamed_and_a_customer_sees_itself(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert codes(await done(tree.ada, RENAME, id=tree.c3.id, version=1, name="New")) == ["FORBIDDEN"]
    listed = await asked(tree.cora, "{ organizations { totalCount nodes { name } } }")
    assert listed.data == {"organizations": {"totalCount": 1, "nodes": [{"name": "C1"}]}}


async def test_vis_2_the_sellers_card_is_for_every_role_and_the_top_has_none(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert (await asked(tree.mia, SELLER)).data["viewer"]["seller"] == {"name": "R1"}
    assert (await asked(tree.ada, SELLER)).data["viewer"]["seller"] == {"name": tree.o.name}
    assert (await asked(tree.olga, SELLER)).data["viewer"]["seller"] is None


async def test_vis_2_a_path_is_shown_from_the_viewers_own_segment_on(platform: Platform) -> None:
    tree = await the_fixture(platform)
    segment = {each.name: each.path.split(".")[-2] for each in (tree.o, tree.r1, tree.r1a, tree.c3)}
    document = "query ($id: ID!) { organization(id: $id) { path } }"

    async def path_for(who: Member) -> Any:
        return (await asked(who, document, id=tree.c3.id)).data["organization"]["path"]

    assert await path_for(tree.c3.someone) == f"{segment['C3']}."
    assert await path_for(tree.r1a.someone) == f"{segment['R1a']}.{segment['C3']}."
    assert await path_for(tree.ada) == f"{segment['R1']}.{segment['R1a']}.{segment['C3']}."
    assert await path_for(tree.olga) == tree.c3.path


async def test_vis_3_a_role_learns_nothing_of_rows_that_it_does_not_see(platform: Platform) -> None:
    # given a MEMBER, who reads no wallet, and its organization's wallet, a stranger's and one that does not exist
    tree = await the_fixture(platform)
    wallets = "{ wallets { nodes { id } } }"
    own = (await asked(tree.cora, wallets)).data["wallets"]["nodes"][0]["id"]
    foreign = (await asked(tree.c4.someone, wallets)).data["wallets"]["nodes"][0]["id"]

    # then only the one it sees is FORBIDDEN
    assert (await asked(tree.mia, NODE, id=own)).codes == ["FORBIDDEN"]
    assert (await asked(tree.mia, NODE, id=foreign)).codes == ["NOT_FOUND"]
    assert (await asked(tree.mia, NODE, id=new_id("wal"))).codes == ["NOT_FOUND"]

    # and a key without the scope is told so for what it sees alone (GEN-1)
    key = await an_api_key(tree.cora, scopes=["org:read"])
    assert [(await ask(platform, key, NODE, id=each)).codes for each in (own, foreign)] == [
        ["SCOPE_MISSING"],
        ["NOT_FOUND"],
    ]


async def test_vis_8_nodes_answers_each_id_as_node_does(platform: Platform) -> None:
    tree = await the_fixture(platform)
    wallet = (await asked(tree.cora, "{ wallets { nodes { id } } }")).data["wallets"]["nodes"][0]["id"]
    ids = [tree.mia.id, tree.dan.id, tree.c4.owner_id, wallet, new_id("mem"), "nonsense"]
    answer = await asked(tree.mia, NODES, ids=ids)
    assert answer.data == {"nodes": [{"id": tree.mia.id}, None, None, None, None, None]}
    assert [(each["path"], each["extensions"]["code"]) for each in answer.errors] == [
        (["nodes", 1], "FORBIDDEN"),
        (["nodes", 3], "FORBIDDEN"),
    ]
    alone = [(await asked(tree.mia, NODE, id=each)).codes for each in ids]
    assert alone == [[], ["FORBIDDEN"], ["NOT_FOUND"], ["FORBIDDEN"], ["NOT_FOUND"], ["NOT_FOUND"]]


async def test_vis_10_a_user_sees_what_the_chosen_organization_sees(platform: Platform) -> None:
    # given cora, OWNER of C1, who is ADMIN of R2 too
    tree = await the_fixture(platform)
    also = await a_member(platform, of=tree.r2, role="ADMIN", email=tree.cora.email)
    assert also.user_id == tree.cora.user_id
    document = "{ viewer { organizationName role } organizations { totalCount nodes { name } } }"

    # then each session request sees one side, never both
    session = await credentials_of(tree.cora)
    as_owner = (await ask(platform, session, document)).data
    assert as_owner["viewer"] == {"organizationName": "C1", "role": "OWNER"}
    assert as_owner["organizations"] == {"totalCount": 1, "nodes": [{"name": "C1"}]}
    as_admin = (await ask(platform, replace(session, organization_id=tree.r2.id), document)).data
    assert as_admin["viewer"] == {"organizationName": "R2", "role": "ADMIN"}
    assert [each["name"] for each in as_admin["organizations"]["nodes"]] == ["C4", "R2"]
    assert (await ask(platform, replace(session, organization_id=tree.r2.id), NODE, id=tree.c1.id)).codes == [
        "NOT_FOUND"
    ]
    assert (await ask(platform, replace(session, organization_id=tree.o.id), document)).codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        (["accounts:read"], set()),
        (["accounts:write"], {"CREATE_ACCOUNT", "EDIT_ACCOUNT", "BLOCK_ACCOUNT", "TERMINATE_ACCOUNT"}),
        (["audit:read", "clock:write"], {"SEARCH_AUDIT", "ADVANCE_CLOCK"}),
    ],
)
async def test_key_1_a_keys_permissions_are_what_its_scopes_let_through(
    platform: Platform, scopes: list[str], expected: set[str]
) -> None:
    tree = await the_fixture(platform)
    answer = await ask(platform, await an_api_key(tree.cora, scopes=scopes), SELLER)
    assert set(answer.data["viewer"]["permissions"]) == expected
    own = set((await asked(tree.cora, SELLER)).data["viewer"]["permissions"])
    assert own > expected
    assert {"MAKE_API_KEY", "TRANSFER_OWNERSHIP"} <= own


async def test_vis_9_what_a_reseller_pays_itself_is_shown_as_the_policy_says(platform: Platform) -> None:
    # given a subscription of C that costs C 30 and its reseller 9
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "9"), (chain.reseller, "30")])
    held = await bought(chain, plan)
    document = "query ($id: ID!) { subscription(id: $id) { segments { charges { net { amount } } } } }"

    async def amounts(who: Member) -> list[str]:
        [segment] = (await asked(who, document, id=held)).data["subscription"]["segments"]
        return [each["net"]["amount"] for each in segment["charges"]]

    operator, seller, buyer = chain.operator.someone, chain.seller, chain.customer.someone
    assert [await amounts(who) for who in (operator, seller, buyer)] == [
        ["30.00", "9.00"],
        ["30.00", "9.00"],
        ["30.00"],
    ]

    # when the operator hides their cost from its resellers, nobody else sees less
    await set_policy(chain.operator, resellerSeesCost=False)
    assert [await amounts(who) for who in (operator, seller, buyer)] == [["30.00", "9.00"], ["30.00"], ["30.00"]]
