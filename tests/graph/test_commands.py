"""Mutations through the schema: payload rows read in the transaction, refusals as data, replays, audit of refusals."""

from core.transaction import fetch_value
from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.asking import ask
from tests.makers import a_reseller, an_operator, credentials_of

CREATE = """mutation ($input: CreateOrganizationInput!) { createOrganization(input: $input) {
    __typename replayed errors { code field }
    organization { name seller { name } members { nodes { role email } } } } }"""


async def test_a_command_answers_the_row_it_made_and_a_replay_answers_it_again(platform: Platform) -> None:
    operator = await an_operator(platform)
    reseller = await a_reseller(platform, under=operator, name="Northline")
    assert reseller.owner is not None
    owner = await credentials_of(reseller.owner)
    given = {
        "parentId": reseller.id, "kind": "CUSTOMER", "name": "Acme", "country": "SG", "currency": "SGD",
        "timezone": "Asia/Singapore", "pricingModel": "APP", "address": "1 Road",
        "owner": {"givenName": "Eve", "familyName": "Adams", "email": "eve@c5.test"}, "city": "Singapore",
        "idempotencyKey": "k1",
    }  # fmt: skip
    first = (await ask(platform, owner, CREATE, input=given)).data["createOrganization"]
    assert first["errors"] == []
    assert first["organization"] == {
        "name": "Acme", "seller": {"name": "Northline"},
        "members": {"nodes": [{"role": "OWNER", "email": "eve@c5.test"}]},
    }  # fmt: skip
    again = (await ask(platform, owner, CREATE, input=given)).data["createOrganization"]
    assert (first["replayed"], again["replayed"], again["organization"]) == (False, True, first["organization"])
    other = (await ask(platform, owner, CREATE, input=given | {"name": "Other"})).data["createOrganization"]
    assert [error["code"] for error in other["errors"]] == ["IDEMPOTENCY_KEY_REUSED"]


async def test_a_refusal_is_data_with_all_its_fields_and_one_audit_entry(platform: Platform) -> None:
    operator = await an_operator(platform)
    reseller = await a_reseller(platform, under=operator)
    assert reseller.owner is not None
    given = {"parentId": reseller.id, "kind": "CUSTOMER", "name": "A", "country": "Singapore", "currency": "SGDX"}
    answer = await ask(platform, await credentials_of(reseller.owner), CREATE, input=given)
    payload = answer.data["createOrganization"]
    assert payload["organization"] is None
    codes = {error["code"] for error in payload["errors"]}
    assert {"NAME_LENGTH", "COUNTRY_INVALID", "CURRENCY_INVALID", "FIELD_REQUIRED"} <= codes
    async with platform_transaction(platform) as tx:
        refusals = "SELECT count(*) FROM audit_entry WHERE action = 'createOrganization' AND result_code IS NOT NULL"
        assert await fetch_value(tx, refusals) == 1


async def test_viewer_and_nodes(platform: Platform) -> None:
    operator = await an_operator(platform)
    reseller = await a_reseller(platform, under=operator, name="Northline")
    assert reseller.owner is not None
    document = """query ($ids: [ID!]!, $id: ID!) { viewer { role organization { id } permissions }
        node(id: $id) { __typename id ... on Member { email } }
        nodes(ids: $ids) { id ... on Organization { name } } }"""
    ids = [reseller.id, operator.id, "org_01jzzzzzzzzzzzzzzzzzzzzzzz", "nonsense"]
    owner = reseller.owner
    answer = await ask(platform, await credentials_of(owner), document, ids=ids, id=owner.id)
    assert answer.errors == []
    assert answer.data["node"] == {"__typename": "Member", "id": owner.id, "email": owner.email}
    assert answer.data["nodes"] == [{"id": reseller.id, "name": "Northline"}, None, None, None]
    assert answer.data["viewer"]["organization"] == {"id": reseller.id}
    assert "CREATE_BUYER" in answer.data["viewer"]["permissions"]
