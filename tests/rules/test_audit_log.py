"""AUD-1 to AUD-8 through the API: what an entry holds, whose log it is in, who reads it and how it is searched."""

from typing import Any

import pytest

from core.clock import EXACT_DAY, FixedClock, format_instant
from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.asking import ask
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, a_member, an_api_key
from tests.rules.fixture_organizations import Fixture, the_fixture

UPDATE = """mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) {
    errors { code } organization { version } } }"""
DELETE = """mutation ($input: DeleteAuditEntryInput!) { deleteAuditEntry(input: $input) {
    errors { code field } auditEntry { id } } }"""
SEARCH = """query ($filter: AuditEntryFilter, $first: Int, $after: String) {
    auditEntries(filter: $filter, first: $first, after: $after) { totalCount pageInfo { endCursor hasNextPage }
        nodes { id at action entityType entityId resultCode actorName actorOrganizationName actorOrganizationId
            actorUserId actorMemberId onBehalfOfId supportSessionId apiKeyId address client before after requestId
            organization { name } } } }"""
MEMBER = """mutation ($input: CreateMemberInput!) { createMember(input: $input) { errors { code } member { id } } }"""


async def found(who: Member, **filter: Any) -> list[dict[str, Any]]:
    """What a search finds; the count says the same."""
    answer = await asked(who, SEARCH, filter=filter, first=100)
    assert answer.errors == []
    entries: list[dict[str, Any]] = answer.data["auditEntries"]["nodes"]
    assert answer.data["auditEntries"]["totalCount"] == len(entries)
    return entries


async def rename(who: Member, organization_id: str, version: int, name: str) -> list[str]:
    return codes(await done(who, UPDATE, id=organization_id, version=version, name=name))


async def test_a_69_a_change_is_found_by_its_day_and_stays_for_good(platform: Platform, clock: FixedClock) -> None:
    # given C2, called "A Co" since yesterday, that ben renames
    tree = await the_fixture(platform)
    assert await rename(tree.ben, tree.c2.id, 1, "A Co") == []
    clock.advance_to(clock.now() + EXACT_DAY)
    assert await rename(tree.ben, tree.c2.id, 2, "B Co") == []

    # when that action on organizations is searched on that day
    day = {"from": "2026-02-03T00:00:00Z", "to": "2026-02-04T00:00:00Z"}
    [entry] = await found(tree.ada, entityType="Organization", action="updateOrganization", **day)

    # then the one entry has all of it
    assert (entry["entityId"], entry["organization"]) == (tree.c2.id, {"name": "B Co"})
    assert (entry["before"], entry["after"]) == (
        {"billingName": "A Co", "name": "A Co"},
        {"billingName": "B Co", "name": "B Co"},
    )
    assert (entry["at"], entry["address"], entry["client"]) == ("2026-02-03T12:00:00.000Z", "203.0.113.7", "pytest")
    assert (entry["actorName"], entry["actorMemberId"], entry["actorUserId"]) == ("Ben", tree.ben.id, tree.ben.user_id)
    assert (entry["actorOrganizationId"], entry["actorOrganizationName"]) == (tree.r1.id, "R1")
    assert (entry["requestId"], entry["resultCode"]) == ("req_test", None)
    assert (entry["onBehalfOfId"], entry["supportSessionId"], entry["apiKeyId"]) == (None, None, None)

    # and nobody deletes it
    for who in (tree.olga, tree.ada, tree.ben):
        refused = await done(who, DELETE, auditEntryId=entry["id"])
        assert refused == {"errors": [{"code": "AUDIT_IMMUTABLE", "field": None}], "auditEntry": None}
    assert codes(await done(tree.bill, DELETE, auditEntryId=entry["id"])) == ["FORBIDDEN"]
    assert codes(await done(tree.rob, DELETE, auditEntryId=entry["id"])) == ["NOT_FOUND"]
    assert await found(tree.ada, entityType="Organization", **day) == [entry]

    # and a range without length is none
    empty = {"from": day["from"], "to": day["from"]}
    assert (await asked(tree.ada, SEARCH, filter=empty)).codes == ["TIME_RANGE_INVALID"]


async def test_aud_5_the_database_refuses_to_change_an_entry(platform: Platform) -> None:
    tree = await the_fixture(platform)
    [entry] = (await found(tree.olga, action="createOrganization", entityId=tree.r1.id))[:1]
    for statement in ("DELETE FROM audit_entry WHERE id = $1", "UPDATE audit_entry SET reason = 'x' WHERE id = $1"):
        with pytest.raises(Exception, match="AUDIT_IMMUTABLE|permission denied"):
            async with platform_transaction(platform) as tx:
                await tx.execute(statement, entry["id"])


