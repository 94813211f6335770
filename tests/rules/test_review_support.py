"""Support seen from every side, contacts to the letter, and what a write does whose actor is gone meanwhile."""

import json
from typing import Any

from core.clock import HOUR, FixedClock
from tenants.actor import Credentials
from tenants.unit_of_work import Platform
from tests.graph.asking import ask
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, a_member
from tests.makers_support import VIEWER, a_session, an_open_session, read
from tests.rules.fixture_organizations import Fixture, the_fixture

SEEN = """{ supportSessions { nodes { kind access reason ticket openedAt endedAt supporterName supporterBrand
    supporterMemberId supporterOrganizationId approvedByName targetName operations { nodes { action actorName
    actorOrganizationName actorOrganizationId actorUserId actorMemberId address client onBehalfOfName } } } }
    auditEntries { nodes { action actorName actorOrganizationName actorOrganizationId actorMemberId address client
    before after onBehalfOfName } } }"""
CONTACT = "mutation ($input: SetContactForInput!) { setContactFor(input: $input) { errors { code } } }"
DEMO = "mutation ($input: CreateDemoInput!) { createDemo(input: $input) { errors { code } account { kind } } }"
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
