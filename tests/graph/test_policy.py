"""Policy over GraphQL: `policies`, values for all or one buyer, bounds, presets, sources and codes (POL-1 to POL-3)."""

from typing import Any

from tenants.policy_parameters import PARAMETERS
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member
from tests.rules.fixture_organizations import the_fixture

LIST = """query ($id: ID) { policies(organizationId: $id) {
    name value source setById preset default isLocked isOperatorOnly isSetHere valueHere boundHere } }"""
SET = """mutation ($input: SetPolicyInput!) { setPolicy(input: $input) { replayed
    errors { code field } parameters organization { name } } }"""
FOR_BUYER = """mutation ($input: SetPolicyForBuyerInput!) { setPolicyForBuyer(input: $input) {
    errors { code field } parameters organization { name } } }"""
BOUNDS = "mutation ($input: SetPolicyBoundsInput!) { setPolicyBounds(input: $input) { errors { code } parameters } }"
PRESET = "mutation ($input: ApplyPresetInput!) { applyPreset(input: $input) { errors { code field } preset } }"


async def setting(who: Member, organization_id: str | None, name: str) -> dict[str, Any]:
    answer = await asked(who, LIST, id=organization_id)
    assert answer.errors == []
    return next(each for each in answer.data["policies"] if each["name"] == name)


async def test_every_parameter_with_its_default(platform: Platform) -> None:
    tree = await the_fixture(platform)
    rows = (await asked(tree.cora, LIST)).data["policies"]
    assert [each["name"] for each in rows] == sorted(PARAMETERS)
    assert {each["name"]: each["value"] for each in rows}["invitationDays"] == 30
    assert {each["source"] for each in rows} == {"DEFAULT"}


async def test_a_75_values_come_from_above_and_wrong_ones_are_refused(platform: Platform) -> None:
    tree = await the_fixture(platform)

    async def tried(name: str, value: object) -> list[str]:
        values = [{"name": name, "value": value}]
        return codes(await done(tree.ada, SET, organizationId=tree.r1.id, values=values))

    assert await tried("invitationDays", 10) == []
    assert await tried("invitationDays", "ten") == ["POLICY_VALUE_INVALID"]
    assert await tried("lockoutAttempts", 4) == ["POLICY_OPERATOR_ONLY"]
    assert await tried("xyz", 1) == ["POLICY_UNKNOWN"]
    seen = await setting(tree.ada, tree.c3.id, "invitationDays")
    assert (seen["value"], seen["source"], seen["setById"]) == (10, "VALUE", tree.r1.id)
    hidden = await setting(tree.cora, None, "invitationDays")
    assert (hidden["value"], hidden["source"], hidden["setById"]) == (10, "VALUE", None)
    here = await setting(tree.ada, None, "invitationDays")
    assert (here["value"], here["isSetHere"], here["valueHere"]) == (30, True, 10)


async def test_pol_1_a_value_for_one_buyer_alone(platform: Platform) -> None:
    tree = await the_fixture(platform)
    values = [{"name": "invitationDays", "value": 5}]
    payload = await done(tree.ben, FOR_BUYER, buyerId=tree.c1.id, values=values, reason="pilot")
    assert payload == {"errors": [], "parameters": ["invitationDays"], "organization": {"name": "R1"}}
    assert (await setting(tree.ben, tree.c1.id, "invitationDays"))["source"] == "BUYER_VALUE"
    assert (await setting(tree.ben, tree.c2.id, "invitationDays"))["value"] == 30
    assert codes(await done(tree.cora, FOR_BUYER, buyerId=tree.c1.id, values=values)) == ["FORBIDDEN"]
    assert codes(await done(tree.bill, FOR_BUYER, buyerId=tree.c1.id, values=values)) == ["FORBIDDEN"]
    assert codes(await done(tree.ben, FOR_BUYER, buyerId=tree.c4.id, values=values)) == ["NOT_FOUND"]


async def test_pol_2_bounds_and_locks(platform: Platform) -> None:
    tree = await the_fixture(platform)
    bounds = [{"name": "invitationDays", "bound": {"maximum": 7}}, {"name": "graceDays", "bound": {"isLocked": True}}]
    done_bounds = await done(tree.olga, BOUNDS, organizationId=tree.o.id, bounds=bounds)
    assert done_bounds == {"errors": [], "parameters": ["invitationDays", "graceDays"]}
    cut = await setting(tree.ada, None, "invitationDays")
    assert (cut["value"], cut["default"]) == (7, 30)
    assert (await setting(tree.ada, None, "graceDays"))["isLocked"] is True
    own = await setting(tree.olga, None, "invitationDays")
    assert own["boundHere"] == {"minimum": None, "maximum": 7, "allowed": None, "isLocked": False}
    for name, value, code in (("invitationDays", 8, "POLICY_OUT_OF_BOUNDS"), ("graceDays", 1, "POLICY_LOCKED")):
        values = [{"name": name, "value": value}]
        assert codes(await done(tree.ada, SET, organizationId=tree.r1.id, values=values)) == [code]


async def test_a_preset_for_everybody_below(platform: Platform) -> None:
    tree = await the_fixture(platform)
    applied = await done(tree.ada, PRESET, organizationId=tree.r1.id, preset="myoperator")
    assert applied == {"errors": [], "preset": "myoperator"}
    seen = await setting(tree.ada, tree.c1.id, "adminMayGrant")
    assert (seen["source"], seen["preset"], seen["setById"]) == ("PRESET", "myoperator", tree.r1.id)
    assert seen["value"] == ["BILLING", "SUPPORT", "MEMBER"]
    hidden = await setting(tree.cora, None, "adminMayGrant")
    assert (hidden["source"], hidden["preset"], hidden["setById"]) == ("PRESET", None, None)
    unknown = await done(tree.ada, PRESET, organizationId=tree.r1.id, preset="other")
    assert unknown["errors"] == [{"code": "PRESET_UNKNOWN", "field": ["preset"]}]
    assert await done(tree.ada, PRESET, organizationId=tree.r1.id, preset=None) == {"errors": [], "preset": None}
    assert (await setting(tree.ada, tree.c1.id, "adminMayGrant"))["source"] == "DEFAULT"


async def test_who_reads_policies(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert (await asked(tree.sue, LIST, id=tree.c1.id)).errors == []
    assert (await asked(tree.mia, LIST)).codes == ["FORBIDDEN"]
    assert (await asked(tree.ada, LIST, id=tree.c4.id)).codes == ["NOT_FOUND"]
