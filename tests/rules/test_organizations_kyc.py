"""Rules of KYC: what is handed in and decided, when missing documents stop an organization, and the lock (KYC-1, 2)."""

import asyncio
import json
from typing import Any

from core.clock import MINUTE, SECOND, FixedClock, parse_instant
from core.periodic import run_steps_once
from tenants.unit_of_work import Platform
from tests.acting import everything
from tests.databases import START
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, Organization, a_customer, a_reseller, an_operator
from tests.makers_billing import a_plan, a_policy_value, a_preset, buy, pay, rows
from tests.rules.fixture_organizations import Fixture, the_fixture
from tests.rules.stop_documents import lifted, stopped

HAND_IN = """mutation ($input: HandInKycInput!) { handInKyc(input: $input) { errors { code field } replayed
    organization { kycStatus kycDocuments { kind reference fileName fileHash } } } }"""
DECIDE = """mutation ($input: DecideKycInput!) { decideKyc(input: $input) { errors { code field }
    organization { kycStatus kycReason status billingStatus } } }"""
REQUEST = """mutation ($input: RequestKycCodeInput!) { requestKycCode(input: $input) { errors { code }
    expiresAt organization { id } } }"""
VERIFY = """mutation ($input: VerifyKycCodeInput!) { verifyKycCode(input: $input) { errors { code } replayed
    organization { id } } }"""
SEEN = "query ($id: ID!) { organization(id: $id) { status kycStatus billingStatus } }"
MOVE = """mutation ($input: AdvanceClockInput!) { advanceClock(input: $input) { errors { code } } }"""
A_DOCUMENT = {"kind": "CERTIFICATE", "reference": "UEN 2025-1", "fileName": "c.pdf", "fileHash": "0a" * 32}


async def seen(who: Member, of: Organization) -> tuple[str, str]:
    """Status and KYC status."""
    found = (await asked(who, SEEN, id=of.id)).data["organization"]
    return found["status"], found["kycStatus"]


async def sent(platform: Platform, topic: str) -> list[dict[str, Any]]:
    """The payloads of the messages of a topic, in order."""
    found = await rows(platform, "SELECT payload FROM outbox WHERE topic = $1 ORDER BY id", topic)
    return [json.loads(each["payload"]) for each in found]


async def handed_in(who: Member, of: Organization, *documents: object) -> list[str]:
    """The codes with which handing in is refused."""
    return codes(await done(who, HAND_IN, organizationId=of.id, documents=list(documents or [A_DOCUMENT])))


async def decided(who: Member, of: Organization, decision: str, **given: str) -> list[str]:
    """The codes with which the decision is refused."""
    return codes(await done(who, DECIDE, organizationId=of.id, decision=decision, **given))


async def test_kyc_1_documents_are_handed_in_and_the_seller_decides(platform: Platform) -> None:
    family = await the_fixture(platform)
    assert await seen(family.cora, family.c1) == ("ACTIVE", "NONE")
    made = await done(family.dan, HAND_IN, organizationId=family.c1.id, documents=[A_DOCUMENT], idempotencyKey="k")
    assert made["organization"] == {"kycStatus": "PENDING", "kycDocuments": [A_DOCUMENT]}
    again = await done(family.dan, HAND_IN, organizationId=family.c1.id, documents=[A_DOCUMENT], idempotencyKey="k")
    assert (again["replayed"], len(again["organization"]["kycDocuments"])) == (True, 1)
    assert await decided(family.ben, family.c1, "REJECTED") == ["FIELD_REQUIRED"]
    assert await decided(family.ben, family.c1, "REJECTED", reason="  ") == ["FIELD_REQUIRED"]
    rejected = await done(family.ben, DECIDE, organizationId=family.c1.id, decision="REJECTED", reason="unreadable")
    assert (rejected["organization"]["kycStatus"], rejected["organization"]["kycReason"]) == ("REJECTED", "unreadable")
    assert await handed_in(family.cora, family.c1) == []
    assert await seen(family.cora, family.c1) == ("ACTIVE", "PENDING")
    assert await decided(family.ben, family.c1, "APPROVED") == []
    assert await handed_in(family.cora, family.c1) == []
    assert await seen(family.cora, family.c1) == ("ACTIVE", "APPROVED")
    told = [(each["kycStatus"], each["reason"]) for each in await sent(platform, "notice.kyc_decided")]
    assert told == [("REJECTED", "unreadable"), ("APPROVED", None)]


