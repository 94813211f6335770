"""Scenarios of organizations as a client meets them: A-07, A-08, A-19, A-42, A-75, SRCH-1 to SRCH-6, POL-1 to POL-3."""

from typing import Any

import pytest

from core.clock import FixedClock
from tenants.permissions import Role
from tenants.policy_parameters import PARAMETERS
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import everything
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, a_member, organization_of
from tests.makers_accounts import fixture_b1
from tests.makers_billing import a_plan
from tests.makers_subscriptions import a_chain, assign, bought
from tests.rules.fixture_organizations import the_fixture

UPDATE = """mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) {
    errors { code field } organization { name billingName billingEmail version } } }"""
PRESET = "mutation ($input: ApplyPresetInput!) { applyPreset(input: $input) { errors { code } } }"
SET = "mutation ($input: SetPolicyInput!) { setPolicy(input: $input) { errors { code field } } }"
BOUNDS = "mutation ($input: SetPolicyBoundsInput!) { setPolicyBounds(input: $input) { errors { code } } }"
INVITE = "mutation ($input: CreateMemberInput!) { createMember(input: $input) { errors { code } member { id } } }"
LIST = """query ($filter: OrganizationFilter, $first: Int, $after: String) {
    organizations(filter: $filter, first: $first, after: $after) {
        totalCount nodes { id name } pageInfo { hasNextPage endCursor } } }"""


async def saved(who: Member, organization_id: str, **fields: Any) -> list[str]:
    """The codes against the edit, sent with the version just read."""
    read = "query ($id: ID!) { organization(id: $id) { version } }"
    version = (await asked(who, read, id=organization_id)).data["organization"]["version"]
    return codes(await done(who, UPDATE, id=organization_id, version=version, **fields))


async def test_a_07_a_buyer_that_manages_itself_consents_to_a_new_name(platform: Platform) -> None:
    tree = await the_fixture(platform)
    before = await everything(platform)
    assert await saved(tree.ben, tree.c1.id, name="New") == ["CONSENT_REQUIRED"]
    after = await everything(platform)
    assert {table for table in after if after[table] != before[table]} <= {"audit_entry", "session"}
    assert await saved(tree.ben, tree.c2.id, name="New") == []


async def test_a_08_an_admin_edits_the_billing_e_mail_only_where_the_policy_lets_it(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert await saved(tree.dan, tree.c1.id, billingEmail="one@c1.test") == []
    assert await saved(tree.cora, tree.c1.id, billingEmail="two@c1.test") == []
    assert codes(await done(tree.ada, PRESET, organizationId=tree.r1.id, preset="b3networks")) == []
    assert await saved(tree.dan, tree.c1.id, billingEmail="three@c1.test") == ["FORBIDDEN"]
    assert await saved(tree.cora, tree.c1.id, billingEmail="four@c1.test") == []


async def test_gen_8_texts_are_trimmed_and_nfc_and_counted_in_code_points(platform: Platform) -> None:
    tree = await the_fixture(platform)
    payload = await done(tree.ben, UPDATE, id=tree.c2.id, version=1, name="  Cafe\u0301  ", billingEmail=" A@B.test ")
    assert payload["organization"]["name"] == payload["organization"]["billingName"] == "Caf\u00e9"
    assert payload["organization"]["billingEmail"] == "A@B.test"
    astral = "\U00020000"
    assert await saved(tree.ben, tree.c2.id, name=astral) == ["NAME_LENGTH"]
    assert await saved(tree.ben, tree.c2.id, name=astral * 255) == []
    assert await saved(tree.ben, tree.c2.id, name=astral * 256) == ["NAME_LENGTH"]
    assert await saved(tree.ben, tree.c2.id, name="e\u0301") == ["NAME_LENGTH"]
    for email in ("a@b@c", "nobody", "a" * 250 + "@b.test", "a b@c.test"):
        assert await saved(tree.ben, tree.c2.id, billingEmail=email) == ["EMAIL_INVALID"]
    assert await saved(tree.ben, tree.c2.id, billingEmail="a" * 247 + "@b.test") == []


async def test_a_42_a_member_reads_what_is_its_own(platform: Platform) -> None:
    # given a customer with 5 subscriptions, 2 of them assigned to mia
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "9"), (chain.reseller, "30")])
    mia = await a_member(platform, of=chain.customer, role=Role.MEMBER)
    owned = [await bought(chain, plan) for _ in range(5)]
    for each in owned[:2]:
        await assign(mia, each)

    # then she reads no wallet, lists the two, and is refused a third
    assert (await asked(mia, "{ wallets { totalCount } }")).codes == ["FORBIDDEN"]
    listed = (await asked(mia, "{ subscriptions { totalCount nodes { id } } }")).data["subscriptions"]
    assert (listed["totalCount"], sorted(each["id"] for each in listed["nodes"])) == (2, sorted(owned[:2]))
    one = "query ($id: ID!) { subscription(id: $id) { id } }"
    assert (await asked(mia, one, id=owned[0])).data == {"subscription": {"id": owned[0]}}
    assert (await asked(mia, one, id=owned[2])).codes == ["FORBIDDEN"]


