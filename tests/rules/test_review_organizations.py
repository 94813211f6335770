"""What an examiner of the organizations rule book found: the audit's readers, input at once, dates, characters."""

from typing import Any

import pytest

from core.clock import EXACT_DAY, FixedClock
from tenants.names import TagInput
from tenants.organizations.organization_edit import OrganizationEdit
from tenants.organizations.organization_update import update_organization
from tenants.unit_of_work import Platform
from tests.acting import refusal
from tests.graph.asking import ask
from tests.graph.billing_documents import asked, codes, done
from tests.makers import PASSWORD, Member, credentials_of
from tests.rules.fixture_organizations import the_fixture
from tests.web.application import codes_of, running

SUSPEND = "mutation ($input: SuspensionInput!) { suspendOrganization(input: $input) { errors { code } } }"
LIFT = "mutation ($input: SuspensionInput!) { liftSuspension(input: $input) { errors { code } } }"
UPDATE = """mutation ($input: UpdateOrganizationInput!) {
  updateOrganization(input: $input) { errors { code field } organization { name activatedAt } } }"""
CREATE_MEMBER = """mutation ($input: CreateMemberInput!) {
  createMember(input: $input) { errors { code } member { id } } }"""
REMOVE_MEMBER = "mutation ($input: MemberInput!) { removeMember(input: $input) { errors { code } } }"
AUDIT = """query ($filter: AuditEntryFilter) { auditEntries(first: 100, filter: $filter) {
  totalCount nodes { id action actorName actorMemberId before after } } }"""
NUL = "Ac\0me"


async def log(who: Member, **filter: Any) -> list[dict[str, Any]]:
    """The entries that the member reads."""
    answer = await asked(who, AUDIT, filter=filter)
    assert answer.errors == []
    entries: list[dict[str, Any]] = answer.data["auditEntries"]["nodes"]
    return entries


async def test_aud_7_who_acts_from_above_the_seller_is_support(platform: Platform) -> None:
    f = await the_fixture(platform)
    of_c1 = {"organizationId": f.c1.id, "reason": "POLICY"}
    assert codes(await done(f.olga, SUSPEND, **of_c1)) == []
    assert codes(await done(f.olga, LIFT, **of_c1)) == []
    assert codes(await done(f.ben, SUSPEND, organizationId=f.c1.id, reason="SELLER")) == []
    assert codes(await done(f.ben, LIFT, organizationId=f.c1.id, reason="SELLER")) == []

    seen = [(entry["actorName"], entry["actorMemberId"]) for entry in await log(f.cora, action="liftSuspension")]
    assert seen == [("Ben", None), ("Support", None)]
    seen = [(entry["actorName"], entry["actorMemberId"]) for entry in await log(f.ada, action="liftSuspension")]
    assert seen == [("Ben", f.ben.id), ("Olga Operator", None)]
    assert [entry["actorName"] for entry in await log(f.olga, action="liftSuspension")] == ["Ben", "Olga Operator"]


async def test_aud_7_support_reads_of_buyers_alone_and_without_personal_fields(platform: Platform) -> None:
    f = await the_fixture(platform)
    for who, where in ((f.ada, f.r1), (f.cora, f.c1), (f.c3.someone, f.c3)):
        new = {"organizationId": where.id, "givenName": "Zed", "email": "zed@desk.test", "phone": "+65 1"}
        made = await done(who, CREATE_MEMBER, **new)
        assert codes(made) == []
        assert codes(await done(who, REMOVE_MEMBER, memberId=made["member"]["id"])) == []

    (made,) = await log(f.sue, action="createMember")
    assert made["after"] == {
        "givenName": "***", "familyName": None, "email": "***", "phone": "***", "role": "MEMBER",
        "portalAccess": False, "contactFor": [],
    }  # fmt: skip
    (removed,) = await log(f.sue, action="removeMember")
    assert removed["before"] == {"givenName": "***", "familyName": None, "email": "***", "role": "MEMBER"}
    assert removed["after"] is None
    (mine,) = await log(f.cora, action="removeMember")
    assert mine["before"] == {"givenName": "Zed", "familyName": None, "email": "zed@desk.test", "role": "MEMBER"}
    (above,) = await log(f.ada, action="createMember", organizationId=f.r1.id)
    answer = await asked(f.sue, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[above["id"], made["id"]])
    assert answer.data["nodes"] == [None, {"id": made["id"]}]


