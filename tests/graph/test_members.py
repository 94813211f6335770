"""Members over GraphQL: adding, roles, contacts, invitations, removal; codes and rows as the rules say."""

from typing import Any

from core.transaction import fetch_value
from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.asking import ask
from tests.graph.billing_documents import asked, codes, done
from tests.makers import a_member, an_api_key, credentials_of
from tests.rules.fixture_organizations import the_fixture

CREATE = """mutation ($input: CreateMemberInput!) { createMember(input: $input) { replayed errors { code field }
    member { id givenName familyName email role hasPortalAccess invitation contactFor organization { name } } } }"""
ADD = """mutation ($input: AddMembersInput!) { addMembers(input: $input) { replayed errors { code field }
    results { memberId errors { code field } } members { email } } }"""
ROLE = (
    "mutation ($input: ChangeMemberRoleInput!) { changeMemberRole(input: $input) { errors { code } member { role } } }"
)
REMOVE = "mutation ($input: MemberInput!) { removeMember(input: $input) { errors { code } memberId } }"
RESEND = "mutation ($input: MemberInput!) { resendInvitation(input: $input) { errors { code } member { invitation } } }"


def a_row(**given: Any) -> dict[str, Any]:
    return {"givenName": "Zoe", "email": "zoe@c1.test", "portalAccess": True} | given


async def test_mem_4_an_invited_member_is_pending(platform: Platform) -> None:
    tree = await the_fixture(platform)
    given = {"organizationId": tree.c1.id, **a_row(familyName="Lee", role="SUPPORT", contactFor=["GENERAL", "TECH"])}
    payload = await done(tree.cora, CREATE, **given, idempotencyKey="m1")
    assert payload["errors"] == []
    assert payload["member"] | {"id": ""} == {
        "id": "", "givenName": "Zoe", "familyName": "Lee", "email": "zoe@c1.test", "role": "SUPPORT",
        "hasPortalAccess": True, "invitation": "PENDING", "contactFor": ["TECH", "GENERAL"],
        "organization": {"name": "C1"},
    }  # fmt: skip
    assert await done(tree.cora, CREATE, **given, idempotencyKey="m1") == payload | {"replayed": True}
    again = await done(tree.cora, CREATE, **given)
    assert again["errors"] == [{"code": "MEMBER_EMAIL_TAKEN", "field": ["email"]}]


async def test_a_35_what_an_admin_may_grant(platform: Platform) -> None:
    tree = await the_fixture(platform)
    of = {"organizationId": tree.c1.id}
    for role in ("ADMIN", "BILLING"):
        refused = await done(tree.dan, CREATE, **of, **a_row(role=role))
        assert refused["errors"] == [{"code": "ROLE_NOT_GRANTABLE", "field": ["role"]}]
    assert codes(await done(tree.dan, CREATE, **of, **a_row())) == []
    owner = await done(tree.cora, CREATE, **of, **a_row(email="other@c1.test", role="OWNER"))
    assert codes(owner) == ["OWNER_BY_TRANSFER_ONLY"]
    unknown = await asked(tree.cora, CREATE, input={**of, **a_row(role="BOSS")})
    assert unknown.codes == ["BAD_USER_INPUT"]


async def test_a_37_a_login_less_member(platform: Platform) -> None:
    tree = await the_fixture(platform)
    desk = {"organizationId": tree.c1.id, "givenName": "Desk 12"}
    made = await done(tree.cora, CREATE, **desk)
    assert (made["member"]["hasPortalAccess"], made["member"]["invitation"]) == (False, "NONE")
    assert codes(await done(tree.cora, CREATE, **desk, role="ADMIN")) == ["LOGINLESS_ROLE"]


async def test_the_table_of_rights_over_members(platform: Platform) -> None:
    tree = await the_fixture(platform)
    row = a_row()
    for who, of, expected in (
        (tree.ben, tree.c1, ["CONSENT_REQUIRED"]),
        (tree.ben, tree.c2, []),
        (tree.bill, tree.c2, ["FORBIDDEN"]),
        (tree.sue, tree.r1, ["FORBIDDEN"]),
        (tree.mia, tree.c1, ["FORBIDDEN"]),
        (tree.ada, tree.c3, ["FORBIDDEN"]),
        (tree.ada, tree.c4, ["NOT_FOUND"]),
        (tree.cora, tree.r1, ["NOT_FOUND"]),
    ):
        assert codes(await done(who, CREATE, organizationId=of.id, **row)) == expected, (who.given_name, of.name)


