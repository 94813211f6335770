"""Standing consents and what ends sessions: A-61, SUP-4, SUP-10 to SUP-12 (organizations rule book, section 11)."""

import asyncio
import json
from typing import Any

import pytest

from core.clock import EXACT_DAY, MINUTE, FixedClock, parse_instant
from core.refusals import Refused
from core.transaction import fetch_one
from tenants.notices.notices import send_in_real_time
from tenants.organization_events import OrganizationMoved, on_organization_moved
from tenants.permissions import Role
from tenants.platform_work import platform_work
from tenants.support.support_due import settle_support
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do, everything
from tests.graph.asking import ask
from tests.graph.billing_documents import asked
from tests.makers import a_member, credentials_of
from tests.makers_support import (
    APPROVE,
    END,
    GIVE,
    OPEN,
    REVOKE,
    a_session,
    acting,
    an_open_session,
    asking_for,
    codes,
    read,
    sent,
)
from tests.rules.fixture_organizations import Fixture, the_fixture

RENAME = """mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) { errors { code } } }"""
ENDED = ["SUPPORT_SESSION_ENDED"]


async def a_consent(tree: Fixture, **more: Any) -> str:
    """Cora's consent to R1 for 90 days, for REMOTE_SUPPORT and reading unless told otherwise."""
    given = {"organizationId": tree.c1.id, "kinds": ["REMOTE_SUPPORT"], "days": 90} | more
    made = await sent(tree.cora, GIVE, tree.platform, **given)
    assert made["errors"] == [], made
    return str(made["supportConsent"]["id"])


async def notices(platform: Platform, topic: str, subject_id: str) -> list[dict[str, Any]]:
    """The payloads of one topic about one subject, in the order of sending."""
    async with platform_transaction(platform) as tx:
        rows = await tx.fetch(
            "SELECT payload FROM outbox WHERE topic = $1 AND subject_id = $2 ORDER BY id", topic, subject_id
        )
    return [json.loads(row["payload"]) for row in rows]


async def test_a_61_a_consent_of_90_days_and_its_notices(platform: Platform, clock: FixedClock) -> None:
    # given cora's consent on 2026-01-01 for 90 days
    clock.at = parse_instant("2026-01-01T02:00:00Z")
    tree = await the_fixture(platform)
    given = {"organizationId": tree.c1.id, "supporterOrganizationId": tree.r1.id, "kinds": ["REMOTE_SUPPORT"]}
    made = await sent(tree.cora, GIVE, platform, **given, days=90)
    consent = made["supportConsent"]
    assert (consent["lastDay"], consent["endsAt"]) == ("2026-04-01", "2026-04-01T16:00:00.000Z")
    # when days pass and the job runs twice on each
    for day in range(1, 95):
        clock.advance_to(parse_instant("2026-01-01T02:00:00Z") + day * EXACT_DAY)
        await send_in_real_time(platform, 0)
        await send_in_real_time(platform, 0)
    # then there were three notices
    sent_notices = await notices(platform, "notice.support_consent_ends", consent["id"])
    dates = [(each["date"], each["daysLeft"]) for each in sent_notices]
    assert dates == [("2026-03-02", 30), ("2026-03-25", 7), ("2026-03-31", 1)]
    assert await codes(tree.cora, REVOKE, platform, supportConsentId=consent["id"]) == ["CONSENT_ENDED"]
    pending = await sent(tree.sue, OPEN, platform, **asking_for(tree.c1))
    assert pending["supportSession"]["status"] == "PENDING"