async def test_a_06_facts_of_the_seller_are_in_the_sellers_log(platform: Platform) -> None:
    tree = await the_fixture(platform)
    tags = [{"key": key, "value": "7"} for key in ("CustomerRef", "BillingRef", "TypeRef")]
    assert codes(await done(tree.ben, UPDATE, id=tree.c1.id, version=1, buyerTags=tags)) == []
    four = [*tags, {"key": "TypeRef", "value": "8"}]
    assert codes(await done(tree.ben, UPDATE, id=tree.c1.id, version=2, buyerTags=four)) == ["BUYER_TAGS_TOO_MANY"]
    shown = "query ($id: ID!) { organization(id: $id) { buyerTags { key } } }"
    assert len((await asked(tree.ben, shown, id=tree.c1.id)).data["organization"]["buyerTags"]) == 3
    assert (await asked(tree.cora, shown, id=tree.c1.id)).data == {"organization": {"buyerTags": []}}
    assert [each["entityType"] for each in await found(tree.cora, action="updateOrganization")] == []
    [entry] = await found(tree.ben, entityType="BuyerTags")
    assert (entry["organization"], entry["after"]) == ({"name": "R1"}, {each["key"]: "7" for each in tags})


async def test_aud_3_a_refusal_is_in_the_actors_own_log_alone(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert await rename(tree.ben, tree.c1.id, 1, "New") == ["CONSENT_REQUIRED"]
    assert await rename(tree.ben, tree.c4.id, 1, "New") == ["NOT_FOUND"]
    given = {"organizationId": tree.r1.id, "givenName": "", "email": "no address", "portalAccess": True}
    assert codes(await done(tree.ben, MEMBER, **given)) == ["EMAIL_INVALID", "NAME_LENGTH"]
    entries = await found(tree.ada, isRefused=True)
    assert [each["resultCode"] for each in entries] == ["EMAIL_INVALID,NAME_LENGTH", "NOT_FOUND", "CONSENT_REQUIRED"]
    assert {(each["before"], each["after"], each["organization"]["name"]) for each in entries} == {(None, None, "R1")}
    assert await found(tree.cora, action="updateOrganization") == []
    assert await found(tree.c4.someone, action="updateOrganization") == []
    assert len(await found(tree.olga, isRefused=True)) == 3


async def test_aud_7_seen_from_below_those_above_the_seller_are_support(platform: Platform) -> None:
    # given an entry in C1's log by its own seller, and one by the operator
    tree = await the_fixture(platform)
    suspend, lift = [
        f"mutation ($input: SuspensionInput!) {{ {name}(input: $input) {{ errors {{ code }} }} }}"
        for name in ("suspendOrganization", "liftSuspension")
    ]
    for who in (tree.ben, tree.olga):
        given = {"organizationId": tree.c1.id, "reason": "FRAUD"}
        assert [codes(await done(who, document, **given)) for document in (suspend, lift)] == [[], []]

    # then cora sees ben by name and olga as "Support", both under her seller's name, and no id or address
    entries = await found(tree.cora, entityId=tree.c1.id)
    by_whom = {(each["actorName"], each["actorOrganizationName"]) for each in entries if "uspen" in each["action"]}
    assert by_whom == {("Ben", "R1"), ("Support", "R1")}
    hidden = ("actorMemberId", "actorUserId", "actorOrganizationId", "address", "client")
    assert all(each[name] is None for each in entries for name in hidden if each["actorName"] in ("Ben", "Support"))

    # and finds neither by what she does not see, though they do themselves
    for name, value in (("memberId", tree.ben.id), ("userId", tree.olga.user_id), ("address", "203.0.113.7")):
        assert await found(tree.cora, entityId=tree.c1.id, **{name: value}) == []
    assert len(await found(tree.ada, entityId=tree.c1.id, memberId=tree.ben.id)) == 2
    assert len(await found(tree.olga, entityId=tree.c1.id, userId=tree.olga.user_id)) == 2


async def test_aud_7_personal_fields_are_masked_and_secrets_never_stored(platform: Platform) -> None:
    tree = await the_fixture(platform)
    given = {"organizationId": tree.c2.id, "givenName": "Zoe", "email": "zoe@c2.test", "portalAccess": True}
    assert codes(await done(tree.ben, MEMBER, **given)) == []
    [full] = await found(tree.ben, entityType="Member", action="createMember")
    assert (full["after"]["givenName"], full["after"]["email"]) == ("Zoe", "zoe@c2.test")
    [masked] = await found(tree.sue, entityType="Member", action="createMember")
    assert (masked["after"]["givenName"], masked["after"]["email"], masked["after"]["role"]) == ("***", "***", "MEMBER")
    [link] = await found(tree.ben, entityType="Invitation", action="createMember")
    assert link["after"]["token"] == "***"


async def test_aud_8_who_searches_whose_log(platform: Platform) -> None:
    tree = await the_fixture(platform)
    for who, organization in ((tree.ada, tree.c3), (tree.ben, tree.c2)):
        await asked(who, UPDATE, input={"id": organization.id, "version": 1, "billingEmail": "x@y.test"})
    logs = {each["organization"]["name"] for each in await found(tree.ada)}
    assert logs == {"R1", "R1a", "C1", "C2", "C3"}
    assert {each["organization"]["name"] for each in await found(tree.sue)} == {"R1a", "C1", "C2"}
    for who in (tree.bill, tree.mia):
        assert (await asked(who, SEARCH)).codes == ["FORBIDDEN"]
    assert (await ask(platform, await an_api_key(tree.ada), SEARCH)).codes == ["SCOPE_MISSING"]


async def _a_log(tree: Fixture) -> Member:
    """ben renames C2 as a member, ada's key does, and is refused once."""
    assert await rename(tree.ben, tree.c2.id, 1, "First") == []
    key = await an_api_key(tree.ada, scopes=["org:write"])
    for version in (2, 2):
        given = {"id": tree.c2.id, "version": version, "name": f"Second {version}"}
        await ask(tree.platform, key, UPDATE, input=given)
    return tree.ada


async def test_aud_8_every_filter(platform: Platform) -> None:
    tree = await the_fixture(platform)
    ada = await _a_log(tree)
    refused, by_key, by_ben = await found(ada, action="updateOrganization")
    assert refused["resultCode"] == "VERSION_CONFLICT"
    assert by_key["actorName"] == "API key of Ada"
    for filter, expected in (
        ({"entityType": "Organization"}, [by_key, by_ben]),
        ({"entityId": tree.c2.id}, [by_key, by_ben]),
        ({"organizationId": tree.r1.id}, [refused]),
        ({"userId": tree.ben.user_id}, [by_ben]),
        ({"memberId": tree.ben.id}, [by_ben]),
        ({"apiKeyId": by_key["apiKeyId"]}, [refused, by_key]),
        ({"onBehalfOfId": tree.ben.id}, []),
        ({"onBehalfOfOrganizationId": tree.r1.id}, []),
        ({"supportSessionId": "sup_01jzzzzzzzzzzzzzzzzzzzzzzz"}, []),
        ({"address": "203.0.113.7"}, [refused, by_key, by_ben]),
        ({"address": "203.0.113.8"}, []),
        ({"resultCode": "VERSION_CONFLICT"}, [refused]),
        ({"resultCode": "VERSION"}, []),
        ({"resultCode": None}, [by_key, by_ben]),
        ({"isRefused": True}, [refused]),
        ({"isRefused": False, "userId": tree.ben.user_id}, [by_ben]),
    ):
        assert await found(ada, action="updateOrganization", **filter) == expected, filter


async def test_aud_8_one_of_several_codes_is_found_to_the_letter(platform: Platform) -> None:
    tree = await the_fixture(platform)
    given = {"organizationId": tree.r1.id, "givenName": "", "email": "no address", "portalAccess": True}
    await done(tree.ben, MEMBER, **given)
    for code, count in (("EMAIL_INVALID", 1), ("NAME_LENGTH", 1), ("NAME_LENGT_", 0), ("EMAIL_INVALID,NAME", 0)):
        assert len(await found(tree.ada, resultCode=code)) == count


async def test_aud_8_times_are_from_inclusive_to_exclusive_and_30_days_by_default(
    platform: Platform, clock: FixedClock
) -> None:
    tree = await the_fixture(platform)
    member = await a_member(platform, of=tree.c2, role="ADMIN")
    start = clock.now()
    assert await rename(member, tree.c2.id, 1, "Then") == []
    at, later = format_instant(start), format_instant(start + 1_000)
    by = {"memberId": member.id}
    for times, count in (
        ({"from": at}, 1),
        ({"from": later}, 0),
        ({"to": at}, 0),
        ({"to": later}, 1),
        ({"from": at, "to": later}, 1),
    ):
        assert len(await found(tree.olga, **by, **times)) == count
    clock.advance_to(start + 30 * EXACT_DAY)
    assert len(await found(tree.olga, **by)) == 1
    clock.advance_to(start + 30 * EXACT_DAY + 1)
    assert await found(tree.olga, **by) == []
    assert len(await found(tree.olga, **by, **{"from": at})) == 1
    backwards = {"from": later, "to": at}
    assert (await asked(tree.olga, SEARCH, filter=backwards)).codes == ["TIME_RANGE_INVALID"]


async def test_aud_8_newest_first_in_pages_of_25(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    for place in range(30):
        clock.advance_to(clock.now() + 1_000_000)
        assert await rename(tree.ben, tree.c2.id, 1 + place, f"Name {place}") == []
    page = (await asked(tree.ada, SEARCH, filter={"entityId": tree.c2.id})).data["auditEntries"]
    names = [each["after"]["name"] for each in page["nodes"]]
    assert names == [f"Name {place}" for place in range(29, 4, -1)]
    after = page["pageInfo"]["endCursor"]
    rest = (await asked(tree.ada, SEARCH, filter={"action": "updateOrganization"}, after=after)).data["auditEntries"]
    assert [each["after"]["name"] for each in rest["nodes"]] == [f"Name {place}" for place in range(4, -1, -1)]
    assert (page["totalCount"] > 30, rest["totalCount"]) == (True, 30)
    for size in (0, 101, -1):
        assert (await asked(tree.ada, SEARCH, first=size)).codes == ["PAGE_SIZE_INVALID"]
