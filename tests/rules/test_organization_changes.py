"""Scenarios and rules of single changes of an organization, by GraphQL: A-05, A-09, A-12 to A-14, ORG-2, 12, 14, 17."""

import base64
import struct
import zlib
from typing import Any

import pytest

from core.clock import FixedClock
from tenants.organizations.picture_format import ImageHeader, image_header
from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, Organization, a_customer
from tests.makers_billing import a_plan, buy, pay, rows
from tests.rules.fixture_organizations import the_fixture
from tests.rules.stop_documents import deleted, stand

_ANSWER = "errors { code field } organization { version managedBy billingKind billingGroup { id } picture }"


def change(name: str) -> str:
    """The document of a mutation that changes one thing."""
    kind = name[0].upper() + name[1:]
    return f"mutation ($input: {kind}Input!) {{ answer: {name}(input: $input) {{ {_ANSWER} }} }}"


UPDATE = """mutation ($input: UpdateOrganizationInput!) { answer: updateOrganization(input: $input) {
    errors { code field } organization { version } } }"""
CREATE = """mutation ($input: CreateOrganizationInput!) { answer: createOrganization(input: $input) {
    errors { code } organization { id } } }"""


async def changed(who: Member, name: str, organization: Organization, **fields: Any) -> dict[str, Any]:
    """Send the change with the version just read."""
    [row] = await rows(organization.platform, "SELECT version FROM organization WHERE id = $1", organization.id)
    document = UPDATE if name == "updateOrganization" else change(name)
    named = {"id" if name == "updateOrganization" else "organizationId": organization.id, "version": row["version"]}
    return await done(who, document, **named | fields)


async def test_a_05_what_never_changes(platform: Platform) -> None:
    tree = await the_fixture(platform)
    sent = {"pricingModel": "LICENSE", "currency": "USD", "billingNumber": "5999"}
    assert codes(await changed(tree.ben, "updateOrganization", tree.c2, **sent)) == [
        "BILLING_NUMBER_IMMUTABLE",
        "CURRENCY_IMMUTABLE",
        "PRICING_MODEL_IMMUTABLE",
    ]
    sent |= {"kind": "RESELLER", "uuid": tree.c1.id}
    assert codes(await changed(tree.ben, "updateOrganization", tree.c2, **sent)) == [
        "BILLING_NUMBER_IMMUTABLE",
        "CURRENCY_IMMUTABLE",
        "KIND_IMMUTABLE",
        "PRICING_MODEL_IMMUTABLE",
        "UUID_IMMUTABLE",
    ]
    given = {
        "parentId": tree.c1.id, "kind": "CUSTOMER", "name": "Below", "country": "SG", "currency": "SGD",
        "timezone": "Asia/Singapore", "pricingModel": "APP", "managedBy": "SERVICE_PROVIDER",
    }  # fmt: skip
    assert codes(await done(tree.cora, CREATE, **given)) == ["PARENT_KIND_INVALID"]


async def test_a_09_activation_date_and_billing_day(platform: Platform, clock: FixedClock) -> None:
    # given C1 activated 2025-06-01, corrected once
    stand(clock, "2025-06-02")
    tree = await the_fixture(platform)
    assert codes(await changed(tree.ben, "correctActivationDate", tree.c1, activationDate="2025-06-01")) == []
    [row] = await rows(platform, "SELECT activated_at FROM organization WHERE id = $1", tree.c1.id)
    assert row["activated_at"] == 1748707200000000

    # when its first invoice is issued on 2025-06-05 and both are tried on 2025-06-10
    stand(clock, "2025-06-05")
    await an_invoice(tree.c1)
    stand(clock, "2025-06-10")
    refused = await changed(tree.ben, "correctActivationDate", tree.c1, activationDate="2025-06-03")

    # then the date is final, and the organization itself never changes the day
    assert codes(refused) == ["ACTIVATION_DATE_LOCKED"]
    day = {"billingDay": 5, "reason": "asked by phone"}
    assert codes(await changed(tree.cora, "changeBillingDay", tree.c1, **day)) == ["BILLING_DATE_IMMUTABLE"]
    assert codes(await changed(tree.ben, "changeBillingDay", tree.c1, **day | {"reason": " "})) == ["FIELD_REQUIRED"]
    assert codes(await changed(tree.bill, "changeBillingDay", tree.c1, **day)) == []
    [value] = await rows(platform, "SELECT value FROM policy_value WHERE parameter = 'billingDay'")
    assert value["value"] == "5"


