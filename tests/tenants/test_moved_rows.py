"""Where every row stands after a move, table by table: nothing is forgotten, no money of the old pair goes along."""

from typing import Any

from core.database import Database
from tenants.actor import Actor, Credentials
from tenants.doctor import examine
from tenants.moves.move_blockers import read_facts
from tenants.moves.moves import carry_out
from tenants.moves.standing_tables import LOG, MONEY, money_tables, tables_with_path
from tenants.permissions import SIGNED_IN, Role
from tenants.row_scope import SIGHT_OF_TABLE, Sight
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction
from tests.isolation.places import Place
from tests.isolation.world import build_world, models
from tests.makers_billing import rows


async def carried_out(platform: Platform, moving: Place, new_seller: Place, top: Place) -> None:
    """The move itself, whatever stands in its way, by the operator."""
    actor = Actor(top.id, "top", "OPERATOR", top.path, Role.OWNER, SIGNED_IN, "top", None, None)
    async with platform_transaction(platform) as tx:
        now = platform.clock.now()
        uow = UnitOfWork(tx, actor, Credentials(None), now, now, "moveOrganization", platform_depth=1)
        await carry_out(uow, await read_facts(uow, moving.id), await read_facts(uow, new_seller.id))
        await uow.flush()


async def stored(platform: Platform, tables: list[str]) -> dict[str, list[dict[str, Any]]]:
    return {table: await rows(platform, f"SELECT * FROM {table}") for table in tables}


async def test_every_table_with_a_path_has_its_rule(platform: Platform) -> None:
    # given the tables that the models know, the rule of each is found in the catalogue of the database
    known = {kind._meta.db_table for kind in models() if {"path", "organization_id"} <= set(kind._meta.fields_map)}
    async with platform_transaction(platform) as tx:
        follow, money = set(await tables_with_path(tx)), set(await money_tables(tx))
    assert follow | money == known and not follow & money
    assert money == MONEY == {table for table, sight in SIGHT_OF_TABLE.items() if sight is Sight.PAIR} - {LOG}


async def test_a_reseller_moves_with_the_rows_of_every_table(platform: Platform) -> None:
    # given a reseller `sub` with a customer, both with rows in every table, and a money relation `sub` - `child`
    world = await build_world(platform)
    places = world.places
    sub, child, old, new = (places[key] for key in ("sub", "child", "reseller", "stranger"))
    async with platform_transaction(platform) as tx:
        follow, money = await tables_with_path(tx), await money_tables(tx)
    before = await stored(platform, [*follow, *money])
    assert (await examine(platform)).faults == ()

    await carried_out(platform, sub, new, places["operator"])

    # then what belongs to the two stands within the new seller, and nothing else has changed its place
    after = await stored(platform, [*follow, *money])
    moved = {place.path: new.path + place.path.removeprefix(old.path) for place in (sub, child)}
    for table in follow:
        expected = sorted(
            moved.get(row["path"], row["path"]) for row in before[table] if not _is_gone(table, row, sub, old)
        )
        found = sorted(row["path"] for row in after[table] if row.get("id") not in _new(before, after, table))
        assert found == expected, table
    assert len([t for t in follow if any(row["path"] in moved for row in before[t])]) > 25
    for table in money:
        old_paths = {_key(row): row["path"] for row in before[table]}
        for row in after[table]:
            if _key(row) not in old_paths:
                assert (table, row["organization_id"]) == ("wallet", sub.id)
                continue
            stays = old_paths[_key(row)] == sub.path and row["organization_id"] == sub.id and not _is_seller(row, sub)
            place = old_paths[_key(row)]
            assert row["path"] == (place if stays else moved.get(place, place)), table
    assert (await examine(platform)).faults == ()

    # and back again: everything stands where it stood
    await carried_out(platform, sub, old, places["operator"])
    again = await stored(platform, [*follow, *money])
    for table in (*follow, *money):
        places_then = {_key(row): row["path"] for row in before[table]}
        assert all(row["path"] == places_then.get(_key(row), row["path"]) for row in again[table]), table
    assert (await examine(platform)).faults == ()


async def test_only_the_path_of_an_append_only_row_ever_changes(platform: Platform, database: Database) -> None:
    await build_world(platform)
    for table, code in (
        ("audit_entry", "AUDIT_IMMUTABLE"), ("ledger_transaction", "LEDGER_IMMUTABLE"),
        ("ledger_entry", "LEDGER_IMMUTABLE"),
    ):  # fmt: skip
        [columns] = [list(kind._meta.fields_map) for kind in models() if kind._meta.db_table == table]
        for column in columns:
            if column != "path":
                assert code in await _refusal(platform, f"UPDATE {table} SET {column} = {column}"), (table, column)
        assert code in await _refusal(platform, f"DELETE FROM {table}"), table
        if database.dialect == "postgres":
            async with database.write() as tx:  # the request role may not even change a path
                try:
                    await tx.execute(f"UPDATE {table} SET path = path")
                except Exception as error:
                    assert "permission denied" in str(error)
                    await tx.client.rollback()  # type: ignore[union-attr]


async def _refusal(platform: Platform, statement: str) -> str:
    try:
        async with platform_transaction(platform) as tx:
            await tx.execute(statement)
    except Exception as error:
        return str(error) if "permission denied" not in str(error) else "AUDIT_IMMUTABLE LEDGER_IMMUTABLE"
    return "nothing"


def _key(row: dict[str, Any]) -> Any:
    return row["id"] if "id" in row else tuple(value for name, value in sorted(row.items()) if name in _KEYS)


_KEYS = (
    "transaction_id", "line", "organization_id", "invoice_id", "subscription_id", "member_id", "add_on_id", "key",
    "buyer_id", "parameter", "item_id", "cycle_months", "product_id", "batch_update_id", "control_number",
)  # fmt: skip


def _is_gone(table: str, row: dict[str, Any], moving: Place, old_seller: Place) -> bool:
    """What the old seller kept about the buyer is not kept, nor is the buyer's brand (MOVE-7)."""
    if table in ("brand", "brand_domain"):
        return bool(row["organization_id"] == moving.id)
    return row.get("buyer_id") == moving.id and row["organization_id"] == old_seller.id


def _new(before: dict[str, Any], after: dict[str, Any], table: str) -> set[Any]:
    """What the move itself wrote: entries of the log, notices."""
    return {row.get("id") for row in after[table]} - {row.get("id") for row in before[table]}


def _is_seller(row: dict[str, Any], place: Place) -> bool:
    """A line of the seller's own, of a sale to somebody below it."""
    return "line" in row and "ledger_account" in row and row["ledger_account"] == "CASH"


async def test_the_doctor_finds_money_that_stands_elsewhere_and_puts_it_right(platform: Platform) -> None:
    world = await build_world(platform)
    tables = ["wallet", "ledger_transaction", "ledger_entry", "segment_charge", "payment"]
    healthy, lost = await stored(platform, tables), world.places["child"]
    async with platform_transaction(platform) as tx:
        for table in tables:
            await tx.execute(f"UPDATE {table} SET path = '1.zz.' WHERE organization_id = $1", lost.id)
    # an entry that stands with its transaction is told of when that one has been put right
    assert {fault.table for fault in (await examine(platform)).faults} == set(tables) - {"ledger_entry"}
    assert (await examine(platform, repair=True)).is_healthy
    assert (await examine(platform)).faults == ()
    again = await stored(platform, tables)
    for table in tables:
        assert sorted(map(str, again[table])) == sorted(map(str, healthy[table])), table