async def test_a_42_a_member_reads_its_own_account(platform: Platform) -> None:
    fixture = await fixture_b1(platform)
    listed = (await asked(fixture.abe, "{ accounts { nodes { id organization { id } } } }")).data["accounts"]["nodes"]
    customer = await organization_of(platform, listed[0]["organization"]["id"])
    mia, own = await a_member(platform, of=customer, role=Role.MEMBER), listed[0]["id"]
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE account SET member_id = $2 WHERE id = $1", own, mia.id)
    one = "query ($id: ID!) { account(id: $id) { id } }"
    assert (await asked(mia, one, id=own)).data == {"account": {"id": own}}
    assert (await asked(mia, one, id=listed[1]["id"])).codes == ["FORBIDDEN"]
    assert (await asked(mia, "{ accounts { totalCount } }")).data == {"accounts": {"totalCount": 1}}


async def test_srch_2_a_plus_is_no_character_of_a_number(platform: Platform) -> None:
    tree = await the_fixture(platform)
    for mode in ("CONTAINS", "ENDS_WITH"):
        short = await asked(tree.ada, LIST, filter={"number": {"value": "+65", "mode": mode}})
        assert short.codes == ["SEARCH_TERM_TOO_SHORT"]
    for key in ("name", "billingNumber", "contactEmail", "customerRef", "number"):
        for value, found in (("ab", ["SEARCH_TERM_TOO_SHORT"]), (" ab ", ["SEARCH_TERM_TOO_SHORT"]), ("abc", [])):
            answer = await asked(tree.ada, LIST, filter={key: {"value": value, "mode": "CONTAINS"}})
            assert answer.codes == found
    for mode, found in (("STARTS_WITH", ["MATCH_MODE_INVALID"]), ("CONTAINS", ["MATCH_MODE_INVALID"]), ("EXACT", [])):
        answer = await asked(tree.ada, LIST, filter={"uuid": {"value": tree.c1.id, "mode": mode}})
        assert answer.codes == found


async def test_srch_5_no_other_status_hides_an_organization(platform: Platform) -> None:
    tree = await the_fixture(platform)
    async with platform_transaction(platform) as tx:
        for status, of in (("SUSPENDED", tree.c1), ("SUSPENDED_FOR_DELETION", tree.c2), ("DELETED", tree.c3)):
            await tx.execute("UPDATE organization SET status = $2 WHERE id = $1", of.id, status)

    async def names(**filter: Any) -> list[str]:
        found = (await asked(tree.ada, LIST, filter=filter)).data["organizations"]
        assert found["totalCount"] == len(found["nodes"])
        return [each["name"] for each in found["nodes"]]

    assert await names() == ["C1", "C2", "R1", "R1a"]
    assert await names(status=["ANY"]) == ["C1", "C2", "C3", "R1", "R1a"]
    assert await names(status=["ANY", "ACTIVE"]) == ["C1", "C2", "C3", "R1", "R1a"]
    assert await names(status=["DELETED"]) == ["C3"]
    assert await names(billingNumber={"value": "5003"}) == []
    assert await names(billingNumber={"value": "5003"}, status=["ANY"]) == ["C3"]
    assert await names(status=[]) == []


@pytest.mark.parametrize("size", [0, -1, 101])
async def test_srch_6_a_page_has_1_to_100_rows(platform: Platform, size: int) -> None:
    tree = await the_fixture(platform)
    assert (await asked(tree.ada, LIST, first=size)).codes == ["PAGE_SIZE_INVALID"]
    assert (await asked(tree.ada, LIST, first=100)).errors == []
    page = (await asked(tree.ada, LIST, first=1)).data["organizations"]
    assert (len(page["nodes"]), page["totalCount"], page["pageInfo"]["hasNextPage"]) == (1, 5, True)


async def test_a_75_a_link_lives_as_the_nearest_above_says(platform: Platform, clock: FixedClock) -> None:
    # given R1 that sets invitationDays 10, and R1a nothing
    tree = await the_fixture(platform)

    async def tried(name: str, value: object) -> list[dict[str, Any]]:
        values = [{"name": name, "value": value}]
        errors: list[dict[str, Any]] = (await done(tree.ada, SET, organizationId=tree.r1.id, values=values))["errors"]
        return errors

    assert await tried("invitationDays", 10) == []

    # when C3 invites, and then R1 sets another value
    given = {"organizationId": tree.c3.id, "givenName": "Zoe", "email": "zoe@c3.test", "portalAccess": True}
    member = (await done(tree.c3.someone, INVITE, **given))["member"]["id"]
    assert await tried("invitationDays", 20) == []

    # then the link lives 10 days of C3, for it keeps the value that it started with (POL-4)
    async with platform_transaction(platform) as tx:
        [link] = await tx.fetch("SELECT expires_at FROM invitation WHERE member_id = $1", member)
    assert link["expires_at"] == _singapore_midnight_after(clock.now(), 10)

    # and wrong values are refused by name
    for name, value, code in (
        ("invitationDays", "ten", "POLICY_VALUE_INVALID"),
        ("invitationDays", 91, "POLICY_VALUE_INVALID"),
        ("invitationDays", None, "POLICY_VALUE_INVALID"),
        ("lockoutAttempts", 4, "POLICY_OPERATOR_ONLY"),
        ("xyz", 1, "POLICY_UNKNOWN"),
    ):
        assert await tried(name, value) == [{"code": code, "field": ["values", name]}]
    assert codes(await done(tree.ada, PRESET, organizationId=tree.r1.id, preset="none")) == ["PRESET_UNKNOWN"]


