"""Scenarios of sign-in and API keys: A-24, A-64 to A-68 (organizations rule book, sections 12 and 13)."""

import asyncio
import json
from collections.abc import Sequence

import pytest

from core.clock import EXACT_DAY, HOUR, MINUTE, FixedClock, parse_instant
from core.refusals import Refused
from core.transaction import Row
from tenants.access import allow, organization_by_id
from tenants.actor import Credentials
from tenants.api_keys import NewApiKey, make_api_key, revoke_api_key, rotate_api_key
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.sign_in.passwords import password_blockers
from tenants.sign_in.sessions import change_password, reauthenticate, sign_out, touch
from tenants.sign_in.sign_in import SignedIn, sign_in
from tenants.stops.suspensions import SuspensionReason, lift, suspend
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction, reading
from tests.acting import do, refusal
from tests.makers import PASSWORD, Organization, a_member, an_api_key, credentials_of
from tests.rules.fixture_organizations import Fixture, the_fixture

HERE = Credentials(None, address="198.51.100.1", client="pytest")
WRONG = "quite another password"


async def rows(platform: Platform, sql: str, *arguments: object) -> Sequence[Row]:
    """What is stored, seen as the platform."""
    async with platform_transaction(platform) as tx:
        return await tx.fetch(sql, *arguments)


async def enter(platform: Platform, email: str | None, password: str = PASSWORD) -> SignedIn | str:
    """The new session, or the code with which signing in is refused."""
    try:
        signed_in = await sign_in(platform, str(email), password, HERE)
    except Refused as refused:
        [code] = refused.codes
        return code
    assert isinstance(signed_in, SignedIn)
    return signed_in


async def code_of_read(platform: Platform, credentials: Credentials) -> str | None:
    """The code that a request with these credentials gets, None when it is let in."""
    try:
        async with reading(platform, credentials):
            return None
    except Refused as refused:
        return refused.codes[0]


async def edit_an_account(uow: UnitOfWork, organization: Organization) -> Outcome:
    """What the permission table says to editing an account there."""
    allow(uow, Action.EDIT_ACCOUNT, await organization_by_id(uow, organization.id))
    return {}


def a_key(family: Fixture, *scopes: str, expires_at: int | None = None) -> NewApiKey:
    """A key of C1."""
    return NewApiKey(family.c1.id, "Integration", scopes, expires_at)


async def test_a_24_a_suspended_organization_lets_nobody_in(platform: Platform) -> None:
    family = await the_fixture(platform)
    key = await an_api_key(family.cora)
    session = await credentials_of(family.cora)
    await do(family.ben, lambda uow: suspend(uow, family.c1.id, SuspensionReason.SELLER))
    assert await enter(platform, family.cora.email) == "ORGANIZATION_NOT_ACTIVE"
    assert await code_of_read(platform, key) == "ORGANIZATION_NOT_ACTIVE"
    assert await code_of_read(platform, session) == "ORGANIZATION_NOT_ACTIVE"
    assert len(await rows(platform, "SELECT 1 FROM outbox WHERE topic = 'notice.suspended'")) == 1
    again = await refusal(family.ben, lambda uow: suspend(uow, family.c1.id, SuspensionReason.SELLER))
    assert again == ("ALREADY_SUSPENDED",)
    lifted = await do(family.ben, lambda uow: lift(uow, family.c1.id, SuspensionReason.SELLER))
    assert lifted["status"] == "ACTIVE"
    assert await code_of_read(platform, session) is None


async def test_a_27_below_a_suspended_one_nothing_is_written(platform: Platform) -> None:
    family = await the_fixture(platform)
    session = await credentials_of(family.c3.someone)
    await do(family.ada, lambda uow: suspend(uow, family.r1a.id, SuspensionReason.SELLER))
    [stored] = await rows(platform, "SELECT status FROM organization WHERE id = $1", family.c3.id)
    assert stored["status"] == "ACTIVE"
    assert await enter(platform, family.c3.someone.email) == "ORGANIZATION_NOT_ACTIVE"
    assert await code_of_read(platform, session) is None  # who is in already reads on, and learns why it cannot write
    await do(family.ada, lambda uow: lift(uow, family.r1a.id, SuspensionReason.SELLER))
    assert isinstance(await enter(platform, family.c3.someone.email), SignedIn)


async def test_stop_7_what_those_above_set_they_lift(platform: Platform) -> None:
    family = await the_fixture(platform)
    await do(family.olga, lambda uow: suspend(uow, family.c1.id, SuspensionReason.FRAUD))
    await do(family.ben, lambda uow: suspend(uow, family.c1.id, SuspensionReason.SELLER))
    refused = await refusal(family.ben, lambda uow: lift(uow, family.c1.id, SuspensionReason.FRAUD))
    assert refused == ("LIFT_NOT_ALLOWED",)
    assert (await do(family.olga, lambda uow: lift(uow, family.c1.id, SuspensionReason.SELLER)))[
        "status"
    ] == "SUSPENDED"
    assert (await do(family.olga, lambda uow: lift(uow, family.c1.id, SuspensionReason.FRAUD)))["status"] == "ACTIVE"


