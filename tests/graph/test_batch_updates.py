"""Batch updates through the schema: preview, confirm, the job's rows, refusals as data, cancel, retry, isolation."""

from typing import Any

import pytest

from core.clock import MINUTE, FixedClock
from core.jobs import run_all_due, run_due_once
from core.transaction import fetch_value
from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.asking import ask
from tests.graph.billing_documents import asked, codes, done
from tests.graph.random_documents import Documents
from tests.graph.reference import Reference
from tests.graph.test_truth import without_cursors
from tests.makers import Member, credentials_of
from tests.makers_accounts import FixtureB1, accounts_of, fixture_b1

JOB = """errors { code field message details } replayed batchUpdate { id state failureReason snapshotHash selected
    processed succeeded noChange failed unprocessed filter changes rootId confirmedAt finishedAt
    forecast { wouldChange noChange wouldFail codes firstFailures irreversibleFields counters
        missingControlNumbers } }"""
PREVIEW = f"mutation ($input: PreviewBatchUpdateInput!) {{ previewBatchUpdate(input: $input) {{ {JOB} }} }}"
CONFIRM = f"mutation ($input: ConfirmBatchUpdateInput!) {{ confirmBatchUpdate(input: $input) {{ {JOB} }} }}"
CANCEL = f"mutation ($input: CancelBatchUpdateInput!) {{ cancelBatchUpdate(input: $input) {{ {JOB} }} }}"
RETRY = f"mutation ($input: RetryBatchUpdateInput!) {{ retryBatchUpdate(input: $input) {{ {JOB} }} }}"
ROWS = """query ($id: ID!, $first: Int, $after: String, $filter: BatchUpdateRowFilter) { batchUpdate(id: $id) {
    state processed succeeded noChange failed unprocessed
    rows(first: $first, after: $after, filter: $filter) { totalCount pageInfo { hasNextPage endCursor }
        nodes { controlNumber accountId result forecastResult forecastCode code field message before after
            correlationId account { id accountId status expirationDate } } } } }"""
JUNE = {"expirationDate": {"value": "2026-06-01"}}
BLOCK = {"status": {"to": "BLOCKED"}}


@pytest.fixture
async def b1(platform: Platform) -> FixtureB1:
    """The fresh fixture that each scenario starts from."""
    return await fixture_b1(platform)


async def previewed(who: Member, batch: str, changes: dict[str, Any], **filters: Any) -> dict[str, Any]:
    """The payload of a preview; chunks have 100 rows."""
    return await done(who, PREVIEW, filter={"batchIds": [batch], **filters}, changes=changes, chunkRows=100)


def seen(preview: dict[str, Any], key: str = "key", **given: Any) -> dict[str, Any]:
    """What confirms a preview just as it was seen."""
    job = preview["batchUpdate"]
    as_seen = {"id": job["id"], "snapshotHash": job["snapshotHash"], "expectedSelected": job["selected"]}
    return as_seen | {"idempotencyKey": key} | given


async def a_confirmed_job(b1: FixtureB1, changes: dict[str, Any], **filters: Any) -> str:
    """The id of a job that waits for its worker."""
    preview = await previewed(b1.abe, b1.b1, changes, **filters)
    job = (await done(b1.abe, CONFIRM, **seen(preview)))["batchUpdate"]
    assert job["state"] == "QUEUED"
    return str(job["id"])


async def rows_of(who: Member, job: str, **given: Any) -> dict[str, Any]:
    """The job with a page of its rows."""
    answer = await asked(who, ROWS, id=job, **given)
    assert answer.errors == []
    shown: dict[str, Any] = answer.data["batchUpdate"]
    return shown


