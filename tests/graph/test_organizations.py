"""`createOrganization`, `updateOrganization` and what an organization's row tells its viewer."""

import json
from typing import Any

import pytest

from core.clock import parse_instant
from core.transaction import fetch_value
from tenants.permissions import Action, Condition, Relation, Role, allowed_actions
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import everything
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, a_customer, a_reseller, an_operator
from tests.rules.fixture_organizations import Fixture, the_fixture

CREATE = """mutation ($input: CreateOrganizationInput!) { createOrganization(input: $input) { replayed
    errors { code field } organization { id name kind status effectiveStatus billingName billingEmail billingKind
        pricingModel clockNow activatedAt owner { email role invitation contactFor } wallet { currency } } } }"""
UPDATE = """mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) { replayed
    errors { code field } organization { name billingName billingEmail timezone managedBy version
        buyerTags { key value } } } }"""
VERSION = "query ($id: ID!) { organization(id: $id) { version } }"


def a_new(parent_id: str, **given: Any) -> dict[str, Any]:
    return {
        "parentId": parent_id, "kind": "CUSTOMER", "name": "Acme", "country": "SG", "currency": "SGD",
        "timezone": "Asia/Singapore", "pricingModel": "APP", "address": "1 Road", "city": "Singapore",
        "owner": {"givenName": "Eve", "familyName": "Adams", "email": "eve@c5.test"},
    } | given  # fmt: skip


async def updated(who: Member, organization_id: str, **given: Any) -> dict[str, Any]:
    """The payload of an update with the present version."""
    version = (await asked(who, VERSION, id=organization_id)).data["organization"]["version"]
    return await done(who, UPDATE, id=organization_id, version=version, **given)


async def test_a_03_a_customer_that_manages_itself(platform: Platform) -> None:
    tree = await the_fixture(platform)
    payload = await done(tree.ben, CREATE, **a_new(tree.r1.id))
    made = payload["organization"]
    assert payload["errors"] == []
    assert made | {"id": "", "activatedAt": ""} == {
        "id": "", "name": "Acme", "kind": "CUSTOMER", "status": "ACTIVE", "effectiveStatus": "ACTIVE",
        "billingName": "Acme", "billingEmail": "eve@c5.test", "billingKind": "NORMAL", "pricingModel": "APP",
        "clockNow": None, "activatedAt": "", "wallet": {"currency": "SGD"},
        "owner": {"email": "eve@c5.test", "role": "OWNER", "invitation": "PENDING",
                  "contactFor": ["TECH", "ACCOUNTS", "GENERAL"]},
    }  # fmt: skip
    assert made["activatedAt"] == "2026-02-02T12:00:00.000Z"


async def test_a_02_every_input_refusal_at_once_and_no_row(platform: Platform) -> None:
    tree = await the_fixture(platform)
    before = await everything(platform)
    owner = {"givenName": "Eve", "familyName": "Adams"}
    given = a_new(tree.r1.id, country="Singapore", currency="SGDX", owner=owner)
    payload = await done(tree.ben, CREATE, **given)
    assert payload["errors"] == [
        {"code": "COUNTRY_INVALID", "field": ["country"]},
        {"code": "CURRENCY_INVALID", "field": ["currency"]},
        {"code": "FIELD_REQUIRED", "field": ["owner", "email"]},
    ]
    after = await everything(platform)
    assert {table for table in after if after[table] != before[table]} <= {"audit_entry", "session"}


async def test_who_may_create_below_whom(platform: Platform) -> None:
    tree = await the_fixture(platform)
    for who in (tree.bill, tree.sue):
        assert codes(await done(who, CREATE, **a_new(tree.r1.id))) == ["FORBIDDEN"]
    assert codes(await done(tree.ada, CREATE, **a_new(tree.r1a.id))) == ["FORBIDDEN"]
    assert codes(await done(tree.ada, CREATE, **a_new(tree.r2.id))) == ["NOT_FOUND"]
    assert codes(await done(tree.cora, CREATE, **a_new(tree.c1.id))) == ["PARENT_KIND_INVALID"]
    assert codes(await done(tree.olga, CREATE, **a_new(tree.o.id, kind="OPERATOR"))) == ["OPERATOR_EXISTS"]