async def test_aud_8_a_search_names_a_range_of_time_or_looks_30_days_back(
    platform: Platform, clock: FixedClock
) -> None:
    f = await the_fixture(platform)
    start = "2026-02-02T12:00:00Z"
    assert len(await log(f.cora)) > 0
    assert await log(f.cora, to=start) == []
    assert len(await log(f.cora, **{"from": start})) > 0
    for end in (start, "2026-02-01T12:00:00Z"):
        wrong = await asked(f.cora, AUDIT, filter={"from": start, "to": end})
        assert wrong.codes == ["TIME_RANGE_INVALID"]

    clock.at += 30 * EXACT_DAY
    assert len(await log(f.cora)) > 0
    clock.at += 1_000
    assert await log(f.cora) == []
    assert len(await log(f.cora, **{"from": start, "to": "2026-02-02T12:00:01Z"})) > 0


async def test_ledger_transactions_are_filtered_by_a_range_of_time(platform: Platform) -> None:
    f = await the_fixture(platform)
    answer = await asked(f.cora, '{ ledgerTransactions(filter: {from: "2026-02-02T12:00:00Z"}) { totalCount } }')
    assert (answer.errors, answer.data["ledgerTransactions"]["totalCount"]) == ([], 0)


async def test_gen_2_bad_names_tags_and_billing_days_are_refused_at_once(platform: Platform) -> None:
    f = await the_fixture(platform)
    tags = [TagInput("Nope", "value"), TagInput("TypeRef", "")]
    edit = OrganizationEdit(f.c2.id, 1, name="x", buyer_tags=tags, billing_day=99, reason="moved")
    refused = await refusal(f.ben, lambda uow: update_organization(uow, edit))
    assert sorted(refused) == ["BUYER_TAG_KEY_UNKNOWN", "BUYER_TAG_LENGTH", "NAME_LENGTH", "POLICY_VALUE_INVALID"]

    too_many = OrganizationEdit(f.c2.id, 1, name="x", buyer_tags=tags * 2)
    assert await refusal(f.ben, lambda uow: update_organization(uow, too_many)) == ("BUYER_TAGS_TOO_MANY",)


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "9000-01-01", "9999-12-31"])
async def test_a_day_of_no_calendar_is_refused_before_anything_runs(platform: Platform, day: str) -> None:
    f = await the_fixture(platform)
    edit = {"id": f.c1.id, "version": 1, "activationDate": day}
    assert (await asked(f.ben, UPDATE, input=edit)).codes == ["BAD_USER_INPUT"]
    edit = {"organizationId": f.o.id, "to": f"{day}T00:00:00Z"}
    clock = "mutation ($input: AdvanceClockInput!) { advanceClock(input: $input) { errors { code } } }"
    assert (await asked(f.olga, clock, input=edit)).codes == ["BAD_USER_INPUT"]


async def test_a_nul_character_is_refused_wherever_it_stands(platform: Platform) -> None:
    f = await the_fixture(platform)
    policy = "mutation ($input: SetPolicyInput!) { setPolicy(input: $input) { errors { code } } }"
    values: list[Any] = [NUL, {NUL: 1}, ["a", {"b": [NUL]}]]
    for value in values:
        given = {"organizationId": f.r1.id, "values": [{"name": "renewRoles", "value": value}]}
        assert (await asked(f.ada, policy, input=given)).codes == ["BAD_USER_INPUT"]
    assert (await asked(f.ada, UPDATE, input={"id": f.r1.id, "version": 1, "name": NUL})).codes == ["BAD_USER_INPUT"]
    search = 'query { organizations(filter: {name: {value: "Ac\\u0000me"}}) { totalCount } }'
    block = 'query { organization(id: """Ac\0me""") { id } }'
    for document in (search, block):
        assert (await ask(platform, await credentials_of(f.ada), document)).codes == ["BAD_USER_INPUT"]
    harmless = 'query { organizations(filter: {name: {value: "\\u00e9"}}) { totalCount } }'
    assert (await asked(f.ada, harmless)).errors == []


async def test_a_nul_character_is_refused_over_http_too(
    database_url: str, platform: Platform, clock: FixedClock
) -> None:
    f = await the_fixture(platform)
    async with running(database_url, clock) as client:
        for email, password in ((NUL, PASSWORD), (f.ada.email, NUL)):
            answer = await client.post("/auth/sign-in", json={"email": email, "password": password})
            assert (answer.status_code, codes_of(answer)) == (400, ["BAD_USER_INPUT"])
        form = await client.post("/auth/sign-in", data={"email": NUL, "password": PASSWORD})
        assert form.status_code == 400
        signed_in = await client.post("/auth/sign-in", json={"email": f.ada.email, "password": PASSWORD})
        assert signed_in.status_code == 200
        again = await client.post("/auth/reauthenticate", json={"password": NUL})
        assert (again.status_code, codes_of(again)) == (400, ["BAD_USER_INPUT"])
        body = {"query": "query ($id: ID!) { organization(id: $id) { id } }", "variables": {"id": NUL}}
        asked_for = await client.post("/graphql", json=body, headers={"accept": "application/graphql-response+json"})
        assert (asked_for.status_code, codes_of(asked_for)) == (400, ["BAD_USER_INPUT"])
