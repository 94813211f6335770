"""Members and where a session stands, through GraphQL: MEM-4 to MEM-8, OWN-4, OWN-5, AUTH-4, AUTH-6, STOP-5."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from core.clock import MINUTE, FixedClock, parse_instant
from core.refusals import Refused
from tenants.actor import Credentials
from tenants.members.joining import accept_invitation
from tenants.members.ownership_recovery import carry_out_recoveries
from tenants.policy.policy_settings import PolicyEdit, set_policy_values
from tenants.sign_in.sign_in import SignedIn, sign_in
from tenants.stops.suspensions import SuspensionReason, lift, suspend
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do, everything
from tests.graph.asking import Answer, ask
from tests.makers import PASSWORD, Member, a_member, an_api_key, credentials_of
from tests.makers_billing import pay
from tests.rules.fixture_organizations import Fixture, the_fixture

HERE = Credentials(None, address="198.51.100.1", client="pytest")
UPDATE = """mutation ($input: UpdateMemberInput!) { updateMember(input: $input) { errors { code field }
member { givenName familyName email phone hasPortalAccess invitation version }
contactChanges { id channel value } } }"""
END_SESSIONS = """mutation ($input: MemberInput!) { endMemberSessions(input: $input) {
errors { code } endedCount } }"""
REQUEST = """mutation ($input: RequestOwnerContactChangeInput!) { requestOwnerContactChange(input: $input) {
errors { code } contactChanges { id channel state } } }"""
CONFIRM = """mutation ($input: ConfirmOwnerContactChangeInput!) { confirmOwnerContactChange(input: $input) {
errors { code } member { email phone } contactChange { state } } }"""
RECOVER = """mutation ($input: RecoverOwnershipInput!) { recoverOwnership(input: $input) { errors { code field }
recovery { id state takesEffectAt requestedByName contactEmail } } }"""
STOP = """mutation ($input: StopOwnershipRecoveryInput!) { stopOwnershipRecovery(input: $input) { errors { code }
recovery { state } } }"""
WHERE = "{ viewer { organizationName via memberships { organizationName isCurrent isPayOnly } } }"


async def act(who: Member | Credentials, platform: Platform, document: str, **given: Any) -> Any:
    """The payload of a mutation."""
    credentials = await credentials_of(who) if isinstance(who, Member) else who
    answer = await ask(platform, credentials, document, input=given)
    assert answer.errors == [], answer.errors
    [payload] = answer.data.values()
    return payload


def codes(payload: Any) -> list[str]:
    """The refusals of a payload."""
    return [error["code"] for error in payload["errors"]]


async def rows(platform: Platform, sql: str, *arguments: object) -> list[dict[str, Any]]:
    """What is stored, seen as the platform."""
    async with platform_transaction(platform) as tx:
        return [dict(row) for row in await tx.fetch(sql, *arguments)]


async def sent(platform: Platform, topic: str) -> list[dict[str, Any]]:
    """The payloads of the messages, oldest first."""
    found = await rows(platform, "SELECT payload FROM outbox WHERE topic = $1 ORDER BY id", topic)
    return [json.loads(each["payload"]) for each in found]


async def enter(platform: Platform, member: Member, email: str | None = None) -> Credentials:
    """A real sign-in; its token without a chosen organization."""
    signed_in = await sign_in(platform, email or str(member.email), PASSWORD, HERE)
    assert isinstance(signed_in, SignedIn)
    return replace(HERE, token=signed_in.token)


async def version_of(platform: Platform, member: Member) -> int:
    """The stored version."""
    [row] = await rows(platform, "SELECT version FROM member WHERE id = $1", member.id)
    return int(row["version"])


async def edited(who: Member, platform: Platform, member: Member, **given: Any) -> Any:
    """The payload of an edit with the version that is stored."""
    return await act(who, platform, UPDATE, memberId=member.id, version=await version_of(platform, member), **given)


async def test_an_edit_takes_names_phone_and_the_version_it_read(platform: Platform) -> None:
    family = await the_fixture(platform)
    done = await edited(family.cora, platform, family.mia, givenName=" Maria ", familyName="Moss", phone="+65 1")
    assert (done["errors"], done["member"]["givenName"], done["member"]["familyName"]) == ([], "Maria", "Moss")
    before = await everything(platform)
    late = await act(family.cora, platform, UPDATE, memberId=family.mia.id, version=1, givenName="Late")
    assert codes(late) == ["VERSION_CONFLICT"]
    bad = await edited(family.cora, platform, family.mia, givenName="", email="no mail")
    assert codes(bad) == ["EMAIL_INVALID", "NAME_LENGTH"]
    assert codes(await edited(family.cora, platform, family.mia, email=None)) == ["FIELD_REQUIRED"]
    assert codes(await edited(family.cora, platform, family.mia, email=str(family.dan.email).upper())) == [
        "MEMBER_EMAIL_TAKEN"
    ]
    assert codes(await edited(family.mia, platform, family.mia, givenName="Me")) == ["FORBIDDEN"]
    assert codes(await edited(family.ben, platform, family.mia, givenName="Me")) == ["CONSENT_REQUIRED"]
    assert codes(await edited(family.rob, platform, family.mia, givenName="Me")) == ["NOT_FOUND"]
    assert codes(await edited(family.dan, platform, family.cora, givenName="Me")) == ["ROLE_NOT_GRANTABLE"]
    after = await everything(platform)
    for table in ("audit_entry", "session", "outbox"):
        before.pop(table), after.pop(table)
    assert after == before
    [entry] = await rows(platform, "SELECT * FROM audit_entry WHERE action = 'updateMember' AND result_code IS NULL")
    assert json.loads(entry["after_values"]) == {"givenName": "Maria", "familyName": "Moss", "phone": "+65 1"}


async def test_mem_8_loss_of_portal_access_ends_sessions_and_an_alert_names_the_keys(platform: Platform) -> None:
    family = await the_fixture(platform)
    await an_api_key(family.dan)
    session = await enter(platform, family.dan)
    assert codes(await edited(family.cora, platform, family.dan, portalAccess=False)) == ["LOGINLESS_ROLE"]
    assert codes(await edited(family.cora, platform, family.cora, portalAccess=False)) == ["OWNER_REQUIRED"]
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE member SET role = 'MEMBER' WHERE id = $1", family.dan.id)
    done = await edited(family.cora, platform, family.dan, portalAccess=False)
    assert (done["errors"], done["member"]["hasPortalAccess"], done["member"]["invitation"]) == ([], False, "NONE")
    assert (await ask(platform, session, WHERE)).codes == ["UNAUTHENTICATED"]
    [alert] = await rows(platform, "SELECT kind, details FROM alert")
    assert alert["kind"] == "KEYS_LEFT_BEHIND" and len(json.loads(alert["details"])["keys"]) == 1
    [key] = await rows(platform, "SELECT revoked_at FROM api_key")
    assert key["revoked_at"] is None
    with pytest.raises(Refused) as refused:
        await enter(platform, family.dan)
    assert refused.value.codes == ("SIGN_IN_FAILED",)
    again = await edited(family.cora, platform, family.dan, portalAccess=True)
    assert again["member"]["invitation"] == "PENDING"
    assert (await sent(platform, "mail.invitation"))[-1]["to"] == family.dan.email


async def test_mem_5_another_e_mail_is_another_user_and_is_invited(platform: Platform) -> None:
    family = await the_fixture(platform)
    session = await enter(platform, family.mia)
    done = await edited(family.cora, platform, family.mia, email="maria@c1.test")
    assert (done["member"]["email"], done["member"]["invitation"]) == ("maria@c1.test", "PENDING")
    assert (await ask(platform, session, WHERE)).codes == ["UNAUTHENTICATED"]
    token = (await sent(platform, "mail.invitation"))[-1]["token"]
    joined = await accept_invitation(platform, token, PASSWORD, HERE)
    assert (joined["memberId"], joined["userId"] != family.mia.user_id) == (family.mia.id, True)


async def test_members_sessions_end_here_and_nowhere_else(platform: Platform) -> None:
    # given mia, who is a member of C4 too
    family = await the_fixture(platform)
    await a_member(platform, of=family.c4, name="mia", email=family.mia.email)
    session = await enter(platform, family.mia)
    assert codes(await act(family.mia, platform, END_SESSIONS, memberId=family.mia.id)) == ["FORBIDDEN"]
    done = await act(family.cora, platform, END_SESSIONS, memberId=family.mia.id)
    assert done["endedCount"] >= 1
    there = await ask(platform, session, WHERE)
    assert there.data["viewer"]["organizationName"] == "C4"
    assert [each["organizationName"] for each in there.data["viewer"]["memberships"]] == ["C4"]
    here = replace(session, organization_id=family.c1.id)
    assert (await ask(platform, here, WHERE)).codes == ["UNAUTHENTICATED"]
    again = replace(await enter(platform, family.mia), organization_id=family.c1.id)
    assert (await ask(platform, again, WHERE)).data["viewer"]["organizationName"] == "C1"


async def code_sent(platform: Platform, topic: str = "mail.owner_code") -> str:
    """The newest code."""
    return str((await sent(platform, topic))[-1]["code"])


async def test_own_4_the_owners_new_e_mail_counts_after_its_code(platform: Platform) -> None:
    family = await the_fixture(platform)
    done = await edited(family.cora, platform, family.cora, givenName="Coralie", email="new@c1.test", phone="+65 2")
    assert (done["member"]["givenName"], done["member"]["email"]) == ("Coralie", family.cora.email)
    assert [each["channel"] for each in done["contactChanges"]] == ["EMAIL", "PHONE"]
    change, phone = (each["id"] for each in done["contactChanges"])
    code = await code_sent(platform)
    assert len(code) == 6 and (await sent(platform, "mail.owner_code"))[-1]["to"] == "new@c1.test"
    wrong = "000000" if code != "000000" else "111111"
    refused = await act(family.cora, platform, CONFIRM, contactChangeId=change, code=wrong)
    assert codes(refused) == ["CODE_INVALID"]
    assert codes(await act(family.dan, platform, CONFIRM, contactChangeId=change, code=code)) == ["ROLE_NOT_GRANTABLE"]
    assert codes(await act(family.rob, platform, CONFIRM, contactChangeId=change, code=code)) == ["NOT_FOUND"]
    confirmed = await act(family.cora, platform, CONFIRM, contactChangeId=change, code=code)
    assert (confirmed["errors"], confirmed["member"]["email"]) == ([], "new@c1.test")
    assert codes(await act(family.cora, platform, CONFIRM, contactChangeId=change, code=code)) == ["CODE_EXPIRED"]
    assert (await sent(platform, "mail.owner_contact_changed"))[0]["to"] == family.cora.email
    await enter(platform, family.cora, "new@c1.test")
    by_phone = await code_sent(platform, "text.owner_code")
    assert (await act(family.cora, platform, CONFIRM, contactChangeId=phone, code=by_phone))["member"][
        "phone"
    ] == "+65 2"
    [stored] = await rows(platform, "SELECT code_hash FROM owner_contact_change WHERE id = $1", change)
    assert code not in stored["code_hash"]


async def test_own_4_ten_minutes_and_five_tries(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)

    async def requested() -> tuple[str, str]:
        done = await act(family.cora, platform, REQUEST, memberId=family.cora.id, email="new@c1.test")
        return done["contactChanges"][0]["id"], await code_sent(platform)

    change, code = await requested()
    clock.advance_to(clock.now() + 10 * MINUTE)
    assert codes(await act(family.cora, platform, CONFIRM, contactChangeId=change, code=code)) == ["CODE_EXPIRED"]
    change, code = await requested()
    wrong = "000000" if code != "000000" else "111111"
    many = await asyncio.gather(
        *(act(family.cora, platform, CONFIRM, contactChangeId=change, code=wrong) for _ in range(7))
    )
    assert sorted(codes(each)[0] for each in many) == ["CODE_EXPIRED"] * 2 + ["CODE_INVALID"] * 5
    assert codes(await act(family.cora, platform, CONFIRM, contactChangeId=change, code=code)) == ["CODE_EXPIRED"]
    first, code = await requested()
    await requested()
    assert codes(await act(family.cora, platform, CONFIRM, contactChangeId=first, code=code)) == ["CODE_EXPIRED"]
    nothing = await act(family.cora, platform, REQUEST, memberId=family.cora.id)
    assert codes(nothing) == ["FIELD_REQUIRED"]
    assert codes(await act(family.cora, platform, REQUEST, memberId=family.mia.id, email="m@c1.test")) == [
        "OWNER_REQUIRED"
    ]


def a_recovery(family: Fixture, **given: Any) -> dict[str, Any]:
    """R1's OWNER names dan."""
    complete = {
        "organizationId": family.c1.id, "memberId": family.dan.id, "reason": "The owner cannot be reached",
        "ticket": "T-1", "contactEmail": str(family.cora.email).upper(),
    }  # fmt: skip
    return complete | given