async def test_the_operator_opens_a_sandbox_that_stands(platform: Platform) -> None:
    tree = await the_fixture(platform)
    sandbox = {"standsAt": "2026-01-31T22:00:00+08:00"}
    made = (await done(tree.olga, CREATE, **a_new(tree.o.id, kind="RESELLER", sandbox=sandbox)))["organization"]
    assert made["clockNow"] == "2026-01-31T14:00:00.000Z"
    ticking = (await done(tree.olga, CREATE, **a_new(tree.o.id, kind="RESELLER", sandbox={})))["organization"]
    assert ticking["clockNow"] == "2026-02-02T12:00:00.000Z"
    assert codes(await done(tree.ada, CREATE, **a_new(tree.r1.id, sandbox=sandbox))) == ["FORBIDDEN"]
    guess = await asked(tree.olga, CREATE, input=a_new(tree.o.id, sandbox={"standsAt": "2026-01-31T22:00:00"}))
    assert guess.codes == ["BAD_USER_INPUT"]


async def test_those_in_a_sandbox_see_its_time(platform: Platform) -> None:
    operator = await an_operator(platform)
    stands_at = parse_instant("2026-03-08T05:00:00Z")
    box = await a_reseller(platform, under=operator, sandbox=True, stands_at=stands_at)
    inside = await a_customer(platform, under=box)
    document = "query ($id: ID!) { organization(id: $id) { clockNow } }"
    for who in (operator.someone, box.someone, inside.someone):
        answer = await asked(who, document, id=inside.id)
        assert answer.data == {"organization": {"clockNow": "2026-03-08T05:00:00.000Z"}}


async def test_a_05_what_never_changes(platform: Platform) -> None:
    tree = await the_fixture(platform)
    given = {"pricingModel": "LICENSE", "currency": "USD", "billingNumber": "5999"}
    payload = await updated(tree.ben, tree.c2.id, **given)
    assert payload["errors"] == [
        {"code": "BILLING_NUMBER_IMMUTABLE", "field": ["billingNumber"]},
        {"code": "CURRENCY_IMMUTABLE", "field": ["currency"]},
        {"code": "PRICING_MODEL_IMMUTABLE", "field": ["pricingModel"]},
    ]
    assert payload["organization"] is None


async def test_a_06_buyer_tags_are_the_sellers(platform: Platform) -> None:
    tree = await the_fixture(platform)
    three = [{"key": key, "value": "7"} for key in ("CustomerRef", "BillingRef", "TypeRef")]
    saved = await updated(tree.ben, tree.c1.id, buyerTags=three)
    assert sorted(each["key"] for each in saved["organization"]["buyerTags"]) == [
        "BillingRef",
        "CustomerRef",
        "TypeRef",
    ]
    four = await updated(tree.ben, tree.c1.id, buyerTags=[*three, {"key": "Other", "value": ""}])
    assert codes(four) == ["BUYER_TAGS_TOO_MANY"]
    tags = "query ($id: ID!) { organization(id: $id) { buyerTags { value } } }"
    seen = {who.given_name: (await asked(who, tags, id=tree.c1.id)).data["organization"]["buyerTags"]
            for who in (tree.ben, tree.olga, tree.cora)}  # fmt: skip
    assert {name: len(found) for name, found in seen.items()} == {"Ben": 3, "Olga": 3, "Cora": 0}


