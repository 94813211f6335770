"""What a response is written from: no bare null beside finished JSON (orjson writes beyond its buffer there)."""

import subprocess
import sys
from typing import Any

import orjson

from core.ids import new_id
from graph.finished_json import without_bare_nulls
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import asked
from tests.rules.fixture_organizations import the_fixture

PROOF = """
import orjson
from graph.finished_json import without_bare_nulls
texts = [None] * 6 + [chr(34) + "x" * size + chr(34) for size in (2736, 2604, 2599)] + [None] * 25
for _ in range(300):
    rows = [None if text is None else orjson.Fragment(text) for text in texts]
    written = orjson.dumps({"data": without_bare_nulls({"nodes": rows})})
assert orjson.loads(written)["data"]["nodes"].count(None) == 31
"""


def test_only_lists_with_finished_json_are_touched() -> None:
    found = orjson.Fragment(b"1")
    data: dict[str, Any] = {"nodes": [None, found], "plain": [None, 2], "one": None}
    made = without_bare_nulls(data)
    assert made is not None
    assert (made["plain"], made["one"], made["nodes"][1]) == ([None, 2], None, found)
    assert orjson.dumps(made) == b'{"nodes":[null,1],"plain":[null,2],"one":null}'
    assert without_bare_nulls(None) is None


def test_rows_among_many_nulls_are_written_without_breaking_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", PROOF], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


async def test_nodes_that_are_found_among_many_that_are_not(platform: Platform) -> None:
    tree = await the_fixture(platform)
    ids = [new_id("org")] * 6 + [tree.c1.id] * 3 + [new_id("org")] * 25
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Organization { name } } }"
    answer = await asked(tree.ben, document, ids=ids)
    assert [row and row["name"] for row in answer.data["nodes"]] == [None] * 6 + ["C1"] * 3 + [None] * 25