async def owner_of(family: Fixture) -> str:
    """The OWNER's given name."""
    [row] = await rows(
        family.platform, "SELECT given_name FROM member WHERE organization_id = $1 AND role = 'OWNER'", family.c1.id
    )
    return str(row["given_name"])


async def test_own_5_a_recovery_takes_effect_when_its_days_are_over(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    clock.advance_to(parse_instant("2026-03-01T10:00:00+08:00"))
    started = await act(family.ada, platform, RECOVER, **a_recovery(family))
    assert started["errors"] == []
    assert started["recovery"]["takesEffectAt"] == "2026-03-08T16:00:00.000Z"  # seven days after, and the day's end
    assert started["recovery"]["requestedByName"].startswith("Ada")
    assert started["recovery"]["contactEmail"] == family.cora.email
    [notice] = await sent(platform, "notice.ownership_recovery_started")
    assert (notice["reason"], notice["audience"]) == ("The owner cannot be reached", "OWNER_AND_CONTACTS")
    assert codes(await act(family.ada, platform, RECOVER, **a_recovery(family))) == ["RECOVERY_ALREADY_OPEN"]
    clock.advance_to(parse_instant("2026-03-08T16:00:00Z") - 1)
    assert (await carry_out_recoveries(platform, 0), await owner_of(family)) == (0, "Cora")
    clock.advance_to(parse_instant("2026-03-08T16:00:00Z"))
    late = await act(family.cora, platform, STOP, recoveryId=started["recovery"]["id"])
    assert codes(late) == ["IRREVERSIBLE"]
    done = await asyncio.gather(*(carry_out_recoveries(platform, 0) for _ in range(2)))
    assert max(done) == 1 and await owner_of(family) == "Dan"
    [cora] = await rows(platform, "SELECT role FROM member WHERE id = $1", family.cora.id)
    assert cora["role"] == "ADMIN"
    assert len(await sent(platform, "mail.ownership_transferred")) == 2
    assert await carry_out_recoveries(platform, 0) == 0


async def test_own_5_the_owner_stops_it(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    started = await act(family.ada, platform, RECOVER, **a_recovery(family))
    recovery = started["recovery"]["id"]
    assert codes(await act(family.dan, platform, STOP, recoveryId=recovery)) == ["FORBIDDEN"]
    assert codes(await act(family.ada, platform, STOP, recoveryId=recovery)) == ["FORBIDDEN"]
    assert codes(await act(family.rob, platform, STOP, recoveryId=recovery)) == ["NOT_FOUND"]
    stopped = await act(family.cora, platform, STOP, recoveryId=recovery)
    assert (stopped["errors"], stopped["recovery"]["state"]) == ([], "STOPPED")
    clock.advance_to(clock.now() + 30 * 24 * 60 * MINUTE)
    assert (await carry_out_recoveries(platform, 0), await owner_of(family)) == (0, "Cora")


async def test_own_5_who_may_recover_and_by_what_proof(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    pending = await a_member(platform, of=family.c1, accepted=False)
    before = await everything(platform)
    for who, given, code in (
        (family.ben, {}, "FORBIDDEN"),
        (family.cora, {}, "FORBIDDEN"),
        (family.olga, {}, "FORBIDDEN"),
        (family.rob, {}, "NOT_FOUND"),
        (family.ada, {"contactEmail": "stranger@c1.test"}, "CONTACT_PROOF_REQUIRED"),
        (family.ada, {"contactEmail": None}, "CONTACT_PROOF_REQUIRED"),
        (family.ada, {"memberId": pending.id}, "TARGET_INVITATION_PENDING"),
        (family.ada, {"memberId": family.cora.id}, "TARGET_IS_OWNER"),
        (family.ada, {"memberId": family.ben.id}, "TARGET_NOT_MEMBER"),
    ):
        assert codes(await act(who, platform, RECOVER, **a_recovery(family, **given))) == [code]
    bare = await act(family.ada, platform, RECOVER, **a_recovery(family, reason=" ", ticket=None))
    assert codes(bare) == ["FIELD_REQUIRED", "FIELD_REQUIRED"]
    after = await everything(platform)
    for table in ("audit_entry", "session"):
        before.pop(table), after.pop(table)
    assert after == before
    stale = await credentials_of(family.ada)
    clock.advance_to(clock.now() + 10 * MINUTE)
    assert codes(await act(stale, platform, RECOVER, **a_recovery(family))) == ["REAUTH_REQUIRED"]


async def test_auth_4_own_sessions_are_listed_and_ended(platform: Platform) -> None:
    family = await the_fixture(platform)
    first, second, third = [await enter(platform, family.dan) for _ in range(3)]
    await enter(platform, family.cora)
    listed = "{ sessions { id address client isCurrent } }"
    shown = (await ask(platform, first, listed)).data["sessions"]
    assert (len(shown), [each["isCurrent"] for each in shown].count(True)) == (3, True)
    assert {(each["address"], each["client"]) for each in shown} == {("198.51.100.1", "pytest")}
    other = next(each["id"] for each in (await ask(platform, second, listed)).data["sessions"] if each["isCurrent"])
    end = "mutation ($input: EndSessionInput!) { endSession(input: $input) { errors { code } endedCount } }"
    [coras] = await rows(platform, "SELECT id FROM session WHERE user_id = $1", family.cora.user_id)
    assert codes(await act(first, platform, end, sessionId=coras["id"])) == ["NOT_FOUND"]
    assert (await act(first, platform, end, sessionId=other))["endedCount"] == 1
    assert codes(await act(first, platform, end, sessionId=other)) == ["NOT_FOUND"]
    assert (await ask(platform, second, listed)).codes == ["UNAUTHENTICATED"]
    others = "mutation { endOtherSessions { errors { code } endedCount } }"
    assert (await ask(platform, first, others)).data["endOtherSessions"] == {"errors": [], "endedCount": 1}
    assert (await ask(platform, third, listed)).codes == ["UNAUTHENTICATED"]
    assert len((await ask(platform, first, listed)).data["sessions"]) == 1
    key = await an_api_key(family.dan)
    assert (await ask(platform, key, listed)).codes == ["FORBIDDEN"]
    assert (await ask(platform, key, others)).data["endOtherSessions"]["errors"] == [{"code": "FORBIDDEN"}]


async def moves(platform: Platform) -> int:
    """How many entries tell of a choice."""
    return len(await rows(platform, "SELECT 1 FROM audit_entry WHERE action = 'chooseOrganization'"))


async def test_auth_6_a_session_stands_in_one_organization_and_a_choice_is_written_once(platform: Platform) -> None:
    family = await the_fixture(platform)
    await a_member(platform, of=family.c4, role="ADMIN", name="dan", email=family.dan.email)
    session = await enter(platform, family.dan)

    async def stands(organization_id: str | None = None) -> Answer:
        return await ask(platform, replace(session, organization_id=organization_id), WHERE)

    assert (await stands()).data["viewer"]["organizationName"] == "C1"
    assert [each["organizationName"] for each in (await stands()).data["viewer"]["memberships"]] == ["C1", "C4"]
    assert await moves(platform) == 0
    chosen = await asyncio.gather(*(stands(family.c4.id) for _ in range(5)))
    assert {each.data["viewer"]["organizationName"] for each in chosen} == {"C4"}
    assert await moves(platform) == 1
    assert (await stands()).data["viewer"]["organizationName"] == "C4"
    await stands(family.c4.id)
    assert await moves(platform) == 1
    await stands(family.c1.id)
    assert await moves(platform) == 2
    assert (await stands(family.r1.id)).codes == ["UNAUTHENTICATED"]
    [first, _] = await rows(platform, "SELECT * FROM audit_entry WHERE action = 'chooseOrganization' ORDER BY id")
    assert first["organization_id"] == family.c4.id and family.c1.id not in str(first)


async def test_auth_6_what_is_stopped_above_is_not_offered_while_others_are(platform: Platform) -> None:
    family = await the_fixture(platform)
    await a_member(platform, of=family.c4, name="dan", email=family.dan.email)
    session = await enter(platform, family.dan)
    await do(family.olga, lambda uow: suspend(uow, family.r1.id, SuspensionReason.POLICY))
    seen = (await ask(platform, session, WHERE)).data["viewer"]
    assert seen["organizationName"] == "C4"
    assert [each["organizationName"] for each in seen["memberships"]] == ["C4"]
    back = await ask(platform, replace(session, organization_id=family.c1.id), WHERE)
    assert back.codes == ["ORGANIZATION_NOT_ACTIVE"]
    await do(family.olga, lambda uow: suspend(uow, family.c4.id, SuspensionReason.FRAUD))
    with pytest.raises(Refused) as refused:
        await enter(platform, family.dan)
    assert refused.value.codes == ("ORGANIZATION_NOT_ACTIVE",)


async def test_a_25_who_may_pay_signs_in_to_pay_and_nothing_else(platform: Platform) -> None:
    # given C1 suspended for PAYMENT
    family = await the_fixture(platform)
    running, key = await enter(platform, family.cora), await an_api_key(family.cora)
    await do(family.ben, lambda uow: suspend(uow, family.c1.id, SuspensionReason.PAYMENT))
    # then mia is refused, cora reads what is owed
    with pytest.raises(Refused) as refused:
        await enter(platform, family.mia)
    assert refused.value.codes == ("ORGANIZATION_NOT_ACTIVE",)
    session = await enter(platform, family.cora)
    for one in (session, running):
        seen = (await ask(platform, one, WHERE)).data["viewer"]
        assert (seen["via"], seen["memberships"][0]["isPayOnly"]) == ("PAY_ONLY", True)
        assert (await ask(platform, one, "{ wallets { totalCount } payments { totalCount } }")).errors == []
    # and nothing else
    for closed in ("members", "organizations", "subscriptions", "auditEntries", "accounts"):
        answer = await ask(platform, session, f"{{ {closed} {{ totalCount }} }}")
        assert answer.codes == ["ORGANIZATION_NOT_ACTIVE"], closed
    refusal = await edited_by(session, platform, family.mia)
    assert codes(refusal) == ["ORGANIZATION_NOT_ACTIVE"]
    assert (await ask(platform, key, WHERE)).codes == ["ORGANIZATION_NOT_ACTIVE"]
    # and all is as before when the payment is settled
    await pay(family.c1, "30.00")
    assert (await ask(platform, session, "{ members { totalCount } }")).data["members"]["totalCount"] == 3


async def edited_by(session: Credentials, platform: Platform, member: Member) -> Any:
    """The payload of an edit by a ready session."""
    version = await version_of(platform, member)
    return await act(session, platform, UPDATE, memberId=member.id, version=version, givenName="X")


async def test_stop_5_another_reason_the_policy_or_a_stop_above_closes_the_way_to_pay(platform: Platform) -> None:
    family = await the_fixture(platform)
    await do(family.ben, lambda uow: suspend(uow, family.c1.id, SuspensionReason.PAYMENT))
    session = await enter(platform, family.cora)
    await do(family.ben, lambda uow: suspend(uow, family.c1.id, SuspensionReason.SELLER))
    assert (await ask(platform, session, WHERE)).codes == ["ORGANIZATION_NOT_ACTIVE"]
    await do(family.ben, lambda uow: lift(uow, family.c1.id, SuspensionReason.SELLER))
    assert (await ask(platform, session, WHERE)).errors == []
    await do(family.olga, lambda uow: suspend(uow, family.r1.id, SuspensionReason.POLICY))
    assert (await ask(platform, session, WHERE)).codes == ["ORGANIZATION_NOT_ACTIVE"]
    await do(family.olga, lambda uow: lift(uow, family.r1.id, SuspensionReason.POLICY))

    # and a suspension keeps the values that it started with (POL-4)
    given = {"suspendedSignIn": "NONE"}
    await do(family.ada, lambda uow: set_policy_values(uow, PolicyEdit(family.r1.id, given)))
    assert (await ask(platform, session, WHERE)).errors == []
    await do(family.ben, lambda uow: lift(uow, family.c1.id, SuspensionReason.PAYMENT))
    await do(family.ben, lambda uow: suspend(uow, family.c1.id, SuspensionReason.PAYMENT))
    assert (await ask(platform, session, WHERE)).codes == ["ORGANIZATION_NOT_ACTIVE"]
    await do(family.ben, lambda uow: lift(uow, family.c1.id, SuspensionReason.PAYMENT))
    given = {"suspendedSignIn": "PAY_ONLY"}
    await do(family.ada, lambda uow: set_policy_values(uow, PolicyEdit(family.r1.id, given)))
    await do(family.ben, lambda uow: suspend(uow, family.c1.id, SuspensionReason.PAYMENT))
    given_roles = {"renewRoles": ["ADMIN"]}
    await do(family.ada, lambda uow: set_policy_values(uow, PolicyEdit(family.r1.id, given_roles)))
    assert (await ask(platform, session, WHERE)).errors == []
