"""Every selection within the API's limit of depth is answered, on SQLite too, whose parser has a small stack."""

from typing import Any

import pytest

from tenants.unit_of_work import Platform
from tests.graph.asking import STATEMENTS
from tests.graph.billing_documents import asked
from tests.makers_accounts import FixtureB1, fixture_b1

LEAVES = "accountId status isDepleted funds { amount } isReadOnly"


@pytest.fixture
async def b1(platform: Platform) -> FixtureB1:
    """Two batches, the first of 250 cards."""
    return await fixture_b1(platform)


def down(levels: int) -> str:
    """Batches within accounts within batches, as many levels of fields deep."""
    inner = f"nodes {{ {LEAVES} }}"
    for _ in range(levels):
        inner = (
            f"nodes {{ {LEAVES} batch {{ name accounts(first: 2, filter: {{controlNumbers: $n}}) {{ {inner} }} }} }}"
        )
    return inner


def expected(levels: int) -> dict[str, Any]:
    """What cards 1 and 236 of B1 answer to `down`."""
    cards = [
        {"accountId": "1212000001", "status": "INACTIVE", "isDepleted": False, "funds": {"amount": "10.00"}},
        {"accountId": "1212000236", "status": "DEPLETED", "isDepleted": True, "funds": {"amount": "0.49"}},
    ]
    below = {} if levels == 0 else {"batch": {"name": "B1", "accounts": expected(levels - 1)}}
    return {"nodes": [card | {"isReadOnly": False} | below for card in cards]}


@pytest.mark.parametrize("levels", [1, 2, 3])
async def test_what_nests_deep_is_answered_like_what_does_not(b1: FixtureB1, levels: int) -> None:
    page = f"accounts(filter: {{controlNumbers: $n}}) {{ {down(levels)} }}"
    document = f"query ($n: String, $b: ID!) {{ batch(id: $b) {{ {page} }} }}"
    for _ in range(2):
        answer = await asked(b1.abe, document, n="1,236", b=b1.b1)
        assert answer.errors == []
        assert answer.data["batch"]["accounts"] == expected(levels)


async def test_relations_of_every_kind_are_read_apart_alike(b1: FixtureB1) -> None:
    """To-one, a page, a count, a short list and null, each three relations below an account."""
    document = """query ($first: Int!) { accounts(first: 1, orderBy: [{field: CONTROL_NUMBER, direction: DESC}]) {
        nodes { status accountId batch { organization { name parent { name buyerTags { key } wallet { mode }
            members(first: $first, orderBy: [{field: GIVEN_NAME}]) { totalCount pageInfo { hasNextPage }
                edges { cursor node { givenName organization { name } } } }
            children(first: 2) { totalCount nodes { name } } } } } } } }"""
    answer = await asked(b1.abe, document, first=2)
    assert answer.errors == []
    (account,) = answer.data["accounts"]["nodes"]
    customer = account["batch"]["organization"]
    seller = customer["parent"]
    assert (customer["name"], seller["name"], seller["buyerTags"]) == ("C1", "R1", [])
    assert seller["wallet"] == {"mode": "PREPAID"}
    assert (seller["members"]["totalCount"], seller["members"]["pageInfo"]) == (4, {"hasNextPage": True})
    assert [edge["node"] for edge in seller["members"]["edges"]] == [
        {"givenName": "Abe", "organization": {"name": "R1"}}, {"givenName": "Ann", "organization": {"name": "R1"}},
    ]  # fmt: skip
    assert (seller["children"]["totalCount"], [each["name"] for each in seller["children"]["nodes"]]) == (
        3,
        ["C1", "C2"],
    )


async def test_a_statement_that_was_too_deep_is_kept_as_it_works(b1: FixtureB1) -> None:
    deep = down(3).replace(", filter: {controlNumbers: $n}", "")
    STATEMENTS.forget()
    for _ in range(2):
        assert (await asked(b1.abe, f"{{ accounts(first: 1) {{ {deep} }} }}")).errors == []
    (kept,) = [each.most_nested for each in STATEMENTS._kept.values() if each.nodes[0].name.value == "accounts"]
    assert kept == (1 if b1.platform.database.dialect == "sqlite" else None)
