"""POL-1 to POL-4 through the API: every parameter refuses what is no value of it, and what a bound or a lock leaves."""

from typing import Any

import pytest

from tenants.policy_parameters import PARAMETERS
from tenants.policy_parameters.kinds import LARGEST_DAYS, OrNone
from tenants.unit_of_work import Platform
from tests.acting import everything
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, Organization
from tests.rules.fixture_organizations import the_fixture

SET = "mutation ($input: SetPolicyInput!) { setPolicy(input: $input) { errors { code field details } } }"
ALONE = "mutation ($input: SetPolicyForBuyerInput!) { setPolicyForBuyer(input: $input) { errors { code field } } }"
BOUNDS = "mutation ($input: SetPolicyBoundsInput!) { setPolicyBounds(input: $input) { errors { code field } } }"
PRESET = "mutation ($input: ApplyPresetInput!) { applyPreset(input: $input) { errors { code } preset } }"
READ = "query ($id: ID) { policies(organizationId: $id) { name value source setById preset isLocked valueHere } }"


async def standing(reader: Member, organization: Organization, name: str) -> dict[str, Any]:
    """One parameter as the reader sees it for the organization."""
    answer = await asked(reader, READ, id=organization.id)
    assert answer.errors == []
    return next(each for each in answer.data["policies"] if each["name"] == name)


async def value_of(reader: Member, organization: Organization, name: str) -> Any:
    return (await standing(reader, organization, name))["value"]


async def put(who: Member, organization: Organization, **values: Any) -> list[str]:
    named = [{"name": name, "value": value} for name, value in values.items()]
    return codes(await done(who, SET, organizationId=organization.id, values=named))


async def bound(who: Member, organization: Organization, **bounds: Any) -> list[str]:
    named = [{"name": name, "bound": each} for name, each in bounds.items()]
    return codes(await done(who, BOUNDS, organizationId=organization.id, bounds=named))


async def test_pol_3_no_parameter_takes_a_value_of_another_type(platform: Platform) -> None:
    tree = await the_fixture(platform)
    before = await everything(platform)
    never = [[["x"]], {"odd": {}}, "no such value", 1.5, -1_000_001]
    for odd in never:
        takes = {"minBalance", "reactivateBalanceMin", "alertThreshold"} if odd == -1_000_001 else set()
        given = {name: odd for name in PARAMETERS if name not in takes}
        assert set(await put(tree.olga, tree.o, **given)) == {"POLICY_VALUE_INVALID"}, odd
        refused = await done(tree.olga, SET, organizationId=tree.o.id,
                             values=[{"name": name, "value": odd} for name in given])  # fmt: skip
        assert sorted(each["field"][1] for each in refused["errors"]) == sorted(given), odd
    nothing = {name: None for name, each in PARAMETERS.items() if not isinstance(each.kind, OrNone)}
    assert await put(tree.olga, tree.o, **nothing) == ["POLICY_VALUE_INVALID"] * len(nothing)
    after = await everything(platform)
    assert {table for table in after if after[table] != before[table]} <= {"audit_entry", "session"}


@pytest.mark.parametrize("days", [LARGEST_DAYS + 1, 1_000_000_000])
async def test_pol_3_no_number_of_days_leaves_the_calendar(platform: Platform, days: int) -> None:
    # a job that counts days for everybody must not stumble over one seller's value
    tree = await the_fixture(platform)
    hold = {"own": days, "portedIn": 1}
    holds = dict.fromkeys(("BY_HAND", "SWAPPED", "EXPIRED", "DEACTIVATED", "TERMINATED"), hold)
    given = {"reminderDays": [days], "expiringDays": [7, days], "graceDays": days, "expiredDays": days,
             "trialDays": days, "kycDueDays": days, "invoiceDueDays": days, "numberHoldDays": holds,
             "proformaDaysBefore": {"1": days, "3": 1, "6": 1, "12": 1}, "refundWindowDays": days}  # fmt: skip
    assert await put(tree.ada, tree.r1, **given) == ["POLICY_VALUE_INVALID"] * len(given)
    assert await put(tree.ada, tree.r1, graceDays=LARGEST_DAYS, reminderDays=[LARGEST_DAYS]) == []