async def test_b_56_a_preview_tells_what_the_run_then_does(b1: FixtureB1) -> None:
    """10 January is the day on which the used cards were activated (BAT-32)."""
    preview = await previewed(
        b1.abe, b1.b1, {"expirationDate": {"value": "2026-01-10"}}, controlNumbers="198-203,245-246,300"
    )
    assert (preview["errors"], preview["replayed"]) == ([], False)
    job = preview["batchUpdate"]
    assert (job["state"], job["selected"], job["processed"]) == ("AWAITING_CONFIRMATION", 7, 0)
    forecast = job["forecast"]
    assert (forecast["wouldChange"], forecast["noChange"], forecast["wouldFail"]) == (3, 0, 4)
    assert forecast["codes"] == [{"code": "EXPIRATION_NOT_AFTER_ACTIVATION", "count": 4}]
    assert [each["controlNumber"] for each in forecast["firstFailures"]] == [201, 202, 203, 245]
    assert forecast["counters"] == {"selected": 7, "started": 4, "depleted": 0}
    assert forecast["missingControlNumbers"] == {"ranges": [{"first": 300, "last": 300}], "count": 1}
    assert forecast["irreversibleFields"] == []
    waiting = (await rows_of(b1.abe, job["id"]))["rows"]["nodes"]
    assert {each["result"] for each in waiting} == {None}
    assert all(row["expiration_date"] is None for row in (await accounts_of(b1.platform, b1.b1)).values())

    await done(b1.abe, CONFIRM, **seen(preview))
    assert await run_all_due(b1.platform) > 0
    finished = await rows_of(b1.abe, job["id"])
    counts = [finished[name] for name in ("processed", "succeeded", "noChange", "failed", "unprocessed")]
    assert (finished["state"], counts) == ("COMPLETED_WITH_ERRORS", [7, 3, 0, 4, 0])
    first, *_, last = finished["rows"]["nodes"]
    assert (first["controlNumber"], first["result"], first["code"]) == (198, "SUCCEEDED", None)
    assert (first["before"], first["after"]) == ({"expirationDate": None}, {"expirationDate": "2026-01-10"})
    assert first["correlationId"] == f"{job['id']}.198"
    assert (first["account"]["accountId"], first["account"]["expirationDate"]) == ("1212000198", "2026-01-10")
    assert last | {"account": None, "correlationId": ""} == {
        "controlNumber": 245, "accountId": "1212000245", "result": "FAILED", "forecastResult": "FAILED",
        "forecastCode": "EXPIRATION_NOT_AFTER_ACTIVATION", "code": "EXPIRATION_NOT_AFTER_ACTIVATION",
        "field": "expirationDate", "message": "The expiration date must lie after the activation date.",
        "before": None, "after": None, "correlationId": "", "account": None,
    }  # fmt: skip
    failed = await rows_of(b1.abe, job["id"], filter={"result": ["FAILED"]})
    assert failed["rows"]["totalCount"] == 4


async def test_b_37_block_and_unblock(b1: FixtureB1) -> None:
    blocked = await a_confirmed_job(b1, BLOCK, controlNumbers="201-210")
    await run_all_due(b1.platform)
    shown = await rows_of(b1.abe, blocked)
    assert (shown["state"], shown["succeeded"]) == ("COMPLETED", 10)
    assert {each["account"]["status"] for each in shown["rows"]["nodes"]} == {"BLOCKED"}


async def test_b_37_unblocking_what_is_not_blocked_is_no_change(b1: FixtureB1) -> None:
    job = await a_confirmed_job(b1, {"status": {"to": "UNBLOCKED"}}, controlNumbers="201-210,241-245")
    await run_all_due(b1.platform)
    shown = await rows_of(b1.abe, job)
    assert (shown["state"], shown["noChange"], shown["succeeded"]) == ("COMPLETED", 10, 5)
    assert [each["account"]["status"] for each in shown["rows"]["nodes"][-5:]] == ["OK"] * 5


async def test_bat_37_a_field_is_left_out_cleared_or_refused_as_null(b1: FixtureB1) -> None:
    await a_confirmed_job(b1, JUNE, controlNumbers="201")
    await run_all_due(b1.platform)
    cleared = await previewed(b1.abe, b1.b1, {"expirationDate": {"clear": True}} | BLOCK, controlNumbers="201")
    assert cleared["batchUpdate"]["changes"] == {"expirationDate": {"clear": True}, "status": {"to": "BLOCKED"}}
    await done(b1.abe, CONFIRM, **seen(cleared, key="second"))
    await run_all_due(b1.platform)
    (row,) = (await rows_of(b1.abe, cleared["batchUpdate"]["id"]))["rows"]["nodes"]
    assert row["before"] == {"expirationDate": "2026-06-01", "status": "UNBLOCKED"}
    assert row["after"] == {"expirationDate": None, "status": "BLOCKED"}
    given: tuple[dict[str, Any] | None, ...] = (None, {}, {"value": None})
    for value in given:
        refused = await previewed(b1.abe, b1.b1, {"expirationDate": value})
        assert [(error["code"], error["field"]) for error in refused["errors"]] == [
            ("VALUE_REQUIRED", ["changes", "expirationDate"])
        ]
    assert codes(await previewed(b1.abe, b1.b1, {"status": None})) == ["VALUE_REQUIRED"]
    assert codes(await previewed(b1.abe, b1.b1, {"status": {"to": None}})) == ["VALUE_REQUIRED"]
    assert codes(await previewed(b1.abe, b1.b1, {})) == ["NOTHING_TO_UPDATE"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2026-13-01", "DATE_INVALID"),
        ("2026-02-30", "DATE_INVALID"),
        ("08/03/2026", "DATE_INVALID"),
        ("2100-01-01", "DATE_OUT_OF_RANGE"),
    ],
)
async def test_b_30_what_is_no_date(b1: FixtureB1, text: str, code: str) -> None:
    refused = await previewed(b1.abe, b1.b1, {"expirationDate": {"value": text}})
    assert (codes(refused), refused["batchUpdate"]) == ([code], None)
    assert refused["errors"][0]["field"] == ["changes", "expirationDate"]


