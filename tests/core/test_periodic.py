"""Steps that a worker repeats: core/periodic.py, on both engines."""

import asyncio
from collections.abc import Iterator

import pytest

import core.periodic
from core.clock import MINUTE, FixedClock, Instant
from core.periodic import NEVER, periodic, run_periodic
from tenants.unit_of_work import Platform


@pytest.fixture(autouse=True)
def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only the steps of the test itself."""
    monkeypatch.setattr(core.periodic, "_STEPS", {})
    yield


async def test_a_step_learns_when_it_was_last_carried_out(platform: Platform, clock: FixedClock) -> None:
    stop, seen, begun = asyncio.Event(), [], clock.now()

    @periodic("counting", every_seconds=0.001)
    async def count(_: Platform, last: Instant) -> int:
        seen.append(last)
        clock.advance_to(begun + len(seen) * MINUTE)
        if len(seen) == 3:
            stop.set()
        return 1

    await asyncio.wait_for(run_periodic(platform, stop), 10)
    assert seen == [NEVER, begun, begun + MINUTE]


async def test_a_step_that_fails_is_repeated_from_where_it_was(platform: Platform) -> None:
    stop, seen, others = asyncio.Event(), [], []

    @periodic("failing", every_seconds=0.001)
    async def fail(_: Platform, last: Instant) -> int:
        seen.append(last)
        if len(seen) == 3:
            stop.set()
        raise RuntimeError("no database")

    @periodic("other", every_seconds=60)
    async def other(_: Platform, last: Instant) -> int:
        others.append(last)
        return 0

    await asyncio.wait_for(run_periodic(platform, stop), 10)
    assert (seen, others) == ([NEVER] * 3, [NEVER])
