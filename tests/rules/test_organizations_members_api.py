"""Scenarios of members and ownership as a client meets them: A-35 to A-38, A-43 to A-46, A-48, A-76."""

from typing import Any

import httpx2

from core.clock import FixedClock, parse_instant
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import asked, codes, done
from tests.makers import PASSWORD, Member, Organization, a_member, organization_of
from tests.makers_billing import a_plan, buy, pay, rows
from tests.makers_invoices import an_open_invoice
from tests.makers_subscriptions import assign, set_policy
from tests.rules.fixture_organizations import the_fixture
from tests.rules.stop_documents import deleted
from tests.rules.test_organizations_members import tokens_of
from tests.web.application import codes_of, running

_MEMBER = "errors { code field } member { id givenName role invitation hasPortalAccess email contactFor }"
INVITE = f"mutation ($input: CreateMemberInput!) {{ createMember(input: $input) {{ {_MEMBER} }} }}"
RESEND = f"mutation ($input: MemberInput!) {{ resendInvitation(input: $input) {{ {_MEMBER} }} }}"
ROLE = f"mutation ($input: ChangeMemberRoleInput!) {{ changeMemberRole(input: $input) {{ {_MEMBER} }} }}"
REMOVE = "mutation ($input: MemberInput!) { removeMember(input: $input) { errors { code } } }"
CONTACT = f"mutation ($input: SetContactForInput!) {{ setContactFor(input: $input) {{ {_MEMBER} }} }}"
ADD = """mutation ($input: AddMembersInput!) { addMembers(input: $input) { errors { code field }
    results { memberId errors { code field } } } }"""
TRANSFER = "mutation ($input: TransferOwnershipInput!) { transferOwnership(input: $input) { errors { code } } }"
PRESET = "mutation ($input: ApplyPresetInput!) { applyPreset(input: $input) { errors { code } } }"
CREATE = """mutation ($input: CreateOrganizationInput!) { createOrganization(input: $input) { errors { code field }
    organization { id billingNumber } } }"""
MEMBERS = "{ members { totalCount nodes { id givenName role contactFor hasPortalAccess invitation email } } }"
BUYER = {"kind": "CUSTOMER", "name": "Acme", "country": "SG", "currency": "SGD", "timezone": "Asia/Singapore",
         "pricingModel": "APP", "managedBy": "CUSTOMER", "address": "1 Road", "city": "Singapore"}  # fmt: skip
OWNER = {"givenName": "Eve", "familyName": "Ng", "email": "eve@c5.test"}


async def invited(who: Member, role: str, email: str) -> dict[str, Any]:
    """The payload of inviting somebody into C1."""
    given = {"organizationId": who.organization_id, "givenName": "New", "email": email, "portalAccess": True}
    return await done(who, INVITE, **given, role=role)


async def members_of(who: Member) -> dict[str, dict[str, Any]]:
    """The members of the own organization, by given name."""
    return {each["givenName"]: each for each in (await asked(who, MEMBERS)).data["members"]["nodes"]}


async def transferred(who: Member, organization: Organization, target: Member) -> list[str]:
    return codes(await done(who, TRANSFER, organizationId=organization.id, memberId=target.id))


