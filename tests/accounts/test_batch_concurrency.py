"""Batch updates against themselves: several confirm, work and cancel at once, and one comes first (BAT-47, BAT-58)."""

import asyncio
from collections import Counter

import pytest

from core.jobs import run_all_due
from core.refusals import Refused
from tenants.commands import Outcome
from tenants.unit_of_work import Platform, platform_transaction
from tests.makers import Member
from tests.makers_accounts import FixtureB1, confirm, fixture_b1, job_of, preview, results_of

JUNE = {"expirationDate": "2026-06-01"}


@pytest.fixture
async def b1(platform: Platform) -> FixtureB1:
    """The fresh fixture."""
    return await fixture_b1(platform)


async def state_or_code(who: Member, previewed: Outcome, key: str) -> str:
    try:
        outcome = await confirm(who, previewed, key)
    except Refused as refused:
        return refused.codes[0]
    return f"{outcome['state']} {'again' if outcome['replayed'] else 'first'}"


async def test_one_preview_confirmed_by_many_with_one_key(b1: FixtureB1) -> None:
    previewed = await preview(b1.abe, b1.b1, JUNE)
    told = await asyncio.gather(*(state_or_code(b1.abe, previewed, "same") for _ in range(6)))
    assert Counter(told) == {"QUEUED first": 1, "QUEUED again": 5}


async def test_one_preview_confirmed_by_many_with_keys_of_their_own(b1: FixtureB1) -> None:
    previewed = await preview(b1.abe, b1.b1, JUNE)
    told = await asyncio.gather(*(state_or_code(b1.abe, previewed, f"key-{n}") for n in range(6)))
    assert Counter(told) == {"QUEUED first": 1, "ALREADY_CONFIRMED": 5}


async def test_several_previews_of_one_batch_confirmed_at_once(b1: FixtureB1) -> None:
    previews = [await preview(b1.abe, b1.b1, JUNE) for _ in range(4)]
    told = await asyncio.gather(*(state_or_code(b1.abe, each, f"key-{n}") for n, each in enumerate(previews)))
    assert Counter(told) == {"QUEUED first": 1, "OPERATION_IN_PROGRESS": 3}


async def test_several_workers_on_one_job(b1: FixtureB1) -> None:
    previewed = await preview(b1.abe, b1.b1, JUNE, 10)
    await confirm(b1.abe, previewed)
    await asyncio.gather(*(run_all_due(b1.platform) for _ in range(4)))
    await run_all_due(b1.platform)
    assert Counter(result for _, result, _ in await results_of(b1.platform, previewed)) == {"SUCCEEDED": 245}
    assert (await job_of(b1.platform, previewed))["state"] == "COMPLETED"
    async with platform_transaction(b1.platform) as tx:
        (row,) = await tx.fetch(
            "SELECT count(*) AS entries, count(DISTINCT entity_id) AS accounts FROM audit_entry "
            "WHERE entity_type = 'Account' AND action = 'confirmBatchUpdate'"
        )
    assert (row["entries"], row["accounts"]) == (245, 245)
