"""Scenarios of the batch rule book about the job: what it does to rows, how it is confirmed, stopped and gone on with.

A worker is driven step by step: `run_due_once` is one chunk."""

import sqlite3
from collections import Counter
from typing import Any

import pytest

import accounts.batch_chunk
import accounts.batch_run
from accounts.batch_confirm import cancel_batch_update, confirm_batch_update
from accounts.batch_preview import PreviewOrder, preview_batch_update
from accounts.batch_retry import RetryOrder, retry_batch_update
from accounts.job_states import RowResult
from core.clock import EXACT_DAY, HOUR, MINUTE, FixedClock
from core.jobs import run_all_due, run_due_once
from core.refusals import Refused
from core.transaction import Row
from tenants.commands import Outcome
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do, everything, refusal
from tests.makers import Member, an_api_key
from tests.makers_accounts import (
    FixtureB1,
    a_batch,
    a_card,
    accounts_of,
    confirm,
    confirmation,
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


async def a_running_job(b1: FixtureB1, changes: dict[str, Any], chunk_rows: int = 100, **filters: Any) -> Outcome:
    """A job that Abe previewed and confirmed."""
    previewed = await preview(b1.abe, b1.b1, changes, chunk_rows, **filters)
    await confirm(b1.abe, previewed)
    return previewed


async def results(b1: FixtureB1, job: Outcome) -> Counter[str]:
    """How many rows have which result."""
    return Counter(result for _, result, _ in await results_of(b1.platform, job))


async def entries_of(platform: Platform, entity_type: str, action: str = "confirmBatchUpdate") -> list[Row]:
    """The audit entries of an action about rows of this type, in the order of their ids."""
    async with platform_transaction(platform) as tx:
        return list(
            await tx.fetch(
                "SELECT * FROM audit_entry WHERE entity_type = $1 AND action = $2 AND result_code IS NULL ORDER BY id",
                entity_type,
                action,
            )  # fmt: skip
        )


async def topics(platform: Platform) -> Counter[str]:
    async with platform_transaction(platform) as tx:
        return Counter(row["topic"] for row in await tx.fetch("SELECT topic FROM outbox"))


async def cancel(who: Member, job: Outcome) -> Outcome:
    return await do(who, lambda uow: cancel_batch_update(uow, job["batchUpdateId"]), operation="cancelBatchUpdate")


async def failed_with(b1: FixtureB1, job: Outcome, reason: str) -> None:
    """The job FAILED for this reason, with no row done."""
    await run_all_due(b1.platform)
    stored = await job_of(b1.platform, job)
    assert (stored["state"], stored["failure_reason"], stored["unprocessed"]) == ("FAILED", reason, 245)
    assert await results(b1, job) == {"UNPROCESSED": 245}


async def test_b_56_the_preview_is_what_the_run_does(b1: FixtureB1) -> None:
    """10 January is the day on which the used cards were activated: no expiration date (BAT-32)."""
    previewed = await preview(b1.abe, b1.b1, {"expirationDate": "2026-01-10"}, controlNumbers="198-203,245-246")
    forecast = read_json((await job_of(b1.platform, previewed))["forecast"])
    assert (forecast["wouldChange"], forecast["noChange"], forecast["wouldFail"]) == (3, 0, 4)
    assert forecast["codes"] == [{"code": "EXPIRATION_NOT_AFTER_ACTIVATION", "count": 4}]
    assert [each["controlNumber"] for each in forecast["firstFailures"]] == [201, 202, 203, 245]
    assert forecast["counters"] == {"selected": 7, "started": 4, "depleted": 0}
    assert all(row["expiration_date"] is None for row in (await accounts_of(b1.platform, b1.b1)).values())
    await confirm(b1.abe, previewed)
    await run_all_due(b1.platform)
    assert await results(b1, previewed) == {"SUCCEEDED": 3, "FAILED": 4}
    changed = [number for number, row in (await accounts_of(b1.platform, b1.b1)).items() if row["expiration_date"]]
    assert sorted(changed) == [198, 199, 200]


async def test_b_57_cancel_during_the_first_chunk_and_retry_the_rest(b1: FixtureB1) -> None:
    job = await a_running_job(b1, JUNE)
    assert await run_due_once(b1.platform)
    assert (await job_of(b1.platform, job))["state"] == "RUNNING"
    assert (await cancel(b1.abe, job))["state"] == "CANCELLING"
    assert await run_due_once(b1.platform)
    stored = await job_of(b1.platform, job)
    assert (stored["state"], stored["succeeded"], stored["unprocessed"]) == ("CANCELLED", 100, 145)
    assert await results(b1, job) == {"SUCCEEDED": 100, "UNPROCESSED": 145}
    assert (await cancel(b1.abe, job))["state"] == "CANCELLED"
    assert not await run_due_once(b1.platform)

    order = RetryOrder(job["batchUpdateId"], frozenset({RowResult.UNPROCESSED}))
    again = await do(b1.abe, lambda uow: retry_batch_update(uow, order))
    assert [number for number, _, _ in await results_of(b1.platform, again)] == list(range(101, 246))
    await confirm(b1.abe, again)
    await run_all_due(b1.platform)
    assert await results(b1, again) == {"SUCCEEDED": 145}


async def test_b_57_what_succeeded_is_not_applied_again_by_a_retry(b1: FixtureB1) -> None:
    job = await a_running_job(b1, JUNE)
    await run_due_once(b1.platform)
    await cancel(b1.abe, job)
    await run_all_due(b1.platform)
    order = RetryOrder(job["batchUpdateId"])
    first = await do(b1.abe, lambda uow: retry_batch_update(uow, order))
    second = await do(b1.abe, lambda uow: retry_batch_update(uow, order))
    await confirm(b1.abe, first)
    await run_all_due(b1.platform)
    assert await results(b1, first) == {"SUCCEEDED": 145}
    assert await refusal(b1.abe, lambda uow: confirm_batch_update(uow, confirmation(second))) == ("PREVIEW_STALE",)
    third = await do(b1.abe, lambda uow: retry_batch_update(uow, order))
    assert {code for _, _, code in await results_of(b1.platform, third)} == {"ALREADY_APPLIED"}


async def test_b_57_a_finished_job_is_neither_cancelled_nor_retried_without_rows(b1: FixtureB1) -> None:
    job = await a_running_job(b1, JUNE)
    order = RetryOrder(job["batchUpdateId"])
    assert await refusal(b1.abe, lambda uow: retry_batch_update(uow, order)) == ("JOB_NOT_FINISHED",)
    await run_all_due(b1.platform)
    refused = await refusal(b1.abe, lambda uow: cancel_batch_update(uow, job["batchUpdateId"]))
    assert refused == ("JOB_NOT_CANCELLABLE",)
    assert await refusal(b1.abe, lambda uow: retry_batch_update(uow, order)) == ("NOTHING_TO_RETRY",)


async def test_b_57_each_job_tells_what_it_did(b1: FixtureB1) -> None:
    await a_running_job(b1, JUNE)
    await run_all_due(b1.platform)
    told = await topics(b1.platform)
    assert {topic: count for topic, count in told.items() if topic.isupper() and "BATCH" in topic} == {
        "BATCH_UPDATE_CONFIRMED": 1, "BATCH_UPDATE_STARTED": 1, "BATCH_UPDATE_FINISHED": 1
    }  # fmt: skip
    assert told["ACCOUNTS_CHANGED"] == 3


async def test_b_58_one_job_per_batch(b1: FixtureB1) -> None:
    running = await a_running_job(b1, JUNE)
    second = await preview(b1.abe, b1.b1, BLOCK)
    with pytest.raises(Refused) as refused:
        await confirm(b1.abe, second)
    (blocker,) = refused.value.blockers
    expected = ("OPERATION_IN_PROGRESS", running["batchUpdateId"])
    assert (blocker.code, blocker.details["batch_update_id"]) == expected
    other = await preview(b1.abe, b1.b2, BLOCK)
    assert (await confirm(b1.abe, other))["state"] == "QUEUED"


async def test_b_58_five_jobs_and_twenty_previews_per_seller(b1: FixtureB1) -> None:
    batches = [await a_batch(b1.abe, b1.c2, f"N{n}", [a_card(f"55500{n}")]) for n in range(6)]
    previews = [await preview(b1.abe, batch, BLOCK) for batch in batches]
    for previewed in previews[:5]:
        await confirm(b1.abe, previewed)
    sixth = confirmation(previews[5])
    assert await refusal(b1.abe, lambda uow: confirm_batch_update(uow, sixth)) == ("TOO_MANY_JOBS",)
    for _ in range(19):
        await preview(b1.abe, b1.b2, BLOCK)
    with pytest.raises(Refused) as refused:
        await preview(b1.abe, b1.b2, BLOCK)
    assert refused.value.codes == ("TOO_MANY_PREVIEWS",)


async def test_b_60_a_preview_lives_fifteen_minutes(b1: FixtureB1, clock: FixedClock) -> None:
    previewed = await preview(b1.abe, b1.b1, JUNE)
    clock.advance_to(clock.at + 16 * MINUTE)
    order = confirmation(previewed)
    assert await refusal(b1.abe, lambda uow: confirm_batch_update(uow, order)) == ("PREVIEW_EXPIRED",)


async def test_b_60_what_was_expected_must_still_be_so(b1: FixtureB1) -> None:
    previewed = await preview(b1.abe, b1.b1, JUNE)
    fewer, other = confirmation(previewed, expected_selected=244), confirmation(previewed, snapshot_hash="0" * 64)
    assert await refusal(b1.abe, lambda uow: confirm_batch_update(uow, fewer)) == ("PREVIEW_STALE",)
    assert await refusal(b1.abe, lambda uow: confirm_batch_update(uow, other)) == ("PREVIEW_STALE",)
    async with platform_transaction(b1.platform) as tx:
        await tx.execute("UPDATE account SET balance_micros = 1 WHERE batch_id = $1 AND control_number = 7", b1.b1)
    assert (await confirm(b1.abe, previewed))["state"] == "QUEUED"


async def test_b_60_a_changed_version_or_another_selection_is_stale(b1: FixtureB1) -> None:
    previewed = await preview(b1.abe, b1.b1, JUNE)
    async with platform_transaction(b1.platform) as tx:
        await tx.execute("UPDATE account SET version = 2 WHERE batch_id = $1 AND control_number = 7", b1.b1)
    order = confirmation(previewed)
    assert await refusal(b1.abe, lambda uow: confirm_batch_update(uow, order)) == ("PREVIEW_STALE",)


async def test_b_61_one_entry_per_changed_account(b1: FixtureB1) -> None:
    changes = {**JUNE, **BLOCK}
    job = await a_running_job(b1, changes, controlNumbers="201-202,245")
    await run_all_due(b1.platform)
    first, second, third = await entries_of(b1.platform, "Account")
    accounts = await accounts_of(b1.platform, b1.b1)
    assert [first["entity_id"], second["entity_id"], third["entity_id"]] == [
        accounts[201]["id"], accounts[202]["id"], accounts[245]["id"]
    ]  # fmt: skip
    assert (read_json(first["before_values"]), read_json(first["after_values"])) == (
        {"expirationDate": None, "status": "UNBLOCKED"}, {"expirationDate": "2026-06-01", "status": "BLOCKED"}
    )  # fmt: skip
    assert read_json(third["after_values"]) == {"expirationDate": "2026-06-01"}
    assert (first["actor_member_id"], first["actor_name"], first["organization_id"]) == (b1.abe.id, "Abe", b1.c1.id)
    assert first["request_id"] == f"{job['batchUpdateId']}.201"
    assert (accounts[201]["version"], accounts[203]["version"]) == (2, 1)


async def test_b_61_rows_without_a_change_have_no_entry(b1: FixtureB1) -> None:
    await a_running_job(b1, BLOCK, controlNumbers="245-246", status="ANY")
    await run_all_due(b1.platform)
    assert await entries_of(b1.platform, "Account") == []
    confirmed, ended = await entries_of(b1.platform, "BatchUpdate")
    assert read_json(confirmed["after_values"])["state"] == "QUEUED"
    assert read_json(ended["after_values"])["state"] == "COMPLETED_WITH_ERRORS"
    assert len(await entries_of(b1.platform, "BatchUpdate", "previewBatchUpdate")) == 1


async def test_b_62_a_passing_error_is_tried_again(b1: FixtureB1, monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [sqlite3.OperationalError("database is locked")]
    write = accounts.batch_chunk._write_audit

    async def fails_once(*given: Any) -> None:
        await write(*given)
        if errors:
            raise errors.pop()

    monkeypatch.setattr(accounts.batch_chunk, "_write_audit", fails_once)
    monkeypatch.setattr(accounts.batch_run, "FIRST_WAIT_SECONDS", 0.001)
    job = await a_running_job(b1, JUNE)
    await run_all_due(b1.platform)
    assert await results(b1, job) == {"SUCCEEDED": 245}
    assert len(await entries_of(b1.platform, "Account")) == 245


async def test_b_62_what_stays_wrong_fails_its_own_row_alone(b1: FixtureB1, monkeypatch: pytest.MonkeyPatch) -> None:
    write = accounts.batch_chunk._write_accounts

    async def fails_217(chunk: Any, first: int, last: int) -> None:
        await write(chunk, first, last)
        if first <= 217 <= last:
            raise ZeroDivisionError("a bug")

    monkeypatch.setattr(accounts.batch_chunk, "_write_accounts", fails_217)
    job = await a_running_job(b1, JUNE, 20, controlNumbers="201-240")
    await run_all_due(b1.platform)
    failed = [row for row in await results_of(b1.platform, job) if row[1] != "SUCCEEDED"]
    assert failed == [(217, "FAILED", "INTERNAL_ERROR")]
    assert (await accounts_of(b1.platform, b1.b1))[217]["expiration_date"] is None
    assert (await job_of(b1.platform, job))["state"] == "COMPLETED_WITH_ERRORS"
    assert len(await entries_of(b1.platform, "Account")) == 39


async def test_b_62_a_database_that_stays_away_fails_rows_as_transient(
    b1: FixtureB1, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = accounts.batch_chunk._write_accounts

    async def fails_217(chunk: Any, first: int, last: int) -> None:
        if first <= 217 <= last:
            raise ConnectionError("gone")
        await write(chunk, first, last)

    monkeypatch.setattr(accounts.batch_chunk, "_write_accounts", fails_217)
    monkeypatch.setattr(accounts.batch_run, "FIRST_WAIT_SECONDS", 0.001)
    job = await a_running_job(b1, JUNE, 20, controlNumbers="216-218")
    await run_all_due(b1.platform)
    assert (await results_of(b1.platform, job))[1] == (217, "FAILED", "TRANSIENT_ERROR")
    assert await results(b1, job) == {"SUCCEEDED": 2, "FAILED": 1}


async def test_b_64_confirm_twice_with_one_key(b1: FixtureB1) -> None:
    previewed = await preview(b1.abe, b1.b1, JUNE)
    first = await confirm(b1.abe, previewed, "same")
    second = await confirm(b1.abe, previewed, "same")
    assert (first["replayed"], second["replayed"]) == (False, True)
    assert first["batchUpdateId"] == second["batchUpdateId"]
    await run_all_due(b1.platform)
    assert await results(b1, previewed) == {"SUCCEEDED": 245}
    assert (await confirm(b1.abe, previewed, "same"))["state"] == "COMPLETED"


async def test_b_64_a_key_is_used_once_and_a_job_is_confirmed_once(b1: FixtureB1) -> None:
    previewed = await preview(b1.abe, b1.b1, JUNE)
    await confirm(b1.abe, previewed, "same")
    other = confirmation(await preview(b1.abe, b1.b2, BLOCK), "same")
    assert await refusal(b1.abe, lambda uow: confirm_batch_update(uow, other)) == ("IDEMPOTENCY_KEY_REUSED",)
    again = confirmation(previewed, "another")
    assert await refusal(b1.abe, lambda uow: confirm_batch_update(uow, again)) == ("ALREADY_CONFIRMED",)
    assert await refusal(b1.sam, lambda uow: confirm_batch_update(uow, confirmation(previewed, "same"))) == (
        "FORBIDDEN",
    )


async def test_bat_49_a_job_ends_at_its_deadline(b1: FixtureB1, clock: FixedClock) -> None:
    job = await a_running_job(b1, JUNE)
    clock.advance_to(clock.at + EXACT_DAY)
    await failed_with(b1, job, "DEADLINE")


async def test_bat_49_a_job_ends_with_the_right_of_its_member(b1: FixtureB1) -> None:
    job = await a_running_job(b1, JUNE)
    async with platform_transaction(b1.platform) as tx:
        await tx.execute("UPDATE member SET role = 'SUPPORT' WHERE id = $1", b1.abe.id)
    await failed_with(b1, job, "RIGHT_LOST")


async def test_bat_49_a_job_ends_with_the_consent_of_its_customer(b1: FixtureB1) -> None:
    job = await a_running_job(b1, JUNE)
    async with platform_transaction(b1.platform) as tx:
        await tx.execute("UPDATE organization SET managed_by = 'CUSTOMER' WHERE id = $1", b1.c1.id)
    await failed_with(b1, job, "RIGHT_LOST")


async def test_bat_49_a_job_of_an_api_key_ends_with_the_key(b1: FixtureB1) -> None:
    key = await an_api_key(b1.abe, scopes=("batches:write",))
    batch = await a_batch(b1.abe, b1.c2, "Keys", [a_card(f"555000{number}") for number in range(4)])
    order = PreviewOrder(account_filter={"batchIds": [batch]}, changes=BLOCK, chunk_rows=2)
    job = await do(key, lambda uow: preview_batch_update(uow, order), platform=b1.platform)
    await do(key, lambda uow: confirm_batch_update(uow, confirmation(job)), platform=b1.platform)
    await run_due_once(b1.platform)
    async with platform_transaction(b1.platform) as tx:
        await tx.execute("UPDATE api_key SET revoked_at = 1")
    await run_all_due(b1.platform)
    stored = await job_of(b1.platform, job)
    assert (stored["failure_reason"], stored["succeeded"], stored["unprocessed"]) == ("RIGHT_LOST", 2, 2)


async def test_bat_49_a_job_ends_when_its_customer_is_stopped(b1: FixtureB1) -> None:
    job = await a_running_job(b1, JUNE)
    async with platform_transaction(b1.platform) as tx:
        await tx.execute("UPDATE organization SET status = 'SUSPENDED' WHERE id = $1", b1.c1.id)
    await failed_with(b1, job, "ORGANIZATION_NOT_ACTIVE")


async def test_bat_49_a_queued_job_is_cancelled_at_once(b1: FixtureB1) -> None:
    job = await a_running_job(b1, JUNE)
    assert (await cancel(b1.abe, job))["state"] == "CANCELLED"
    await run_all_due(b1.platform)
    assert await results(b1, job) == {"UNPROCESSED": 245}


async def test_bat_49_a_preview_is_cancelled_and_then_gone(b1: FixtureB1, clock: FixedClock) -> None:
    previewed = await preview(b1.abe, b1.b1, JUNE)
    assert (await cancel(b1.abe, previewed))["state"] == "CANCELLED"
    order = confirmation(previewed)
    assert await refusal(b1.abe, lambda uow: confirm_batch_update(uow, order)) == ("PREVIEW_EXPIRED",)
    late = await preview(b1.abe, b1.b1, JUNE)
    clock.advance_to(clock.at + 15 * MINUTE)
    refused = await refusal(b1.abe, lambda uow: cancel_batch_update(uow, late["batchUpdateId"]))
    assert refused == ("JOB_NOT_CANCELLABLE",)


async def test_bat_37_a_date_is_emptied(b1: FixtureB1) -> None:
    await a_running_job(b1, JUNE, controlNumbers="1-2")
    await run_all_due(b1.platform)
    assert (await accounts_of(b1.platform, b1.b1))[1]["expires_at"] is not None
    await a_running_job(b1, {"expirationDate": {"clear": True}}, controlNumbers="1-2")
    await run_all_due(b1.platform)
    cleared = (await accounts_of(b1.platform, b1.b1))[1]
    assert (cleared["expiration_date"], cleared["expires_at"], cleared["version"]) == (None, None, 3)


async def test_bat_53_a_change_after_confirm_fails_its_row(b1: FixtureB1) -> None:
    job = await a_running_job(b1, JUNE, controlNumbers="1-3")
    async with platform_transaction(b1.platform) as tx:
        await tx.execute(
            "UPDATE account SET is_blocked = $2, version = 2 WHERE batch_id = $1 AND control_number = 2", b1.b1, True
        )
    await run_all_due(b1.platform)
    assert await results_of(b1.platform, job) == [
        (1, "SUCCEEDED", None), (2, "FAILED", "CHANGED_SINCE_PREVIEW"), (3, "SUCCEEDED", None)
    ]  # fmt: skip


async def test_bat_54_the_stop_rule(b1: FixtureB1) -> None:
    job = await a_running_job(b1, JUNE)
    async with platform_transaction(b1.platform) as tx:
        await tx.execute("UPDATE account SET version = 2 WHERE batch_id = $1 AND control_number <= 51", b1.b1)
    await run_all_due(b1.platform)
    stored = await job_of(b1.platform, job)
    assert (stored["state"], stored["failure_reason"], stored["processed"]) == ("FAILED", "STOP_RULE", 100)
    assert await results(b1, job) == {"SUCCEEDED": 49, "FAILED": 51, "UNPROCESSED": 145}


async def test_bat_54_forecast_failures_stop_nothing(b1: FixtureB1) -> None:
    """45 of the 45 used cards refuse this date, and the preview said so."""
    job = await a_running_job(b1, {"expirationDate": "2026-01-10"}, 10, controlNumbers="201-245")
    await run_all_due(b1.platform)
    assert (await job_of(b1.platform, job))["state"] == "COMPLETED_WITH_ERRORS"
    assert await results(b1, job) == {"FAILED": 45}


@pytest.mark.parametrize("chunk_rows", [1, 7, 5_000])
async def test_bat_51_every_chunk_size_gives_the_same(b1: FixtureB1, chunk_rows: int) -> None:
    changes = {"expirationDate": "2026-01-10", **BLOCK}
    job = await a_running_job(b1, changes, chunk_rows, controlNumbers="195,198-204,241-250", status="ANY")
    await run_all_due(b1.platform)
    wrong, closed = "EXPIRATION_NOT_AFTER_ACTIVATION", "ACCOUNT_TERMINATED"
    assert await results_of(b1.platform, job) == [
        *[(number, "SUCCEEDED", None) for number in (195, 198, 199, 200)],
        *[(number, "FAILED", wrong) for number in (201, 202, 203, 204, 241, 242, 243, 244, 245)],
        *[(number, "FAILED", closed) for number in range(246, 251)],
    ]
    assert len(await entries_of(b1.platform, "Account")) == 4


async def test_bat_52_a_worker_that_lost_its_lease_keeps_nothing(
    b1: FixtureB1, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands still before its commit; the lease runs out and another worker does the chunk first."""
    write, overtaken = accounts.batch_chunk._write_audit, list[bool]()

    async def stands_still(*given: Any) -> None:
        await write(*given)
        if not overtaken:
            overtaken.append(True)
            await given[0].uow.tx.execute("UPDATE outbox SET lease_token = 'another' WHERE topic = 'batch_update.run'")

    monkeypatch.setattr(accounts.batch_chunk, "_write_audit", stands_still)
    job = await a_running_job(b1, JUNE)
    assert await run_due_once(b1.platform)
    assert (await job_of(b1.platform, job))["processed"] == 0
    assert await entries_of(b1.platform, "Account") == []
    clock.advance_to(clock.at + HOUR)
    await run_all_due(b1.platform)
    assert await results(b1, job) == {"SUCCEEDED": 245}
    assert len(await entries_of(b1.platform, "Account")) == 245


async def test_bat_52_a_message_handled_twice_does_nothing_more(b1: FixtureB1) -> None:
    job = await a_running_job(b1, JUNE)
    await run_all_due(b1.platform)
    async with platform_transaction(b1.platform) as tx:
        await tx.execute("UPDATE outbox SET done_at = NULL, lease_until_at = NULL WHERE topic = 'batch_update.run'")
    before = await everything(b1.platform)
    assert await run_all_due(b1.platform) == 1
    after = await everything(b1.platform)
    assert {table for table in after if after[table] != before[table]} == {"outbox"}
    assert await results(b1, job) == {"SUCCEEDED": 245}
