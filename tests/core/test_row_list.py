"""Lists as one parameter, series of ids in SQL, and which errors pass by themselves; on both engines."""

import sqlite3

import asyncpg
import pytest

from core.id_series import SERIES_LENGTH, new_series, series_id
from core.ids import prefix_of
from core.row_list import listed, row_list
from core.transient import is_transient
from tenants.unit_of_work import Platform, platform_transaction

COLUMNS = {"number": "bigint", "name": "text", "given": "jsonb"}


async def test_a_list_of_rows_is_one_parameter(platform: Platform) -> None:
    rows: list[dict[str, object]] = [
        {"number": 9_999_999_999, "name": "it's", "given": {"a": None}},
        {"number": 1, "name": None, "given": None},
    ]
    async with platform_transaction(platform) as tx:
        found = await tx.fetch(
            f"SELECT l.number, l.name, l.given IS NULL AS is_null FROM {row_list(tx.dialect, '$1', 'l', COLUMNS)} "
            "ORDER BY l.number DESC",
            listed(rows),
        )
    assert [(row["number"], row["name"], bool(row["is_null"])) for row in found] == [
        (9_999_999_999, "it's", False), (1, None, True)
    ]  # fmt: skip


async def test_an_empty_list_has_no_rows(platform: Platform) -> None:
    async with platform_transaction(platform) as tx:
        assert not await tx.fetch(f"SELECT * FROM {row_list(tx.dialect, '$1', 'l', COLUMNS)}", listed([]))


async def test_a_series_counts_in_the_last_digits_of_an_id(platform: Platform) -> None:
    numbers = [0, 1, 31, 32, 1_000, 32_768, SERIES_LENGTH - 1]
    stem = new_series("aud")
    async with platform_transaction(platform) as tx:
        rows = await tx.fetch(
            f"SELECT {series_id('$2', 'l.number')} AS id FROM {row_list(tx.dialect, '$1', 'l', {'number': 'bigint'})} "
            "ORDER BY l.number",
            listed([{"number": number} for number in numbers]), stem,
        )  # fmt: skip
    ids = [row["id"] for row in rows]
    assert [each.removeprefix(stem) for each in ids] == ["0000", "0001", "000z", "0010", "00z8", "1000", "zzzz"]
    assert all(prefix_of(each) == "aud" for each in ids)
    assert ids == sorted(ids)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (sqlite3.OperationalError("database is locked"), True),
        (sqlite3.OperationalError("no such table: x"), False),
        (asyncpg.DeadlockDetectedError(), True),
        (asyncpg.AdminShutdownError(), True),
        (asyncpg.UniqueViolationError(), False),
        (ConnectionResetError(), True),
        (ValueError(), False),
    ],
)
def test_which_errors_are_worth_another_try(error: Exception, expected: bool) -> None:
    assert is_transient(error) is expected
