"""Who pays for a request: remembered for half a minute, stored as used once a minute, never a way to data."""

import asyncio
import time

import pytest

from core.clock import SECOND, FixedClock
from core.transaction import fetch_value
from graph.limits import Caller
from tenants.actor import Credentials
from tenants.authentication import Unauthenticated
from tenants.unit_of_work import Platform, platform_reading, platform_transaction
from tests.makers import Member, a_member, an_api_key, an_operator, credentials_of
from web import callers
from web.callers import Callers


async def ada(platform: Platform) -> Member:
    """An ADMIN of the operator."""
    return await a_member(platform, of=await an_operator(platform), role="ADMIN")


async def last_use(platform: Platform) -> tuple[int, str]:
    async with platform_reading(platform) as tx:
        rows = await tx.fetch("SELECT last_used_at, last_used_address FROM api_key")
    return rows[0]["last_used_at"], rows[0]["last_used_address"]


async def test_a_stranger_pays_by_address_and_sees_no_schema(platform: Platform) -> None:
    stranger = Credentials(None, address="203.0.113.9")
    assert await Callers(platform).caller_of(stranger) == Caller("address:203.0.113.9", may_introspect=False)


async def test_a_user_has_one_bucket_for_all_sessions_and_each_key_its_own(platform: Platform) -> None:
    member, seen = await ada(platform), Callers(platform)
    sessions = [await seen.caller_of(await credentials_of(member)) for _ in range(2)]
    keys = [await seen.caller_of(await an_api_key(member)) for _ in range(2)]
    await seen.close()
    assert {caller.account for caller in sessions} == {f"user:{member.user_id}"}
    assert len({caller.account for caller in keys}) == 2
    assert all(caller.may_introspect for caller in (*sessions, *keys))


async def test_an_ended_session_is_forgotten_after_half_a_minute(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, credentials = Callers(platform), await credentials_of(await ada(platform))
    await seen.caller_of(credentials)
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE session SET ended_at = $1", platform.clock.now())
    assert (await seen.caller_of(credentials)).may_introspect
    later = time.monotonic() + 31
    monkeypatch.setattr(callers, "monotonic", lambda: later)
    with pytest.raises(Unauthenticated):
        await seen.caller_of(credentials)


async def test_the_last_use_of_a_key_is_at_most_a_minute_late(platform: Platform, clock: FixedClock) -> None:
    seen, key, start = Callers(platform), await an_api_key(await ada(platform)), clock.now()
    stored = []
    for _ in range(4):
        await asyncio.gather(*(seen.caller_of(key) for _ in range(5)))
        await seen.close()
        stored.append(((await last_use(platform))[0] - start) // SECOND)
        clock.advance_to(clock.now() + 30 * SECOND)
    assert stored == [0, 0, 60, 60]
    assert (await last_use(platform))[1] == "203.0.113.7"


async def test_no_more_callers_are_kept_than_there_is_room_for(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "MOST_KEPT", 3)
    seen, member = Callers(platform), await ada(platform)
    for _ in range(5):
        await seen.caller_of(await credentials_of(member))
    await seen.close()
    async with platform_reading(platform) as tx:
        assert await fetch_value(tx, "SELECT count(*) FROM session") == 5
    assert len(seen._seen) == 3
