"""AUD-6: which reads are written into the log, by whom and with what."""

import pytest

from tenants.policy_parameters import PARAMETERS, Preset
from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.asking import ask
from tests.graph.billing_documents import asked, done
from tests.makers import Member, an_api_key
from tests.rules.fixture_organizations import the_fixture

SET = "mutation ($input: SetPolicyInput!) { setPolicy(input: $input) { errors { code } } }"
PRESET = "mutation ($input: ApplyPresetInput!) { applyPreset(input: $input) { errors { code } } }"
READS = """{ auditEntries(filter: {entityType: "Read"}) { nodes {
    action entityId actorName address resultCode after } } }"""


async def noted(who: Member) -> list[tuple[str, str | None]]:
    """What was read, newest first, and with which refusal; asking is itself a read."""
    answer = await asked(who, READS)
    return [(each["action"], each["resultCode"]) for each in answer.data["auditEntries"]["nodes"]]


async def test_aud_6_no_read_of_a_member_is_written_by_default(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await asked(tree.cora, "{ organizations { totalCount } }")
    assert await noted(tree.cora) == []


async def test_aud_6_with_audit_reads_all_every_read_of_a_member_is_written(platform: Platform) -> None:
    # given R1 that wants every read below it written
    tree = await the_fixture(platform)
    values = [{"name": "auditReads", "value": "ALL"}]
    assert await done(tree.ada, SET, organizationId=tree.r1.id, values=values) == {"errors": []}

    # when members of C1 read, one of them in vain, and a program does
    await asked(tree.cora, "query Mine { organizations { totalCount } viewer { name } }")
    await asked(tree.cora, "query One($id: ID!) { organization(id: $id) { name } }", id=tree.c1.id)
    await asked(tree.mia, "{ wallets { totalCount } }")
    await ask(platform, await an_api_key(tree.cora), "{ organizations { totalCount } }")

    # then C1's log has an entry for each read of a member, and R1's own has none
    answer = await asked(tree.cora, READS)
    wallet, one, mine = answer.data["auditEntries"]["nodes"]
    assert mine == {
        "action": "organizations,viewer", "entityId": None, "actorName": "Cora Test", "address": "203.0.113.7",
        "resultCode": None, "after": {"fields": ["organizations", "viewer"], "operationName": "Mine"},
    }  # fmt: skip
    assert (one["action"], one["entityId"]) == ("organization", tree.c1.id)
    assert (wallet["action"], wallet["actorName"], wallet["resultCode"]) == ("wallets", "Mia", "FORBIDDEN")
    async with platform_transaction(platform) as tx:
        rows = await tx.fetch("SELECT organization_id FROM audit_entry WHERE entity_type = 'Read'")
    assert {row["organization_id"] for row in rows} == {tree.c1.id}
    assert len(rows) == 4  # asking for the log is a read too


async def test_aud_6_a_preset_asks_for_all_and_may_be_taken_back(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await done(tree.olga, PRESET, organizationId=tree.o.id, preset="portabilling")
    await asked(tree.ben, "{ organizations { totalCount } }")
    assert await noted(tree.ben) == [("organizations", None)]
    await done(tree.olga, PRESET, organizationId=tree.o.id, preset=None)
    await asked(tree.ben, "{ organizations { totalCount } }")
    assert await noted(tree.ben) == [("auditEntries", None), ("organizations", None)]


@pytest.mark.parametrize("preset", list(Preset))
def test_the_lookup_of_an_actor_knows_every_preset_that_asks_for_all(preset: Preset) -> None:
    asks_for_all = PARAMETERS["auditReads"].presets.get(preset) == "ALL"
    assert asks_for_all is (preset == "portabilling")
    assert PARAMETERS["auditReads"].default == "SUPPORT_ONLY"
