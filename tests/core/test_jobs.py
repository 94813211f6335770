"""The port of background work: claiming, leases, retries, stopping (core/jobs.py), on both engines."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import core.jobs
from core.clock import EXACT_DAY, MINUTE, SECOND, FixedClock
from core.ids import new_id
from core.jobs import LEASE, Lease, Message, Progress, handles, run_all_due, run_due_once, run_worker
from core.transaction import Row, fetch_one, insert
from tenants.unit_of_work import Platform, platform_transaction

TOPIC = "test.counting"


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only the handlers of the test itself."""
    monkeypatch.setattr(core.jobs, "_HANDLERS", {})
    yield


async def a_message(platform: Platform, topic: str = TOPIC, *, due_in: int = 0) -> str:
    """A message made now."""
    message_id, now = new_id("obx"), platform.clock.now()
    async with platform_transaction(platform) as tx:
        await insert(
            tx, "outbox", id=message_id, organization_id="org", path="1.", topic=topic, subject_id="sub",
            payload='{"a": 1}', created_at=now, due_at=now + due_in,
        )  # fmt: skip
    return message_id


async def stored(platform: Platform, message_id: str) -> Row:
    async with platform_transaction(platform) as tx:
        row = await fetch_one(tx, "SELECT * FROM outbox WHERE id = $1", message_id)
    assert row is not None
    return row


async def test_a_message_is_handled_once_and_marked_done(platform: Platform) -> None:
    seen: list[Message] = []

    @handles(TOPIC)
    async def handle(_: Platform, message: Message, lease: Lease) -> Progress:
        seen.append(message)
        return Progress.DONE

    message_id = await a_message(platform)
    assert await run_all_due(platform) == 1
    assert [(each.id, each.subject_id, each.payload) for each in seen] == [(message_id, "sub", {"a": 1})]
    assert (await stored(platform, message_id))["done_at"] == platform.clock.now()


async def test_nobody_takes_a_topic_without_a_handler(platform: Platform) -> None:
    message_id = await a_message(platform, "test.unknown")
    assert not await run_due_once(platform)

    @handles(TOPIC)
    async def handle(_: Platform, message: Message, lease: Lease) -> Progress:
        return Progress.DONE

    assert not await run_due_once(platform)
    assert (await stored(platform, message_id))["lease_token"] is None


async def test_a_later_message_waits_until_it_is_due(platform: Platform, clock: FixedClock) -> None:
    @handles(TOPIC)
    async def handle(_: Platform, message: Message, lease: Lease) -> Progress:
        return Progress.DONE

    await a_message(platform, due_in=MINUTE)
    assert not await run_due_once(platform)
    clock.advance_to(clock.at + MINUTE)
    assert await run_due_once(platform)


async def test_what_was_due_in_the_future_of_a_sandbox_is_due_now(platform: Platform) -> None:
    @handles(TOPIC)
    async def handle(_: Platform, message: Message, lease: Lease) -> Progress:
        return Progress.DONE

    message_id = await a_message(platform)
    async with platform_transaction(platform) as tx:
        later = platform.clock.now() + 400 * EXACT_DAY
        await tx.execute("UPDATE outbox SET created_at = $2, due_at = $2 WHERE id = $1", message_id, later)
    assert await run_due_once(platform)


async def test_a_handler_that_fails_is_tried_again_later_and_later(platform: Platform, clock: FixedClock) -> None:
    @handles(TOPIC)
    async def handle(_: Platform, message: Message, lease: Lease) -> Progress:
        raise ValueError("not today")

    message_id, waits = await a_message(platform), []
    for _ in range(4):
        assert await run_due_once(platform)
        assert not await run_due_once(platform)
        row = await stored(platform, message_id)
        waits.append((row["due_at"] - clock.at) // SECOND)
        assert row["last_error"] == "ValueError: not today"
        clock.advance_to(row["due_at"])
    assert waits == [2, 4, 8, 16]


async def test_a_lease_that_ran_out_passes_to_another_worker(platform: Platform, clock: FixedClock) -> None:
    """The first worker was killed: it never came back."""
    started: list[str] = []

    @handles(TOPIC)
    async def handle(_: Platform, message: Message, lease: Lease) -> Progress:
        started.append(lease.token)
        if len(started) == 1:
            raise asyncio.CancelledError
        return Progress.DONE

    message_id = await a_message(platform)
    with pytest.raises(asyncio.CancelledError):
        await run_due_once(platform)
    clock.advance_to(clock.at + LEASE - 1)
    assert not await run_due_once(platform)
    clock.advance_to(clock.at + 1)
    assert await run_due_once(platform)
    assert len(set(started)) == 2
    assert (await stored(platform, message_id))["done_at"] == clock.at


async def test_a_step_of_a_lost_lease_is_rolled_back(platform: Platform) -> None:
    @handles(TOPIC)
    async def handle(_: Platform, message: Message, lease: Lease) -> Progress:
        async with platform_transaction(platform) as tx:
            await tx.execute("UPDATE outbox SET subject_id = 'touched' WHERE id = $1", message.id)
            await Lease(message.id, "another's", LEASE).hold(tx, platform.clock.now())
        return Progress.DONE

    message_id = await a_message(platform)
    assert await run_due_once(platform)
    row = await stored(platform, message_id)
    assert (row["subject_id"], row["done_at"]) == ("sub", None)


async def test_workers_share_the_messages_and_each_is_handled_once(platform: Platform) -> None:
    seen: list[str] = []

    @handles(TOPIC)
    async def handle(_: Platform, message: Message, lease: Lease) -> Progress:
        seen.append(message.id)
        await asyncio.sleep(0.001)
        return Progress.DONE

    made = [await a_message(platform) for _ in range(20)]
    stop = asyncio.Event()
    workers = [asyncio.create_task(run_worker(platform, stop, concurrency=2, poll_seconds=0.01)) for _ in range(2)]
    for _ in range(1_000):
        if len(seen) >= len(made):
            break
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.gather(*workers)
    assert sorted(seen) == sorted(made)


async def test_stopping_finishes_the_step_and_gives_the_message_back(platform: Platform) -> None:
    stop, steps = asyncio.Event(), []

    @handles(TOPIC)
    async def handle(_: Platform, message: Message, lease: Lease) -> Progress:
        steps.append(message.id)
        async with platform_transaction(platform) as tx:
            await lease.hold(tx, platform.clock.now())
        if len(steps) == 2:
            stop.set()
        return Progress.MORE if len(steps) < 4 else Progress.DONE

    await a_message(platform)
    await run_worker(platform, stop, concurrency=1)
    assert len(steps) == 2
    assert await run_all_due(platform) == 2
    assert len(steps) == 4


async def test_a_worker_outlives_a_database_that_goes_away(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, calls = asyncio.Event(), []

    async def fails(*_: Any) -> None:
        calls.append(1)
        if len(calls) == 3:
            stop.set()
        raise ConnectionError("gone")

    monkeypatch.setattr(core.jobs, "_claim", fails)
    await run_worker(platform, stop, concurrency=1, poll_seconds=0.001)
    assert len(calls) == 3
