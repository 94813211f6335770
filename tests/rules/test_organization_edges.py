"""Cases around the rules of organizations, stops and endings: rights before state, everything at once, bounds."""

import asyncio
from typing import Any

from tenants.permissions import Role
from tenants.unit_of_work import Platform
from tests.acting import everything
from tests.graph.asking import SCHEMA, ask
from tests.graph.billing_documents import codes, done
from tests.makers import Member, a_member, an_api_key
from tests.makers_billing import a_plan, change_wallet, pay, rows
from tests.makers_subscriptions import set_policy
from tests.rules.fixture_organizations import the_fixture
from tests.rules.stop_documents import DELETE, PREVIEW, SUSPEND, deleted, lifted, notices, refused, status_of, stopped

CREATE = """mutation ($input: CreateOrganizationInput!) { createOrganization(input: $input) {
    errors { code field } organization { id billingNumber timezone country } } }"""
UPDATE = """mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) {
    errors { code field } organization { version buyerTags { key value } activatedAt } } }"""
BILLING_KIND = """mutation ($input: ChangeBillingKindInput!) { changeBillingKind(input: $input) {
    errors { code field } organization { billingKind } } }"""
LOW_MONEY = "mutation ($input: SetLowMoneyAlertInput!) { setLowMoneyAlert(input: $input) { errors { code } } }"


async def test_stop_3_and_gen_1_the_role_is_asked_before_the_operator_is_protected(platform: Platform) -> None:
    tree = await the_fixture(platform)
    mo = await a_member(platform, of=tree.o, role=Role.MEMBER, name="mo")
    key = await an_api_key(tree.olga, scopes=("stop:write", "org:write"))
    for document, given in ((SUSPEND, {"reason": "SELLER"}), (DELETE, {})):
        assert await refused(mo, document, organizationId=tree.o.id, **given) == ["FORBIDDEN"]
        assert await refused(tree.olga, document, organizationId=tree.o.id, **given) == ["OPERATOR_PROTECTED"]
    answer = await ask(platform, key, DELETE, input={"organizationId": tree.o.id})
    assert codes(answer.data["answer"]) == ["FORBIDDEN"]


