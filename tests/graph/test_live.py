"""Live views: a row at once and after each change, with the reader's rights of that moment, until it stands still."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson
import pytest

import graph.live
from accounts.batch_confirm import cancel_batch_update
from core.ids import new_id
from core.jobs import run_due_once
from graph.context import Context
from tenants.actor import Credentials
from tenants.sign_in.sessions import sign_out
from tenants.unit_of_work import Platform
from tests.acting import do
from tests.graph.asking import SCHEMA, STATEMENTS, TEST_SECRET
from tests.makers import a_member, an_api_key, credentials_of
from tests.makers_accounts import FixtureB1, confirm, fixture_b1, preview

PROGRESS = "subscription ($id: ID!) { batchUpdateProgress(id: $id) { id state processed organization { name } } }"
JUNE = {"expirationDate": "2026-06-01"}
Event = tuple[Any, list[str]]


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph.live, "EVERY_SECONDS", 0.01)


@pytest.fixture
async def b1(platform: Platform) -> FixtureB1:
    """A batch of ten cards and the people who see it."""
    return await fixture_b1(platform)


async def watching(platform: Platform, credentials: Credentials, row_id: str) -> AsyncGenerator[Event, None]:
    """The events as a client reads them: the data, and the codes of errors."""
    context = Context(platform, credentials, STATEMENTS, quote_secret=TEST_SECRET, account="somebody")
    source = await SCHEMA.stream(PROGRESS, {"id": row_id}, context)
    async with aclosing(source):
        async for event in source:
            codes = [(error.extensions or {})["code"] for error in event.errors or ()]
            yield orjson.loads(orjson.dumps(event.data)), codes


async def all_events(platform: Platform, credentials: Credentials, row_id: str) -> list[Event]:
    return [event async for event in watching(platform, credentials, row_id)]


def seen(event: Event) -> tuple[str, int]:
    row = event[0]["batchUpdateProgress"]
    return row["state"], row["processed"]


async def test_a_job_is_watched_from_the_queue_to_its_end(platform: Platform, b1: FixtureB1) -> None:
    previewed = await preview(b1.abe, b1.b1, JUNE, chunk_rows=5)
    job = previewed["batchUpdateId"]
    async with aclosing(watching(platform, await credentials_of(b1.abe), job)) as events:
        assert seen(await anext(events)) == ("AWAITING_CONFIRMATION", 0)
        await confirm(b1.abe, previewed)
        assert seen(await anext(events)) == ("QUEUED", 0)
        states = []
        while await run_due_once(platform):
            states.append(seen(await anext(events)))
        rest = [seen(event) async for event in events]
    told = [*states, *rest]
    assert told[-1][0] in ("COMPLETED", "COMPLETED_WITH_ERRORS")
    assert [processed for _, processed in told] == sorted(processed for _, processed in told)
    assert graph.live._open == {}


async def test_what_stands_still_is_told_once(platform: Platform, b1: FixtureB1) -> None:
    job = (await preview(b1.abe, b1.b1, JUNE))["batchUpdateId"]
    await do(b1.abe, lambda uow: cancel_batch_update(uow, job))
    events = await all_events(platform, await credentials_of(b1.abe), job)
    assert [seen(event) for event in events] == [("CANCELLED", 0)]


async def test_vis_4_a_strangers_row_is_like_a_missing_one(platform: Platform, b1: FixtureB1) -> None:
    job = (await preview(b1.abe, b1.b1, JUNE))["batchUpdateId"]
    stranger = await credentials_of(b1.rob)
    for row_id in (job, new_id("bupd"), new_id("org"), "nonsense"):
        events = await all_events(platform, stranger, row_id)
        assert events == [(None, ["NOT_FOUND"])], row_id
    assert await all_events(platform, Credentials(None), job) == [(None, ["UNAUTHENTICATED"])]
    key = await an_api_key(b1.abe, scopes=["org:read"])
    assert await all_events(platform, key, job) == [(None, ["SCOPE_MISSING"])]
    member = await a_member(platform, of=b1.r1, role="MEMBER")
    assert await all_events(platform, await credentials_of(member), job) == [(None, ["FORBIDDEN"])]


async def test_rights_are_looked_at_anew_each_time(platform: Platform, b1: FixtureB1) -> None:
    job = (await preview(b1.abe, b1.b1, JUNE))["batchUpdateId"]
    session = await credentials_of(b1.abe)
    async with aclosing(watching(platform, session, job)) as events:
        assert seen(await anext(events)) == ("AWAITING_CONFIRMATION", 0)
        assert await sign_out(platform, session)
        assert [event async for event in events] == [(None, ["UNAUTHENTICATED"])]
    assert graph.live._open == {}


async def test_a_caller_has_so_many_live_views(
    platform: Platform, b1: FixtureB1, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(graph.live, "MOST_AT_ONCE", 1)
    job = (await preview(b1.abe, b1.b1, JUNE))["batchUpdateId"]
    session = await credentials_of(b1.abe)
    async with aclosing(watching(platform, session, job)) as events:
        await anext(events)
        assert await all_events(platform, session, job) == [(None, ["TOO_MANY_LIVE_VIEWS"])]


def test_every_subscription_is_tried_here() -> None:
    assert list(SCHEMA._schema.subscription_type.fields) == ["batchUpdateProgress"]  # type: ignore[union-attr]
