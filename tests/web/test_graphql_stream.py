"""Server-sent events by the protocol (distinct connections mode), on the toy schema and on the application itself."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.testclient import TestClient
from strawberry.types import ExecutionResult

import web.graphql_stream
from accounts.batch_confirm import cancel_batch_update
from core.settings import Settings
from graph.limits import Limits
from tenants.unit_of_work import Platform
from tests.acting import do
from tests.makers import credentials_of
from tests.makers_accounts import fixture_b1, preview
from tests.web.application import running
from tests.web.toy_schema import toy_context, toy_schema
from web.app import create_app
from web.graphql_http import GraphQLSettings
from web.graphql_stream import GraphQLStream

COMPLETE: tuple[str, Any] = ("complete", None)


def client(limits: Limits | None = None, token: str | None = None) -> TestClient:
    """A client of the toy's stream, signed in when there is a token."""

    async def is_signed_in(request: Request) -> bool:
        return token is not None

    stream = GraphQLStream(GraphQLSettings(toy_schema(limits), toy_context, is_signed_in))
    headers = {"accept": "text/event-stream"} | ({"authorization": f"Bearer {token}"} if token else {})
    return TestClient(Starlette(routes=[Route("/graphql/stream", stream)]), headers=headers)


def events(text: str) -> list[tuple[str, Any]]:
    """The events of a stream: their names and what they hold."""
    found = []
    for block in text.split("\n\n"):
        if block and not block.startswith(":"):
            name, data = block.split("\n")
            held = data.removeprefix("data:").strip()
            found.append((name.removeprefix("event: "), orjson.loads(held) if held else None))
    return found


def post(query: str, **given: Any) -> list[tuple[str, Any]]:
    answer = client(**given).post("/graphql/stream", json={"query": query})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    return events(answer.text)


def test_a_subscription_is_an_event_per_result_and_one_at_its_end() -> None:
    counted = [("next", {"data": {"count": number}}) for number in (1, 2, 3)]
    assert post("subscription { count(to: 3) }") == [*counted, COMPLETE]
    answer = client().get("/graphql/stream", params={"query": "subscription { count(to: 1) }"})
    assert events(answer.text) == [counted[0], COMPLETE]


def test_a_query_and_a_mutation_are_one_event() -> None:
    [(name, held), end] = post("{ greeting }")
    assert (name, set(held), end) == ("next", {"data", "extensions"}, COMPLETE)
    [(_, renamed), _] = post('mutation { rename(name: "x") { id } }')
    assert renamed["data"] == {"rename": None}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ greeting", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ __schema { queryType { name } } }", "INTROSPECTION_REQUIRES_SIGN_IN"),
        ("{ broken }", "INTERNAL_ERROR"),
        ("{" + "greeting " * 2_000 + "}", "TOO_MANY_TOKENS"),
    ],
)
def test_what_graphql_has_against_it_is_an_event(query: str, code: str) -> None:
    [(name, held), end] = post(query)
    assert (name, held["errors"][0]["extensions"]["code"], end) == ("next", code, COMPLETE)
    assert "hunter2" not in str(held)


def test_what_http_has_against_it_is_a_status() -> None:
    asked: dict[str, Any] = {"json": {"query": "{ greeting }"}}
    assert client().post("/graphql/stream", **asked, headers={"accept": "application/json"}).status_code == 406
    assert client(token="dead").post("/graphql/stream", **asked).status_code == 401
    assert client().post("/graphql/stream", content=b"x" * 300_000).status_code == 415
    large: dict[str, Any] = {"content": b"x" * 300_000, "headers": {"content-type": "application/json"}}
    assert client().post("/graphql/stream", **large).status_code == 413
    assert client().put("/graphql/stream", **asked).status_code == 405
    [(_, held), _] = events(
        client().get("/graphql/stream", params={"query": 'mutation { rename(name: "x") { id } }'}).text
    )
    assert held["errors"][0]["extensions"]["code"] == "OPERATION_KIND_NOT_ALLOWED"


async def test_a_silent_stream_is_kept_alive_and_closed_with_its_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web.graphql_stream, "KEEP_ALIVE_SECONDS", 0.01)
    closed = asyncio.Event()

    async def silent() -> AsyncGenerator[ExecutionResult, None]:
        try:
            await asyncio.sleep(60)
            yield ExecutionResult(data=None, errors=None)
        finally:
            closed.set()

    stream = web.graphql_stream._events(silent())
    assert [await anext(stream) for _ in range(2)] == [b":\n\n", b":\n\n"]
    await stream.aclose()
    assert closed.is_set()


async def test_the_application_streams_a_live_view_to_who_is_signed_in(database_url: str, platform: Platform) -> None:
    body, token = await a_cancelled_job(platform)
    headers = {"accept": "text/event-stream"}
    async with running(database_url, platform.clock) as http:
        own = await http.post("/graphql/stream", json=body, headers=headers | {"authorization": f"Bearer {token}"})
        nobody = await http.post("/graphql/stream", json=body, headers=headers)
    assert events(own.text) == [("next", {"data": CANCELLED}), COMPLETE]
    [(_, held), _] = events(nobody.text)
    assert held["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_the_application_streams_a_live_view_over_a_websocket(database_url: str, platform: Platform) -> None:
    body, token = await a_cancelled_job(platform)
    settings = Settings(database_url=database_url, background=False, database_pool=2)

    def watched() -> list[Any]:
        app, headers = create_app(settings, clock=platform.clock), {"authorization": f"Bearer {token}"}
        with (
            TestClient(app) as http,
            http.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"], headers=headers) as socket,
        ):
            socket.send_json({"type": "connection_init"})
            socket.send_json({"type": "subscribe", "id": "1", "payload": body})
            return [socket.receive_json() for _ in range(3)]

    ack, shown, end = await asyncio.to_thread(watched)
    assert ack == {"type": "connection_ack"}
    assert shown == {"id": "1", "type": "next", "payload": {"data": CANCELLED}}
    assert end == {"id": "1", "type": "complete"}


CANCELLED = {"batchUpdateProgress": {"state": "CANCELLED", "selected": 245}}


async def a_cancelled_job(platform: Platform) -> tuple[dict[str, Any], str | None]:
    """What asks for a batch update that stands still, and the token of somebody who sees it."""
    b1 = await fixture_b1(platform)
    job = (await preview(b1.abe, b1.b1, {"expirationDate": "2026-06-01"}))["batchUpdateId"]
    await do(b1.abe, lambda uow: cancel_batch_update(uow, job))
    query = "subscription ($id: ID!) { batchUpdateProgress(id: $id) { state selected } }"
    return {"query": query, "variables": {"id": job}}, (await credentials_of(b1.abe)).token
