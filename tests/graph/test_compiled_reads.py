"""Compiled reads on both engines: pages, filters, orders, relations, visibility by tenant and by role."""

from dataclasses import dataclass

import pytest
import pytest_asyncio

from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.asking import ask
from tests.makers import Member, Organization, a_customer, a_member, a_reseller, an_api_key, an_operator, credentials_of


@dataclass(frozen=True)
class Tree:
    operator: Organization
    reseller: Organization
    other: Organization
    customers: list[Organization]
    ada: Member


@pytest_asyncio.fixture
async def tree(platform: Platform) -> Tree:
    operator = await an_operator(platform)
    reseller = await a_reseller(platform, under=operator, name="Northline", owner="ada")
    other = await a_reseller(platform, under=operator, name="Southline")
    customers = [await a_customer(platform, under=reseller, name=f"Customer {letter}") for letter in "dbca"]
    await a_customer(platform, under=other, name="Stranger")
    assert reseller.owner is not None
    return Tree(operator, reseller, other, customers, reseller.owner)


async def test_a_list_holds_what_the_reader_sees_and_nothing_else(platform: Platform, tree: Tree) -> None:
    answer = await ask(platform, await credentials_of(tree.ada), "{ organizations { totalCount nodes { name } } }")
    assert answer.errors == []
    assert answer.data["organizations"]["totalCount"] == 5
    assert [each["name"] for each in answer.data["organizations"]["nodes"]] == [
        "Customer a", "Customer b", "Customer c", "Customer d", "Northline",
    ]  # fmt: skip