async def test_b_07_one_batch_and_no_other(b1: FixtureB1) -> None:
    none = await done(b1.abe, PREVIEW, filter={"status": "OPEN"}, changes=BLOCK)
    assert [(error["code"], error["field"]) for error in none["errors"]] == [("BATCH_REQUIRED", ["filter", "batchIds"])]
    two = await done(b1.abe, PREVIEW, filter={"batchIds": [b1.b1, b1.b2]}, changes=BLOCK)
    assert codes(two) == ["EXACTLY_ONE_BATCH"]
    async with platform_transaction(b1.platform) as tx:
        assert await fetch_value(tx, "SELECT count(*) FROM batch_update") == 0


async def test_bat_44_errors_of_filter_and_values_come_together(b1: FixtureB1) -> None:
    given = {"controlNumbers": "12-8", "accountId": {"value": " "}}
    refused = await previewed(b1.abe, b1.b1, {"expirationDate": {"value": "2026-02-30"}, "status": None}, **given)
    assert sorted(codes(refused)) == [
        "CONTROL_NUMBER_RANGE_REVERSED", "DATE_INVALID", "FILTER_VALUE_EMPTY", "VALUE_REQUIRED"
    ]  # fmt: skip
    assert codes(await done(b1.abe, PREVIEW, filter={"batchIds": [b1.b1]}, changes=BLOCK, chunkRows=0)) == [
        "CHUNK_ROWS_OUT_OF_RANGE"
    ]


async def test_b_10_closed_accounts_are_not_selected(b1: FixtureB1) -> None:
    assert codes(await previewed(b1.abe, b1.b1, BLOCK, controlNumbers="246-250")) == ["EMPTY_SELECTION"]


async def test_b_11_a_strangers_batch_update_is_like_none_at_all(b1: FixtureB1) -> None:
    preview = await previewed(b1.abe, b1.b1, BLOCK)
    job = preview["batchUpdate"]["id"]
    unknown = job[:-4] + "zzzz"
    answers = []
    for name in (job, unknown):
        by_id = await asked(b1.rob, "query ($id: ID!) { batchUpdate(id: $id) { state } }", id=name)
        node = await asked(b1.rob, "query ($id: ID!) { node(id: $id) { id } }", id=name)
        assert (by_id.codes, node.codes) == (["NOT_FOUND"], ["NOT_FOUND"])
        answers.append(
            [
                await done(b1.rob, CONFIRM, **seen(preview, id=name)),
                await done(b1.rob, CANCEL, id=name),
                await done(b1.rob, RETRY, id=name),
            ]
        )
    assert answers[0] == answers[1]
    assert [codes(each) for each in answers[0]] == [["NOT_FOUND"]] * 3
    foreign, missing = [await previewed(b1.rob, batch, BLOCK) for batch in (b1.b1, b1.b1[:-4] + "zzzz")]
    assert (foreign, codes(foreign)) == (missing, ["NOT_FOUND"])
    assert (await asked(b1.rob, "{ batchUpdates { totalCount nodes { id } } }")).data == {
        "batchUpdates": {"totalCount": 0, "nodes": []}
    }
    found = await asked(b1.abe, "query ($id: ID!) { node(id: $id) { __typename id } }", id=job)
    assert found.data["node"] == {"__typename": "BatchUpdate", "id": job}


