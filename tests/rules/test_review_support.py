"""Support seen from every side, contacts to the letter, and what a write does whose actor is gone meanwhile."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from core.clock import HOUR, SECOND, FixedClock
from core.refusals import Refused
from core.transaction import fetch_value
from tenants.access import allow, organization_by_id
from tenants.actor import Credentials
from tenants.permissions import Action
from tenants.sign_in.sessions import change_password
from tenants.sign_in.sign_in import SignedIn, sign_in
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction
from tests.acting import do
from tests.graph.asking import ask
from tests.graph.billing_documents import asked, codes, done
from tests.makers import PASSWORD, Member, a_member, credentials_of
from tests.makers_support import VIEWER, a_session, an_open_session, read
from tests.rules.fixture_organizations import Fixture, the_fixture
from web.callers import Callers

SEEN = """{ supportSessions { nodes { kind access reason ticket openedAt endedAt supporterName supporterBrand
    supporterMemberId supporterOrganizationId approvedByName targetName operations { nodes { action actorName
    actorOrganizationName actorOrganizationId actorUserId actorMemberId address client onBehalfOfName } } } }
    auditEntries { nodes { action actorName actorOrganizationName actorOrganizationId actorMemberId address client
    before after onBehalfOfName } } }"""
CONTACT = "mutation ($input: SetContactForInput!) { setContactFor(input: $input) { errors { code } } }"
DEMO = "mutation ($input: CreateDemoInput!) { createDemo(input: $input) { errors { code } account { id } } }"
MAKE_KEY = """mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
    errors { code } secret apiKey { id } } }"""
ROTATE = "mutation ($input: ApiKeyInput!) { rotateApiKey(input: $input) { errors { code } secret apiKey { id } } }"
REVOKE_KEY = "mutation ($input: ApiKeyInput!) { revokeApiKey(input: $input) { errors { code } } }"
RECOVER = "mutation ($input: RecoverOwnershipInput!) { recoverOwnership(input: $input) { errors { code field } } }"


async def _views(tree: Fixture, *who: Member) -> list[tuple[list[tuple[str, str]], str]]:
    """Who acted, under which name, as each of them sees it; and all that it sees as text."""
    found = []
    for each in who:
        answer = await asked(each, SEEN)
        assert answer.errors == [], answer.errors
        [session] = answer.data["supportSessions"]["nodes"]
        names = {(session["supporterName"], session["supporterBrand"])}
        names |= {(entry["actorName"], entry["actorOrganizationName"]) for entry in session["operations"]["nodes"]
                  if entry["action"] != "approveSupportSession"}  # fmt: skip
        found.append((sorted(names), json.dumps(answer.data)))
    return found


async def test_sup_13_from_every_level_who_acted_in_a_customer_two_levels_down(platform: Platform) -> None:
    # given an operator's supporter who reads and is refused in C3, which stands under R1a under R1
    tree = await the_fixture(platform)
    cleo, rita = tree.c3.someone, tree.r1a.someone
    oscar = await a_member(platform, of=tree.o, role="SUPPORT", name="oscar", email="oscar@secret.test")
    _, supporter = await an_open_session(oscar, tree.c3, cleo, access="WRITE", areas=["members"])
    assert (await read(platform, supporter)).errors == []
    invite = "mutation ($input: CreateMemberInput!) { createMember(input: $input) { errors { code } } }"
    given = {"organizationId": tree.c3.id, "givenName": "Eve", "email": "eve@c3.test", "portalAccess": True}
    assert codes((await ask(platform, supporter, invite, input=given)).data["createMember"]) == []
    # then below the seller nobody learns who that was, and the operator itself does
    (by_c3, c3_text), (by_r1a, r1a_text), (by_r1, _), (by_o, _) = await _views(tree, cleo, rita, tree.ada, tree.olga)
    assert by_c3 == [("Support", "R1a")]
    assert by_r1a == [("Support", "R1")]
    assert by_r1 == [("Oscar", "Tenantry")]
    assert by_o == [("Oscar", "Tenantry")]
    for text, above in ((c3_text, (tree.o, tree.r1, tree.r1a)), (r1a_text, (tree.o, tree.r1))):
        for hidden in (oscar.id, str(oscar.user_id), "oscar", "Oscar", "198.51.100.9", "support console", "Tenantry"):
            assert hidden not in text, hidden
        assert not [each.name for each in above if each.id in text]


async def test_sup_13_what_the_supporter_itself_sees_there_is_what_the_target_sees(platform: Platform) -> None:
    tree = await the_fixture(platform)
    oscar = await a_member(platform, of=tree.o, role="SUPPORT", name="oscar", email="oscar@secret.test")
    _, supporter = await an_open_session(oscar, tree.c3, tree.c3.someone)
    answer = await ask(platform, supporter, SEEN)
    assert answer.errors == []
    [session] = answer.data["supportSessions"]["nodes"]
    assert (session["supporterName"], session["supporterBrand"], session["supporterMemberId"]) == (
        "Support",
        "R1a",
        None,
    )
    seller = (await ask(platform, supporter, "{ viewer { seller { name } organizationName } }")).data["viewer"]
    assert seller == {"seller": {"name": "R1a"}, "organizationName": "C3"}


async def test_sup_15_a_read_without_consent_is_an_operation_too(platform: Platform) -> None:
    tree = await the_fixture(platform)
    _, supporter = await a_session(tree.sue, tree.c1)
    assert (await read(platform, supporter, VIEWER)).codes == ["CONSENT_REQUIRED"]
    [session] = (await asked(tree.cora, SEEN)).data["supportSessions"]["nodes"]
    assert [each["action"] for each in session["operations"]["nodes"]] == ["viewer"]


async def test_con_2_an_owner_is_a_contact_only_for_what_it_or_nobody_holds(platform: Platform) -> None:
    # given dan who holds every category, and cora who holds none any more
    tree = await the_fixture(platform)

    async def hold(member: Member, *categories: str) -> list[str]:
        return codes(await done(tree.cora, CONTACT, memberId=member.id, contactFor=list(categories)))

    async def demo() -> list[str]:
        return codes(await done(tree.ben, DEMO, organizationId=tree.c1.id, contactId=tree.cora.id))

    assert await hold(tree.dan, "TECH", "ACCOUNTS", "GENERAL") == [] == await hold(tree.cora)
    # then she is no contact: neither for a demo nor as the proof of a request
    assert await demo() == ["CONTACT_NOT_IN_ORGANIZATION"]
    given: dict[str, Any] = {
        "organizationId": tree.c1.id,
        "memberId": tree.dan.id,
        "reason": "She left",
        "ticket": "T-1",
    }
    refused = await done(tree.ada, RECOVER, **given, contactEmail=tree.cora.email)
    assert codes(refused) == ["CONTACT_PROOF_REQUIRED"]
    # and what nobody holds falls to her again
    assert await hold(tree.dan, "TECH", "ACCOUNTS") == []
    assert await demo() == []


async def test_con_4_what_is_missing_of_a_recovery_is_said_at_once(platform: Platform) -> None:
    tree = await the_fixture(platform)
    refused = await done(tree.ada, RECOVER, organizationId=tree.c1.id, memberId=tree.dan.id, contactEmail="x@y.test")
    assert codes(refused) == ["CONTACT_PROOF_REQUIRED", "FIELD_REQUIRED", "FIELD_REQUIRED"]


async def test_key_4_who_revokes_a_rotated_key_revokes_its_old_secrets(platform: Platform, clock: FixedClock) -> None:
    # given a key that was rotated twice within a day, and another one like it
    tree = await the_fixture(platform)
    given = {"organizationId": tree.c1.id, "name": "CRM", "scopes": ["org:read"]}
    first, other = await done(tree.cora, MAKE_KEY, **given), await done(tree.cora, MAKE_KEY, **given)
    clock.advance_to(clock.now() + HOUR)
    second = await done(tree.cora, ROTATE, apiKeyId=first["apiKey"]["id"])
    clock.advance_to(clock.now() + HOUR)
    third = await done(tree.cora, ROTATE, apiKeyId=second["apiKey"]["id"])

    async def told(key: dict[str, Any]) -> list[str]:
        return (await ask(platform, Credentials(key["secret"]), "{ viewer { role } }")).codes

    assert [await told(each) for each in (first, second, third, other)] == [[], [], [], []]
    # when it is revoked, then none of its secrets works, and the other key does
    assert codes(await done(tree.cora, REVOKE_KEY, apiKeyId=third["apiKey"]["id"])) == []
    revoked = ["API_KEY_REVOKED"]
    assert [await told(each) for each in (first, second, third, other)] == [revoked, revoked, revoked, []]


async def _meanwhile(
    platform: Platform, who: Member | Credentials, ends: Callable[[], Awaitable[list[str]]]
) -> list[str]:
    """The codes of a write that has run, but is not committed, when somebody else ends what it stands on.

    Writers of SQLite exclude each other: there the end comes first."""
    credentials = await credentials_of(who) if isinstance(who, Member) else who
    acted, go_on = asyncio.Event(), asyncio.Event()

    async def act(uow: UnitOfWork) -> dict[str, Any]:
        organization = await organization_by_id(uow, uow.actor.organization_id)
        allow(uow, Action.ADD_MEMBER, organization)
        await uow.tx.execute(
            "UPDATE member SET phone = '1' WHERE organization_id = $1 AND given_name = 'Mia'", organization.id
        )
        acted.set()
        await go_on.wait()
        return {}

    if platform.database.dialect == "sqlite":
        assert await ends() == []
        acted.set()
        go_on.set()
    writing = asyncio.create_task(do(credentials, act, platform=platform))
    await asyncio.wait_for(acted.wait(), 10)
    if not go_on.is_set():
        assert await asyncio.wait_for(ends(), 10) == []
        go_on.set()
    try:
        await writing
    except Refused as refused:
        return list(refused.codes)
    return []


async def _is_written(platform: Platform) -> bool:
    async with platform_transaction(platform) as tx:
        return await fetch_value(tx, "SELECT phone FROM member WHERE given_name = 'Mia'") is not None


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("mutation ($input: MemberInput!) { removeMember(input: $input) { errors { code } } }", "UNAUTHENTICATED"),
        ("mutation ($input: MemberInput!) { endMemberSessions(input: $input) { errors { code } } }", "UNAUTHENTICATED"),
        (
            "mutation ($input: ChangeMemberRoleInput!) { changeMemberRole(input: $input) { errors { code } } }",
            "FORBIDDEN",
        ),
    ],
)
async def test_gen_7_who_loses_the_right_meanwhile_writes_nothing(platform: Platform, document: str, code: str) -> None:
    tree = await the_fixture(platform)
    given = {"memberId": tree.dan.id} | ({"role": "MEMBER"} if code == "FORBIDDEN" else {})

    async def ends() -> list[str]:
        return codes(await done(tree.cora, document, **given))

    assert await _meanwhile(platform, tree.dan, ends) == [code]
    assert not await _is_written(platform)


async def test_gen_7_another_role_that_may_do_it_too_does_it(platform: Platform) -> None:
    tree = await the_fixture(platform)
    document = "mutation ($input: TransferOwnershipInput!) { transferOwnership(input: $input) { errors { code } } }"

    async def ends() -> list[str]:
        return codes(await done(tree.cora, document, organizationId=tree.c1.id, memberId=tree.dan.id))

    assert await _meanwhile(platform, tree.dan, ends) == []
    assert await _is_written(platform)


async def test_key_3_a_key_that_is_revoked_meanwhile_writes_nothing(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    key = await done(tree.cora, MAKE_KEY, organizationId=tree.c1.id, name="CRM", scopes=["members:write"])

    async def ends() -> list[str]:
        clock.advance_to(clock.now() + 1)
        return codes(await done(tree.cora, REVOKE_KEY, apiKeyId=key["apiKey"]["id"]))

    assert await _meanwhile(platform, Credentials(key["secret"]), ends) == ["API_KEY_REVOKED"]
    assert not await _is_written(platform)


async def test_sup_9_the_token_of_a_domains_proof_is_masked_while_acting(platform: Platform) -> None:
    tree = await the_fixture(platform)
    claim = """mutation ($input: DomainInput!) { claimDomain(input: $input) { errors { code } recordValue } }"""
    claimed = await done(tree.ada, claim, organizationId=tree.r1.id, domain="desk.northline.test")
    brand = "{ brand { claimedDomain claimRecordValue } }"
    own = (await asked(tree.ada, brand)).data["brand"]
    assert own == {"claimedDomain": "desk.northline.test", "claimRecordValue": claimed["recordValue"]}
    _, supporter = await an_open_session(tree.olga, tree.r1, tree.ada)
    seen = await ask(platform, supporter, brand)
    assert seen.errors == []
    assert seen.data["brand"] == {"claimedDomain": "desk.northline.test", "claimRecordValue": None}


async def test_demo_7_what_keeps_a_demo_from_going_live_is_said_at_once(platform: Platform) -> None:
    tree = await the_fixture(platform)
    made = await done(tree.ben, DEMO, organizationId=tree.c1.id, contactId=tree.cora.id)
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE account SET lifecycle = 'CLOSED' WHERE id = $1", made["account"]["id"])
    live = "mutation ($input: GoLiveInput!) { goLive(input: $input) { errors { code } } }"
    assert codes(await done(tree.cora, live, accountId=made["account"]["id"])) == [
        "ACCOUNT_TERMINATED", "BILLING_NOT_ACTIVE",
    ]  # fmt: skip


async def test_auth_4_a_use_just_after_another_keeps_the_session_as_long(platform: Platform, clock: FixedClock) -> None:
    # given a session that is used at 0:00 and at 0:30
    tree = await the_fixture(platform)
    cora, start = await credentials_of(tree.cora), clock.now()
    callers = Callers(platform)
    for second in (0, 30):
        clock.advance_to(start + second * SECOND)
        await callers.caller_of(cora)
        await callers.close()
    # then it lives until 60:30, and no longer
    clock.advance_to(start + HOUR + 30 * SECOND - 1)
    assert (await ask(platform, cora, "{ viewer { role } }")).codes == []
    clock.advance_to(start + HOUR + 30 * SECOND)
    assert (await ask(platform, cora, "{ viewer { role } }")).codes == ["SESSION_EXPIRED"]


async def test_auth_4_of_two_new_passwords_at_once_one_counts(platform: Platform) -> None:
    # given two sessions of cora, in each of which she gives another new password
    tree = await the_fixture(platform)
    sessions = [await credentials_of(tree.cora) for _ in range(2)]
    words = ("a sentence of hers", "another sentence of hers")

    async def told(session: Credentials, new: str) -> list[str]:
        try:
            await change_password(platform, session, PASSWORD, new)
        except Refused as refused:
            return list(refused.codes)
        return []

    found = await asyncio.gather(*map(told, sessions, words))
    # then one is taken, and the other session has ended
    assert sorted(found) in ([[], ["SIGN_IN_FAILED"]], [[], ["UNAUTHENTICATED"]])
    taken, lost = (0, 1) if found[0] == [] else (1, 0)
    assert (await ask(platform, sessions[taken], "{ viewer { role } }")).codes == []
    assert (await ask(platform, sessions[lost], "{ viewer { role } }")).codes == ["UNAUTHENTICATED"]
    assert isinstance(await sign_in(platform, str(tree.cora.email), words[taken], Credentials(None)), SignedIn)
    with pytest.raises(Refused, match="SIGN_IN_FAILED"):
        await sign_in(platform, str(tree.cora.email), words[lost], Credentials(None))
