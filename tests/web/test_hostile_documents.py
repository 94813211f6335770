"""Hostile documents against the application itself: each refused in less than 50 ms of work, before anything runs."""

import time
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio

from graph.limits import OperationRefused
from graph.schema.root import create_schema
from tests.web.application import codes_of, running

MOST_SECONDS = 0.05
_FIELDS = "id name kind status currency country timezone "
DOCUMENTS = {
    "DOCUMENT_TOO_LARGE": "{ organizations { nodes { " + _FIELDS * 2_000 + "} } }",
    "TOO_MANY_TOKENS": "{ organizations { nodes { " + _FIELDS * 300 + "} } }",
    "TOO_MANY_ALIASES": "{ " + " ".join(f"a{place}: viewer {{ name }}" for place in range(51)) + " }",
    "TOO_MANY_ROOT_FIELDS": "{ viewer { name } " + "... { viewer { name } } " * 20 + "}",
    "DEPTH_TOO_HIGH": "{ organizations { nodes { " + "children { nodes { " * 8 + "id" + " } }" * 8 + " } } }",
    "TOO_MANY_FIELDS": "{ viewer { " + "name " * 51 + "} }",
    "TOO_MANY_FRAGMENTS": "{ " + "...A " * 101 + "} fragment A on Query { __typename }",
    "GRAPHQL_PARSE_FAILED": "{ viewer { name ",
    "GRAPHQL_VALIDATION_FAILED": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
}


@pytest_asyncio.fixture
async def client(database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(database_url) as client:
        yield client


@pytest.mark.parametrize("code", DOCUMENTS)
def test_the_schema_refuses_each_in_time(code: str) -> None:
    documents = create_schema().documents
    started = time.process_time()
    with pytest.raises(OperationRefused) as refused:
        documents.prepare(DOCUMENTS[code])
    assert time.process_time() - started < MOST_SECONDS
    assert {(error.extensions or {})["code"] for error in refused.value.errors} == {code}


async def test_2_6_mb_are_refused_over_http_in_time(client: httpx2.AsyncClient) -> None:
    body = b'{"query":"{ organizations { nodes { ' + b"name " * 520_000 + b'} } }"}'
    await client.get("/healthz")
    started = time.process_time()
    answer = await client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert time.process_time() - started < MOST_SECONDS
    assert (answer.status_code, codes_of(answer)) == (413, ["BODY_TOO_LARGE"])
    assert len(body) > 2_600_000


async def test_a_document_over_its_price_is_refused_and_says_so(client: httpx2.AsyncClient) -> None:
    inner = "nodes { id children(first: 100) { nodes { id members(first: 100) { nodes { id } } } } }"
    body = {"query": f"{{ organizations(first: 100) {{ {inner} }} }}"}
    answer = await client.post("/graphql", json=body, headers={"accept": "application/graphql-response+json"})
    assert (answer.status_code, codes_of(answer)) == (400, ["COST_TOO_HIGH"])