async def an_invoice(of: Organization) -> None:
    """An invoice of 30.00, put in directly."""
    async with platform_transaction(of.platform) as tx:
        [wallet] = await tx.fetch("SELECT * FROM wallet WHERE organization_id = $1", of.id)
        now = of.platform.clock.now()
        await tx.execute(
            "INSERT INTO invoice (id, organization_id, path, seller_id, wallet_id, type, sequence_kind, counter, "
            "number, issued_at, issue_date, due_date, overdue_at, currency, net_micros, tax_micros, total_micros, "
            "open_micros, seller, buyer) VALUES ('inv_test', $1, $2, $3, $4, 'TAX', '', 1, 'IA-1', $5, '2025-06-05', "
            "'2025-06-05', $5, 'SGD', 30000000, 0, 30000000, 0, '{}', '{}')",
            of.id, of.path, wallet["seller_id"], wallet["id"], now,
        )  # fmt: skip


async def test_a_12_the_timezone_until_the_first_sale(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert codes(await changed(tree.ben, "updateOrganization", tree.c1, timezone="Asia/Kolkata")) == []
    plan = await a_plan(tree.o, prices=[(tree.o, "0"), (tree.r1, "30")])
    await pay(tree.c1, "30")
    await buy(tree.cora, tree.c1, plan)
    locked = await changed(tree.ben, "updateOrganization", tree.c1, timezone="Asia/Tokyo", country="JP")
    assert codes(locked) == ["COUNTRY_LOCKED", "TIMEZONE_LOCKED"]


async def test_a_13_to_customer(platform: Platform) -> None:
    # given C2 without billing data, with a login-less OWNER
    tree = await the_fixture(platform)
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE organization SET address = NULL, city = NULL WHERE id = $1", tree.c2.id)
    refused = await changed(tree.ben, "switchManagedBy", tree.c2, managedBy="CUSTOMER")
    assert codes(refused) == ["BILLING_DATA_REQUIRED", "OWNER_REQUIRED"]
    data = {"billingEmail": "bills@c2.test", "address": "1 Way", "city": "Singapore"}
    assert codes(await changed(tree.ben, "updateOrganization", tree.c2, **data)) == []
    assert codes(await changed(tree.ben, "switchManagedBy", tree.c2, managedBy="CUSTOMER")) == ["OWNER_REQUIRED"]
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE member SET has_portal_access = $2, invitation = 'ACCEPTED' WHERE id = $1",
                         tree.c2.owner_id, True)  # fmt: skip
    switched = await changed(tree.ben, "switchManagedBy", tree.c2, managedBy="CUSTOMER")
    assert (codes(switched), switched["organization"]["managedBy"]) == ([], "CUSTOMER")


async def test_a_14_to_service_provider(platform: Platform) -> None:
    tree = await the_fixture(platform)
    for who, of, expected in (
        (tree.ben, tree.c1, ["CONSENT_REQUIRED"]),
        (tree.dan, tree.c1, ["FORBIDDEN"]),
        (tree.ada, tree.r1, ["MANAGED_BY_INVALID"]),
        (tree.rob, tree.c1, ["NOT_FOUND"]),
        (tree.cora, tree.c1, []),
    ):
        assert codes(await changed(who, "switchManagedBy", of, managedBy="SERVICE_PROVIDER")) == expected
    [row] = await rows(platform, "SELECT managed_by FROM organization WHERE id = $1", tree.c1.id)
    assert row["managed_by"] == "SERVICE_PROVIDER"


