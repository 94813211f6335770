"""Scenarios of demo accounts and KYC: A-15, A-49 to A-55 (organizations rule book, sections 9 and 10)."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from core.clock import EXACT_DAY, HOUR, FixedClock, parse_instant
from core.periodic import run_steps_once
from tenants.unit_of_work import Platform, platform_transaction
from tests.databases import START
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, Organization, a_customer, a_member, a_reseller, an_operator
from tests.makers_billing import a_plan, a_policy_value, a_preset, buy, pay, rows
from tests.rules.fixture_organizations import Fixture, the_fixture

DEMO = """mutation ($input: CreateDemoInput!) { createDemo(input: $input) { errors { code field } replayed account {
    id kind lifecycle status isReadOnly demoEndsAt demoMinutesLeft batch { id } balance { amount } member { id }
    organization { id billingNumber billingStatus } } } }"""
LIVE = """mutation ($input: GoLiveInput!) { goLive(input: $input) { errors { code field }
    account { id kind isReadOnly demoEndsAt demoMinutesLeft accountId accountRole member { id }
    settings { label associatedNumber ivrLanguage selfCareTimeZone } } } }"""
SETTINGS = """mutation ($input: UpdateAccountSettingsInput!) { updateAccountSettings(input: $input) {
    errors { code field } } }"""
USE = """mutation ($input: UseAccountInput!) { useAccount(input: $input) { errors { code field }
    account { demoMinutesLeft demoEndsAt isReadOnly firstUsedAt lastUsedAt } } }"""
CHECK = (
    """query ($input: CheckAccountServiceInput!) { checkAccountService(input: $input) { isAllowed code message } }"""
)
HAND_IN = """mutation ($input: HandInKycInput!) { handInKyc(input: $input) { errors { code field }
    organization { kycStatus kycDocuments { kind reference fileName } } } }"""
DECIDE = """mutation ($input: DecideKycInput!) { decideKyc(input: $input) { errors { code field }
    organization { kycStatus kycReason status } } }"""
EDIT = """mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) { errors { code field }
    organization { name billingName version } } }"""
EDIT_LOCKED = """mutation ($input: EditLockedBillingNameInput!) { editLockedBillingName(input: $input) {
    errors { code field } organization { name billingName } } }"""
ORGANIZATION = "query ($id: ID!) { organization(id: $id) { id status billingStatus kycStatus billingName version } }"
ACCOUNTS = "query ($filter: AccountFilter) { accounts(filter: $filter) { totalCount nodes { id kind isReadOnly } } }"
SEARCH = "query ($filter: OrganizationFilter) { organizations(filter: $filter) { totalCount nodes { id } } }"
A_DOCUMENT = [{"kind": "CERTIFICATE", "reference": "UEN 2025-1"}]


async def a_contact(of: Organization, email: str | None = None, **given: Any) -> Member:
    """A member that is a contact for everything technical."""
    member = await a_member(of.platform, of=of, email=email, **given)
    await rows(of.platform, "UPDATE member SET is_tech_contact = $2 WHERE id = $1 RETURNING id", member.id, True)
    return member


async def a_demo(family: Fixture, **given: Any) -> Mapping[str, Any]:
    """A demo of C1 for cora, made by sue."""
    made = await done(family.sue, DEMO, organizationId=family.c1.id, contactId=family.cora.id, **given)
    assert made["errors"] == []
    account: Mapping[str, Any] = made["account"]
    return account


async def may(who: Member, account_id: str, service: str) -> str | None:
    """The code with which a use is refused, None when it is allowed."""
    answer = await asked(who, CHECK, input={"accountId": account_id, "service": service})
    assert answer.errors == []
    check = answer.data["checkAccountService"]
    assert check["isAllowed"] is (check["code"] is None) is (check["message"] is None)
    code: str | None = check["code"]
    return code


async def suspended(organization: Organization, *reasons: str) -> None:
    """Suspend it directly, by its seller."""
    async with platform_transaction(organization.platform) as tx:
        await tx.execute("UPDATE organization SET status = 'SUSPENDED' WHERE id = $1", organization.id)
        for reason in reasons:
            await tx.execute(
                "INSERT INTO suspension (id, organization_id, path, reason, set_by_organization_id, started_at) "
                "VALUES ($1, $2, $3, $4, $5, 1)",
                f"sus_{reason}", organization.id, organization.path, reason, organization.parent_id,
            )  # fmt: skip


async def deactivated(family: Fixture, customer: Organization) -> None:
    """Billing DEACTIVATED: one subscription whose ladder is over."""
    plan = await a_plan(family.o, prices=[(family.o, "1"), (family.r1, "1")])
    await pay(family.r1, "50")
    await pay(customer, "50")
    bought = await buy(customer.owner or family.ada, customer, plan)
    await rows(
        family.platform,
        "UPDATE subscription SET ends_at = 1, grace_ends_at = 1, ladder_ends_at = 1, final_state = 'DEACTIVATED' "
        "WHERE id = $1 RETURNING id",
        bought["subscriptionId"],
    )


async def count(platform: Platform, table: str) -> int:
    """How many rows stand in the table."""
    return int((await rows(platform, f"SELECT count(*) AS n FROM {table}"))[0]["n"])


async def test_a_49_a_demo_in_a_deactivated_organization_changes_nothing_else(platform: Platform) -> None:
    family = await the_fixture(platform)
    contact = await a_contact(family.c1, "a@x.test")
    await deactivated(family, family.c1)
    before = {table: await count(platform, table) for table in ("organization", "payment", "subscription", "wallet")}
    found = await asked(family.sue, SEARCH, filter={"contactEmail": {"value": "a@x.test"}})
    assert found.data["organizations"]["nodes"] == [{"id": family.c1.id}]
    made = await done(family.sue, DEMO, billingNumber="5001", contactId=contact.id, idempotencyKey="demo")
    account = made["account"]
    assert (made["errors"], account["kind"], account["status"], account["batch"]) == ([], "DEMO", "OK", None)
    assert account["member"] == {"id": contact.id}
    assert account["organization"] == {"id": family.c1.id, "billingNumber": "5001", "billingStatus": "DEACTIVATED"}
    again = await done(family.sue, DEMO, billingNumber="5001", contactId=contact.id, idempotencyKey="demo")
    assert (again["replayed"], again["account"]["id"]) == (True, account["id"])
    after = {table: await count(platform, table) for table in before}
    assert (after, await count(platform, "account")) == (before, 1)


async def test_a_50_a_demo_is_made_by_the_seller_for_a_contact_of_that_organization(platform: Platform) -> None:
    family = await the_fixture(platform)
    other, far = await a_contact(family.c2), await a_contact(family.c4)
    mere = await a_member(platform, of=family.c1)

    async def refused(who: Member, contact: Member, **named: str) -> list[str]:
        return codes(await done(who, DEMO, contactId=contact.id, **named))

    assert await refused(family.cora, other, billingNumber="5001") == ["FORBIDDEN"]
    assert await refused(family.sue, other, billingNumber="5001") == ["CONTACT_NOT_IN_ORGANIZATION"]
    assert await refused(family.sue, mere, billingNumber="5001") == ["CONTACT_NOT_IN_ORGANIZATION"]
    assert await refused(family.sue, far, billingNumber="5001") == ["NOT_FOUND"]
    assert await refused(family.sue, family.cora, billingNumber="5004") == ["NOT_FOUND"]
    assert await refused(family.sue, family.cora, billingNumber="5001", organizationId=family.c2.id) == ["NOT_FOUND"]
    assert await refused(family.sue, family.cora) == ["FIELD_REQUIRED"]
    assert await refused(family.bill, family.cora, billingNumber="5001") == ["FORBIDDEN"]
    assert await refused(family.olga, family.cora, billingNumber="5001") == ["FORBIDDEN"]
    assert await count(platform, "account") == 0


async def test_demo_3_5_what_hinders_a_demo_is_said_at_once(platform: Platform) -> None:
    family = await the_fixture(platform)
    rita = family.r1a.someone
    not_offered = await done(family.sue, DEMO, organizationId=family.r1a.id, contactId=rita.id)
    assert codes(not_offered) == ["DEMO_NOT_OFFERED"]
    await a_policy_value(family.r1, "demoBillingStatuses", ["GRACE"])
    await suspended(family.c1, "PAYMENT", "KYC_OVERDUE")
    given = {"organizationId": family.c1.id, "contactId": family.cora.id}
    assert codes(await done(family.sue, DEMO, **given)) == ["DEMO_NOT_OFFERED"]
    await rows(platform, "UPDATE policy_value SET value = $1 RETURNING value", '["ACTIVE"]')
    made = (await done(family.sue, DEMO, **given))["account"]
    assert (made["status"], await may(family.sue, made["id"], "MESSAGE")) == ("OK", None)
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE suspension SET reason = 'FRAUD' WHERE id = 'sus_PAYMENT'")
    assert codes(await done(family.sue, DEMO, **given)) == ["DEMO_LIMIT_REACHED", "ORGANIZATION_NOT_ACTIVE"]
    assert await may(family.sue, made["id"], "MESSAGE") == "ORGANIZATION_NOT_ACTIVE"


async def test_demo_5_of_two_at_once_exactly_one_is_made(platform: Platform) -> None:
    family = await the_fixture(platform)
    given = {"organizationId": family.c1.id, "contactId": family.cora.id}
    both = await asyncio.gather(*(done(who, DEMO, **given) for who in (family.sue, family.ben)))
    assert sorted(codes(each) for each in both) == [[], ["DEMO_LIMIT_REACHED"]]
    assert await count(platform, "account") == 1
    await a_policy_value(family.r1, "demoMaxOpen", 2)
    assert codes(await done(family.sue, DEMO, **given)) == []
    assert codes(await done(family.sue, DEMO, **given)) == ["DEMO_LIMIT_REACHED"]


async def test_a_51_a_demo_ends_after_exact_days_and_is_read_only_then(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    clock.advance_to(parse_instant("2026-09-01T10:00:00Z"))
    demo = await a_demo(family)
    assert (demo["demoEndsAt"], demo["demoMinutesLeft"]) == ("2026-09-04T10:00:00.000Z", None)
    await a_policy_value(family.r1, "demoDays", 30)  # what is running keeps what it started with (POL-4)
    clock.advance_to(parse_instant("2026-09-04T09:59:59Z"))
    used = await done(family.dan, USE, accountId=demo["id"], service="INCOMING_CALL", minutes=1)
    assert used["account"]["firstUsedAt"] == "2026-09-04T09:59:59.000Z"
    assert codes(await done(family.dan, USE, accountId=demo["id"], service="MESSAGE", minutes=-1)) == [
        "AMOUNT_NEGATIVE"
    ]
    clock.advance_to(parse_instant("2026-09-04T10:00:00Z"))
    for service in ("INCOMING_CALL", "OUTGOING_CALL", "MESSAGE", "API"):
        assert await may(family.sue, demo["id"], service) == "ACCOUNT_READ_ONLY"
    used = await done(family.dan, USE, accountId=demo["id"], service="MESSAGE")
    assert codes(used) == ["ACCOUNT_READ_ONLY"]
    listed = (await asked(family.cora, ACCOUNTS)).data["accounts"]["nodes"]  # sign-in and reading stay
    assert listed == [{"id": demo["id"], "kind": "DEMO", "isReadOnly": True}]
    assert codes(await done(family.sue, DEMO, organizationId=family.c1.id, contactId=family.cora.id)) == []


async def test_demo_6_used_up_minutes_end_it_and_its_data_goes_after_the_retention(
    platform: Platform, clock: FixedClock
) -> None:
    family = await the_fixture(platform)
    await a_policy_value(family.r1, "demoMinutes", 60)
    await a_policy_value(family.r1, "demoRetentionDays", 2)
    demo = await a_demo(family)
    assert demo["demoMinutesLeft"] == 60
    use = {"accountId": demo["id"], "service": "INCOMING_CALL"}
    assert (await done(family.dan, USE, **use, minutes=20))["account"]["demoMinutesLeft"] == 40
    both = await asyncio.gather(*(done(who, USE, **use, minutes=15) for who in (family.dan, family.cora)))
    assert sorted(each["account"]["demoMinutesLeft"] for each in both) == [10, 25]
    clock.advance_to(START + HOUR)  # 2026-02-02 21:00 in Singapore: the end
    assert (await done(family.dan, USE, **use, minutes=11))["account"] | {"lastUsedAt": "", "firstUsedAt": ""} == {
        "demoMinutesLeft": 0, "demoEndsAt": "2026-02-02T13:00:00.000Z", "isReadOnly": True,
        "lastUsedAt": "", "firstUsedAt": "",
    }  # fmt: skip
    assert await may(family.sue, demo["id"], "MESSAGE") == "ACCOUNT_READ_ONLY"
    clock.advance_to(parse_instant("2026-02-04T15:59:59Z"))  # the last second of 4 February in Singapore
    await run_steps_once(platform)
    assert await count(platform, "account") == 1
    clock.advance_to(parse_instant("2026-02-04T16:00:00Z"))
    for _ in range(2):
        await run_steps_once(platform)
        assert await count(platform, "account") == 0
    erased = await rows(platform, "SELECT * FROM audit_entry WHERE action = 'eraseEndedDemo'")
    assert [(each["organization_id"], each["entity_id"]) for each in erased] == [(family.c1.id, demo["id"])]


async def test_demo_6_a_sandbox_erases_while_its_clock_moves(platform: Platform) -> None:
    o = await an_operator(platform)
    r = await a_reseller(platform, under=o, sandbox=True, stands_at=START)
    c = await a_customer(platform, under=r)
    made = await done(r.someone, DEMO, organizationId=c.id, contactId=c.owner_id)
    assert made["account"]["demoEndsAt"] == "2026-02-05T12:00:00.000Z"
    move = """mutation ($input: AdvanceClockInput!) { advanceClock(input: $input) { errors { code } } }"""
    for to, left in (("2026-03-07T15:59:59Z", 1), ("2026-03-07T16:00:00Z", 0)):
        assert codes(await done(r.someone, move, organizationId=r.id, to=to)) == []
        assert await count(platform, "account") == left


async def test_a_52_a_demo_goes_live_once_a_payment_is_settled(platform: Platform, clock: FixedClock) -> None:
    family = await the_fixture(platform)
    await a_policy_value(family.r1, "demoMinutes", 60)
    demo = await a_demo(family, accountId="front@c1", accountRole="USER_AT_DOMAIN")
    await done(family.dan, USE, accountId=demo["id"], service="INCOMING_CALL", minutes=20)
    settings = {"label": "Front", "associatedNumber": "+6531580001", "ivrLanguage": "en", "selfCareTimeZone": "UTC"}
    [stored] = await rows(platform, "SELECT version FROM account")
    assert codes(await done(family.cora, SETTINGS, id=demo["id"], version=stored["version"], **settings)) == []
    clock.advance_to(START + 8 * EXACT_DAY)
    assert codes(await done(family.cora, LIVE, accountId=demo["id"])) == ["BILLING_NOT_ACTIVE"]
    assert codes(await done(family.mia, LIVE, accountId=demo["id"])) == ["FORBIDDEN"]
    assert codes(await done(family.ben, LIVE, accountId=demo["id"])) == ["CONSENT_REQUIRED"]
    assert codes(await done(family.rob, LIVE, accountId=demo["id"])) == ["NOT_FOUND"]
    await pay(family.c1, "10")
    await pay(family.r1, "10")  # what a live account's paid sessions need above it (MON-19)
    live = await done(family.cora, LIVE, accountId=demo["id"])
    assert live == {"errors": [], "account": {
        "id": demo["id"], "kind": "LIVE", "isReadOnly": False, "demoEndsAt": None, "demoMinutesLeft": 0,
        "accountId": "front@c1", "accountRole": "USER_AT_DOMAIN", "member": {"id": family.cora.id},
        "settings": settings,
    }}  # fmt: skip
    for service in ("INCOMING_CALL", "OUTGOING_CALL", "MESSAGE", "API", "NUMBER"):
        assert await may(family.cora, demo["id"], service) is None
    assert codes(await done(family.cora, LIVE, accountId=demo["id"])) == ["REFERENCE_INVALID"]
    clock.advance_to(START + 100 * EXACT_DAY)
    await run_steps_once(platform)
    assert await count(platform, "account") == 1


async def test_demo_7_a_payment_alone_is_not_enough(platform: Platform) -> None:
    family = await the_fixture(platform)
    demo = await a_demo(family)
    await deactivated(family, family.c1)
    assert codes(await done(family.cora, LIVE, accountId=demo["id"])) == ["BILLING_NOT_ACTIVE"]


async def test_a_53_what_a_demo_may_do_without_and_with_kyc(platform: Platform) -> None:
    family = await the_fixture(platform)
    await a_preset(family.r1, "myoperator")
    demo = await a_demo(family)
    assert [await may(family.sue, demo["id"], each) for each in ("INCOMING_CALL", "MESSAGE", "NUMBER", "API")] == [
        "KYC_REQUIRED", None, "KYC_REQUIRED", None,
    ]  # fmt: skip
    assert await may(family.sue, demo["id"], "OUTGOING_CALL") == "KYC_REQUIRED"
    assert codes(await done(family.ben, DECIDE, organizationId=family.c1.id, decision="APPROVED")) == []
    assert await may(family.sue, demo["id"], "INCOMING_CALL") is None
    assert await may(family.sue, demo["id"], "OUTGOING_CALL") == "DEMO_OUTBOUND_REFUSED"
    assert await may(family.sue, demo["id"], "NUMBER") is None


async def test_a_54_a_live_account_without_kyc_gets_no_number(platform: Platform) -> None:
    family = await the_fixture(platform)
    await a_preset(family.r1, "myoperator")
    demo = await a_demo(family)
    await pay(family.c1, "5000")
    await pay(family.r1, "10")
    assert codes(await done(family.cora, LIVE, accountId=demo["id"])) == []
    assert codes(await done(family.cora, HAND_IN, organizationId=family.c1.id, documents=A_DOCUMENT)) == []
    found = [await may(family.cora, demo["id"], each) for each in ("NUMBER", "OUTGOING_CALL", "MESSAGE")]
    assert found == ["KYC_REQUIRED", "KYC_REQUIRED", None]


async def test_who_may_try_an_account(platform: Platform) -> None:
    family = await the_fixture(platform)
    demo = await a_demo(family)
    given = {"accountId": demo["id"], "service": "MESSAGE"}
    assert (await asked(family.mia, CHECK, input=given)).codes == ["FORBIDDEN"]
    assert (await asked(family.rob, CHECK, input=given)).codes == ["NOT_FOUND"]
    assert codes(await done(family.mia, USE, **given)) == ["FORBIDDEN"]
    assert codes(await done(family.rob, USE, **given)) == ["NOT_FOUND"]
    own = await rows(platform, "UPDATE account SET member_id = $1 RETURNING id", family.mia.id)
    assert await may(family.mia, own[0]["id"], "MESSAGE") is None
    assert codes(await done(family.mia, USE, **given)) == []


async def test_a_55_an_approved_billing_name_is_the_sellers(platform: Platform) -> None:
    family = await the_fixture(platform)
    await a_preset(family.r1, "myoperator")

    async def edited(who: Member, **fields: str) -> list[str]:
        read = (await asked(family.cora, ORGANIZATION, id=family.c1.id)).data["organization"]
        return codes(await done(who, EDIT, id=family.c1.id, version=read["version"], **fields))

    async def billing_name() -> str:
        return str((await asked(family.cora, ORGANIZATION, id=family.c1.id)).data["organization"]["billingName"])

    plan = await a_plan(family.o, prices=[(family.o, "1"), (family.r1, "1")])
    await pay(family.r1, "5000")
    await pay(family.c1, "5000")
    await buy(family.cora, family.c1, plan)
    issued = await rows(platform, "SELECT * FROM invoice WHERE organization_id = $1", family.c1.id)
    assert len(issued) == 1 and json.loads(issued[0]["buyer"])["name"] == "C1"
    handed_in = await done(family.cora, HAND_IN, organizationId=family.c1.id, documents=A_DOCUMENT)
    assert handed_in["organization"]["kycStatus"] == "PENDING"
    assert (await edited(family.cora, billingName="C1 Holding"), await billing_name()) == ([], "C1 Holding")
    assert codes(await done(family.ben, DECIDE, organizationId=family.c1.id, decision="APPROVED")) == []
    assert await edited(family.cora, billingName="Another") == ["BILLING_NAME_LOCKED"]
    assert (await edited(family.cora, name="C1 renamed"), await billing_name()) == ([], "C1 Holding")
    new = {"organizationId": family.c1.id, "billingName": "C1 Legal"}

    async def renamed(who: Member, **given: Any) -> dict[str, Any]:
        answer: dict[str, Any] = (await asked(who, EDIT_LOCKED, input=given)).data["editLockedBillingName"]
        return answer

    proof = {"reason": "Merger", "document": "Deed 7", "contactEmail": str(family.cora.email).upper()}
    assert codes(await renamed(family.ben, **new)) == [
        "CONTACT_PROOF_REQUIRED", "FIELD_REQUIRED", "FIELD_REQUIRED",
    ]  # fmt: skip
    foreign = {**proof, "contactEmail": family.mia.email}
    assert codes(await renamed(family.ben, **new, **foreign)) == ["CONTACT_PROOF_REQUIRED"]
    assert codes(await renamed(family.cora, **new, **proof)) == ["BILLING_NAME_LOCKED"]
    assert codes(await renamed(family.rob, **new, **proof)) == ["NOT_FOUND"]
    saved = await renamed(family.ben, **new, **proof)
    assert saved == {"errors": [], "organization": {"name": "C1 renamed", "billingName": "C1 Legal"}}
    assert await rows(platform, "SELECT * FROM invoice WHERE organization_id = $1", family.c1.id) == issued
    [entry] = await rows(
        platform, "SELECT * FROM audit_entry WHERE action = 'editLockedBillingName' AND result_code IS NULL"
    )
    assert (entry["reason"], entry["organization_id"]) == ("Merger", family.c1.id)
    assert str(family.cora.email) in entry["after_values"]


async def test_kyc_3_a_name_that_follows_stands_still_from_the_approval_on(platform: Platform) -> None:
    family = await the_fixture(platform)
    await a_preset(family.r1, "myoperator")
    assert codes(await done(family.ben, DECIDE, organizationId=family.c1.id, decision="APPROVED")) == []
    read = (await asked(family.cora, ORGANIZATION, id=family.c1.id)).data["organization"]
    named = await done(family.cora, EDIT, id=family.c1.id, version=read["version"], name="New", billingName="C1")
    assert named["organization"] | {"version": 0} == {"name": "New", "billingName": "C1", "version": 0}
    given = {"billingName": "C2 Legal", "reason": "r", "document": "d", "contactEmail": family.dan.email}
    await a_policy_value(family.r1, "billingNameLock", "NEVER")
    for of, code in ((family.c1, "CONSENT_REQUIRED"), (family.c3, "FORBIDDEN")):
        answer = await asked(family.ben, EDIT_LOCKED, input={"organizationId": of.id, **given})
        assert codes(answer.data["editLockedBillingName"]) == [code]


async def test_a_15_who_does_not_pay_is_found_all_the_same(platform: Platform) -> None:
    family = await the_fixture(platform)
    contact = await a_contact(family.c2, "a@x.test")
    await deactivated(family, family.c2)
    given = {"contactEmail": {"value": "a@x.test"}}
    assert (await asked(family.ben, SEARCH, filter=given)).data["organizations"]["nodes"] == [{"id": family.c2.id}]
    remove = "mutation ($input: MemberInput!) { removeMember(input: $input) { errors { code } } }"
    assert codes(await done(family.ben, remove, memberId=contact.id)) == []
    found = (await asked(family.ben, SEARCH, filter=given)).data["organizations"]
    assert found == {"totalCount": 0, "nodes": []}


async def test_mem_8_who_leaves_leaves_the_accounts_to_nobody(platform: Platform) -> None:
    family = await the_fixture(platform)
    contact = await a_contact(family.c2)
    made = await done(family.sue, DEMO, organizationId=family.c2.id, contactId=contact.id)
    remove = "mutation ($input: MemberInput!) { removeMember(input: $input) { errors { code } } }"
    assert codes(await done(family.ben, remove, memberId=contact.id)) == []
    [row] = await rows(platform, "SELECT member_id FROM account WHERE id = $1", made["account"]["id"])
    assert row["member_id"] is None
