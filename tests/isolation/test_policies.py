"""Every policy is needed and right: with it plain SQL sees and writes what it may; dropped or opened, that turns red.

For tables that GraphQL reads the same is shown through the API with layer 1 switched off."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from tests.isolation.policies import PROBED_AS, Policy, policies, probe, without
from tests.isolation.reads import lists, nodes, told
from tests.isolation.stages import Stage, stage_of
from tests.isolation.world import system_tables, tenant_tables

pytestmark = pytest.mark.isolation


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alone(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """PostgreSQL with layer 1 switched off: the policies alone decide."""
    folder = tmp_path_factory.mktemp("policies")
    async with stage_of("postgres, layer 2 alone", lambda: postgres_server, folder) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def owner(alone: Stage) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection."""
    connection = await asyncpg.connect(alone.url)
    yield connection
    await connection.close()


async def probed(stage: Stage, connection: asyncpg.Connection, table: str) -> list[str]:
    """The probes of a table by three viewers, inside the owner's transaction."""
    seen = [await probe(connection, stage.world, stage.world.viewers[name], table) for name in PROBED_AS]
    return [each for found in seen for each in found]


async def test_each_table_is_read_and_written_as_the_rules_say(alone: Stage, owner: asyncpg.Connection) -> None:
    for table in tenant_tables():
        found = await probed(alone, owner, table)
        assert not found, told(found)


async def test_each_table_of_tenants_has_forced_row_security(owner: asyncpg.Connection) -> None:
    sql = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity"
    forced = {row["relname"] for row in await owner.fetch(sql)}
    assert forced == {*tenant_tables(), *system_tables()}
    assert {each.table for each in await policies(owner)} == set(tenant_tables())


async def test_the_platforms_own_tables_are_closed_to_requests(owner: asyncpg.Connection) -> None:
    for table in system_tables():
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            assert not await owner.fetchval("SELECT has_table_privilege('tenantry_app', $1, $2)", table, right), table


async def test_without_a_setting_there_are_no_rows(owner: asyncpg.Connection) -> None:
    async with owner.transaction():
        await owner.execute("SET LOCAL ROLE tenantry_app")
        for table in tenant_tables():
            assert await owner.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_each_policy_dropped_turns_the_matrix_red(alone: Stage, owner: asyncpg.Connection) -> None:
    for policy in await policies(owner):
        async with without(owner, policy.drop):
            assert await probed(alone, owner, policy.table), f"nobody misses {policy.name}"


async def test_each_policy_that_lets_all_pass_turns_the_matrix_red(alone: Stage, owner: asyncpg.Connection) -> None:
    for policy in await policies(owner):
        async with without(owner, policy.lets_all_pass):
            assert await probed(alone, owner, policy.table), f"nobody sees that {policy.name} lets all pass"


async def test_the_api_turns_red_with_each_reading_policy(alone: Stage, owner: asyncpg.Connection) -> None:
    for policy in await policies(owner):
        if policy.table in tables_of_nodes(alone) and policy.command in ("ALL", "SELECT"):
            for broken in (policy.drop, policy.lets_all_pass):
                assert await through_the_api(alone, owner, policy, broken), f"the API hides: {broken}"
    assert not await reads_of(alone, "payment")


def tables_of_nodes(stage: Stage) -> set[str]:
    """The tables whose rows `nodes(ids)` answers."""
    catalogue = stage.asking.statements.catalogue
    found = (catalogue.types[name].reads for name in catalogue.type_of_prefix.values())
    return {each.table for each in found if each is not None}


async def through_the_api(stage: Stage, owner: asyncpg.Connection, policy: Policy, broken: str) -> list[str]:
    """The findings of the API's matrix while the policy is broken; it is mended after."""
    await owner.execute(broken)
    try:
        return await reads_of(stage, policy.table)
    finally:
        await owner.execute(f"DROP POLICY IF EXISTS {policy.name} ON {policy.table}; {policy.create}")


async def reads_of(stage: Stage, table: str) -> list[str]:
    """The part of the matrix for one table."""
    viewer = stage.world.viewers["parent"]
    return await lists(stage, viewer, table) + await nodes(stage, viewer, table, is_deep=False)
