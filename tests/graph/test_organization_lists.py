"""`organizations`: the search rules, the standing order, pages, who finds what (SRCH-1 to SRCH-6, VIS-1 to VIS-3)."""

from typing import Any

import pytest

from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.asking import STATEMENTS, ask
from tests.graph.billing_documents import asked, done
from tests.makers import Member, Organization, a_customer, a_reseller, an_api_key, an_operator
from tests.rules.fixture_organizations import the_fixture

LIST = "query ($filter: OrganizationFilter) { organizations(filter: $filter) { totalCount nodes { name } } }"
CREATE_MEMBER = """mutation ($input: CreateMemberInput!) { createMember(input: $input) {
    errors { code } member { id contactFor isTechContact } } }"""


async def names(who: Member, **filter: Any) -> list[str]:
    """What the member finds; the count says the same."""
    answer = await asked(who, LIST, filter=filter)
    assert answer.errors == []
    found = [each["name"] for each in answer.data["organizations"]["nodes"]]
    assert answer.data["organizations"]["totalCount"] == len(found)
    return found


async def refused(who: Member, **filter: Any) -> list[tuple[str, list[str]]]:
    answer = await asked(who, LIST, filter=filter)
    return [(error["extensions"]["code"], error["extensions"]["field"]) for error in answer.errors]


async def a_seller_of(platform: Platform, *customers: str) -> Organization:
    reseller = await a_reseller(platform, under=await an_operator(platform), name="Northline")
    for name in customers:
        await a_customer(platform, under=reseller, name=name, managed_by="SERVICE_PROVIDER")
    return reseller


async def test_a_15_contacts_of_today_are_found(platform: Platform) -> None:
    tree = await the_fixture(platform)
    contact = {"organizationId": tree.c2.id, "givenName": "Ann", "email": "A@x.test", "contactFor": ["TECH"]}
    member = (await done(tree.ben, CREATE_MEMBER, **contact))["member"]
    assert (member["contactFor"], member["isTechContact"]) == (["TECH"], True)
    assert await names(tree.ben, contactEmail={"value": "a@x.test"}) == ["C2"]
    assert await names(tree.rob, contactEmail={"value": "a@x.test"}) == []
    set_contact = """mutation ($input: SetContactForInput!) { setContactFor(input: $input) {
        errors { code } member { contactFor } } }"""
    changed = await done(tree.ben, set_contact, memberId=member["id"], contactFor=[])
    assert changed == {"errors": [], "member": {"contactFor": []}}
    assert await names(tree.ben, contactEmail={"value": "a@x.test"}) == []