async def test_pol_3_input_comes_before_locks_and_bounds(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert await bound(tree.olga, tree.o, graceDays={"maximum": 5}, trialDays={"isLocked": True}) == []
    wrong = {"xyz": 1, "lockoutAttempts": 5, "demoDays": 91, "graceDays": 6, "trialDays": 3}
    assert await put(tree.ada, tree.r1, **wrong) == ["POLICY_OPERATOR_ONLY", "POLICY_UNKNOWN", "POLICY_VALUE_INVALID"]
    assert await put(tree.ada, tree.r1, graceDays=6, trialDays=3) == ["POLICY_LOCKED", "POLICY_OUT_OF_BOUNDS"]
    cleared = await done(tree.ada, SET, organizationId=tree.r1.id, clear=["xyz", "sessionMaxHours"])
    assert codes(cleared) == ["POLICY_OPERATOR_ONLY", "POLICY_UNKNOWN"]
    assert codes(await done(tree.ada, SET, organizationId=tree.r1.id, clear=["trialDays"])) == ["POLICY_LOCKED"]
    assert await bound(tree.ada, tree.r1, trialDays={"minimum": 1}, lockoutMinutes={"isLocked": True}) == [
        "POLICY_OPERATOR_ONLY"
    ]
    assert await bound(tree.ada, tree.r1, trialDays={"minimum": 1}) == ["POLICY_LOCKED"]
    no_bounds: dict[str, Any] = {
        "graceDays": {"minimum": 3, "maximum": 2}, "cardFallback": {"maximum": 1}, "taxTiming": {"allowed": []},
        "demoDays": {"maximum": 91}, "renewRetryDays": {"minimum": 1}, "alignment": {"isLocked": False},
    }  # fmt: skip
    assert await bound(tree.ada, tree.r1, **no_bounds) == ["POLICY_VALUE_INVALID"] * len(no_bounds)


async def test_pol_2_what_shrinking_bounds_leave_of_every_layer(platform: Platform) -> None:
    # given values of every layer, set before there was a bound
    tree = await the_fixture(platform)
    assert await put(tree.ada, tree.r1, graceDays=40, renewRoles=["OWNER", "BILLING"], taxTiming="PAYMENT") == []
    alone = [{"name": "graceDays", "value": 50}]
    assert codes(await done(tree.ben, ALONE, buyerId=tree.c1.id, values=alone)) == []
    assert codes(await done(tree.r1a.someone, PRESET, organizationId=tree.r1a.id, preset="myoperator")) == []
    # when bounds come, and shrink
    for maximum in (45, 30, 3):
        assert await bound(tree.olga, tree.o, graceDays={"maximum": maximum}) == []
        found = [await value_of(tree.ada, each, "graceDays") for each in (tree.c1, tree.c2, tree.c3)]
        assert found == [min(50, maximum), min(40, maximum), min(40, maximum)]
    # then the value that was set is still there, and counts again without the bound
    assert (await standing(tree.ada, tree.r1, "graceDays"))["valueHere"] == 40
    cleared = await done(tree.olga, BOUNDS, organizationId=tree.o.id, clear=["graceDays"])
    assert codes(cleared) == [] and await value_of(tree.ada, tree.c1, "graceDays") == 50
    # and a set keeps what is allowed of it, a choice becomes the first one allowed
    assert (
        await bound(tree.olga, tree.o, renewRoles={"allowed": ["ADMIN", "BILLING"]}, taxTiming={"allowed": ["CHARGE"]})
        == []
    )
    assert await value_of(tree.ada, tree.c1, "renewRoles") == ["BILLING"]
    assert await value_of(tree.ada, tree.c1, "taxTiming") == "CHARGE"
    assert await put(tree.ada, tree.r1, renewRoles=["OWNER"]) == ["POLICY_OUT_OF_BOUNDS"]
    # a preset below a bound is cut too
    assert codes(await done(tree.ada, SET, organizationId=tree.r1.id, clear=["taxTiming"])) == []
    assert await value_of(tree.ada, tree.c3, "taxTiming") == "CHARGE"


async def test_pol_2_a_lock_leaves_what_the_locker_has(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert await put(tree.ada, tree.r1, demoDays=20) == []
    alone = [{"name": "demoDays", "value": 30}]
    assert codes(await done(tree.ben, ALONE, buyerId=tree.c1.id, values=alone)) == []
    assert codes(await done(tree.ada, PRESET, organizationId=tree.r1.id, preset="b3networks")) == []
    assert await bound(tree.olga, tree.o, demoDays={"isLocked": True}) == []
    for each in (tree.c1, tree.c2, tree.c3):
        assert (await standing(tree.ada, each, "demoDays")) == {
            "name": "demoDays", "value": 3, "source": "DEFAULT", "setById": None, "preset": None, "isLocked": True,
            "valueHere": None,
        }  # fmt: skip
    assert codes(await done(tree.ben, ALONE, buyerId=tree.c1.id, values=alone)) == ["POLICY_LOCKED"]
    assert await put(tree.olga, tree.o, demoDays=9) == []
    assert await value_of(tree.ada, tree.c1, "demoDays") == 9
    # the operator may still set it for one buyer alone, which is its own
    alone = [{"name": "demoDays", "value": 11}]
    assert codes(await done(tree.olga, ALONE, buyerId=tree.r1.id, values=alone)) == []
    assert (await value_of(tree.olga, tree.r1, "demoDays"), await value_of(tree.olga, tree.c1, "demoDays")) == (11, 9)


async def test_vis_2_where_a_value_comes_from_above_is_not_told(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert codes(await done(tree.olga, PRESET, organizationId=tree.o.id, preset="heyo")) == []
    assert await put(tree.olga, tree.o, trialDays=8) == []
    assert await put(tree.ada, tree.r1, demoDays=4) == []
    found = [await standing(tree.cora, tree.c1, name) for name in ("trialDays", "demoDays", "taxTiming")]
    assert [(each["value"], each["source"], each["setById"], each["preset"]) for each in found] == [
        (8, "VALUE", None, None), (4, "VALUE", None, None), ("PAYMENT", "PRESET", None, None),
    ]  # fmt: skip
    assert (await asked(tree.mia, READ, id=tree.c1.id)).codes == ["FORBIDDEN"]
    assert (await asked(tree.rob, READ, id=tree.c1.id)).codes == ["NOT_FOUND"]


async def test_gen_1_what_the_input_says_comes_before_the_state_of_the_organization(platform: Platform) -> None:
    # given R1, whose operator has stopped it, and C1, which stands below it
    tree = await the_fixture(platform)
    stop = "mutation ($input: SuspensionInput!) { suspendOrganization(input: $input) { errors { code } } }"
    assert codes(await done(tree.olga, stop, organizationId=tree.r1.id, reason="SELLER")) == []
    # then wrong input is told first, and right input that the organization is not active
    not_active = ["ORGANIZATION_NOT_ACTIVE"]
    assert await put(tree.olga, tree.r1, xyz=1) == ["POLICY_UNKNOWN"]
    assert await put(tree.olga, tree.r1, graceDays=1) == not_active
    assert await bound(tree.olga, tree.r1, graceDays={}) == ["POLICY_VALUE_INVALID"]
    assert await bound(tree.olga, tree.r1, graceDays={"maximum": 1}) == not_active
    for preset, found in (("acme", ["PRESET_UNKNOWN"]), ("heyo", not_active)):
        assert codes(await done(tree.olga, PRESET, organizationId=tree.r1.id, preset=preset)) == found
    make = "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { errors { code } } }"
    for scopes, found in ((["keys:write"], ["SCOPE_NOT_FOR_KEYS"]), (["org:read"], not_active)):
        given = {"organizationId": tree.c1.id, "name": "CRM", "scopes": scopes}
        assert codes(await done(tree.cora, make, **given)) == found
