"""Scenarios of members and ownership: A-35 to A-38, A-43 to A-46, A-48, A-75 (organizations, sections 6 to 8)."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from core.clock import MINUTE, FixedClock, parse_instant
from core.refusals import Refused
from core.transaction import Row
from tenants.actor import Credentials
from tenants.commands import Outcome
from tenants.members.joining import accept_invitation
from tenants.members.member_changes import change_member_role, remove_member, resend_invitation, set_contact_for
from tenants.members.member_rules import NewMember
from tenants.members.members import add_members, create_member
from tenants.members.ownership import transfer_ownership
from tenants.permissions import Role
from tenants.policy.policy_settings import PolicyEdit, apply_policy_preset, set_policy_values
from tenants.questions import MemberLimit, member_limit, open_invoice_count
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction
from tests.acting import do, everything, refusal
from tests.makers import PASSWORD, Member, Organization, a_member, credentials_of
from tests.rules.fixture_organizations import the_fixture

ANYWHERE = Credentials(None, address="198.51.100.1")


async def rows(platform: Platform, sql: str, *arguments: object) -> Sequence[Row]:
    """What is stored, seen as the platform."""
    async with platform_transaction(platform) as tx:
        return await tx.fetch(sql, *arguments)


def a_colleague(of: Organization, role: str = "MEMBER", email: str | None = "new@c1.test", **given: Any) -> NewMember:
    """Somebody to invite."""
    complete: dict[str, Any] = {"given_name": "New", "email": email, "role": role, "portal_access": email is not None}
    return NewMember(of.id, **complete | given)


async def invite(who: Member, new: NewMember) -> Outcome:
    """Create the member."""
    return await do(who, lambda uow: create_member(uow, new))


async def refused_invite(who: Member, new: NewMember) -> tuple[str, ...]:
    """The codes against it; nothing changed."""
    return await refusal(who, lambda uow: create_member(uow, new))


async def tokens_of(platform: Platform, member_id: str) -> list[str]:
    """The tokens that were mailed to the member, oldest first."""
    sent = await rows(
        platform,
        "SELECT payload FROM outbox WHERE topic = 'mail.invitation' AND subject_id = $1 ORDER BY id",
        member_id,
    )
    return [json.loads(each["payload"])["token"] for each in sent]


async def refused_accept(platform: Platform, token: str, password: str = PASSWORD) -> str:
    """The code against accepting; nothing changed but the count of wrong passwords."""
    before = await everything(platform)
    with pytest.raises(Refused) as refused:
        await accept_invitation(platform, token, password, ANYWHERE)
    after = await everything(platform)
    before.pop("sign_in_lock"), after.pop("sign_in_lock")
    assert after == before
    [code] = refused.value.codes
    return code


async def test_a_35_who_may_invite_whom(platform: Platform) -> None:
    family = await the_fixture(platform)
    assert await refused_invite(family.dan, a_colleague(family.c1, "ADMIN")) == ("ROLE_NOT_GRANTABLE",)
    made = await invite(family.dan, a_colleague(family.c1, "MEMBER", "one@c1.test"))
    [stored] = await rows(platform, "SELECT invitation, user_id FROM member WHERE id = $1", made["memberId"])
    assert (stored["invitation"], stored["user_id"]) == ("PENDING", None)
    assert len(await tokens_of(platform, made["memberId"])) == 1

    billing = a_colleague(family.c1, "BILLING", "two@c1.test")
    assert await refused_invite(family.dan, billing) == ("ROLE_NOT_GRANTABLE",)
    await do(family.ada, lambda uow: apply_policy_preset(uow, family.r1.id, "myoperator"))
    await invite(family.dan, billing)
    assert await refused_invite(family.cora, a_colleague(family.c1, "OWNER")) == ("OWNER_BY_TRANSFER_ONLY",)
    assert await refused_invite(family.cora, a_colleague(family.c1, "CHIEF")) == ("ROLE_UNKNOWN",)


async def test_a_36_a_link_lives_its_days_and_works_once(platform: Platform, clock: FixedClock) -> None:
    # given two invited on 2026-03-01, the second again on 2026-03-20
    family = await the_fixture(platform)
    clock.advance_to(parse_instant("2026-03-01T10:00:00+08:00"))
    first = (await invite(family.cora, a_colleague(family.c1, email="first@c1.test")))["memberId"]
    second = (await invite(family.cora, a_colleague(family.c1, email="second@c1.test")))["memberId"]
    clock.advance_to(parse_instant("2026-03-20T10:00:00+08:00"))
    await do(family.cora, lambda uow: resend_invitation(uow, second))
    [first_token] = await tokens_of(platform, first)
    old, new = await tokens_of(platform, second)

    # then the replaced link is revoked, and the late one expired
    clock.advance_to(parse_instant("2026-03-25T10:00:00+08:00"))
    assert await refused_accept(platform, old) == "INVITATION_REVOKED"
    clock.advance_to(parse_instant("2026-04-02T10:00:00+08:00"))
    assert await refused_accept(platform, first_token) == "INVITATION_EXPIRED"
    clock.advance_to(parse_instant("2026-04-10T10:00:00+08:00"))
    joined = await accept_invitation(platform, new, PASSWORD, ANYWHERE)
    assert joined["memberId"] == second
    assert await refused_accept(platform, new) == "INVITATION_USED"
    assert await refused_accept(platform, "unknown") == "NOT_FOUND"


async def test_gen_3_an_invitation_is_open_through_the_end_of_day_30(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    clock.advance_to(parse_instant("2026-03-01T10:00:00+08:00"))
    made = (await invite(family.cora, a_colleague(family.c1)))["memberId"]
    [token] = await tokens_of(platform, made)
    clock.advance_to(parse_instant("2026-04-01T00:00:00+08:00"))
    assert await refused_accept(platform, token) == "INVITATION_EXPIRED"
    clock.at = parse_instant("2026-03-31T23:59:59+08:00")
    assert (await accept_invitation(platform, token, PASSWORD, ANYWHERE))["memberId"] == made


async def test_mem_5_a_known_user_accepts_with_the_present_password(platform: Platform) -> None:
    family = await the_fixture(platform)
    made = await invite(family.rob, a_colleague(family.r2, "ADMIN", str(family.dan.email).upper()))
    [token] = await tokens_of(platform, made["memberId"])
    assert await refused_accept(platform, token, "another password") == "SIGN_IN_FAILED"
    joined = await accept_invitation(platform, token, PASSWORD, ANYWHERE)
    assert joined["userId"] == family.dan.user_id


async def test_mem_5_a_new_user_needs_a_strong_password(platform: Platform) -> None:
    family = await the_fixture(platform)
    made = await invite(family.cora, a_colleague(family.c1))
    [token] = await tokens_of(platform, made["memberId"])
    for weak in ("elevenchars", "PassWord1234", "new@c1.test\u0041"[:11]):
        assert await refused_accept(platform, token, weak) == "PASSWORD_TOO_WEAK"
    assert await refused_accept(platform, token, "x" * 129) == "PASSWORD_TOO_WEAK"
    await accept_invitation(platform, token, "twelve chars", ANYWHERE)


async def test_a_37_a_login_less_member(platform: Platform) -> None:
    family = await the_fixture(platform)
    made = await invite(family.cora, a_colleague(family.c1, email=None, given_name="Desk 12"))
    [stored] = await rows(platform, "SELECT user_id, invitation, role FROM member WHERE id = $1", made["memberId"])
    assert (stored["user_id"], stored["invitation"], stored["role"]) == (None, "NONE", "MEMBER")
    again = a_colleague(family.c1, "ADMIN", None, given_name="Desk 12")
    assert await refused_invite(family.cora, again) == ("LOGINLESS_ROLE",)


async def test_a_38_there_is_always_an_owner(platform: Platform) -> None:
    family = await the_fixture(platform)
    assert await refusal(family.cora, lambda uow: change_member_role(uow, family.cora.id, "ADMIN")) == (
        "OWNER_REQUIRED",
    )
    assert await refusal(family.cora, lambda uow: remove_member(uow, family.cora.id)) == ("OWNER_REQUIRED",)


async def test_mem_8_a_removed_member_acts_no_more(platform: Platform) -> None:
    family = await the_fixture(platform)
    session = await credentials_of(family.mia)
    await do(family.cora, lambda uow: remove_member(uow, family.mia.id))
    assert await rows(platform, "SELECT 1 FROM member WHERE id = $1", family.mia.id) == []
    with pytest.raises(Refused) as refused:
        await do(session, lambda uow: remove_member(uow, family.dan.id), platform=platform)
    assert refused.value.codes == ("UNAUTHENTICATED",)


@contextmanager
def limited_to(limit: MemberLimit) -> Iterator[None]:
    """The plan that runs allows so many members."""

    async def answer(uow: UnitOfWork, organization_id: str) -> MemberLimit | None:
        return limit

    member_limit(answer)
    try:
        yield
    finally:
        member_limit.forget(answer)


async def test_mem_10_the_plans_places(platform: Platform) -> None:
    family = await the_fixture(platform)  # dan and mia besides the OWNER
    with limited_to(MemberLimit(2, "USER_LIMIT_REACHED")):
        assert await refused_invite(family.cora, a_colleague(family.c1)) == ("USER_LIMIT_REACHED",)
    with limited_to(MemberLimit(3, "STAFF_LIMIT_REACHED")):
        await invite(family.cora, a_colleague(family.c1))
        assert await refused_invite(family.cora, a_colleague(family.c1, email="b@c1.test")) == ("STAFF_LIMIT_REACHED",)


async def test_a_43_each_row_stands_alone(platform: Platform) -> None:
    family = await the_fixture(platform)
    many = [a_colleague(family.c1, email=f"m{number}@c1.test") for number in range(101)]
    assert await refusal(family.cora, lambda uow: add_members(uow, family.c1.id, many)) == ("TOO_MANY_ROWS",)
    many[10] = a_colleague(family.c1, email="no address")
    many[20] = a_colleague(family.c1, email="two@@c1.test")
    outcome = await do(family.cora, lambda uow: add_members(uow, family.c1.id, many[:100]))
    refused = [result["errors"] for result in outcome["results"] if "errors" in result]
    assert [[error["code"] for error in errors] for errors in refused] == [["EMAIL_INVALID"], ["EMAIL_INVALID"]]
    [stored] = await rows(platform, "SELECT count(*) AS many FROM member WHERE organization_id = $1", family.c1.id)
    assert stored["many"] == 3 + 98


async def test_mem_5_one_e_mail_is_one_member_of_an_organization(platform: Platform) -> None:
    family = await the_fixture(platform)
    taken = a_colleague(family.c1, email=str(family.dan.email).upper())
    assert await refused_invite(family.cora, taken) == ("MEMBER_EMAIL_TAKEN",)


async def transfer(who: Member, organization: Organization, target: Member) -> Outcome:
    """Transfer the ownership."""
    return await do(who, lambda uow: transfer_ownership(uow, organization.id, target.id))


async def refused_transfer(who: Member, organization: Organization, target: Member) -> tuple[str, ...]:
    """The codes against it; nothing changed."""
    return await refusal(who, lambda uow: transfer_ownership(uow, organization.id, target.id))


async def roles_of(organization: Organization) -> dict[str, str]:
    """Role by given name."""
    found = await rows(
        organization.platform, "SELECT given_name, role FROM member WHERE organization_id = $1", organization.id
    )
    return {each["given_name"]: each["role"] for each in found}


async def test_a_44_the_owner_transfers(platform: Platform) -> None:
    family = await the_fixture(platform)
    before = await rows(platform, "SELECT billing_email FROM organization WHERE id = $1", family.c1.id)
    await transfer(family.cora, family.c1, family.dan)
    assert await roles_of(family.c1) == {"Cora": "ADMIN", "Dan": "OWNER", "Mia": "MEMBER"}
    [cora] = await rows(platform, "SELECT is_accounts_contact FROM member WHERE id = $1", family.cora.id)
    assert bool(cora["is_accounts_contact"])
    after = await rows(platform, "SELECT billing_email FROM organization WHERE id = $1", family.c1.id)
    assert [dict(each) for each in after] == [dict(each) for each in before]
    sent = await rows(platform, "SELECT payload FROM outbox WHERE topic = 'mail.ownership_transferred'")
    assert {json.loads(each["payload"])["to"] for each in sent} == {family.cora.email, family.dan.email}
    assert len(sent) == 2


async def _one_open(uow: UnitOfWork, organization_id: str) -> int:
    return 1


async def test_a_45_every_blocker_at_once(platform: Platform) -> None:
    family = await the_fixture(platform)
    pending = await a_member(platform, of=family.c1, role=Role.ADMIN, accepted=False)
    open_invoice_count(_one_open)
    try:
        assert await refused_transfer(family.cora, family.c1, pending) == (
            "OPEN_INVOICE",
            "TARGET_INVITATION_PENDING",
        )
        await do(family.ada, lambda uow: apply_policy_preset(uow, family.r1.id, "b3networks"))
        assert await refused_transfer(family.cora, family.c1, pending) == ("TARGET_INVITATION_PENDING",)
    finally:
        open_invoice_count.forget(_one_open)


async def test_a_46_who_may_transfer(platform: Platform) -> None:
    family = await the_fixture(platform)
    zoe = await a_member(platform, of=family.c2, name="zoe")
    assert await refused_transfer(family.dan, family.c1, family.mia) == ("FORBIDDEN",)
    await transfer(family.ben, family.c2, zoe)
    assert await roles_of(family.c2) == {"C2": "MEMBER", "Zoe": "OWNER"}
    assert await refused_transfer(family.ben, family.c1, family.dan) == ("FORBIDDEN",)
    assert await refused_transfer(family.bill, family.c2, zoe) == ("FORBIDDEN",)


async def test_own_1_the_password_within_ten_minutes(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    session = await credentials_of(family.cora)
    clock.advance_to(clock.now() + 10 * MINUTE)
    refused = await refusal(
        session, lambda uow: transfer_ownership(uow, family.c1.id, family.dan.id), platform=platform
    )
    assert refused == ("REAUTH_REQUIRED",)


async def test_own_2_targets(platform: Platform) -> None:
    family = await the_fixture(platform)
    desk = await a_member(platform, of=family.c1, name="desk", portal_access=False)
    assert await refused_transfer(family.cora, family.c1, desk) == ("TARGET_NO_PORTAL_ACCESS",)
    assert await refused_transfer(family.cora, family.c1, family.cora) == ("TARGET_IS_OWNER",)
    assert await refused_transfer(family.cora, family.c1, family.rob) == ("NOT_FOUND",)
    assert await refused_transfer(family.ada, family.r1, family.cora) == ("TARGET_NOT_MEMBER",)


async def test_a_48_contacts(platform: Platform) -> None:
    family = await the_fixture(platform)
    [owner] = await rows(platform, "SELECT * FROM member WHERE id = $1", family.cora.id)
    assert [bool(owner[f"is_{each}_contact"]) for each in ("tech", "accounts", "general")] == [True, True, True]
    desk = await a_member(platform, of=family.c1, name="desk", portal_access=False)
    assert await refusal(family.cora, lambda uow: set_contact_for(uow, desk.id, ["TECH"])) == (
        "CONTACT_EMAIL_REQUIRED",
    )
    outcome = await do(family.cora, lambda uow: set_contact_for(uow, family.mia.id, ["TECH", "GENERAL"]))
    assert outcome["contactFor"] == ["GENERAL", "TECH"]


async def test_a_75_invitation_days_come_from_above(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    await do(family.ada, lambda uow: set_policy_values(uow, PolicyEdit(family.r1.id, {"invitationDays": 10})))
    made = await invite(family.c3.someone, a_colleague(family.c3, email="x@c3.test"))
    [link] = await rows(platform, "SELECT expires_at FROM invitation WHERE id = $1", made["invitationId"])
    assert link["expires_at"] == parse_instant("2026-02-13T00:00:00+08:00")  # day 10 after 2026-02-02 is over