async def test_a_64_a_key_reads_within_its_scope_until_revoked(platform: Platform, clock: FixedClock) -> None:
    # given dan's key without an expiry
    family = await the_fixture(platform)
    made = await do(family.dan, lambda uow: make_api_key(uow, a_key(family, "accounts:read")), key="once")
    assert made["secret"].startswith("tnk_") and made["expiresAt"] == clock.now() + 90 * EXACT_DAY
    [stored] = await rows(platform, "SELECT * FROM api_key WHERE id = $1", made["apiKeyId"])
    assert made["secret"] not in json.dumps(dict(stored)) and stored["prefix"] == made["secret"][:12]

    # then a repeated result holds no secret
    again = await do(family.dan, lambda uow: make_api_key(uow, a_key(family, "accounts:read")), key="once")
    assert again == {name: value for name, value in made.items() if name != "secret"}

    # and the key reads, but edits nothing, until it is revoked
    key = Credentials(made["secret"], address="203.0.113.7")
    assert await code_of_read(platform, key) is None
    refused = await refusal(key, lambda uow: edit_an_account(uow, family.c1), platform=platform)
    assert refused == ("SCOPE_MISSING",)
    await do(family.dan, lambda uow: revoke_api_key(uow, made["apiKeyId"]))
    assert await code_of_read(platform, key) == "API_KEY_REVOKED"