async def test_kyc_who_may_and_what_is_refused(platform: Platform) -> None:
    family = await the_fixture(platform)
    before = await everything(platform)
    hash_of_nothing = {**A_DOCUMENT, "fileHash": "x"}
    assert await handed_in(family.cora, family.c1, hash_of_nothing, {"kind": " ", "reference": ""}) == [
        "FIELD_REQUIRED", "FIELD_REQUIRED", "KYC_DOCUMENT_INVALID",
    ]  # fmt: skip
    none = await done(family.cora, HAND_IN, organizationId=family.c1.id, documents=[])
    many = await done(family.cora, HAND_IN, organizationId=family.c1.id, documents=[A_DOCUMENT] * 21)
    assert (codes(none), codes(many)) == (["FIELD_REQUIRED"], ["TOO_MANY_ROWS"])
    refused = [await handed_in(who, family.c1) for who in (family.mia, family.ben, family.sue, family.rob)]
    assert refused == [["FORBIDDEN"], ["CONSENT_REQUIRED"], ["FORBIDDEN"], ["NOT_FOUND"]]
    refused = [await decided(who, family.c1, "APPROVED") for who in (family.cora, family.bill, family.olga, family.rob)]
    assert refused == [["FORBIDDEN"], ["FORBIDDEN"], ["FORBIDDEN"], ["NOT_FOUND"]]
    for table, stored in (await everything(platform)).items():
        assert stored == before[table] or table in ("audit_entry", "session"), table
    assert await handed_in(family.ben, family.c2) == []


async def test_kyc_1_missing_documents_suspend_after_the_last_day(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)  # activated 2026-02-02 20:00 in Singapore: due through 2026-02-09
    await a_preset(family.r1, "myoperator")
    plan = await a_plan(family.o, prices=[(family.o, "1"), (family.r1, "1")])
    await pay(family.r1, "5000")
    await pay(family.c1, "5000")
    bought = str((await buy(family.cora, family.c1, plan))["subscriptionId"])
    assert await handed_in(family.ben, family.c2) == []
    clock.advance_to(parse_instant("2026-02-09T16:00:00Z") - SECOND)
    assert (await run_steps_once(platform))["organizations with missing documents"] == 0
    clock.advance_to(parse_instant("2026-02-09T16:00:00Z"))
    assert (await run_steps_once(platform))["organizations with missing documents"] == 3  # C1, R1a and its C3
    assert (await run_steps_once(platform))["organizations with missing documents"] == 0
    assert await seen(family.ben, family.c1) == ("SUSPENDED", "NONE")
    assert await seen(family.ben, family.c2) == ("ACTIVE", "PENDING")
    assert [each["reason"] for each in await sent(platform, "notice.suspended")] == ["KYC_OVERDUE"] * 3
    [held] = await rows(platform, "SELECT suspension_reasons FROM subscription WHERE id = $1", bought)
    assert held["suspension_reasons"] == "KYC_OVERDUE"
    assert (await asked(family.cora, "{ viewer { name } }")).codes == ["ORGANIZATION_NOT_ACTIVE"]
    assert await pay(family.c1, "5000")  # paying never needs KYC, and does not lift it
    assert await seen(family.ben, family.c1) == ("SUSPENDED", "NONE")
    approved = await done(family.ben, DECIDE, organizationId=family.c1.id, decision="APPROVED")
    assert approved["organization"] | {"kycReason": None} == {
        "kycStatus": "APPROVED", "kycReason": None, "status": "ACTIVE", "billingStatus": "ACTIVE",
    }  # fmt: skip
    told = await rows(
        platform, "SELECT from_status, to_status, reason FROM timeline_entry WHERE subscription_id = $1 ORDER BY id",
        bought,
    )  # fmt: skip
    assert [(each["from_status"], each["to_status"], each["reason"]) for each in told[1:]] == [
        ("ACTIVE", "SUSPENDED", "KYC_OVERDUE"), ("SUSPENDED", "ACTIVE", "REASON_LIFTED"),
    ]  # fmt: skip
    assert len(await sent(platform, "notice.lifted")) == 1