async def test_a_key_adds_members_but_changes_no_role(platform: Platform) -> None:
    tree = await the_fixture(platform)
    key = await an_api_key(tree.cora, scopes=("members:write", "org:read"))
    made = await ask(platform, key, CREATE, input={"organizationId": tree.c1.id, **a_row()})
    assert made.data["createMember"]["errors"] == []
    narrow = await an_api_key(tree.cora, scopes=("members:write",))
    payload = await ask(platform, narrow, CREATE, input={"organizationId": tree.c1.id, **a_row(email="b@c1.test")})
    assert payload.codes == ["SCOPE_MISSING"]  # its selection reads the organization: nothing was done
    assert (await asked(tree.cora, "{ members { totalCount } }")).data == {"members": {"totalCount": 4}}
    changed = await ask(platform, key, ROLE, input={"memberId": tree.dan.id, "role": "MEMBER"})
    assert codes(changed.data["changeMemberRole"]) == ["FORBIDDEN"]


async def test_a_43_each_row_stands_alone(platform: Platform) -> None:
    tree = await the_fixture(platform)
    rows = [a_row(email=f"m{place}@c1.test" if place % 50 else "no mail") for place in range(100)]
    too_many = await done(tree.cora, ADD, organizationId=tree.c1.id, members=[*rows, a_row()])
    assert (codes(too_many), too_many["results"]) == (["TOO_MANY_ROWS"], None)
    added = await done(tree.cora, ADD, organizationId=tree.c1.id, members=rows, idempotencyKey="a1")
    assert [place for place, each in enumerate(added["results"]) if each["errors"]] == [0, 50]
    assert added["results"][50] == {"memberId": None, "errors": [{"code": "EMAIL_INVALID", "field": ["email"]}]}
    assert [each["email"] for each in added["members"]][:2] == ["m1@c1.test", "m2@c1.test"]
    assert len(added["members"]) == 98
    again = await done(tree.cora, ADD, organizationId=tree.c1.id, members=rows, idempotencyKey="a1")
    assert again == added | {"replayed": True}


async def test_a_38_there_is_always_an_owner(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert codes(await done(tree.cora, ROLE, memberId=tree.cora.id, role="ADMIN")) == ["OWNER_REQUIRED"]
    assert codes(await done(tree.cora, REMOVE, memberId=tree.cora.id)) == ["OWNER_REQUIRED"]


async def test_mem_3_roles_are_changed_by_the_owner(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert await done(tree.cora, ROLE, memberId=tree.mia.id, role="BILLING") == {
        "errors": [], "member": {"role": "BILLING"},
    }  # fmt: skip
    assert codes(await done(tree.dan, ROLE, memberId=tree.mia.id, role="MEMBER")) == ["FORBIDDEN"]
    stranger = await done(tree.cora, ROLE, memberId=tree.ben.id, role="MEMBER")
    missing = await done(tree.cora, ROLE, memberId="mem_01jzzzzzzzzzzzzzzzzzzzzzzz", role="MEMBER")
    assert codes(stranger) == ["NOT_FOUND"]
    assert stranger == missing


async def test_mem_8_a_removed_member_acts_no_more(platform: Platform) -> None:
    tree = await the_fixture(platform)
    session = await credentials_of(tree.dan)
    assert await done(tree.cora, REMOVE, memberId=tree.dan.id) == {"errors": [], "memberId": tree.dan.id}
    assert (await ask(platform, session, "{ viewer { name } }")).codes == ["UNAUTHENTICATED"]
    found = await asked(tree.cora, "query ($id: ID!) { member(id: $id) { id } }", id=tree.dan.id)
    assert found.codes == ["NOT_FOUND"]


async def test_mem_6_a_resend_makes_a_new_link(platform: Platform) -> None:
    tree = await the_fixture(platform)
    pending = await a_member(platform, of=tree.c1, accepted=False)
    payload = await done(tree.cora, RESEND, memberId=pending.id)
    assert payload == {"errors": [], "member": {"invitation": "PENDING"}}
    async with platform_transaction(platform) as tx:
        sent = "SELECT count(*) FROM outbox WHERE topic = 'mail.invitation' AND subject_id = $1"
        assert await fetch_value(tx, sent, pending.id) == 1
    assert codes(await done(tree.cora, RESEND, memberId=tree.mia.id)) == ["INVITATION_USED"]