async def test_pages_forward_and_backward_meet(platform: Platform, tree: Tree) -> None:
    document = """query ($first: Int, $after: String, $last: Int, $before: String) {
        organizations(first: $first, after: $after, last: $last, before: $before,
                      filter: {kind: [CUSTOMER]}, orderBy: [{field: NAME}]) {
            edges { cursor node { name } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    ada = await credentials_of(tree.ada)
    first = (await ask(platform, ada, document, first=3)).data["organizations"]
    assert [edge["node"]["name"] for edge in first["edges"]] == ["Customer a", "Customer b", "Customer c"]
    assert first["pageInfo"]["hasNextPage"] is True
    assert first["pageInfo"]["endCursor"] == first["edges"][-1]["cursor"]
    rest = (await ask(platform, ada, document, first=3, after=first["pageInfo"]["endCursor"])).data["organizations"]
    assert [edge["node"]["name"] for edge in rest["edges"]] == ["Customer d"]
    assert (rest["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]) == (False, True)
    whole = (await ask(platform, ada, document, first=4)).data["organizations"]
    assert (len(whole["edges"]), whole["pageInfo"]["hasNextPage"]) == (4, False)
    back = (await ask(platform, ada, document, last=2, before=rest["edges"][0]["cursor"])).data["organizations"]
    assert [edge["node"]["name"] for edge in back["edges"]] == ["Customer b", "Customer c"]
    assert (back["pageInfo"]["hasNextPage"], back["pageInfo"]["hasPreviousPage"]) == (True, True)


async def test_relations_fragments_aliases_and_directives_are_one_statement(platform: Platform, tree: Tree) -> None:
    document = """query ($id: ID!, $no: Boolean!) {
        customer: organization(id: $id) { ...Card seller { name } parent { title: name, ...Card }
            members(first: 1) { nodes { __typename role email @skip(if: $no) organization { id } } }
            city @include(if: $no) ... on Node { id } } }
        fragment Card on Organization { name kind effectiveStatus }"""
    customer = tree.customers[0]
    answer = await ask(platform, await credentials_of(tree.ada), document, id=customer.id, no=True)
    assert answer.errors == []
    assert list(answer.data["customer"].items()) == [
        ("name", "Customer d"), ("kind", "CUSTOMER"), ("effectiveStatus", "ACTIVE"), ("seller", {"name": "Northline"}),
        ("parent", {"title": "Northline", "name": "Northline", "kind": "RESELLER", "effectiveStatus": "ACTIVE"}),
        ("members", {"nodes": [{"__typename": "Member", "role": "OWNER", "organization": {"id": customer.id}}]}),
        ("city", answer.data["customer"]["city"]), ("id", customer.id),
    ]  # fmt: skip


async def test_a_stranger_and_a_missing_row_answer_alike(platform: Platform, tree: Tree) -> None:
    ada, document = await credentials_of(tree.ada), "query ($id: ID!) { organization(id: $id) { name } }"
    stranger = await ask(platform, ada, document, id=tree.other.id)
    missing = await ask(platform, ada, document, id="org_01jzzzzzzzzzzzzzzzzzzzzzzz")
    assert stranger.codes == missing.codes == ["NOT_FOUND"]
    assert stranger.data == missing.data == {"organization": None}
    assert stranger.errors[0]["message"] == missing.errors[0]["message"]


async def test_more_fields_than_one_function_takes(platform: Platform, tree: Tree) -> None:
    aliases = " ".join(f"a{number}: name" for number in range(49))
    document = f"{{ organizations(first: 1) {{ nodes {{ {aliases} id kind status country }} }} }}"
    answer = await ask(platform, await credentials_of(tree.ada), document)
    row = answer.data["organizations"]["nodes"][0]
    assert (row["a0"], row["a48"], row["kind"], len(row)) == ("Customer a", "Customer a", "CUSTOMER", 53)


async def test_a_member_reads_its_own_member_row_only(platform: Platform, tree: Tree) -> None:
    mia = await a_member(platform, of=tree.customers[0], name="Mia")
    own = await ask(platform, await credentials_of(mia), "{ members { totalCount nodes { givenName } } }")
    assert own.data["members"] == {"totalCount": 1, "nodes": [{"givenName": "Mia"}]}
    others = await ask(platform, await credentials_of(mia), "{ organizations { nodes { name } } }")
    assert others.codes == ["FORBIDDEN"]


async def test_a_key_reads_within_its_scopes(platform: Platform, tree: Tree) -> None:
    key = await an_api_key(tree.ada, scopes=("members:read",))
    assert (await ask(platform, key, "{ members { totalCount } }")).data == {"members": {"totalCount": 5}}
    assert (await ask(platform, key, "{ organizations { totalCount } }")).codes == ["SCOPE_MISSING"]


async def test_page_sizes_and_cursors_are_checked(platform: Platform, tree: Tree) -> None:
    ada = await credentials_of(tree.ada)
    for arguments in ("first: 0", "first: 101", "last: -1", "first: 1, last: 1"):
        answer = await ask(platform, ada, f"{{ members({arguments}) {{ totalCount }} }}")
        named = {"code": "PAGE_SIZE_INVALID", "field": [arguments.partition(":")[0]]}
        assert [error["extensions"] for error in answer.errors] == [named]
    for cursor in ("zz", "00", "5b5d"):
        for argument in ("after", "before"):
            answer = await ask(platform, ada, f'{{ members({argument}: "{cursor}") {{ nodes {{ id }} }} }}')
            assert [error["extensions"] for error in answer.errors] == [{"code": "CURSOR_INVALID", "field": [argument]}]


async def test_a_statement_is_kept_for_other_values_of_its_variables(platform: Platform, tree: Tree) -> None:
    document = """query ($n: Int, $kind: [OrganizationKind!]) {
        organizations(first: $n, filter: {kind: $kind}) { nodes { name } } }"""
    ada = await credentials_of(tree.ada)
    one = await ask(platform, ada, document, n=1, kind=["CUSTOMER"])
    two = await ask(platform, ada, document, n=2, kind=["RESELLER"])
    assert [each["name"] for each in one.data["organizations"]["nodes"]] == ["Customer a"]
    assert [each["name"] for each in two.data["organizations"]["nodes"]] == ["Northline"]


async def test_a_transaction_does_not_trust_where_somebody_stood_before(platform: Platform, tree: Tree) -> None:
    ada, document = await credentials_of(tree.ada), "{ organizations { totalCount } }"
    before = (await ask(platform, ada, document)).data
    async with platform_transaction(platform) as tx:
        for table in ("organization", "member"):
            moved = f"UPDATE {table} SET path = '1.zz.' || substr(path, $1) WHERE substr(path, 1, $2) = $3"
            await tx.execute(moved, len(tree.reseller.path) + 1, len(tree.reseller.path), tree.reseller.path)
    assert (await ask(platform, ada, document)).data == before == {"organizations": {"totalCount": 5}}


@pytest.mark.parametrize("page", ["last: 2", "first: 2", "first: 2, filter: {kind: [CUSTOMER]}"])
async def test_what_no_row_decides_is_answered_alone(platform: Platform, page: str) -> None:
    operator = await an_operator(platform)
    document = f"{{ organizations({page}) {{ __typename pageInfo {{ hasPreviousPage __typename }} }} }}"
    answer = await ask(platform, await credentials_of(operator.someone), document)
    assert answer.errors == []
    assert answer.data["organizations"]["pageInfo"] == {"hasPreviousPage": False, "__typename": "PageInfo"}
