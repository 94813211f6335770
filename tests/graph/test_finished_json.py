"""Answers that hold finished JSON among nulls: orjson alone writes beyond its buffer there (core/json_text.py)."""

from core.ids import new_id
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import asked
from tests.rules.fixture_organizations import the_fixture


async def test_nodes_that_are_found_among_many_that_are_not(platform: Platform) -> None:
    tree = await the_fixture(platform)
    ids = [new_id("org")] * 6 + [tree.c1.id] * 3 + [new_id("org")] * 25
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Organization { name } } }"
    answer = await asked(tree.ben, document, ids=ids)
    assert [row and row["name"] for row in answer.data["nodes"]] == [None] * 6 + ["C1"] * 3 + [None] * 25
