"""Scenarios of organizations: creating, editing, suspending, seeing (A-01 to A-14, A-29, A-69, A-73 to A-76)."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from core.clock import FixedClock, parse_instant
from core.transaction import Row
from tenants.access import organization_by_id
from tenants.commands import Outcome
from tenants.names import TagInput
from tenants.organizations.new_organization import NewOrganization, NewOwner
from tenants.organizations.organization_edit import OrganizationEdit
from tenants.organizations.organization_tree import create_organization
from tenants.organizations.organization_update import update_organization
from tenants.policy.policy import policies_for
from tenants.policy.policy_settings import PolicyEdit, apply_policy_preset, set_policy_values
from tenants.questions import has_invoice, has_traded
from tenants.stops.suspensions import SuspensionReason, suspend
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction, reading
from tests.acting import do, refusal
from tests.makers import Member, Organization, a_member, credentials_of
from tests.rules.fixture_organizations import Fixture, the_fixture


async def rows(platform: Platform, sql: str, *arguments: object) -> Sequence[Row]:
    """What is stored, seen as the platform."""
    async with platform_transaction(platform) as tx:
        return await tx.fetch(sql, *arguments)


async def version_of(organization: Organization) -> int:
    """The version that an editor has read."""
    [row] = await rows(organization.platform, "SELECT version FROM organization WHERE id = $1", organization.id)
    return int(row["version"])


def a_new_customer(under: Organization, **given: Any) -> NewOrganization:
    """A complete input that nothing stands against."""
    complete: dict[str, Any] = {
        "parent_id": under.id, "kind": "CUSTOMER", "name": "Acme", "country": "SG", "currency": "SGD",
        "timezone": "Asia/Singapore", "pricing_model": "APP", "managed_by": "CUSTOMER", "address": "1 Beach Road",
        "city": "Singapore", "owner": NewOwner("Eve", "Adams", "eve@c5.test"),
    }  # fmt: skip
    return NewOrganization(**complete | given)


async def create(who: Member, new: NewOrganization) -> Outcome:
    """Create it as the member."""
    return await do(who, lambda uow: create_organization(uow, new), operation="createOrganization")


async def refused_create(who: Member, new: NewOrganization) -> tuple[str, ...]:
    """The codes against it; nothing changed."""
    return await refusal(who, lambda uow: create_organization(uow, new))


async def edit(who: Member, organization: Organization, **fields: Any) -> Outcome:
    """Save the fields as the member, with the version just read."""
    sent = OrganizationEdit(organization.id, await version_of(organization), **fields)
    return await do(who, lambda uow: update_organization(uow, sent), operation="updateOrganization")


async def refused_edit(who: Member, organization: Organization, **fields: Any) -> tuple[str, ...]:
    """The codes against saving the fields; nothing changed."""
    sent = OrganizationEdit(organization.id, await version_of(organization), **fields)
    return await refusal(who, lambda uow: update_organization(uow, sent))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a", ("NAME_LENGTH",)),
        ("ab", ()),
        ("a" * 255, ()),
        ("a" * 256, ("NAME_LENGTH",)),
        ("Acme, Inc. (SG) #1", ()),
        ("Acme|Co", ("NAME_CHARACTERS",)),
    ],
)
async def test_a_01_names(platform: Platform, name: str, expected: tuple[str, ...]) -> None:
    family = await the_fixture(platform)
    new = a_new_customer(family.r1, name=name)
    if expected:
        assert await refused_create(family.ben, new) == expected
    else:
        made = await create(family.ben, new)
        [stored] = await rows(platform, "SELECT name FROM organization WHERE id = $1", made["organizationId"])
        assert stored["name"] == name


async def test_a_02_every_input_refusal_at_once(platform: Platform) -> None:
    family = await the_fixture(platform)
    new = a_new_customer(family.r1, country="Singapore", currency="SGDX", owner=NewOwner("Eve", "Adams"))
    assert await refused_create(family.ben, new) == ("COUNTRY_INVALID", "CURRENCY_INVALID", "FIELD_REQUIRED")


async def test_a_03_a_customer_that_manages_itself(platform: Platform) -> None:
    family = await the_fixture(platform)
    made = await create(family.ben, a_new_customer(family.r1))
    [stored] = await rows(platform, "SELECT * FROM organization WHERE id = $1", made["organizationId"])
    assert (stored["status"], stored["billing_email"], stored["billing_name"]) == ("ACTIVE", "eve@c5.test", "Acme")
    members = await rows(platform, "SELECT * FROM member WHERE organization_id = $1", made["organizationId"])
    assert [(each["role"], each["invitation"], each["email"]) for each in members] == [
        ("OWNER", "PENDING", "eve@c5.test")
    ]
    sent = await rows(platform, "SELECT topic, payload FROM outbox WHERE subject_id = $1", made["memberId"])
    assert [each["topic"] for each in sent] == ["mail.invitation"]
    assert json.loads(sent[0]["payload"])["to"] == "eve@c5.test"


async def test_a_04_a_customer_that_its_seller_manages(platform: Platform) -> None:
    family = await the_fixture(platform)
    new = a_new_customer(family.r1, managed_by="SERVICE_PROVIDER", owner=NewOwner(), address=None, city=None)
    made = await create(family.ben, new)
    members = await rows(platform, "SELECT * FROM member WHERE organization_id = $1", made["organizationId"])
    assert [(each["role"], bool(each["has_portal_access"]), each["given_name"]) for each in members] == [
        ("OWNER", False, "Acme")
    ]
    assert made["invitationId"] is None
    assert await rows(platform, "SELECT 1 FROM invitation WHERE organization_id = $1", made["organizationId"]) == []


async def test_a_05_what_never_changes_and_what_has_nothing_below(platform: Platform) -> None:
    family = await the_fixture(platform)
    sent = {"pricing_model": "LICENSE", "currency": "USD", "billing_number": "5999"}
    assert await refused_edit(family.ben, family.c2, **sent) == (
        "BILLING_NUMBER_IMMUTABLE",
        "CURRENCY_IMMUTABLE",
        "PRICING_MODEL_IMMUTABLE",
    )
    assert await refused_create(family.cora, a_new_customer(family.c1)) == ("PARENT_KIND_INVALID",)


async def test_a_06_buyer_tags_are_the_sellers(platform: Platform) -> None:
    # given C1 with 3 tags
    family = await the_fixture(platform)
    tags = [TagInput("CustomerRef", "K-1"), TagInput("BillingRef", "B-1"), TagInput("TypeRef", "gold")]
    await edit(family.ben, family.c1, buyer_tags=tags)

    # when a fourth is saved, it is refused and the 3 stay
    assert await refused_edit(family.ben, family.c1, buyer_tags=[*tags, tags[0]]) == ("BUYER_TAGS_TOO_MANY",)

    # then cora sees neither the tags nor an entry about them
    async with reading(platform, await credentials_of(family.cora)) as uow:
        seen = uow.visible("t", "buyer_tag")
        assert await uow.tx.fetch(f"SELECT t.key FROM buyer_tag t WHERE {seen}", *uow.scope) == []
        seen = uow.visible("t", "audit_entry")
        entries = await uow.tx.fetch(f"SELECT t.entity_type FROM audit_entry t WHERE {seen}", *uow.scope)
        assert "BuyerTags" not in {each["entity_type"] for each in entries}
    [entry] = await rows(platform, "SELECT * FROM audit_entry WHERE entity_type = 'BuyerTags'")
    assert entry["organization_id"] == family.r1.id


async def test_a_07_renaming_a_buyer(platform: Platform) -> None:
    family = await the_fixture(platform)
    assert await refused_edit(family.ben, family.c1, name="New name") == ("CONSENT_REQUIRED",)
    await edit(family.ben, family.c2, name="New name")
    [stored] = await rows(platform, "SELECT name, billing_name FROM organization WHERE id = $1", family.c2.id)
    assert (stored["name"], stored["billing_name"]) == ("New name", "New name")


async def test_a_08_an_admin_edits_by_policy(platform: Platform) -> None:
    family = await the_fixture(platform)
    await edit(family.dan, family.c1, billing_email="first@c1.test")
    await edit(family.cora, family.c1, billing_email="second@c1.test")
    await do(family.ada, lambda uow: apply_policy_preset(uow, family.r1.id, "b3networks"))
    assert await refused_edit(family.dan, family.c1, billing_email="third@c1.test") == ("FORBIDDEN",)
    await edit(family.cora, family.c1, billing_email="Fourth@c1.test")
    [stored] = await rows(platform, "SELECT billing_email FROM organization WHERE id = $1", family.c1.id)
    assert stored["billing_email"] == "Fourth@c1.test"


async def _yes(uow: UnitOfWork, organization_id: str) -> bool:
    return True


async def test_a_09_activation_date_and_billing_day(platform: Platform) -> None:
    family = await the_fixture(platform)
    moved = parse_instant("2026-02-01T00:00:00+08:00")
    await edit(family.ben, family.c1, activation_date=date.fromisoformat("2026-02-01"))
    assert await _activated_at(family) == moved
    has_invoice(_yes)
    try:
        refused = await refused_edit(family.ben, family.c1, activation_date=date.fromisoformat("2026-02-02"))
    finally:
        has_invoice.forget(_yes)
    assert refused == ("ACTIVATION_DATE_LOCKED",)
    assert await refused_edit(family.cora, family.c1, billing_day=5) == ("BILLING_DATE_IMMUTABLE",)
    assert await refused_edit(family.ben, family.c1, billing_day=5) == ("FIELD_REQUIRED",)
    await edit(family.ben, family.c1, billing_day=5, reason="asked by phone")
    async with reading(platform, await credentials_of(family.ben)) as uow:
        assert (await policies_for(uow, family.c1.id)).integer("billingDay") == 5


async def test_org_12_the_last_day_to_correct_the_activation_date(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)  # activated 2026-02-02 in Singapore
    clock.advance_to(parse_instant("2026-03-03T23:59:59+08:00"))
    await edit(family.ben, family.c1, activation_date=date.fromisoformat("2026-02-02"))
    clock.advance_to(parse_instant("2026-03-04T00:00:00+08:00"))
    assert await refused_edit(family.ben, family.c1, activation_date=date.fromisoformat("2026-02-03")) == (
        "ACTIVATION_DATE_LOCKED",
    )


async def _activated_at(family: Fixture) -> int:
    [row] = await rows(family.platform, "SELECT activated_at FROM organization WHERE id = $1", family.c1.id)
    return int(row["activated_at"])


async def test_a_12_the_timezone_until_the_first_sale(platform: Platform) -> None:
    family = await the_fixture(platform)
    await edit(family.ben, family.c1, timezone="Asia/Kolkata")
    has_traded(_yes)
    try:
        assert await refused_edit(family.ben, family.c1, timezone="Asia/Tokyo") == ("TIMEZONE_LOCKED",)
        assert await refused_edit(family.ben, family.c1, timezone="Asia/Tokyo", country="JP") == (
            "COUNTRY_LOCKED",
            "TIMEZONE_LOCKED",
        )
    finally:
        has_traded.forget(_yes)
    [stored] = await rows(platform, "SELECT timezone FROM organization WHERE id = $1", family.c1.id)
    assert stored["timezone"] == "Asia/Kolkata"


async def test_a_13_to_customer(platform: Platform) -> None:
    family = await the_fixture(platform)
    new = a_new_customer(family.r1, managed_by="SERVICE_PROVIDER", owner=NewOwner(), address=None, city=None)
    made = await create(family.ben, new)
    bare = Organization(platform, made["organizationId"], "", "CUSTOMER", "Acme", "", "SGD", family.r1.id, "")
    assert await refused_edit(family.ben, bare, managed_by="CUSTOMER") == ("BILLING_DATA_REQUIRED", "OWNER_REQUIRED")
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE member SET has_portal_access = $2, invitation = 'ACCEPTED' WHERE id = $1",
                         made["memberId"], True)  # fmt: skip
    await edit(family.ben, bare, managed_by="CUSTOMER", billing_email="a@b.test", address="1 Way", city="Singapore")
    [stored] = await rows(platform, "SELECT managed_by FROM organization WHERE id = $1", bare.id)
    assert stored["managed_by"] == "CUSTOMER"


async def test_a_14_to_service_provider(platform: Platform) -> None:
    family = await the_fixture(platform)
    assert await refused_edit(family.ben, family.c1, managed_by="SERVICE_PROVIDER") == ("CONSENT_REQUIRED",)
    await edit(family.cora, family.c1, managed_by="SERVICE_PROVIDER")
    [stored] = await rows(platform, "SELECT managed_by FROM organization WHERE id = $1", family.c1.id)
    assert stored["managed_by"] == "SERVICE_PROVIDER"


async def test_a_29_whom_a_reseller_may_not_suspend(platform: Platform) -> None:
    family = await the_fixture(platform)
    for organization, code in (
        (family.r1, "CANNOT_ACT_ON_SELF"),
        (family.o, "NOT_FOUND"),
        (family.c3, "FORBIDDEN"),
    ):
        assert await refusal(family.ada, _suspend(organization)) == (code,)
    assert await refusal(family.olga, _suspend(family.o)) == ("OPERATOR_PROTECTED",)


def _suspend(organization: Organization) -> Any:
    return lambda uow: suspend(uow, organization.id, SuspensionReason.SELLER)


async def test_a_69_a_change_is_in_the_log_for_good(platform: Platform) -> None:
    # given C2 renamed
    family = await the_fixture(platform)
    await edit(family.ben, family.c2, name="A Co")
    await edit(family.ben, family.c2, name="B Co")

    # then there is one entry with before, after and address
    found = await rows(
        platform, "SELECT * FROM audit_entry WHERE entity_id = $1 AND action = 'updateOrganization' ORDER BY id",
        family.c2.id,
    )  # fmt: skip
    assert len(found) == 2
    assert json.loads(found[1]["before_values"])["name"] == "A Co"
    assert json.loads(found[1]["after_values"])["name"] == "B Co"
    assert (found[1]["address"], found[1]["actor_name"]) == ("203.0.113.7", "Ben")

    # and nobody deletes it, the platform's own role included
    for statement in ("DELETE FROM audit_entry WHERE id = $1", "UPDATE audit_entry SET action = '' WHERE id = $1"):
        with pytest.raises(Exception, match="AUDIT_IMMUTABLE|permission denied"):
            async with platform_transaction(platform) as tx:
                await tx.execute(statement, found[1]["id"])


async def test_a_73_only_the_own_subtree_is_found(platform: Platform) -> None:
    family = await the_fixture(platform)
    async with reading(platform, await credentials_of(family.ada)) as uow:
        listed = await uow.tx.fetch(
            f"SELECT o.name FROM organization o WHERE {uow.visible('o', 'organization')} ORDER BY o.name",
            *uow.scope,
        )
    assert [each["name"] for each in listed] == ["C1", "C2", "C3", "R1", "R1a"]

    async def read(uow: UnitOfWork, organization_id: str) -> Outcome:
        return {"name": (await organization_by_id(uow, organization_id)).name}

    missing = "org_00000000000000000000000000"
    assert await refusal(family.ada, lambda uow: read(uow, family.c4.id)) == ("NOT_FOUND",)
    assert await refusal(family.ada, lambda uow: read(uow, missing)) == ("NOT_FOUND",)


async def test_a_74_further_down_is_seen_but_not_edited(platform: Platform) -> None:
    family = await the_fixture(platform)
    assert await refused_edit(family.ada, family.c3, name="Other") == ("FORBIDDEN",)
    async with reading(platform, await credentials_of(family.cora)) as uow:
        listed = await uow.tx.fetch(
            f"SELECT o.name FROM organization o WHERE {uow.visible('o', 'organization')}", *uow.scope
        )
    assert [each["name"] for each in listed] == ["C1"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"invitationDays": "ten"}, "POLICY_VALUE_INVALID"),
        ({"lockoutAttempts": 4}, "POLICY_OPERATOR_ONLY"),
        ({"xyz": 1}, "POLICY_UNKNOWN"),
    ],
)
async def test_a_75_wrong_policy_values(platform: Platform, values: dict[str, object], code: str) -> None:
    family = await the_fixture(platform)
    sent = PolicyEdit(family.r1.id, values)
    assert await refusal(family.ada, lambda uow: set_policy_values(uow, sent)) == (code,)


async def test_a_76_a_billing_number_is_given_once(platform: Platform) -> None:
    family = await the_fixture(platform)
    admin = await a_member(platform, of=family.o, role="ADMIN")
    async with platform_transaction(platform) as tx:
        await tx.execute("INSERT INTO retired_billing_number (billing_number) VALUES ('6001')")
    new = a_new_customer(family.o, billing_number="6001")
    assert await refused_create(admin, new) == ("BILLING_NUMBER_TAKEN",)
    assert await refused_create(admin, a_new_customer(family.o, billing_number="5001")) == ("BILLING_NUMBER_TAKEN",)
    assert await refused_create(family.ben, a_new_customer(family.r1, billing_number="6002")) == ("FORBIDDEN",)
    await create(admin, a_new_customer(family.o, billing_number="6002"))


async def test_gen_5_another_version_is_a_conflict(platform: Platform) -> None:
    family = await the_fixture(platform)
    stale = OrganizationEdit(family.c1.id, await version_of(family.c1), name="Late")
    await edit(family.cora, family.c1, name="Early")
    assert await refusal(family.cora, lambda uow: update_organization(uow, stale)) == ("VERSION_CONFLICT",)