async def test_sup_4_a_consent_opens_at_once_what_it_covers(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    consent_id = await a_consent(tree, access="WRITE", areas=["accounts"])
    opened = await sent(tree.sue, OPEN, platform, **asking_for(tree.c1, access="WRITE", areas=["accounts:write"]))
    assert (opened["supportSession"]["status"], opened["supportSession"]["areas"]) == ("OPEN", ["accounts"])
    supporter = acting(opened["token"])
    assert (await read(platform, supporter)).errors == []
    # what it does not cover has to be asked for: another kind, another area, another organization
    for who, more in (
        (tree.ben, {"kind": "LOGIN_AS", "memberId": tree.dan.id}),
        (tree.ada, {"access": "WRITE", "areas": ["accounts", "sites"]}),
        (tree.olga, {}),
    ):
        assert (await sent(who, OPEN, platform, **asking_for(tree.c1, **more)))["supportSession"]["status"] == "PENDING"
    # revoked it ends at once what stands on it, and is never revived
    revoked = await sent(tree.dan, REVOKE, platform, supportConsentId=consent_id)
    assert revoked["supportConsent"] == {"isRunning": False, "endReason": "REVOKED"}
    assert (await read(platform, supporter)).codes == ENDED
    assert await codes(tree.cora, REVOKE, platform, supportConsentId=consent_id) == ["CONSENT_ENDED"]


async def test_sup_6_a_session_is_cut_off_by_the_end_of_the_consent(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)  # it is 20:00 in Singapore
    await a_consent(tree, days=1)
    clock.advance_to(parse_instant("2026-02-03T15:30:00Z"))
    opened = await sent(tree.sue, OPEN, platform, **asking_for(tree.c1))
    assert opened["supportSession"]["endsAt"] == "2026-02-03T16:00:00.000Z"
    clock.advance_to(parse_instant("2026-02-03T16:00:00Z"))
    assert (await read(platform, acting(opened["token"]))).codes == ENDED


async def test_sup_4_what_a_consent_may_not_be(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    before = await everything(platform)
    given = {"organizationId": tree.c1.id, "kinds": ["REMOTE_SUPPORT"]}
    assert await codes(tree.cora, GIVE, platform, **given, days=731) == ["CONSENT_TOO_LONG"]
    assert await codes(tree.cora, GIVE, platform, **given, days=0) == ["CONSENT_TOO_LONG"]
    everything_wrong = {"kinds": [], "access": "WRITE", "areas": ["moon"], "days": 731}
    assert await codes(tree.cora, GIVE, platform, **(given | everything_wrong)) == [
        "CONSENT_TOO_LONG", "FIELD_REQUIRED", "SCOPE_UNKNOWN",
    ]  # fmt: skip
    assert await codes(tree.mia, GIVE, platform, **given, days=5) == ["FORBIDDEN"]
    assert await codes(tree.ben, GIVE, platform, **given, days=5) == ["CONSENT_REQUIRED"]
    # nobody above the own seller can be named, and nobody learns who stands there (VIS-2)
    for other in (tree.o, tree.r2, tree.c1):
        named = given | {"supporterOrganizationId": other.id, "days": 5}
        assert await codes(tree.cora, GIVE, platform, **named) == ["NOT_FOUND"]
    cora = await credentials_of(tree.cora)
    clock.advance_to(clock.now() + 10 * MINUTE)
    assert await codes(cora, GIVE, platform, **given, days=5) == ["REAUTH_REQUIRED"]
    after = await everything(platform)
    assert [after[name] for name in ("support_consent", "outbox")] == [
        before[name] for name in ("support_consent", "outbox")
    ]


async def test_auth_7_an_approval_needs_a_fresh_password(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    session_id, _ = await a_session(tree.sue, tree.c1)
    cora = await credentials_of(tree.cora)
    clock.advance_to(clock.now() + 10 * MINUTE)
    assert await codes(cora, APPROVE, platform, supportSessionId=session_id) == ["REAUTH_REQUIRED"]


async def test_sup_10_who_ends_a_session(platform: Platform) -> None:
    tree = await the_fixture(platform)
    for ender in (tree.dan, tree.sue, tree.ben, tree.ada):
        session_id, _ = await an_open_session(tree.sue, tree.c1, tree.cora)
        for other in (tree.mia, tree.bill):
            assert await codes(other, END, platform, supportSessionId=session_id) == ["FORBIDDEN"]
        assert await codes(tree.rob, END, platform, supportSessionId=session_id) == ["NOT_FOUND"]
        assert await codes(ender, END, platform, supportSessionId=session_id) == []
    # and the seller ends what goes on in a customer that it manages
    session_id, _ = await an_open_session(tree.olga, tree.c2, tree.ada)
    assert await codes(tree.ben, END, platform, supportSessionId=session_id) == []


async def test_sup_11_the_supporter_loses_role_or_place(platform: Platform) -> None:
    tree = await the_fixture(platform)
    for change in ("role = 'BILLING'", "has_portal_access = false"):
        change = change.replace("false", "0") if platform.database.dialect == "sqlite" else change
        helper = await a_member(platform, of=tree.r1, role=Role.SUPPORT)
        session_id, supporter = await a_session(helper, tree.c2)
        async with platform_transaction(platform) as tx:
            await tx.execute(f"UPDATE member SET {change} WHERE id = $1", helper.id)
        assert (await read(platform, supporter)).codes == ENDED
        await settle_support(platform, 0)
        [ended] = [each for each in await notices(platform, "notice.support_session_ended", session_id)
                   if each["organizationId"] == tree.c2.id][:1]  # fmt: skip
        assert ended["endReason"] == "SUPPORTER_LOST_ROLE"
    helper = await a_member(platform, of=tree.r1, role=Role.SUPPORT)
    _, supporter = await a_session(helper, tree.c2)
    remove = "mutation ($input: MemberInput!) { removeMember(input: $input) { errors { code } } }"
    assert await codes(tree.ada, remove, platform, memberId=helper.id) == []
    assert (await read(platform, supporter)).codes == ENDED


async def test_sup_11_the_supporters_organization_is_stopped(platform: Platform) -> None:
    tree = await the_fixture(platform)
    _, supporter = await a_session(tree.sue, tree.c2)
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE organization SET status = 'SUSPENDED' WHERE id = $1", tree.r1.id)
    assert (await read(platform, supporter)).codes == ENDED
    assert await settle_support(platform, 0) == 1
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE organization SET status = 'ACTIVE' WHERE id = $1", tree.r1.id)
    assert (await read(platform, supporter)).codes == ENDED


async def test_sup_11_managed_by_becomes_customer(platform: Platform) -> None:
    # given C2 with an OWNER who signs in, a session of R1's and one of O's in it
    tree = await the_fixture(platform)
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE organization SET managed_by = 'SERVICE_PROVIDER' WHERE id = $1", tree.c1.id)
    consent = await a_consent(tree)
    _, covered = await a_session(tree.sue, tree.c1)
    _, other_kind = await a_session(tree.ben, tree.c1, kind="LOGIN_AS", memberId=tree.dan.id)
    _, above = await an_open_session(tree.olga, tree.c1, tree.ada)
    # when its seller makes it manage itself
    switch = {"id": tree.c1.id, "version": 1, "managedBy": "CUSTOMER"}
    assert await codes(tree.ada, RENAME, platform, **switch) == []
    # then what a consent of its own covers goes on, cut off with it, and the rest has ended
    assert (await read(platform, covered)).errors == []
    assert (await read(platform, other_kind)).codes == ENDED
    assert (await read(platform, above)).codes == ENDED
    assert await codes(tree.cora, REVOKE, platform, supportConsentId=consent) == []
    assert (await read(platform, covered)).codes == ENDED


async def test_sup_11_the_target_leaves_the_subtree(platform: Platform) -> None:
    tree = await the_fixture(platform)
    consent_id = await a_consent(tree)
    _, of_seller = await a_session(tree.sue, tree.c1)
    _, of_operator = await an_open_session(tree.olga, tree.c1, tree.cora)
    new_path = tree.c1.path.replace(tree.r1.path, tree.r2.path)
    tables = ("organization", "member", "support_session", "support_consent")
    async with platform_work(platform, "moveOrganization") as uow:
        assert uow is not None
        for table in tables:
            await uow.tx.execute(f"UPDATE {table} SET path = $1 WHERE path = $2", new_path, tree.c1.path)
        await uow.tx.execute("UPDATE organization SET parent_id = $2 WHERE id = $1", tree.c1.id, tree.r2.id)
        moved = OrganizationMoved(
            tree.c1.id, new_path, tree.c1.path, "SGD", tree.r1.id, tree.r1.path, tree.r2.id, uow.now
        )
        await on_organization_moved.tell(uow, moved)
    assert (await read(platform, of_seller)).codes == ENDED
    assert (await read(platform, of_operator)).errors == []
    assert await codes(tree.cora, REVOKE, platform, supportConsentId=consent_id) == ["CONSENT_ENDED"]


async def test_sup_12_notices_at_the_opening_and_at_the_end(platform: Platform) -> None:
    tree = await the_fixture(platform)
    session_id, _ = await a_session(tree.sue, tree.c2)
    await sent(tree.sue, END, platform, supportSessionId=session_id)
    [opened] = await notices(platform, "notice.support_session_opened", session_id)
    ended, _ = await notices(platform, "notice.support_session_ended", session_id)
    for told in (opened, ended):
        assert (told["supporter"], told["brand"], told["reason"]) == ("Sue", "R1", "Fax setup fails")
        assert not {"email", "phone", "address"} & told.keys()
    assert ended["endReason"] == "ENDED_BY_SUPPORTER"


async def test_sup_10_a_write_and_the_end_at_once(platform: Platform) -> None:
    # whichever comes first: the write is committed whole or refused, and none follows
    tree = await the_fixture(platform)
    session_id, supporter = await an_open_session(tree.sue, tree.c1, tree.cora, access="WRITE", areas=["org"])
    rename = codes(supporter, RENAME, platform, id=tree.c1.id, version=1, name="Renamed")
    written, ended = await asyncio.gather(rename, codes(tree.cora, END, platform, supportSessionId=session_id))
    assert (written, ended) in (([], []), (ENDED, []))
    assert await codes(supporter, RENAME, platform, id=tree.c1.id, version=2, name="Again") == ENDED


@pytest.mark.parametrize("how", ["ended", "revoked", "time"])
async def test_sup_10_a_write_that_is_not_committed_when_the_session_ends(
    platform: Platform, clock: FixedClock, how: str
) -> None:
    # given a session on a consent, and a write of it that has run but is not committed
    tree = await the_fixture(platform)
    consent_id = await a_consent(tree, access="WRITE", areas=["org"])
    session_id, supporter = await a_session(tree.sue, tree.c1, access="WRITE", areas=["org"])
    if platform.database.dialect == "sqlite":
        how = "time"  # writers exclude each other there: nothing but time ends within a write
    cora, acted, go_on = await credentials_of(tree.cora), asyncio.Event(), asyncio.Event()

    async def act(uow: Any) -> dict[str, Any]:
        await uow.tx.execute("UPDATE organization SET city = 'Elsewhere' WHERE id = $1", tree.c1.id)
        acted.set()
        await go_on.wait()
        return {}

    writing = asyncio.create_task(do(supporter, act, platform=platform))
    await acted.wait()
    # when it ends meanwhile
    if how == "ended":
        assert await codes(cora, END, platform, supportSessionId=session_id) == []
    elif how == "revoked":
        assert await codes(cora, REVOKE, platform, supportConsentId=consent_id) == []
    else:
        clock.advance_to(clock.now() + 60 * MINUTE)
    go_on.set()
    # then the write is refused and nothing of it stays
    with pytest.raises(Refused) as refused:
        await writing
    assert list(refused.value.codes) == ENDED
    async with platform_transaction(platform) as tx:
        row = await fetch_one(tx, "SELECT city FROM organization WHERE id = $1", tree.c1.id)
    assert row is not None and row["city"] == "Singapore"


async def test_sup_9_secrets_are_masked_while_acting(platform: Platform) -> None:
    tree = await the_fixture(platform)
    make = "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { errors { code } secret } }"
    await sent(tree.cora, make, platform, organizationId=tree.c1.id, name="key", scopes=["accounts:read"])
    _, supporter = await an_open_session(tree.sue, tree.c1, tree.cora)
    seen = await ask(platform, supporter, "{ apiKeys { nodes { prefix name } } }")
    [key] = seen.data["apiKeys"]["nodes"]
    assert len(key["prefix"]) == 12


async def test_vis_consents_and_sessions_stay_within_the_tree(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await a_consent(tree)
    await a_session(tree.olga, tree.c1)
    document = "{ supportSessions { totalCount } supportConsents { nodes { supporterBrand supporterOrganizationId } } }"
    mine = (await asked(tree.cora, document)).data
    assert mine == {
        "supportSessions": {"totalCount": 1},
        "supportConsents": {"nodes": [{"supporterBrand": "R1", "supporterOrganizationId": None}]},
    }
    sellers = (await asked(tree.bill, document)).data["supportConsents"]["nodes"]
    assert sellers == [{"supporterBrand": "R1", "supporterOrganizationId": tree.r1.id}]
    assert (await asked(tree.rob, document)).data == {
        "supportSessions": {"totalCount": 0}, "supportConsents": {"nodes": []},
    }  # fmt: skip
    assert (await asked(tree.mia, "{ supportSessions { totalCount } }")).codes == ["FORBIDDEN"]
