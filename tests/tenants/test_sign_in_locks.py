"""The count of failures: old ones go, a lock restarts it, and rows that matter to nobody are dropped (AUTH-3)."""

from core.clock import MINUTE, FixedClock
from tenants.policy.policy_resolution import policies_of
from tenants.sign_in.sign_in_locks import LockState, count_try, forget_old_failures, read_lock
from tenants.unit_of_work import Platform, platform_transaction


def test_a_failure_counts_for_15_minutes() -> None:
    state = LockState((0, 5 * MINUTE))
    assert state.after_failure(15 * MINUTE - 1, 3, 15).locked_until_at == 30 * MINUTE - 1
    assert state.after_failure(15 * MINUTE, 3, 15) == LockState((5 * MINUTE, 15 * MINUTE))


def test_after_a_lock_the_count_begins_anew() -> None:
    locked = LockState((0, 1)).after_failure(2, 3, 5)
    assert locked == LockState((), 2 + 5 * MINUTE)
    assert locked.is_locked(1 + 5 * MINUTE) and not locked.is_locked(2 + 5 * MINUTE)
    assert locked.after_failure(2 + 5 * MINUTE, 3, 5) == LockState((2 + 5 * MINUTE,))


async def test_what_counts_no_more_is_forgotten(platform: Platform, clock: FixedClock) -> None:
    policies, now = policies_of(), clock.now()
    async with platform_transaction(platform) as tx:
        for email, at in (("old@x.test", now - 15 * MINUTE), ("new@x.test", now - MINUTE)):
            await count_try(tx, email, is_right=False, now=at, policies=policies)
        assert await forget_old_failures(tx, now) == 1
        assert await read_lock(tx, "old@x.test") == LockState()
        assert await read_lock(tx, "new@x.test") == LockState((now - MINUTE,))
