"""ORG-16: what nobody does to an organization that is not effectively ACTIVE, beyond what test_stops.py shows."""

from tenants.unit_of_work import Platform
from tests.makers_accounts import fixture_b1, job_of, preview
from tests.makers_billing import rows
from tests.makers_support import APPROVE, END, GIVE, REFUSE, REVOKE, a_session, codes
from tests.rules.fixture_organizations import the_fixture
from tests.rules.stop_documents import lifted, refused, stopped

CANCEL = "mutation ($input: CancelBatchUpdateInput!) { cancelBatchUpdate(input: $input) { errors { code } } }"


async def test_org_16_consents_and_sessions_of_who_stands_below_a_stopped_one(platform: Platform) -> None:
    # given a consent that C3 gave R1a, a session that O asks for, and R1a stopped
    tree = await the_fixture(platform)
    cleo = tree.c3.someone
    given = {"organizationId": tree.c3.id, "kinds": ["REMOTE_SUPPORT"], "days": 30}
    assert await codes(cleo, GIVE, platform, **given) == []
    [consent] = await rows(platform, "SELECT id FROM support_consent")
    session_id, _ = await a_session(tree.olga, tree.c3)
    await stopped(tree.ada, tree.r1a)

    # then neither is touched, but the asking may be taken back by who asks (SUP-10)
    for document, named in (
        (REVOKE, {"supportConsentId": consent["id"]}),
        (APPROVE, {"supportSessionId": session_id}),
        (REFUSE, {"supportSessionId": session_id}),
        (GIVE, given),
    ):
        assert await codes(cleo, document, platform, **named) == ["ORGANIZATION_NOT_ACTIVE"]
    [kept] = await rows(platform, "SELECT ended_at FROM support_consent")
    assert kept["ended_at"] is None
    assert await codes(tree.olga, END, platform, supportSessionId=session_id) == []

    # and both state refusals are named at once
    await rows(platform, "UPDATE support_consent SET ended_at = 1, end_reason = 'TIME' RETURNING id")
    assert await codes(cleo, REVOKE, platform, supportConsentId=consent["id"]) == [
        "CONSENT_ENDED", "ORGANIZATION_NOT_ACTIVE",
    ]  # fmt: skip
    await lifted(tree.ada, tree.r1a)
    assert await codes(cleo, REVOKE, platform, supportConsentId=consent["id"]) == ["CONSENT_ENDED"]


async def test_org_16_a_job_of_a_stopped_customer_is_not_cancelled(platform: Platform) -> None:
    # given a preview of a customer that is stopped then
    tree = await fixture_b1(platform)
    job = await preview(tree.abe, tree.b1, {"status": {"to": "BLOCKED"}})
    named = {"id": job["batchUpdateId"]}
    await stopped(tree.abe, tree.c1)

    # then it is not cancelled, before the customer is back
    assert await refused(tree.abe, CANCEL, **named) == ["ORGANIZATION_NOT_ACTIVE"]
    assert (await job_of(platform, job))["state"] == "AWAITING_CONFIRMATION"
    await lifted(tree.abe, tree.c1)
    assert await refused(tree.abe, CANCEL, **named) == []
    assert (await job_of(platform, job))["state"] == "CANCELLED"

    # and what is over stays over, as BAT-55 says it
    await stopped(tree.abe, tree.c1)
    assert await refused(tree.abe, CANCEL, **named) == []
    await rows(platform, "UPDATE batch_update SET state = 'COMPLETED' RETURNING id")
    assert await refused(tree.abe, CANCEL, **named) == ["JOB_NOT_CANCELLABLE"]


async def test_org_16_the_pool_of_a_reseller_below_a_stopped_one_stays_as_it_is(platform: Platform) -> None:
    tree = await the_fixture(platform)
    add = "mutation ($input: AddNumberInput!) { addNumber(input: $input) { errors { code } } }"
    rita = tree.r1a.someone
    await stopped(tree.olga, tree.r1)
    assert await refused(rita, add, number="x") == ["NUMBER_INVALID"]
    assert await refused(rita, add, number="+6531580001") == ["ORGANIZATION_NOT_ACTIVE"]
    await lifted(tree.olga, tree.r1)
    assert await refused(rita, add, number="+6531580001") == []