async def test_b_12_each_step_has_its_right(b1: FixtureB1) -> None:
    assert codes(await previewed(b1.bea, b1.b1, BLOCK)) == ["FORBIDDEN"]
    preview = await previewed(b1.sam, b1.b1, BLOCK)
    refused = await done(b1.sam, CONFIRM, **seen(preview))
    assert (codes(refused), refused["batchUpdate"], refused["replayed"]) == (["FORBIDDEN"], None, False)
    assert (await done(b1.abe, CONFIRM, **seen(preview)))["batchUpdate"]["state"] == "QUEUED"
    assert (await previewed(b1.cia, b1.b1, BLOCK, controlNumbers="201-210"))["errors"] == []


async def test_b_64_confirming_twice_with_one_key_is_one_job(b1: FixtureB1) -> None:
    preview = await previewed(b1.abe, b1.b1, JUNE)
    first = await done(b1.abe, CONFIRM, **seen(preview))
    again = await done(b1.abe, CONFIRM, **seen(preview))
    assert (first["replayed"], again) == (False, first | {"replayed": True})
    other_input = await done(b1.abe, CONFIRM, **seen(preview, expectedSelected=1))
    other_key = await done(b1.abe, CONFIRM, **seen(preview, key="another"))
    assert (codes(other_input), codes(other_key)) == (["IDEMPOTENCY_KEY_REUSED"], ["ALREADY_CONFIRMED"])
    await run_all_due(b1.platform)
    assert (await rows_of(b1.abe, first["batchUpdate"]["id"]))["succeeded"] == 245


async def test_b_60_a_preview_is_confirmed_as_it_was_seen_and_in_time(b1: FixtureB1, clock: FixedClock) -> None:
    preview = await previewed(b1.abe, b1.b1, JUNE)
    stale = await done(b1.abe, CONFIRM, **seen(preview, expectedSelected=244))
    assert codes(stale) == ["PREVIEW_STALE"]
    assert codes(await done(b1.abe, CONFIRM, **seen(preview, snapshotHash="0" * 64))) == ["PREVIEW_STALE"]
    clock.advance_to(clock.at + 16 * MINUTE)
    assert codes(await done(b1.abe, CONFIRM, **seen(preview))) == ["PREVIEW_EXPIRED"]
    listed = "query ($state: [BatchUpdateState!]) { batchUpdates(filter: {state: $state}) { nodes { id state } } }"
    expired = await asked(b1.abe, listed, state=["EXPIRED"])
    assert expired.data["batchUpdates"]["nodes"] == [{"id": preview["batchUpdate"]["id"], "state": "EXPIRED"}]
    assert (await asked(b1.abe, listed, state=["AWAITING_CONFIRMATION"])).data["batchUpdates"]["nodes"] == []


async def test_b_58_the_running_job_is_named(b1: FixtureB1) -> None:
    running = await a_confirmed_job(b1, JUNE)
    second = await previewed(b1.abe, b1.b1, BLOCK)
    (error,) = (await done(b1.abe, CONFIRM, **seen(second, key="second")))["errors"]
    assert (error["code"], running in str(error["details"])) == ("OPERATION_IN_PROGRESS", True)
    other = await previewed(b1.abe, b1.b2, BLOCK)
    assert (await done(b1.abe, CONFIRM, **seen(other, key="other")))["errors"] == []


async def test_b_57_cancel_in_the_first_chunk_and_retry_the_rest(b1: FixtureB1) -> None:
    job = await a_confirmed_job(b1, JUNE)
    assert codes(await done(b1.abe, RETRY, id=job)) == ["JOB_NOT_FINISHED"]
    assert await run_due_once(b1.platform)
    assert (await rows_of(b1.abe, job))["state"] == "RUNNING"
    assert codes(await done(b1.sam, CANCEL, id=job)) == ["FORBIDDEN"]
    assert (await done(b1.abe, CANCEL, id=job))["batchUpdate"]["state"] == "CANCELLING"
    await run_all_due(b1.platform)
    again = (await done(b1.abe, CANCEL, id=job))["batchUpdate"]
    assert (again["state"], again["succeeded"], again["unprocessed"]) == ("CANCELLED", 100, 145)
    left = await rows_of(b1.abe, job, filter={"result": ["UNPROCESSED"]}, first=1)
    assert (left["rows"]["totalCount"], left["rows"]["nodes"][0]["controlNumber"]) == (145, 101)

    retry = await done(b1.abe, RETRY, id=job, only=["UNPROCESSED"])
    assert retry["errors"] == []
    rest = retry["batchUpdate"]
    assert (rest["state"], rest["selected"], rest["rootId"]) == ("AWAITING_CONFIRMATION", 145, job)
    assert rest["filter"] == {"batchIds": [b1.b1], "retryOf": job, "only": ["UNPROCESSED"]}
    await done(b1.abe, CONFIRM, **seen(retry, key="retry"))
    await run_all_due(b1.platform)
    assert (await rows_of(b1.abe, rest["id"]))["state"] == "COMPLETED"
    assert codes(await done(b1.abe, RETRY, id=rest["id"])) == ["NOTHING_TO_RETRY"]
    assert codes(await done(b1.abe, CANCEL, id=rest["id"])) == ["JOB_NOT_CANCELLABLE"]


