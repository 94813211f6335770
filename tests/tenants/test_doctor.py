"""The doctor: a healthy tree is left alone, swapped and foreign paths are found and put right, money is not touched."""

from tenants.doctor import examine
from tenants.moves.standing_tables import tables_with_path
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import everything
from tests.makers import a_customer, a_member, a_reseller, an_api_key, an_operator


async def test_a_healthy_tree_has_no_faults(platform: Platform) -> None:
    reseller = await a_reseller(platform, under=await an_operator(platform))
    await a_customer(platform, under=reseller)
    before = await everything(platform)
    assert (await examine(platform, repair=True)).faults == ()
    assert await everything(platform) == before


async def test_every_table_that_stands_where_its_organization_stands_is_examined(platform: Platform) -> None:
    async with platform_transaction(platform) as tx:
        tables = set(await tables_with_path(tx))
    assert {"member", "invitation", "api_key", "policy_value", "subscription", "outbox", "audit_entry"} <= tables
    assert not {"wallet", "payment", "ledger_entry", "actor_session"} & tables


async def test_wrong_paths_are_found_and_put_right(platform: Platform) -> None:
    # given two siblings whose paths were swapped, and a member and a key with a path of long ago
    operator = await an_operator(platform)
    one, two = await a_customer(platform, under=operator), await a_customer(platform, under=operator)
    member = await a_member(platform, of=one)
    await an_api_key(member)
    healthy = await everything(platform)
    async with platform_transaction(platform) as tx:
        for organization_id, path in ((one.id, "!"), (two.id, one.path), (one.id, two.path)):
            await tx.execute("UPDATE organization SET path = $2 WHERE id = $1", organization_id, path)
        await tx.execute("UPDATE member SET path = '1.zz.' WHERE id = $1", member.id)

    # when it only looks, the faults are told and stay
    found = await examine(platform)
    wrong = {(fault.organization_id, fault.expected) for fault in found.faults if fault.table == "organization"}
    assert wrong == {(one.id, one.path), (two.id, two.path)}
    assert not found.is_healthy

    # then it puts all right
    assert (await examine(platform, repair=True)).is_healthy
    assert (await examine(platform)).faults == ()
    assert await everything(platform) == healthy