async def test_srch_4_the_billing_e_mail_is_found_too(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert tree.cora.email is not None
    assert await names(tree.ben, contactEmail={"value": tree.cora.email.upper(), "mode": "EXACT"}) == ["C1"]


async def test_a_16_modes(platform: Platform) -> None:
    given = ("Eric", "Erica", "Maverick", "American", "Derek", "Smith", "Hammersmith", "Smithers")
    ada = (await a_seller_of(platform, *given)).someone
    found = await names(ada, name={"value": "eric", "mode": "CONTAINS"})
    assert found == ["American", "Eric", "Erica", "Maverick"]
    assert await names(ada, name={"value": "SMITH", "mode": "ENDS_WITH"}) == ["Hammersmith", "Smith"]
    assert await names(ada, name={"value": "smith"}) == ["Smith", "Smithers"]
    assert await names(ada, name={"value": "SMITH", "mode": "EXACT"}) == ["Smith"]


async def test_srch_3_full_folding_and_literal_characters(platform: Platform) -> None:
    ada = (await a_seller_of(platform, "Straße 50%", "Café", "Cafe_1", "Cafex1")).someone
    assert await names(ada, name={"value": "STRASSE 50%", "mode": "EXACT"}) == ["Straße 50%"]
    assert await names(ada, name={"value": "cafe_"}) == ["Cafe_1"]
    assert await names(ada, name={"value": "CAFE\u0301"}) == ["Café"]
    assert await names(ada, name={"value": "e%5"}) == []


async def test_a_17_billing_numbers_uuids_and_short_terms(platform: Platform) -> None:
    seller = await a_reseller(platform, under=await an_operator(platform))
    ada = seller.someone
    first = await a_customer(platform, under=seller, name="First", billing_number="1212001")
    await a_customer(platform, under=seller, name="Second", billing_number="9121200")
    assert await names(ada, billingNumber={"value": "1212"}) == ["First"]
    assert await names(ada, billingNumber={"value": "1212", "mode": "CONTAINS"}) == ["First", "Second"]
    assert await names(ada, uuid={"value": first.id}) == ["First"]
    uuid, short = {"value": first.id, "mode": "STARTS_WITH"}, {"value": "ab", "mode": "CONTAINS"}
    assert await refused(ada, uuid=uuid, name=short) == [
        ("MATCH_MODE_INVALID", ["filter", "uuid", "mode"]),
        ("SEARCH_TERM_TOO_SHORT", ["filter", "name", "value"]),
    ]


async def test_a_kept_statement_checks_the_next_term(platform: Platform) -> None:
    ada = (await a_seller_of(platform, "Erica", "Derek")).someone
    await asked(ada, LIST, filter={"name": {"value": "eric", "mode": "CONTAINS"}})
    kept = len(STATEMENTS._kept)
    assert await names(ada, name={"value": "ere", "mode": "CONTAINS"}) == ["Derek"]
    assert await refused(ada, name={"value": "er", "mode": "CONTAINS"}) == [
        ("SEARCH_TERM_TOO_SHORT", ["filter", "name", "value"])
    ]
    assert len(STATEMENTS._kept) == kept


async def test_srch_1_several_keys_all_have_to_match(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert await names(tree.ada, name={"value": "c"}, parentId=tree.r1.id, kind=["CUSTOMER"]) == ["C1", "C2"]
    assert await names(tree.ada, name={"value": "c1"}, billingNumber={"value": "5002"}) == []
    assert await names(tree.ada, number={"value": "+65"}) == []


async def test_srch_1_customer_references_are_the_sellers(platform: Platform) -> None:
    tree = await the_fixture(platform)
    update = """mutation ($input: UpdateOrganizationInput!) { updateOrganization(input: $input) {
        errors { code } organization { buyerTags { key value } } } }"""
    tags = [{"key": "CustomerRef", "value": "CRM-7"}, {"key": "TypeRef", "value": "CRM-8"}]
    changed = await done(tree.ben, update, id=tree.c1.id, version=1, buyerTags=tags)
    assert changed["errors"] == []
    assert {each["key"]: each["value"] for each in changed["organization"]["buyerTags"]} == {
        "CustomerRef": "CRM-7", "TypeRef": "CRM-8",
    }  # fmt: skip
    assert await names(tree.ben, customerRef={"value": "crm"}) == ["C1"]
    assert await names(tree.ben, customerRef={"value": "crm-8"}) == []
    assert await names(tree.cora, customerRef={"value": "crm"}) == []
    own = await asked(tree.cora, "query ($id: ID!) { organization(id: $id) { buyerTags { key } } }", id=tree.c1.id)
    assert own.data == {"organization": {"buyerTags": []}}


async def test_srch_5_the_gone_are_left_out_unless_asked_for(platform: Platform) -> None:
    tree = await the_fixture(platform)
    async with platform_transaction(platform) as tx:
        for status, of in (("DELETED", tree.c1), ("DEACTIVATED_BY_USER", tree.c2), ("SUSPENDED", tree.c3)):
            await tx.execute("UPDATE organization SET status = $2 WHERE id = $1", of.id, status)
    assert await names(tree.ada) == ["C3", "R1", "R1a"]
    assert await names(tree.ada, status=["ANY"]) == ["C1", "C2", "C3", "R1", "R1a"]
    assert await names(tree.ada, status=["DELETED", "SUSPENDED"]) == ["C1", "C3"]
    children = "query ($id: ID!) { organization(id: $id) { children { totalCount } } }"
    assert (await asked(tree.ada, children, id=tree.r1.id)).data == {"organization": {"children": {"totalCount": 1}}}


async def test_a_19_pages_of_25_by_name_then_id(platform: Platform) -> None:
    seller = await a_seller_of(platform, *(f"Customer {place % 3}" for place in range(59)))
    document = """query ($after: String) { organizations(after: $after) {
        nodes { id name } pageInfo { hasNextPage endCursor } } }"""
    pages: list[list[dict[str, str]]] = []
    page: dict[str, Any] = {"pageInfo": {"endCursor": None}}
    for _ in range(3):
        after = page["pageInfo"]["endCursor"]
        page = (await asked(seller.someone, document, after=after)).data["organizations"]
        pages.append(page["nodes"])
    assert [len(page) for page in pages] == [25, 25, 10]
    assert page["pageInfo"]["hasNextPage"] is False
    rows = [(each["name"].casefold(), each["id"]) for page in pages for each in page]
    assert rows == sorted(rows)
    too_large = await asked(seller.someone, "{ organizations(first: 101) { totalCount } }")
    assert too_large.codes == ["PAGE_SIZE_INVALID"]


async def test_another_order_goes_before_the_standing_one(platform: Platform) -> None:
    ada = (await a_seller_of(platform, "Bo", "Co")).someone
    document = "{ organizations(orderBy: [{field: NAME, direction: DESC}], first: 2) { nodes { name } } }"
    answer = await asked(ada, document)
    assert [each["name"] for each in answer.data["organizations"]["nodes"]] == ["Northline", "Co"]


async def test_a_73_only_the_own_subtree_is_found(platform: Platform) -> None:
    tree = await the_fixture(platform)
    assert await names(tree.ada) == ["C1", "C2", "C3", "R1", "R1a"]
    document = "query ($id: ID!) { organization(id: $id) { name } }"
    stranger = await asked(tree.ada, document, id=tree.c4.id)
    missing = await asked(tree.ada, document, id="org_01jzzzzzzzzzzzzzzzzzzzzzzz")
    assert stranger.codes == missing.codes == ["NOT_FOUND"]
    shown = [
        {key: value for key, value in each.errors[0].items() if key != "extensions"} for each in (stranger, missing)
    ]
    assert shown[0] == shown[1]
    assert await names(tree.ada, uuid={"value": tree.c4.id}) == []
    seller = await asked(tree.cora, "query ($id: ID!) { organization(id: $id) { seller { name } parent { id } } }",
                         id=tree.c1.id)  # fmt: skip
    assert seller.data == {"organization": {"seller": {"name": "R1"}, "parent": None}}


@pytest.mark.parametrize(
    ("scopes", "expected"), [(("org:read",), ["SCOPE_MISSING"]), (("org:read", "members:read"), [])]
)
async def test_a_key_searches_contacts_with_the_scope_of_members(
    platform: Platform, scopes: tuple[str, ...], expected: list[str]
) -> None:
    ada = (await a_seller_of(platform)).someone
    key = await an_api_key(ada, scopes=scopes)
    answer = await ask(platform, key, LIST, filter={"contactEmail": {"value": "x"}})
    assert answer.codes == expected