async def test_a_35_who_may_invite_whom(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert codes(await invited(tree.dan, "ADMIN", "a@c1.test")) == ["ROLE_NOT_GRANTABLE"]
    one = (await invited(tree.dan, "MEMBER", "m@c1.test"))["member"]
    assert (one["role"], one["invitation"]) == ("MEMBER", "PENDING")
    assert len(await tokens_of(platform, one["id"])) == 1
    assert codes(await invited(tree.dan, "BILLING", "b@c1.test")) == ["ROLE_NOT_GRANTABLE"]
    assert codes(await done(tree.ada, PRESET, organizationId=tree.r1.id, preset="myoperator")) == []
    one = (await invited(tree.dan, "BILLING", "b@c1.test"))["member"]
    assert (one["role"], one["invitation"]) == ("BILLING", "PENDING")
    assert codes(await invited(tree.cora, "OWNER", "o@c1.test")) == ["OWNER_BY_TRANSFER_ONLY"]
    assert sorted(await members_of(tree.cora)) == ["Cora", "Dan", "Mia", "New"]
    assert len(await rows(platform, "SELECT id FROM invitation WHERE organization_id = $1 AND state = 'OPEN'",
                          tree.c1.id)) == 2  # fmt: skip


async def test_a_36_links_by_their_days(platform: Platform, clock: FixedClock, database_url: str) -> None:
    tree = await the_fixture(platform)
    clock.advance_to(parse_instant("2026-03-01T10:00:00+08:00"))
    first, second = [(await invited(tree.cora, "MEMBER", f"{name}@c1.test"))["member"]["id"] for name in ("f", "s")]
    clock.advance_to(parse_instant("2026-03-20T10:00:00+08:00"))
    assert codes(await done(tree.cora, RESEND, memberId=second)) == []
    old, new = await tokens_of(platform, second)
    [expired] = await tokens_of(platform, first)

    async def opened(client: httpx2.AsyncClient, token: str) -> list[str]:
        answer = await client.post("/auth/invitations/look", json={"token": token})
        return codes_of(answer) if answer.status_code != 200 else []

    async with running(database_url, clock) as client:
        clock.advance_to(parse_instant("2026-03-25T10:00:00+08:00"))
        assert await opened(client, old) == ["INVITATION_REVOKED"]
        clock.advance_to(parse_instant("2026-04-02T10:00:00+08:00"))
        assert await opened(client, expired) == ["INVITATION_EXPIRED"]
        clock.advance_to(parse_instant("2026-04-10T10:00:00+08:00"))
        assert await opened(client, new) == []
        accepted = await client.post("/auth/invitations/accept", json={"token": new, "password": PASSWORD})
        assert accepted.json() == {"organizationId": tree.c1.id, "memberId": second}


async def test_a_37_a_place_of_work_without_a_person(platform: Platform) -> None:
    tree = await the_fixture(platform)
    users = len(await rows(platform, "SELECT id FROM users"))
    given = {"organizationId": tree.c1.id, "givenName": "Desk 12", "portalAccess": False}
    desk = (await done(tree.cora, INVITE, **given))["member"]
    assert desk | {"id": ""} == {
        "id": "", "givenName": "Desk 12", "role": "MEMBER", "invitation": "NONE", "hasPortalAccess": False,
        "email": None, "contactFor": [],
    }  # fmt: skip
    assert len(await rows(platform, "SELECT id FROM users")) == users
    assert codes(await done(tree.cora, INVITE, **given, role="ADMIN")) == ["LOGINLESS_ROLE"]
    assert (await asked(tree.cora, MEMBERS)).data["members"]["totalCount"] == 4


async def test_a_38_the_owner_stays_the_owner(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert codes(await done(tree.cora, ROLE, memberId=tree.cora.id, role="ADMIN")) == ["OWNER_REQUIRED"]
    assert codes(await done(tree.cora, REMOVE, memberId=tree.cora.id)) == ["OWNER_REQUIRED"]
    assert (await members_of(tree.cora))["Cora"]["role"] == "OWNER"


async def test_a_43_a_hundred_rows_each_for_itself(platform: Platform) -> None:
    tree = await the_fixture(platform)
    many = [{"givenName": "New", "email": f"m{number}@c1.test", "portalAccess": True} for number in range(101)]
    given = {"organizationId": tree.c1.id}
    assert codes(await done(tree.cora, ADD, **given, members=many)) == ["TOO_MANY_ROWS"]
    assert (await asked(tree.cora, MEMBERS)).data["members"]["totalCount"] == 3
    many[10]["email"], many[20]["email"] = "no address", "two@@c1.test"
    added = await done(tree.cora, ADD, **given, members=many[:100])
    assert added["errors"] == []
    refused = {place: codes(each) for place, each in enumerate(added["results"]) if each["errors"]}
    assert refused == {10: ["EMAIL_INVALID"], 20: ["EMAIL_INVALID"]}
    assert sum(each["memberId"] is not None for each in added["results"]) == 98
    assert (await asked(tree.cora, MEMBERS)).data["members"]["totalCount"] == 3 + 98


async def test_a_44_what_a_transfer_leaves_where_it_is(platform: Platform) -> None:
    # given cora, to whom two subscriptions are assigned, and who is the ACCOUNTS contact
    tree = await the_fixture(platform)
    await pay(tree.c1, "50")
    plan = await a_plan(tree.o, prices=[(tree.o, "0"), (tree.r1, "10")])
    await rows(platform, "DELETE FROM subscription_assignment RETURNING member_id")
    for _ in range(2):
        bought = str((await buy(tree.dan, tree.c1, plan))["subscriptionId"])
        await rows(platform, "DELETE FROM subscription_assignment WHERE subscription_id = $1 RETURNING 1 AS n", bought)
        await assign(tree.cora, bought)
    contact = (await members_of(tree.cora))["Cora"]["contactFor"]
    assert "ACCOUNTS" in contact
    read = "query ($id: ID!) { organization(id: $id) { billingEmail owner { givenName } } }"
    before = (await asked(tree.cora, read, id=tree.c1.id)).data["organization"]
    listed = "SELECT subscription_id, member_id FROM subscription_assignment ORDER BY subscription_id"
    assigned = await rows(platform, listed)
    assert [each["member_id"] for each in assigned] == [tree.cora.id] * 2

    # when she transfers C1 to dan
    assert await transferred(tree.cora, tree.c1, tree.dan) == []

    # then the two have changed places, and nothing else has
    members = await members_of(tree.dan)
    assert {name: each["role"] for name, each in members.items()} == {"Cora": "ADMIN", "Dan": "OWNER", "Mia": "MEMBER"}
    assert (members["Cora"]["contactFor"], members["Dan"]["contactFor"]) == (contact, [])
    assert await rows(platform, listed) == assigned
    after = (await asked(tree.dan, read, id=tree.c1.id)).data["organization"]
    assert after == before | {"owner": {"givenName": "Dan"}}


async def test_a_45_an_unpaid_invoice_and_a_pending_target(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await an_open_invoice(tree.c1, "30", open_amount="29")
    pending = await a_member(platform, of=tree.c1, role="ADMIN", accepted=False)
    assert await transferred(tree.cora, tree.c1, pending) == ["OPEN_INVOICE", "TARGET_INVITATION_PENDING"]
    assert codes(await done(tree.ada, PRESET, organizationId=tree.r1.id, preset="b3networks")) == []
    assert await transferred(tree.cora, tree.c1, pending) == ["TARGET_INVITATION_PENDING"]
    assert (await members_of(tree.cora))["Cora"]["role"] == "OWNER"


async def test_a_46_who_transfers_whose_ownership(platform: Platform) -> None:
    tree = await the_fixture(platform)
    zoe = await a_member(platform, of=tree.c2, name="zoe")
    assert await transferred(tree.dan, tree.c1, tree.mia) == ["FORBIDDEN"]
    assert await transferred(tree.ben, tree.c2, zoe) == []
    found = {name: each["role"] for name, each in (await members_of(zoe)).items()}
    assert found == {"C2": "MEMBER", "Zoe": "OWNER"}
    assert await transferred(tree.ben, tree.c1, tree.dan) == ["FORBIDDEN"]
    assert (await members_of(tree.cora))["Cora"]["role"] == "OWNER"


async def test_a_48_contacts_of_a_new_customer(platform: Platform) -> None:
    tree = await the_fixture(platform)
    made = await done(tree.ben, CREATE, parentId=tree.r1.id, **BUYER, owner=OWNER)
    new = await organization_of(platform, made["organization"]["id"])
    read = "query ($f: MemberFilter) { members(filter: $f) { nodes { givenName role contactFor } } }"
    listed = (await asked(tree.ben, read, f={"organizationId": new.id})).data["members"]["nodes"]
    assert [(each["givenName"], each["role"], sorted(each["contactFor"])) for each in listed] == [
        ("Eve", "OWNER", ["ACCOUNTS", "GENERAL", "TECH"]),
    ]  # fmt: skip
    desk = await a_member(platform, of=tree.c1, name="desk", portal_access=False)
    assert codes(await done(tree.cora, CONTACT, memberId=desk.id, contactFor=["TECH"])) == ["CONTACT_EMAIL_REQUIRED"]
    assert (await members_of(tree.cora))["Desk"]["contactFor"] == []


async def test_a_76_a_number_is_never_given_out_again(platform: Platform) -> None:
    tree = await the_fixture(platform)
    admin = await a_member(platform, of=tree.o, role="ADMIN")
    await set_policy(tree.o, deletionReverseDays=0)
    given = BUYER | {"parentId": tree.o.id, "owner": OWNER, "billingNumber": "6001"}
    first = (await done(admin, CREATE, **given))["organization"]
    assert first["billingNumber"] == "6001"
    gone = await deleted(admin, await organization_of(platform, first["id"]))
    assert gone["organization"]["status"] == "DELETED"
    assert codes(await done(admin, CREATE, **given)) == ["BILLING_NUMBER_TAKEN"]
    assert codes(await done(tree.ben, CREATE, **given | {"parentId": tree.r1.id, "billingNumber": "6002"})) == [
        "FORBIDDEN",
    ]  # fmt: skip