async def test_kyc_1_subscriptions_stop_and_come_back_with_the_organization_by_hand_too(platform: Platform) -> None:
    # given C1 with a running subscription
    family = await the_fixture(platform)
    plan = await a_plan(family.o, prices=[(family.o, "1"), (family.r1, "1")])
    await pay(family.r1, "5000")
    await pay(family.c1, "5000")
    bought = str((await buy(family.cora, family.c1, plan))["subscriptionId"])
    held = "SELECT suspension_reasons FROM subscription WHERE id = $1"

    # when its seller suspends it for missing documents, then the subscription stops with it (SUB-114)
    assert codes(await stopped(family.ben, family.c1, "KYC_OVERDUE")) == []
    assert [dict(row) for row in await rows(platform, held, bought)] == [{"suspension_reasons": "KYC_OVERDUE"}]

    # and when the seller lifts that by hand, both are back (STOP-7)
    assert codes(await lifted(family.ben, family.c1, "KYC_OVERDUE")) == []
    assert await seen(family.ben, family.c1) == ("ACTIVE", "NONE")
    assert [dict(row) for row in await rows(platform, held, bought)] == [{"suspension_reasons": ""}]


async def test_kyc_1_a_sandbox_suspends_at_the_instant_it_falls_due(platform: Platform) -> None:
    o = await an_operator(platform)
    r = await a_reseller(platform, under=o, sandbox=True, stands_at=START, timezone="Asia/Kolkata")
    c = await a_customer(platform, under=r, timezone="Asia/Kolkata")
    await a_policy_value(r, "kycRequired", True)
    await a_policy_value(r, "kycDueDays", 7)
    assert codes(await done(r.someone, MOVE, organizationId=r.id, to="2026-02-20T00:00:00Z")) == []
    [row] = await rows(platform, "SELECT started_at FROM suspension WHERE organization_id = $1", c.id)
    assert row["started_at"] == parse_instant("2026-02-09T18:30:00Z")
    assert await decided(r.someone, c, "APPROVED") == []
    assert codes(await done(r.someone, MOVE, organizationId=r.id, to="2026-05-20T00:00:00Z")) == []
    assert await seen(r.someone, c) == ("ACTIVE", "APPROVED")


async def requested(family: Fixture) -> str:
    """A fresh code of C1, as the mail says it."""
    made = await done(family.cora, REQUEST, organizationId=family.c1.id)
    assert made["errors"] == []
    mails = await sent(family.platform, "mail.kyc_code")
    assert mails[-1]["to"] == family.cora.email
    return str(mails[-1]["code"])


async def tried(family: Fixture, code: str) -> list[str]:
    """The codes with which a one-time code is refused."""
    return codes(await done(family.cora, VERIFY, organizationId=family.c1.id, code=code))