async def test_a_65_scopes_and_expiry_of_keys(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    new = a_key(family, "ownership:write", expires_at=clock.now() + 366 * EXACT_DAY)
    refused = await refusal(family.dan, lambda uow: make_api_key(uow, new))
    assert refused == ("KEY_EXPIRY_INVALID", "SCOPE_NOT_FOR_KEYS")


async def test_key_3_a_key_ends_at_its_instant(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    end = clock.now() + 2 * EXACT_DAY
    made = await do(family.dan, lambda uow: make_api_key(uow, a_key(family, "org:read", expires_at=end)))
    key = Credentials(made["secret"])
    clock.advance_to(end - 1)
    assert await code_of_read(platform, key) is None
    clock.advance_to(end)
    assert await code_of_read(platform, key) == "API_KEY_EXPIRED"
    assert await code_of_read(platform, Credentials("tnk_unknown")) == "UNAUTHENTICATED"


async def test_key_4_a_rotated_secret_works_a_day_more(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    made = await do(family.dan, lambda uow: make_api_key(uow, a_key(family, "org:read")))
    rotated = await do(family.dan, lambda uow: rotate_api_key(uow, made["apiKeyId"]))
    assert rotated["expiresAt"] == made["expiresAt"]
    start = clock.now()
    clock.advance_to(start + 24 * HOUR - 1)
    assert await code_of_read(platform, Credentials(made["secret"])) is None
    clock.advance_to(start + 24 * HOUR)
    assert await code_of_read(platform, Credentials(made["secret"])) == "API_KEY_REVOKED"
    assert await code_of_read(platform, Credentials(rotated["secret"])) is None


async def test_key_4_at_most_so_many_keys(platform: Platform) -> None:
    family = await the_fixture(platform)
    for _ in range(20):
        await an_api_key(family.dan)
    refused = await refusal(family.dan, lambda uow: make_api_key(uow, a_key(family, "org:read")))
    assert refused == ("API_KEY_LIMIT",)


async def test_key_5_addresses_and_last_use(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    key = await an_api_key(family.dan, addresses=["203.0.113.0/24"])
    async with reading(platform, key) as uow:
        actor = uow.actor
    elsewhere = Credentials(key.token, address="198.51.100.9")
    assert await code_of_read(platform, elsewhere) == "IP_NOT_ALLOWED"
    for at, expected in ((0, 0), (59, 0), (60, 60)):
        clock.at = clock.at - clock.at % MINUTE + at * MINUTE // 60
        await touch(platform, actor, "203.0.113.7")
        [stored] = await rows(platform, "SELECT last_used_at FROM api_key WHERE id = $1", actor.api_key_id)
        assert stored["last_used_at"] % EXACT_DAY == 12 * HOUR + expected * MINUTE // 60


async def test_a_66_the_fifth_failure_locks_for_15_minutes(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    for minute in range(5):
        clock.advance_to(parse_instant(f"2026-02-03T10:0{minute}:00Z"))
        assert await enter(platform, family.cora.email, WRONG) == "SIGN_IN_FAILED"
    for time, expected in (("10:05:00", "SIGN_IN_LOCKED"), ("10:18:59", "SIGN_IN_LOCKED")):
        clock.advance_to(parse_instant(f"2026-02-03T{time}Z"))
        assert await enter(platform, family.cora.email) == expected
    clock.advance_to(parse_instant("2026-02-03T10:19:00Z"))
    assert isinstance(await enter(platform, family.cora.email), SignedIn)


async def test_auth_3_failures_far_apart_do_not_add_up(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    for _ in range(9):
        assert await enter(platform, family.cora.email, WRONG) == "SIGN_IN_FAILED"
        clock.advance_to(clock.now() + 4 * MINUTE)
    assert isinstance(await enter(platform, family.cora.email), SignedIn)


async def test_auth_3_parallel_tries_count_one_by_one(platform: Platform) -> None:
    family = await the_fixture(platform)
    tries = [enter(platform, email, WRONG) for email in [family.cora.email] * 8 + ["nobody@nowhere.test"] * 8]
    answers = await asyncio.gather(*tries)
    for of_one in (answers[:8], answers[8:]):
        assert sorted(map(str, of_one)) == ["SIGN_IN_FAILED"] * 5 + ["SIGN_IN_LOCKED"] * 3
    assert await enter(platform, family.cora.email) == "SIGN_IN_LOCKED"
    assert len(await rows(platform, "SELECT 1 FROM outbox WHERE topic = 'mail.sign_in_locked'")) == 1


async def test_a_67_who_is_not_let_in_gets_one_answer(platform: Platform) -> None:
    family = await the_fixture(platform)
    desk = await a_member(platform, of=family.c1, portal_access=False, email="desk@c1.test")
    pending = await a_member(platform, of=family.c1, accepted=False)
    for email, password in (
        ("unknown@c1.test", PASSWORD),
        (family.cora.email, WRONG),
        (desk.email, PASSWORD),
        (pending.email, PASSWORD),
    ):
        assert await enter(platform, email, password) == "SIGN_IN_FAILED"
    assert [each.code for each in password_blockers("elevenchars", "a@b.test", 12)] == ["PASSWORD_TOO_WEAK"]
    assert password_blockers("twelve chars", "a@b.test", 12) == ()


async def test_a_67_the_own_password_is_changed(platform: Platform) -> None:
    family = await the_fixture(platform)
    other, session = await credentials_of(family.cora), await credentials_of(family.cora)
    with pytest.raises(Refused, match="PASSWORD_TOO_WEAK"):
        await change_password(platform, session, PASSWORD, "elevenchars")
    await change_password(platform, session, PASSWORD, "twelve chars")
    assert await code_of_read(platform, session) is None
    assert await code_of_read(platform, other) == "UNAUTHENTICATED"
    assert await enter(platform, family.cora.email) == "SIGN_IN_FAILED"
    assert isinstance(await enter(platform, str(family.cora.email).upper(), "twelve chars"), SignedIn)


async def test_a_68_a_session_ends_unused_and_in_all(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    start = clock.now()
    unused, used = await credentials_of(family.cora), await credentials_of(family.dan)
    async with reading(platform, used) as uow:
        actor = uow.actor
    async with reading(platform, unused) as uow:
        idle_actor = uow.actor
    clock.advance_to(start + 60 * MINUTE - 1)
    assert await code_of_read(platform, unused) is None
    clock.advance_to(start + 60 * MINUTE)
    assert await code_of_read(platform, unused) == "SESSION_EXPIRED"
    await touch(platform, idle_actor, None)  # too late: it stays expired
    assert await code_of_read(platform, unused) == "SESSION_EXPIRED"
    for half_hours in range(1, 24):
        clock.at = start + half_hours * 30 * MINUTE
        await touch(platform, actor, None)
    clock.at = start + 12 * HOUR - 1
    assert await code_of_read(platform, used) is None
    clock.at = start + 12 * HOUR
    assert await code_of_read(platform, used) == "SESSION_EXPIRED"


async def test_auth_7_the_password_is_given_again(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    session = await credentials_of(family.dan)
    clock.advance_to(clock.now() + 10 * MINUTE)
    make = a_key(family, "org:read")
    assert await refusal(session, lambda uow: make_api_key(uow, make), platform=platform) == ("REAUTH_REQUIRED",)
    with pytest.raises(Refused, match="SIGN_IN_FAILED"):
        await reauthenticate(platform, session, WRONG)
    await reauthenticate(platform, session, PASSWORD)
    assert "secret" in await do(session, lambda uow: make_api_key(uow, make), platform=platform)


async def test_signing_in_tells_the_memberships_and_out_ends_it(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    signed_in = await sign_in(platform, str(family.cora.email), PASSWORD, HERE)
    assert isinstance(signed_in, SignedIn)
    assert signed_in.expires_at == clock.now() + 12 * HOUR
    assert [(each.organization_name, each.role) for each in signed_in.memberships] == [("C1", "OWNER")]
    credentials = Credentials(signed_in.token)
    assert await code_of_read(platform, credentials) is None
    assert await sign_out(platform, credentials)
    assert not await sign_out(platform, credentials)
    assert await code_of_read(platform, credentials) == "UNAUTHENTICATED"