async def test_b_59_results_are_paged_in_control_number_order(b1: FixtureB1) -> None:
    job = await a_confirmed_job(b1, JUNE)
    await run_all_due(b1.platform)
    sizes, numbers, after = [], [], None
    while True:
        page = (await rows_of(b1.abe, job, first=100, after=after))["rows"]
        sizes.append(len(page["nodes"]))
        numbers += [each["controlNumber"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert (sizes, numbers) == ([100, 100, 45], list(range(1, 246)))
    assert (await asked(b1.abe, ROWS, id=job, first=101)).codes == ["PAGE_SIZE_INVALID"]


async def test_a_job_names_who_asked_and_where(b1: FixtureB1) -> None:
    job = await a_confirmed_job(b1, JUNE, controlNumbers="1-3")
    document = """query ($id: ID!) { batchUpdate(id: $id) { batch { name } organization { name } chunkRows
        previewedAt expiresAt previewedBy { id } confirmedBy { id } } }"""
    answer = await asked(b1.abe, document, id=job)
    assert answer.data["batchUpdate"] == {
        "batch": {"name": "B1"}, "organization": {"name": "C1"}, "chunkRows": 100,
        "previewedAt": "2026-02-02T12:00:00.000Z", "expiresAt": "2026-02-02T12:15:00.000Z",
        "previewedBy": {"id": b1.abe.id}, "confirmedBy": {"id": b1.abe.id},
    }  # fmt: skip
    of_customer = await asked(b1.cia, document, id=job)
    assert (of_customer.errors, of_customer.data["batchUpdate"]["previewedBy"]) == ([], None)


async def test_random_documents_about_accounts_answer_alike(b1: FixtureB1) -> None:
    """The truth test on rows of this area: compiled statements against the reference executor."""
    job = await a_confirmed_job(b1, JUNE, controlNumbers="198-203")
    await run_due_once(b1.platform)
    await previewed(b1.abe, b1.b2, BLOCK, controlNumbers="1-3")
    ids = [("batchUpdate", job), ("batch", b1.b2)]
    documents, reference = Documents(7, ids, roots=["accounts", "batches", "batchUpdates"]), Reference()
    abe = await credentials_of(b1.abe)
    for _ in range(12):
        document = documents.draw()
        compiled = await ask(b1.platform, abe, document)
        assert compiled.errors == [], document
        expected = await reference.ask(b1.platform, abe, document)
        assert without_cursors(compiled.data) == without_cursors(expected), document


async def test_b_63_a_date_is_set_back_through_the_schema(b1: FixtureB1) -> None:
    document = f"mutation ($input: UndoBatchUpdateInput!) {{ undoBatchUpdate(input: $input) {{ {JOB} }} }}"
    job = await a_confirmed_job(b1, JUNE, controlNumbers="201-210")
    early = await done(b1.abe, document, id=job)
    assert (codes(early), early["batchUpdate"]) == (["JOB_NOT_FINISHED"], None)
    await run_all_due(b1.platform)
    assert codes(await done(b1.rob, document, id=job)) == ["NOT_FOUND"]
    undo = await done(b1.abe, document, id=job, idempotencyKey="undo")
    assert undo["batchUpdate"]["changes"] == {"expirationDate": {"undo": True}}
    assert undo["batchUpdate"]["filter"] == {"batchIds": [b1.b1], "undoOf": job, "notUndone": []}
    again = await done(b1.abe, document, id=job, idempotencyKey="undo")
    assert (again["replayed"], again["batchUpdate"]) == (True, undo["batchUpdate"])
    await done(b1.abe, CONFIRM, **seen(undo, key="confirm undo"))
    await run_all_due(b1.platform)
    shown = await rows_of(b1.abe, undo["batchUpdate"]["id"])
    assert (shown["state"], shown["succeeded"]) == ("COMPLETED", 10)
    assert {each["account"]["expirationDate"] for each in shown["rows"]["nodes"]} == {None}