async def test_kyc_2_the_sixth_wrong_code_locks_for_24_hours(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    code = await requested(family)
    assert (len(code), code.isdigit()) == (6, True)
    wrong = "1" * 6 if code != "1" * 6 else "2" * 6
    assert [await tried(family, wrong) for _ in range(5)] == [["CODE_INVALID"]] * 5
    assert await tried(family, wrong) == ["KYC_LOCKED"]
    assert await tried(family, code) == ["KYC_LOCKED"]
    assert codes(await done(family.cora, REQUEST, organizationId=family.c1.id)) == ["KYC_LOCKED"]
    assert await handed_in(family.cora, family.c1) == ["KYC_LOCKED"]
    assert await decided(family.ben, family.c1, "REJECTED", reason="locked") == []
    clock.advance_to(START + 24 * 60 * MINUTE - 1)
    cora_again = await done(family.cora, REQUEST, organizationId=family.c1.id)
    assert codes(cora_again) == ["KYC_LOCKED"]
    clock.advance_to(START + 24 * 60 * MINUTE)
    fresh = await requested(family)
    assert await tried(family, wrong if wrong != fresh else "3" * 6) == ["CODE_INVALID"]
    assert await tried(family, fresh) == []
    assert await tried(family, fresh) == ["CODE_INVALID"]
    refusals = await rows(platform, "SELECT 1 AS n FROM audit_entry WHERE result_code = 'CODE_INVALID'")
    assert len(refusals) == 7


async def test_kyc_2_codes_end_after_ten_minutes_and_tries_count_one_by_one(
    platform: Platform, clock: FixedClock
) -> None:
    family = await the_fixture(platform)
    code = await requested(family)
    clock.advance_to(START + 10 * MINUTE)
    assert await tried(family, code) == ["CODE_EXPIRED"]
    code = await requested(family)
    wrong = [each * 6 for each in "12345678" if each * 6 != code][:6]
    found = await asyncio.gather(*(tried(family, each) for each in wrong))
    assert sorted(found) == [["CODE_INVALID"]] * 5 + [["KYC_LOCKED"]]
    assert await tried(family, code) == ["KYC_LOCKED"]
    given = {"organizationId": family.c1.id, "code": code}
    for who, refused in ((family.mia, "FORBIDDEN"), (family.ben, "CONSENT_REQUIRED"), (family.rob, "NOT_FOUND")):
        assert codes(await done(who, VERIFY, **given)) == [refused]
        assert codes(await done(who, REQUEST, organizationId=family.c1.id)) == [refused]


async def test_a_71_two_notices_one_each_and_none_once_the_cause_is_gone(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    await a_preset(family.r1, "myoperator")
    activated = parse_instant("2025-06-01T02:00:00Z")  # 10:00 in Singapore
    for each in (family.c1, family.c2):
        await rows(platform, "UPDATE organization SET activated_at = $2 WHERE id = $1 RETURNING id", each.id, activated)
    others = (family.r1a.id, family.c3.id)
    await rows(platform, "UPDATE organization SET kyc_status = 'APPROVED' WHERE id IN ($1, $2) RETURNING id", *others)

    async def noticed(of: Organization) -> list[str]:
        found = await rows(
            platform, "SELECT payload FROM outbox WHERE topic = 'notice.kyc_due' AND organization_id = $1 ORDER BY id",
            of.id,
        )  # fmt: skip
        return [json.loads(each["payload"])["day"] for each in found]

    steps = {"2025-06-06T00:59:59Z": 0, "2025-06-06T01:00:00Z": 2, "2025-06-06T11:00:00Z": 0}
    clock.at = activated
    for moment, sent_then in steps.items():
        clock.advance_to(parse_instant(moment))
        assert (await run_steps_once(platform))["dated notices"] == sent_then
    clock.advance_to(parse_instant("2025-06-07T03:00:00Z"))
    assert await decided(family.ben, family.c2, "APPROVED") == []
    for moment in ("2025-06-08T01:00:00Z", "2025-06-08T09:00:00Z", "2025-06-08T20:00:00Z"):
        clock.advance_to(parse_instant(moment))
        await run_steps_once(platform)
    assert await noticed(family.c1) == ["2025-06-06", "2025-06-08"]
    assert await noticed(family.c2) == ["2025-06-06"]


async def test_kyc_notices_of_a_sandbox_leave_at_their_own_time(platform: Platform) -> None:
    o = await an_operator(platform)
    r = await a_reseller(platform, under=o, sandbox=True, stands_at=START)
    c = await a_customer(platform, under=r)
    await a_policy_value(r, "kycRequired", True)
    await a_policy_value(r, "kycDueDays", 7)
    for to in ("2026-02-07T03:00:00Z", "2026-03-09T10:00:00Z"):
        assert codes(await done(r.someone, MOVE, organizationId=r.id, to=to)) == []
    assert await seen(r.someone, c) == ("SUSPENDED", "NONE")
    found = await rows(
        platform, "SELECT created_at FROM outbox WHERE topic = 'notice.kyc_due' AND organization_id = $1 ORDER BY id",
        c.id,
    )  # fmt: skip
    assert [each["created_at"] for each in found] == [
        parse_instant("2026-02-07T01:00:00Z"), parse_instant("2026-02-09T01:00:00Z"),
    ]  # fmt: skip
