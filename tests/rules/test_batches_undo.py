"""Undoing a batch update: a job like any other that sets each account back to its own value of before (BAT-56)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

import accounts.batch_undo
from accounts.batch_changes import ATTRIBUTES, EXPIRATION_DATE
from accounts.batch_retry import RetryOrder, retry_batch_update
from accounts.batch_undo import undo_batch_update
from accounts.dates import expires_at
from core.jobs import run_all_due, run_due_once
from tenants.commands import Outcome
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do, refusal
from tests.makers import Member
from tests.makers_accounts import (
    NEW_YORK,
    FixtureB1,
    a_batch,
    a_card,
    accounts_of,
    confirm,
    fixture_b1,
    job_of,
    preview,
    read_json,
    results_of,
)

JUNE = {"expirationDate": "2026-06-01"}
BLOCK = {"status": {"to": "BLOCKED"}}


@pytest.fixture
async def b1(platform: Platform) -> FixtureB1:
    """The fresh fixture that each scenario starts from."""
    return await fixture_b1(platform)


async def a_done_job(b1: FixtureB1, changes: dict[str, Any], batch: str | None = None, **filters: Any) -> Outcome:
    """A job that Abe previewed and confirmed, and that ran to its end."""
    previewed = await preview(b1.abe, batch or b1.b1, changes, 2, **filters)
    await confirm(b1.abe, previewed)
    await run_all_due(b1.platform)
    return previewed


async def undone(who: Member, job: Outcome) -> Outcome:
    """The preview of the undo."""
    return await do(who, lambda uow: undo_batch_update(uow, job["batchUpdateId"]), operation="undoBatchUpdate")


async def undo_refused(who: Member, job: Outcome) -> tuple[str, ...]:
    return await refusal(who, lambda uow: undo_batch_update(uow, job["batchUpdateId"]))


async def test_b_63_the_dates_are_empty_again(b1: FixtureB1) -> None:
    job = await a_done_job(b1, JUNE, controlNumbers="201-210")
    before = await accounts_of(b1.platform, b1.b1)
    assert {before[number]["expiration_date"] for number in range(201, 211)} == {"2026-06-01"}

    undo = await undone(b1.sam, job)
    stored = await job_of(b1.platform, undo)
    forecast = read_json(stored["forecast"])
    assert (undo["selected"], stored["state"], stored["chunk_rows"]) == (10, "AWAITING_CONFIRMATION", 2)
    assert (forecast["wouldChange"], forecast["notUndone"], forecast["irreversibleFields"]) == (10, [], [])
    assert await accounts_of(b1.platform, b1.b1) == before

    await confirm(b1.abe, undo)
    await run_all_due(b1.platform)
    assert await results_of(b1.platform, undo) == [(number, "SUCCEEDED", None) for number in range(201, 211)]
    after = await accounts_of(b1.platform, b1.b1)
    assert {(after[n]["expiration_date"], after[n]["expires_at"], after[n]["version"]) for n in range(201, 211)} == {
        (None, None, 3)
    }
    assert after[200] == before[200]


async def test_bat_56_each_account_gets_its_own_value_back_and_the_undo_is_undone(b1: FixtureB1) -> None:
    own = [None, date(2026, 3, 1), date(2026, 4, 1), date(2026, 4, 1), date(2026, 6, 1)]
    cards = [a_card(f"888000{n}", is_blocked=n == 1, expiration_date=day) for n, day in enumerate(own)]
    batch = await a_batch(b1.abe, b1.c2, "Own dates", cards)
    job = await a_done_job(b1, JUNE | BLOCK, batch)

    undo = await undone(b1.abe, job)
    await confirm(b1.abe, undo)
    await run_all_due(b1.platform)
    accounts = await accounts_of(b1.platform, batch)
    assert [accounts[n]["expiration_date"] for n in range(1, 6)] == [day and day.isoformat() for day in own]
    assert [accounts[n]["expires_at"] for n in range(1, 6)] == [day and expires_at(day, NEW_YORK) for day in own]
    assert [bool(accounts[n]["is_blocked"]) for n in range(1, 6)] == [False, True, False, False, False]
    async with platform_transaction(b1.platform) as tx:
        sql = "SELECT before_values, after_values FROM batch_update_row WHERE batch_update_id = $1 ORDER BY 1"
        values = await tx.fetch(sql, undo["batchUpdateId"])
        entries = await tx.fetch(
            "SELECT e.id FROM audit_entry e JOIN batch_update_row r ON r.correlation_id = e.request_id "
            "WHERE r.batch_update_id = $1 AND e.entity_type = 'Account'", undo["batchUpdateId"],
        )  # fmt: skip
    shown = [(read_json(row["before_values"]), read_json(row["after_values"])) for row in values]
    assert ({"status": "BLOCKED"}, {"status": "UNBLOCKED"}) in shown
    assert ({"expirationDate": "2026-06-01"}, {"expirationDate": "2026-03-01"}) in shown
    assert len(entries) == 5

    redo = await undone(b1.abe, undo)
    await confirm(b1.abe, redo)
    await run_all_due(b1.platform)
    again = (await accounts_of(b1.platform, batch)).values()
    assert {(row["expiration_date"], bool(row["is_blocked"])) for row in again} == {("2026-06-01", True)}


async def test_bat_56_a_value_that_was_changed_since_is_left_alone(b1: FixtureB1) -> None:
    job = await a_done_job(b1, JUNE | BLOCK, controlNumbers="1-4")
    await a_done_job(b1, {"expirationDate": "2026-07-01"}, controlNumbers="2")
    await a_done_job(b1, {"status": {"to": "UNBLOCKED"}}, controlNumbers="3")
    async with platform_transaction(b1.platform) as tx:
        sql = (
            "UPDATE account SET lifecycle = 'CLOSED', version = version + 1 WHERE batch_id = $1 AND control_number = 4"
        )
        await tx.execute(sql, b1.b1)
    before = await accounts_of(b1.platform, b1.b1)

    undo = await undone(b1.abe, job)
    await confirm(b1.abe, undo)
    await run_all_due(b1.platform)
    assert await results_of(b1.platform, undo) == [
        (1, "SUCCEEDED", None), (2, "FAILED", "CHANGED_SINCE_UPDATE"), (3, "FAILED", "CHANGED_SINCE_UPDATE"),
        (4, "FAILED", "ACCOUNT_TERMINATED"),
    ]  # fmt: skip
    after = await accounts_of(b1.platform, b1.b1)
    assert [number for number in after if after[number] != before[number]] == [1]
    # The undo is previewed once more: #1 has the value of before by now.
    again = await undone(b1.abe, job)
    assert read_json((await job_of(b1.platform, again))["forecast"])["wouldFail"] == 4


async def test_bat_56_a_value_changed_after_confirm_fails_its_row(b1: FixtureB1) -> None:
    undo = await undone(b1.abe, await a_done_job(b1, JUNE, controlNumbers="1-3"))
    await confirm(b1.abe, undo)
    async with platform_transaction(b1.platform) as tx:
        sql = "UPDATE account SET is_blocked = $2, version = version + 1 WHERE batch_id = $1 AND control_number = 2"
        await tx.execute(sql, b1.b1, True)
    await run_all_due(b1.platform)
    assert await results_of(b1.platform, undo) == [
        (1, "SUCCEEDED", None), (2, "FAILED", "CHANGED_SINCE_PREVIEW"), (3, "SUCCEEDED", None)
    ]  # fmt: skip
    order = RetryOrder(undo["batchUpdateId"])
    retry = await do(b1.abe, lambda uow: retry_batch_update(uow, order), operation="retryBatchUpdate")
    await confirm(b1.abe, retry)
    await run_all_due(b1.platform)
    assert await results_of(b1.platform, retry) == [(2, "SUCCEEDED", None)]
    assert (await accounts_of(b1.platform, b1.b1))[2]["expiration_date"] is None


async def test_bat_56_what_is_not_undone(b1: FixtureB1, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = await preview(b1.abe, b1.b1, JUNE, 100)
    assert await undo_refused(b1.abe, waiting) == ("JOB_NOT_FINISHED",)
    await confirm(b1.abe, waiting)
    await run_due_once(b1.platform)
    assert await undo_refused(b1.abe, waiting) == ("JOB_NOT_FINISHED",)
    await run_all_due(b1.platform)
    assert (await undo_refused(b1.rob, waiting), await undo_refused(b1.bea, waiting)) == (
        ("NOT_FOUND",),
        ("FORBIDDEN",),
    )
    nothing = await a_done_job(b1, {"status": {"to": "UNBLOCKED"}}, controlNumbers="1-3")
    assert await undo_refused(b1.abe, nothing) == ("EMPTY_SELECTION",)
    async with platform_transaction(b1.platform) as tx:
        await tx.execute("UPDATE organization SET status = 'SUSPENDED' WHERE id = $1", b1.c1.id)
    assert await undo_refused(b1.abe, waiting) == ("ORGANIZATION_NOT_ACTIVE",)
    async with platform_transaction(b1.platform) as tx:
        await tx.execute("UPDATE organization SET status = 'ACTIVE' WHERE id = $1", b1.c1.id)
    kept_for_good = {"expirationDate": replace(EXPIRATION_DATE, is_undoable=False)}
    monkeypatch.setattr(accounts.batch_undo, "ATTRIBUTES", {**ATTRIBUTES, **kept_for_good})
    assert await undo_refused(b1.abe, waiting) == ("NOT_REVERSIBLE",)