async def test_a_07_renaming_a_buyer(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert codes(await updated(tree.ben, tree.c1.id, name="New")) == ["CONSENT_REQUIRED"]
    saved = await updated(tree.ben, tree.c2.id, name="New", billingEmail="fin@c2.test")
    assert saved["organization"] | {"buyerTags": []} == {
        "name": "New", "billingName": "New", "billingEmail": "fin@c2.test", "timezone": "Asia/Singapore",
        "managedBy": "SERVICE_PROVIDER", "version": 2, "buyerTags": [],
    }  # fmt: skip
    assert codes(await updated(tree.bill, tree.c2.id, name="Newer")) == ["FORBIDDEN"]
    assert codes(await updated(tree.ada, tree.c3.id, name="Newer")) == ["FORBIDDEN"]


async def test_gen_5_another_version_is_a_conflict_and_a_key_replays(platform: Platform) -> None:
    tree = await the_fixture(platform)
    edit = {"id": tree.c2.id, "version": 1, "name": "New", "idempotencyKey": "u1"}
    first = await done(tree.ben, UPDATE, **edit)
    assert (await done(tree.ben, UPDATE, **edit)) == first | {"replayed": True}
    assert codes(await done(tree.ben, UPDATE, **edit | {"idempotencyKey": "u2"})) == ["VERSION_CONFLICT"]


async def test_gen_8_a_null_empties_and_what_is_left_out_stays(platform: Platform) -> None:
    tree = await the_fixture(platform)
    payload = await updated(tree.ben, tree.c2.id, billingEmail=None, city="Singapore")
    assert payload["organization"]["billingEmail"] is None
    assert payload["organization"]["name"] == "C2"
    assert codes(await updated(tree.ben, tree.c2.id, name=None)) == ["FIELD_REQUIRED"]


async def test_vis_3_a_stranger_and_a_missing_row_are_refused_alike(platform: Platform) -> None:
    tree = await the_fixture(platform)
    edits = [{"id": each, "version": 1, "name": "Mine"} for each in (tree.c4.id, "org_01jzzzzzzzzzzzzzzzzzzzzzzz")]
    answers = [await done(tree.ada, UPDATE, **edit) for edit in edits]
    assert answers[0] == answers[1]
    assert answers[0]["errors"] == [{"code": "NOT_FOUND", "field": ["id"]}]
    async with platform_transaction(platform) as tx:
        told = "SELECT count(*) FROM audit_entry WHERE action = 'updateOrganization' AND organization_id <> $1"
        assert await fetch_value(tx, told, tree.r1.id) == 0


@pytest.mark.parametrize("name", ["ada", "ben", "bill", "sue", "olga"])
async def test_allowed_actions_are_the_table_of_rights_for_each_relation(platform: Platform, name: str) -> None:
    tree = await the_fixture(platform)
    who: Member = getattr(tree, name)
    document = "{ organizations { nodes { name allowedActions } } }"
    rows = (await asked(who, document)).data["organizations"]["nodes"]
    expected = {each: sorted(of_table(tree, who, each)) for each in ("R1", "R1a", "C1", "C2", "C3")}
    assert {row["name"]: row["allowedActions"] for row in rows if row["name"] in expected} == expected


def of_table(tree: Fixture, who: Member, name: str) -> frozenset[Action]:
    from_operator = who.organization_id == tree.o.id
    by_customer = Relation.BUYER_MANAGED_BY_CUSTOMER
    own = {"R1": Relation.OWN, "R1a": by_customer, "C1": by_customer, "C2": Relation.BUYER_MANAGED_BY_SERVICE_PROVIDER}
    relation = {"R1": by_customer} if from_operator else own
    return allowed_actions(who.role, relation.get(name, Relation.BELOW_BUYER), holding=tuple(Condition))


async def test_an_own_organization_is_edited_and_a_buyers_consent_is_needed(platform: Platform) -> None:
    tree = await the_fixture(platform)
    document = "query ($id: ID!) { organization(id: $id) { allowedActions } }"
    own = (await asked(tree.cora, document, id=tree.c1.id)).data["organization"]["allowedActions"]
    assert {"EDIT_ORGANIZATION", "TRANSFER_OWNERSHIP"} <= set(own)
    assert "SUSPEND" not in own
    buyer = (await asked(tree.ben, document, id=tree.c1.id)).data["organization"]["allowedActions"]
    assert "SUSPEND" in buyer
    assert "EDIT_ORGANIZATION" not in buyer
    assert json.dumps(own) == json.dumps(sorted(own))
    assert (await asked(tree.mia, document, id=tree.c1.id)).codes == ["FORBIDDEN"]
    assert tree.mia.role is Role.MEMBER