def _singapore_midnight_after(now: int, days: int) -> int:
    """Day 0 is today: open through the end of day N (GEN-3)."""
    day, offset = 24 * 3_600_000_000, 8 * 3_600_000_000
    return ((now + offset) // day + days + 1) * day - offset


async def test_pol_1_where_a_value_comes_from(platform: Platform) -> None:
    tree = await the_fixture(platform)
    read = "query ($id: ID) { policies(organizationId: $id) { name value source setById preset } }"

    async def of(organization_id: str) -> dict[str, Any]:
        listed = (await asked(tree.olga, read, id=organization_id)).data["policies"]
        found: dict[str, Any] = next(each for each in listed if each["name"] == "graceDays")
        found.pop("name")
        return found

    default = {"value": PARAMETERS["graceDays"].default, "source": "DEFAULT", "setById": None, "preset": None}
    assert await of(tree.c3.id) == default
    assert codes(await done(tree.olga, PRESET, organizationId=tree.o.id, preset="myoperator")) == []
    preset = await of(tree.c3.id)
    assert (preset["source"], preset["setById"], preset["preset"]) == ("PRESET", tree.o.id, "myoperator")
    for who, organization, days in ((tree.olga, tree.o, 3), (tree.ada, tree.r1, 4)):
        values = [{"name": "graceDays", "value": days}]
        assert codes(await done(who, SET, organizationId=organization.id, values=values)) == []
    set_here = {"source": "VALUE", "preset": None}
    assert await of(tree.c3.id) == set_here | {"value": 4, "setById": tree.r1.id}
    assert await of(tree.r1.id) == set_here | {"value": 3, "setById": tree.o.id}
    assert await of(tree.o.id) == set_here | {"value": 3, "setById": tree.o.id}  # the operator's own also for itself
    alone = "mutation ($input: SetPolicyForBuyerInput!) { setPolicyForBuyer(input: $input) { errors { code } } }"
    given = {"buyerId": tree.c1.id, "values": [{"name": "graceDays", "value": 5}], "reason": "A pilot"}
    assert codes(await done(tree.ben, alone, **given)) == []
    assert await of(tree.c1.id) == {"value": 5, "source": "BUYER_VALUE", "setById": tree.r1.id, "preset": None}
    assert (await of(tree.c2.id))["value"] == 4


async def test_pol_2_a_later_bound_cuts_and_a_lock_refuses(platform: Platform) -> None:
    tree = await the_fixture(platform)
    values = [{"name": "invitationDays", "value": 60}]
    assert codes(await done(tree.ada, SET, organizationId=tree.r1.id, values=values)) == []
    bounds = [{"name": "invitationDays", "bound": {"maximum": 20}}]
    assert codes(await done(tree.olga, BOUNDS, organizationId=tree.o.id, bounds=bounds)) == []
    read = "query ($id: ID) { policies(organizationId: $id) { name value } }"
    listed = (await asked(tree.ada, read, id=tree.c1.id)).data["policies"]
    assert next(each["value"] for each in listed if each["name"] == "invitationDays") == 20
    assert codes(await done(tree.ada, SET, organizationId=tree.r1.id, values=values)) == ["POLICY_OUT_OF_BOUNDS"]
    lock = [{"name": "invitationDays", "bound": {"isLocked": True}}]
    assert codes(await done(tree.olga, BOUNDS, organizationId=tree.o.id, bounds=lock)) == []
    values = [{"name": "invitationDays", "value": 20}]
    assert codes(await done(tree.ada, SET, organizationId=tree.r1.id, values=values)) == ["POLICY_LOCKED"]


async def test_a_40_who_sets_the_low_money_alert(platform: Platform) -> None:
    chain = await a_chain(platform)
    alert = "mutation ($input: SetLowMoneyAlertInput!) { setLowMoneyAlert(input: $input) { errors { code } } }"
    given = {"organizationId": chain.customer.id, "alertThreshold": {"amount": "20", "currency": "USD"}}
    expected = {Role.MEMBER: ["FORBIDDEN"], Role.SUPPORT: ["FORBIDDEN"], Role.BILLING: []}
    for role, found in expected.items():
        who = await a_member(platform, of=chain.customer, role=role)
        assert codes(await done(who, alert, **given)) == found, role