async def test_gen_2_a_suspension_twice_of_what_is_being_deleted(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await stopped(tree.ben, tree.c1)
    await deleted(tree.ben, tree.c1)
    assert codes(await stopped(tree.ben, tree.c1)) == ["ALREADY_SUSPENDED", "ORGANIZATION_NOT_ACTIVE"]
    assert codes(await stopped(tree.ben, tree.c1, "POLICY")) == ["ORGANIZATION_NOT_ACTIVE"]


async def test_gen_2_deleting_what_is_being_deleted_names_the_blockers_too(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await deleted(tree.ben, tree.c1)
    await change_wallet(tree.c1, wallet_micros=1_000_000)
    assert codes(await deleted(tree.ben, tree.c1)) == ["ORGANIZATION_NOT_ACTIVE", "WALLET_NOT_EMPTY"]
    preview = await done(tree.ben, PREVIEW, organizationId=tree.c1.id)
    assert [each["code"] for each in preview["blockers"]] == ["ORGANIZATION_NOT_ACTIVE", "WALLET_NOT_EMPTY"]


async def test_gen_2_a_billing_kind_that_fits_nowhere_of_a_stopped_buyer(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await stopped(tree.ben, tree.c1)
    [row] = await rows(platform, "SELECT version FROM organization WHERE id = $1", tree.c1.id)
    given = {"organizationId": tree.c1.id, "version": row["version"], "billingKind": "CHILD", "corporateId": tree.c2.id}
    assert codes(await done(tree.ben, BILLING_KIND, **given)) == ["BILLING_GROUP_INVALID", "ORGANIZATION_NOT_ACTIVE"]


async def test_org_16_the_low_money_alert_of_a_stopped_buyer(platform: Platform) -> None:
    tree = await the_fixture(platform)
    given = {"organizationId": tree.c2.id, "topUp": {"amount": "5.00", "currency": "SGD"}, "idempotencyKey": "one"}
    await stopped(tree.ben, tree.c2)
    assert codes(await done(tree.ben, LOW_MONEY, **given)) == ["ORGANIZATION_NOT_ACTIVE"]
    [wallet] = await rows(platform, "SELECT top_up_micros FROM wallet WHERE organization_id = $1", tree.c2.id)
    assert wallet["top_up_micros"] is None


async def test_gen_8_what_is_picked_from_a_list_is_trimmed_like_any_text(platform: Platform) -> None:
    tree = await the_fixture(platform)
    given = {
        "parentId": tree.o.id, "kind": "CUSTOMER", "name": " Trim ", "country": " SG ", "currency": "SGD",
        "timezone": " Asia/Singapore ", "pricingModel": "APP", "managedBy": "SERVICE_PROVIDER",
        "billingNumber": " 6001 ",
    }  # fmt: skip
    made = await done(tree.olga, CREATE, **given)
    assert codes(made) == []
    assert made["organization"]["billingNumber"] == "6001"
    assert codes(await done(tree.olga, CREATE, **given | {"billingNumber": "6001"})) == ["BILLING_NUMBER_TAKEN"]
    tags = [{"key": " CustomerRef ", "value": " 7 "}]
    [row] = await rows(platform, "SELECT version FROM organization WHERE id = $1", tree.c1.id)
    saved = await done(tree.ben, UPDATE, id=tree.c1.id, version=row["version"], buyerTags=tags)
    assert codes(saved) == []
    assert saved["organization"]["buyerTags"] == [{"key": "CustomerRef", "value": "7"}]


async def test_del_6_the_preview_of_the_own_end(platform: Platform) -> None:
    tree = await the_fixture(platform)
    first = await done(tree.cora, PREVIEW, organizationId=tree.c1.id)
    assert (first["status"], first["reversibleUntil"]) == ("SUSPENDED_FOR_DELETION", "2026-03-04T16:00:00.000Z")
    await set_policy(tree.o, deletionReverseDays=0)
    then = await done(tree.cora, PREVIEW, organizationId=tree.c1.id)
    assert (then["status"], then["reversibleUntil"]) == ("DELETED", None)
    assert await status_of(tree.c1) == "ACTIVE"


async def told(who: Member, mutation: str, **input: Any) -> list[str]:
    """The codes with which the mutation is refused."""
    kind: Any = SCHEMA._schema.mutation_type
    document = "mutation ($input: {}) {{ answer: {}(input: $input) {{ errors {{ code }} }} }}"
    return codes(await done(who, document.format(kind.fields[mutation].args["input"].type, mutation), **input))


async def test_org_16_nothing_is_written_on_a_stopped_buyer(platform: Platform) -> None:
    tree = await the_fixture(platform)
    plan = await a_plan(tree.o, prices=[(tree.o, "0"), (tree.r1, "60")])
    zoe = await a_member(platform, of=tree.c2, name="zoe")
    await pay(tree.c2, "5", method="CHEQUE")
    sql = "UPDATE payment SET product_category = 'SMS' WHERE organization_id = $1 RETURNING id"
    [payment] = await rows(platform, sql, tree.c2.id)
    await set_policy(tree.o, sellerStateProducts=["SMS"])
    await stopped(tree.ben, tree.c2)
    [row] = await rows(platform, "SELECT version FROM organization WHERE id = $1", tree.c2.id)
    of, money = {"organizationId": tree.c2.id}, {"amount": "1.00", "currency": "SGD"}
    versioned = of | {"version": row["version"]}
    writes: list[tuple[str, dict[str, Any]]] = [
        ("updateOrganization", {"id": tree.c2.id, "version": row["version"], "name": "Other"}),
        ("updateOrganization", {"id": tree.c2.id, "version": row["version"], "country": "MY"}),
        ("correctActivationDate", versioned | {"activationDate": "2026-02-01"}),
        ("changeBillingDay", versioned | {"billingDay": 5, "reason": "asked"}),
        ("changeBillingKind", versioned | {"billingKind": "CORPORATE"}),
        ("setOrganizationPicture", of | {"content": None}),
        ("createMember", of | {"givenName": "Desk"}),
        ("changeMemberRole", {"memberId": zoe.id, "role": "ADMIN"}),
        ("removeMember", {"memberId": zoe.id}),
        ("endMemberSessions", {"memberId": zoe.id}),
        ("handInKyc", of | {"documents": [{"kind": "CERTIFICATE", "reference": "1"}]}),
        ("setPolicyForBuyer", {"buyerId": tree.c2.id, "values": [{"name": "graceDays", "value": 3}]}),
        ("setBuyerTerms", {"buyerId": tree.c2.id}),
        ("setContractPrice", {"buyerId": tree.c2.id, "itemId": plan, "cycleMonths": 1, "amount": money}),
        ("purchaseSubscription", of | {"planId": plan, "idempotencyKey": "p"}),
        ("startTrial", of | {"planId": plan}),
        ("setCreditLimit", of | {"creditLimit": money, "idempotencyKey": "l"}),
        ("issueCredit", of | {"amount": money, "idempotencyKey": "i"}),
        ("switchWalletMode", of | {"mode": "POSTPAID", "idempotencyKey": "w"}),
        ("createBatch", of | {"name": "B", "accountRole": "UNIVERSAL"}),
        ("createAccount", of | {"accountId": "desk1", "accountRole": "UNIVERSAL"}),
        ("changeSellerState", {"paymentId": payment["id"], "sellerState": "KA", "idempotencyKey": "s"}),
    ]
    before = await everything(platform)
    answers = {name: await told(tree.ada, name, **given) for name, given in writes}
    assert answers == dict.fromkeys(answers, ["ORGANIZATION_NOT_ACTIVE"])
    after = await everything(platform)
    assert {table for table in after if after[table] != before[table]} <= {"audit_entry", "session"}


async def test_gen_1_bad_input_comes_before_the_stop(platform: Platform) -> None:
    tree = await the_fixture(platform)
    zoe = await a_member(platform, of=tree.c2, name="zoe")
    await stopped(tree.ben, tree.c2)
    of, none = {"organizationId": tree.c2.id}, {"amount": "0.00", "currency": "SGD"}
    bad = [{"name": "graceDays", "value": "x"}]
    assert await told(tree.ada, "changeMemberRole", memberId=zoe.id, role="OWNER") == ["OWNER_BY_TRANSFER_ONLY"]
    assert await told(tree.ada, "setPolicyForBuyer", buyerId=tree.c2.id, values=bad) == ["POLICY_VALUE_INVALID"]
    assert await told(tree.ada, "issueCredit", **of, amount=none, idempotencyKey="i") == ["AMOUNT_NOT_POSITIVE"]
    assert await told(tree.ada, "setBuyerTerms", buyerId=tree.c2.id, discountPercent="101") == ["PERCENT_INVALID"]


async def test_gen_7_of_two_at_once_exactly_one_succeeds(platform: Platform) -> None:
    tree = await the_fixture(platform)
    ben, ada, olga = tree.ben, tree.ada, tree.olga

    twice = await asyncio.gather(stopped(ben, tree.c1), stopped(ada, tree.c1))
    assert sorted(map(codes, twice)) == [[], ["ALREADY_SUSPENDED"]]
    assert len(await notices(tree.c1, "notice.suspended")) == 1

    twice = await asyncio.gather(lifted(ben, tree.c1), lifted(ada, tree.c1))
    assert sorted(map(codes, twice)) == [[], ["NOT_FOUND"]]
    assert len(await notices(tree.c1, "notice.lifted")) == 1

    twice = await asyncio.gather(deleted(ben, tree.c1), deleted(ada, tree.c1))
    assert sorted(map(codes, twice)) == [[], ["ORGANIZATION_NOT_ACTIVE"]]
    assert len(await notices(tree.c1, "notice.deletion_requested")) == 1

    new = {
        "parentId": tree.o.id, "kind": "CUSTOMER", "name": "Twin", "country": "SG", "currency": "SGD",
        "timezone": "Asia/Singapore", "pricingModel": "APP", "managedBy": "SERVICE_PROVIDER", "billingNumber": "7001",
    }  # fmt: skip
    twice = await asyncio.gather(done(olga, CREATE, **new), done(olga, CREATE, **new))
    assert sorted(map(codes, twice)) == [[], ["BILLING_NUMBER_TAKEN"]]

    keyed = new | {"billingNumber": "7002", "idempotencyKey": "same"}
    twice = await asyncio.gather(done(olga, CREATE, **keyed), done(olga, CREATE, **keyed))
    assert list(map(codes, twice)) == [[], []]
    assert twice[0]["organization"] == twice[1]["organization"]


async def test_gen_1_a_foreign_token_says_nothing_to_who_may_not_move(platform: Platform) -> None:
    tree = await the_fixture(platform)
    mo = await a_member(platform, of=tree.o, role=Role.SUPPORT, name="mo")
    given = {"organizationId": tree.c1.id, "newSellerId": tree.r2.id}
    assert await told(mo, "moveOrganization", **given, token="unknown") == ["FORBIDDEN"]
    assert await told(tree.olga, "moveOrganization", **given, token="unknown") == ["NOT_FOUND"]
    assert await told(tree.olga, "moveOrganization", **given) == ["CONSENT_REQUIRED"]
    assert await told(tree.ada, "moveOrganization", **given) == ["NOT_FOUND"]


async def test_stop_3_every_role_and_every_distance(platform: Platform) -> None:
    tree = await the_fixture(platform)
    expected = {  # (who, whom, reason)
        ("olga", "c1", "SELLER"): ["FORBIDDEN"], ("olga", "c1", "KYC_OVERDUE"): ["FORBIDDEN"],
        ("olga", "c1", "PAYMENT"): ["FORBIDDEN"], ("olga", "c1", "POLICY"): [], ("olga", "r1a", "FRAUD"): [],
        ("ben", "c1", "KYC_OVERDUE"): [], ("ben", "c2", "FRAUD"): [], ("bill", "c2", "PAYMENT"): [],
        ("bill", "c2", "SELLER"): ["FORBIDDEN"], ("bill", "c3", "PAYMENT"): ["FORBIDDEN"],
        ("sue", "c2", "PAYMENT"): ["FORBIDDEN"], ("ada", "r1", "PAYMENT"): ["CANNOT_ACT_ON_SELF"],
        ("sue", "r1", "PAYMENT"): ["FORBIDDEN"], ("ada", "o", "FRAUD"): ["NOT_FOUND"],
        ("ada", "c4", "FRAUD"): ["NOT_FOUND"], ("dan", "c1", "SELLER"): ["CANNOT_ACT_ON_SELF"],
        ("mia", "c1", "SELLER"): ["FORBIDDEN"], ("rob", "c1", "FRAUD"): ["NOT_FOUND"],
    }  # fmt: skip
    order = sorted(expected, key=lambda each: not expected[each])  # refusals first: what is stopped signs nobody in
    found = {
        (who, whom, reason): codes(await stopped(getattr(tree, who), getattr(tree, whom), reason))
        for who, whom, reason in order
    }
    assert found == expected
