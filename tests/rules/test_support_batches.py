"""Batch updates in support sessions: BAT-48 and BAT-81 with SUP-7, SUP-10 and SUP-15."""

from accounts.batch_confirm import confirm_batch_update
from accounts.batch_preview import PreviewOrder, preview_batch_update
from core.jobs import run_all_due, run_due_once
from tenants.actor import Credentials
from tenants.commands import Outcome
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do, refusal
from tests.makers_accounts import FixtureB1, confirmation, fixture_b1, job_of
from tests.makers_support import END, an_open_session, codes

BLOCK = {"status": {"to": "BLOCKED"}}


async def confirmed(b1: FixtureB1, supporter: Credentials, chunk_rows: int = 250) -> Outcome:
    """An update of B1 that the supporter has previewed and confirmed."""
    order = PreviewOrder(account_filter={"batchIds": [b1.b1]}, changes=BLOCK, chunk_rows=chunk_rows)
    previewed = await do(supporter, lambda uow: preview_batch_update(uow, order), platform=b1.platform)
    await do(supporter, lambda uow: confirm_batch_update(uow, confirmation(previewed)), platform=b1.platform)
    return previewed


async def test_bat_81_an_organization_above_the_seller_updates_in_a_support_session(platform: Platform) -> None:
    # given the operator's OWNER, acting for C1 with the seller's consent
    b1 = await fixture_b1(platform)
    order = PreviewOrder(account_filter={"batchIds": [b1.b1]}, changes=BLOCK)
    assert await refusal(b1.opa, lambda uow: preview_batch_update(uow, order)) == ("FORBIDDEN",)
    session_id, reading = await an_open_session(b1.opa, b1.c1, b1.abe)
    assert await refusal(reading, lambda uow: preview_batch_update(uow, order), platform=platform) == ("SCOPE_MISSING",)
    assert await codes(b1.opa, END, platform, supportSessionId=session_id) == []
    session_id, supporter = await an_open_session(b1.opa, b1.c1, b1.abe, access="WRITE", areas=["batches"])
    # when the update is confirmed and runs
    previewed = await confirmed(b1, supporter)
    await run_all_due(platform)
    # then it is done, the acting User counts, and every changed account has its entry of the session
    job = await job_of(platform, previewed)
    assert job["state"] in ("COMPLETED", "COMPLETED_WITH_ERRORS")
    assert job["previewed_by_user_id"] == job["confirmed_by_user_id"] == b1.opa.user_id
    async with platform_transaction(platform) as tx:
        rows = await tx.fetch(
            "SELECT entity_type, actor_member_id, support_session_id, ticket, on_behalf_of_name FROM audit_entry "
            "WHERE entity_type = 'Account' AND action = 'confirmBatchUpdate'"
        )
    assert len(rows) == job["succeeded"] > 0
    assert {tuple(dict(row).values()) for row in rows} == {("Account", b1.opa.id, session_id, "T-17", "C1")}


async def test_sup_10_a_job_stops_when_its_session_ends(platform: Platform) -> None:
    b1 = await fixture_b1(platform)
    session_id, supporter = await an_open_session(b1.opa, b1.c1, b1.abe, access="WRITE", areas=["batches"])
    previewed = await confirmed(b1, supporter, chunk_rows=50)
    await run_due_once(platform)
    done = (await job_of(platform, previewed))["processed"]
    assert await codes(b1.abe, END, platform, supportSessionId=session_id) == []
    await run_all_due(platform)
    job = await job_of(platform, previewed)
    assert (job["state"], job["failure_reason"], job["processed"]) == ("FAILED", "RIGHT_LOST", done)