async def test_org_14_a_child_is_billed_through_a_corporate(platform: Platform) -> None:
    # given a CORPORATE under R1, and C1 as its CHILD
    tree = await the_fixture(platform)
    name, head = "changeBillingKind", tree.c2
    assert codes(await changed(tree.bill, name, head, billingKind="CORPORATE")) == []
    assert codes(await changed(tree.bill, name, tree.c1, billingKind="CHILD")) == ["FIELD_REQUIRED"]
    done_ = await changed(tree.bill, name, tree.c1, billingKind="CHILD", corporateId=head.id)
    assert done_["organization"] | {"version": 0} == {
        "version": 0, "managedBy": "CUSTOMER", "billingKind": "CHILD", "billingGroup": {"id": head.id}, "picture": None,
    }  # fmt: skip

    # then it sees nothing of it, and nothing of what does not fit is taken
    own = await asked(tree.cora, "query ($id: ID!) { organization(id: $id) { billingKind billingGroup { id } } }",
                      id=tree.c1.id)  # fmt: skip
    assert own.data["organization"] == {"billingKind": "CHILD", "billingGroup": None}
    other = await a_customer(platform, under=tree.r1, name="Dollars", currency="USD")
    invalid, gone = ["BILLING_GROUP_INVALID"], ["NOT_FOUND"]
    for who, of, kind, corporate, expected in (
        (tree.ben, other, "CHILD", head, invalid),
        (tree.ben, tree.c1, "CHILD", other, invalid),
        (tree.ben, tree.c1, "NORMAL", head, invalid),
        (tree.ben, head, "NORMAL", None, invalid),
        (tree.ben, head, "CHILD", head, invalid),
        (tree.ben, tree.r1a, "CORPORATE", None, invalid),
        (tree.ben, tree.c1, "CHILD", tree.c3, invalid),
        (tree.ben, tree.c1, "CHILD", tree.c4, gone),
        (tree.rob, tree.c1, "NORMAL", None, gone),
        (tree.cora, tree.c1, "NORMAL", None, ["FORBIDDEN"]),
        (tree.sue, tree.c1, "NORMAL", None, ["FORBIDDEN"]),
    ):
        named = {"corporateId": corporate.id} if corporate else {}
        assert codes(await changed(who, name, of, billingKind=kind, **named)) == expected
    assert codes(await deleted(tree.ben, head)) == ["HAS_CHILDREN"]
    assert codes(await changed(tree.ben, name, tree.c1, billingKind="NORMAL")) == []
    assert codes(await changed(tree.ben, name, head, billingKind="NORMAL")) == []


def a_png(width: int = 100, height: int = 100) -> bytes:
    """A whole PNG, grey."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = zlib.compress(b"".join(b"\0" + b"\x80" * width for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


async def test_org_17_the_picture(platform: Platform) -> None:
    tree = await the_fixture(platform)

    async def set_by(who: Member, content: str | None) -> dict[str, Any]:
        return await done(who, change("setOrganizationPicture"), organizationId=tree.c1.id, content=content)

    good = base64.b64encode(a_png()).decode()
    shown = await set_by(tree.cora, good)
    assert (codes(shown), shown["organization"]["picture"]) == ([], f"data:image/png;base64,{good}")
    for bad in ("", "no base64!", base64.b64encode(a_png(101)).decode(), base64.b64encode(b"GIF89a").decode()):
        assert codes(await set_by(tree.cora, bad)) == ["PICTURE_INVALID"]
    assert codes(await set_by(tree.ben, good)) == ["CONSENT_REQUIRED"]
    assert codes(await set_by(tree.mia, good)) == ["FORBIDDEN"]
    assert codes(await set_by(tree.rob, good)) == ["NOT_FOUND"]
    assert (await set_by(tree.dan, None))["organization"]["picture"] is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (a_png(7, 9), ImageHeader("image/png", 7, 9)),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x00\x09\x00\x07\x01", ImageHeader("image/jpeg", 7, 9)),
        (b"\xff\xd8\xff\xda\x00\x04ab", None),
        (b"\xff\xd8\xff\xc0", None),
        (b"RIFF....WEBPVP8X........\x06\x00\x00\x08\x00\x00", ImageHeader("image/webp", 7, 9)),
        (b"RIFF....WEBPVP8L....\x2f\x06\x00\x02\x00", ImageHeader("image/webp", 7, 9)),
        (b"RIFF....WEBPVP8 .......\x9d\x01\x2a\x07\x00\x09\x00", ImageHeader("image/webp", 7, 9)),
        (b"RIFF....WEBPNONE", None),
        (b"\x89PNG\r\n\x1a\n", None),
        (b"", None),
    ],
)
def test_org_17_the_head_of_an_image(content: bytes, expected: ImageHeader | None) -> None:
    assert image_header(content) == expected
