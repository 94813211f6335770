"""The endpoint by the letter: media types, status codes, methods, masking, the query page, WebSockets."""

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from structlog.testing import capture_logs

from graph.limits import Limits
from tests.web.toy_schema import toy_client
from web.graphql_request import accepted_media_type

GRAPHQL = "application/graphql-response+json"
HELLO = {"query": "{ greeting }"}


def errors_of(client: TestClient, query: str, **parameters: object) -> list[dict[str, object]]:
    errors = client.post("/graphql", json={"query": query, **parameters}).json()["errors"]
    assert isinstance(errors, list)
    return errors


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, application/json", GRAPHQL),
        (f"application/json, {GRAPHQL}", "application/json"),
        (f"application/json;q=0.5, {GRAPHQL};q=0.9", GRAPHQL),
        (f"{GRAPHQL};q=0", None),
        (f"{GRAPHQL};q=much", None),
        (f"{GRAPHQL};charset=latin-1", None),
        ("text/html", None),
    ],
)
def test_the_answer_has_the_media_type_that_was_asked_for(accept: str | None, answered: str | None) -> None:
    assert accepted_media_type(accept) == answered


def test_a_finished_fragment_is_answered_with_its_price() -> None:
    with toy_client() as client:
        answer = client.post("/graphql", json={"query": "{ items(first: 2) { edges { node { id } } } }"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "data": {"items": {"edges": []}},
        "extensions": {"cost": {"points": 3, "left": 4_999_997, "capacity": 5_000_000, "pointsPerSecond": 100_000}},
    }


def test_get_runs_queries_with_variables_and_the_operation_name() -> None:
    query = "query A($n: String!) { greeting(name: $n) } query B { __typename }"
    with toy_client() as client:
        answer = client.get("/graphql", params={"query": query, "operationName": "A", "variables": '{"n":"you"}'})
    assert answer.json()["data"] == {"greeting": "Hello you"}


@pytest.mark.parametrize("accept", ["application/json", GRAPHQL])
def test_get_never_runs_a_mutation(accept: str) -> None:
    with toy_client() as client:
        answer = client.get(
            "/graphql", params={"query": 'mutation { rename(name: "x") { id } }'}, headers={"accept": accept}
        )
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["errors"][0]["extensions"] == {"code": "OPERATION_KIND_NOT_ALLOWED", "kind": "mutation"}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_refused(method: str) -> None:
    with toy_client() as client:
        answer = client.request(method, "/graphql")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=UTF-8", 200),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ],
)
def test_a_body_must_be_json_in_utf_8(content_type: str, status: int) -> None:
    with toy_client() as client:
        answer = client.post("/graphql", content=b'{"query":"{ greeting }"}', headers={"content-type": content_type})
    assert answer.status_code == status


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'[{"query":"{ greeting }"}]',
        b"{}",
        b'{"query":""}',
        b'{"query":7}',
        b'{"query":"{ greeting }","variables":[]}',
        b'{"query":"{ greeting }","extensions":"x"}',
        b'{"query":"{ greeting }","operationName":1}',
        b'{"query":"\xff"}',
    ],
)
def test_what_is_no_graphql_request_is_400(body: bytes) -> None:
    with toy_client() as client:
        answer = client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


def test_an_answer_that_nobody_offers_is_406() -> None:
    with toy_client() as client:
        answer = client.post("/graphql", json=HELLO, headers={"accept": "image/png"})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($name: String!) { greeting(name: $name) }", "BAD_USER_INPUT"),
        ("fragment F on Query { greeting }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { greeting } query B { greeting }", "OPERATION_NAME_REQUIRED"),
        ("subscription { count(to: 1) }", "OPERATION_KIND_NOT_ALLOWED"),
    ],
)
def test_an_operation_that_cannot_run_answers_no_data(query: str, code: str) -> None:
    with toy_client() as client:
        plain = client.post("/graphql", json={"query": query})
        strict = client.post("/graphql", json={"query": query}, headers={"accept": GRAPHQL})
    kind = code == "OPERATION_KIND_NOT_ALLOWED"
    assert (plain.status_code, strict.status_code) == ((405, 405) if kind else (200, 400))
    for answer in (plain.json(), strict.json()):
        assert "data" not in answer
        assert answer["errors"][0]["extensions"]["code"] == code
        assert answer["errors"][0]["message"]


def test_an_unknown_operation_name_is_refused() -> None:
    with toy_client() as client:
        (error,) = errors_of(client, "query A { greeting }", operationName="B")
    assert error["extensions"] == {"code": "OPERATION_NOT_FOUND"}


@pytest.mark.parametrize(("field", "data"), [("broken", {"broken": None}), ("brokenForAll", None)])
def test_an_unexpected_exception_is_masked_and_logged_under_its_id(field: str, data: object) -> None:
    with capture_logs() as logs, toy_client() as client:
        answer = client.post("/graphql", json={"query": f"{{ {field} }}"}, headers={"accept": GRAPHQL})
    assert answer.status_code == 200
    assert answer.json()["data"] == data
    assert "hunter2" not in answer.text
    (error,) = answer.json()["errors"]
    assert (error["message"], error["path"], error["extensions"]["code"]) == (
        "Internal error",
        [field],
        "INTERNAL_ERROR",
    )
    (entry,) = [log for log in logs if log["event"] == "graphql.internal_error"]
    assert (entry["error_id"], entry["path"]) == (error["extensions"]["errorId"], field)
    assert str(entry["exc_info"]) == "the password is hunter2"


@pytest.mark.parametrize(
    ("token", "query"), [("crash", "{ greeting }"), ("key", "{ unencodable }")], ids=["context", "encoding"]
)
def test_a_failure_outside_of_any_field_is_500_and_masked(token: str, query: str) -> None:
    with capture_logs() as logs, toy_client(token=token) as client:
        answer = client.post("/graphql", json={"query": query})
    assert answer.status_code == 500
    (error,) = answer.json()["errors"]
    assert (error["message"], error["extensions"]["code"]) == ("Internal error", "INTERNAL_ERROR")
    assert [log["error_id"] for log in logs] == [error["extensions"]["errorId"]]


def test_our_own_errors_and_refusals_pass_with_code_field_and_details() -> None:
    with toy_client() as client:
        first, second = errors_of(client, "{ coded refused }")
    assert first == {
        "message": "No such plan",
        "locations": [{"line": 1, "column": 3}],
        "path": ["coded"],
        "extensions": {"code": "PLAN_NOT_OFFERED", "field": ["input", "planId"], "details": {"plan": "plan_1"}},
    }
    assert second["path"] == ["refused"]
    assert second["extensions"] == {"code": "NOT_FOUND", "field": ["id"], "details": {"id": "org_1"}}


def test_bad_input_does_not_come_back() -> None:
    with toy_client() as client:
        (error,) = errors_of(client, "{ greeting(name: [" + "1 " * 1_500 + "]) }")
        (unknown,) = errors_of(client, "{ " + "a" * 1_500 + " }")
    assert error["message"] == "String cannot represent a non string value."
    assert len(str(unknown["message"])) == 1_000


def test_a_coded_error_of_the_context_is_answered_as_it_is() -> None:
    with toy_client(token="locked") as client:
        answer = client.post("/graphql", json=HELLO)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]) == (401, {"code": "SESSION_LOCKED"})


def test_a_dead_session_runs_nothing() -> None:
    with toy_client(token="dead") as client:
        answer = client.post("/graphql", json=HELLO)
    assert answer.status_code == 401
    assert answer.json() == {
        "errors": [{"message": "The session has ended", "extensions": {"code": "UNAUTHENTICATED"}}]
    }


@pytest.mark.parametrize(
    "query",
    [
        "{ __schema { queryType { name } } }",
        '{ __type(name: "Item") { name fields { name } } }',
        '{ __type(name: "Item") { ... on __Type { fields { name } } } }',
        "{ ...F } fragment F on Query { __schema { queryType { name } } }",
    ],
)
def test_introspection_is_for_signed_in_users(query: str) -> None:
    with toy_client() as stranger, toy_client(token="key") as member:
        (error,) = errors_of(stranger, query)
        assert "errors" not in member.post("/graphql", json={"query": query}).json()
    assert error["extensions"] == {"code": "INTROSPECTION_REQUIRES_SIGN_IN"}


def test_a_type_name_said_back_is_no_introspection() -> None:
    with toy_client() as client:
        answer = client.post("/graphql", json={"query": '{ __type(name: "Item") { name } }'})
    assert answer.json()["data"] == {"__type": {"name": "Item"}}


def test_suggestions_are_for_signed_in_users() -> None:
    with toy_client() as stranger, toy_client(token="key") as member:
        (plain,) = errors_of(stranger, "{ greetin }")
        (helpful,) = errors_of(member, "{ greetin }")
    assert plain["message"] == "Cannot query field 'greetin' on type 'Query'."
    assert helpful["message"] == "Cannot query field 'greetin' on type 'Query'. Did you mean 'greeting'?"


def test_the_query_page_is_for_signed_in_users_and_loads_nothing_foreign() -> None:
    html = {"accept": "text/html"}
    with toy_client() as stranger, toy_client(token="key") as member:
        form = stranger.get("/graphql", headers=html)
        page = member.get("/graphql", headers=html)
    assert form.status_code == 401
    assert "Sign in to open the query page." in form.text and 'action="/auth/sign-in"' in form.text
    assert page.status_code == 200
    assert "://" not in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy


def test_the_pages_own_introspection_fits_the_limits() -> None:
    with toy_client(token="key") as member:
        page = member.get("/graphql", headers={"accept": "text/html"}).text
        introspection = page.split("const INTROSPECTION = `")[1].split("`")[0]
        answer = member.post("/graphql", json={"query": introspection}).json()
    assert "errors" not in answer
    assert "ItemConnection" in {kind["name"] for kind in answer["data"]["__schema"]["types"]}


def subscribe(client: TestClient, query: str) -> list[dict[str, object]]:
    """All messages that one operation over graphql-transport-ws answers."""
    with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init"})
        assert socket.receive_json() == {"type": "connection_ack"}
        socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": query}})
        messages: list[dict[str, object]] = []
        while not messages or messages[-1]["type"] not in ("complete", "error"):
            messages.append(socket.receive_json())
        return messages


def test_a_subscription_runs_over_a_websocket() -> None:
    with toy_client() as client:
        *results, _ = subscribe(client, "subscription { count(to: 2) }")
    assert [message["payload"] for message in results] == [{"data": {"count": 1}}, {"data": {"count": 2}}]


def test_a_websocket_obeys_the_same_guard() -> None:
    with toy_client(Limits(operation_seconds=0.05)) as client:
        (curious,) = subscribe(client, "{ __schema { queryType { name } } }")
        (slow,) = subscribe(client, "{ sleeps }")
        masked, _ = subscribe(client, "{ broken }")
    assert (curious["type"], slow["type"], masked["type"]) == ("error", "error", "next")
    assert "INTROSPECTION_REQUIRES_SIGN_IN" in str(curious)
    assert "OPERATION_TIMEOUT" in str(slow)
    assert "INTERNAL_ERROR" in str(masked) and "hunter2" not in str(masked)


def test_a_websocket_message_has_the_size_of_a_body_at_most() -> None:
    with toy_client() as client, client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_text('{"type":"ping","payload":{"x":"' + "x" * 256 * 1024 + '"}}')
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    assert closed.value.code == 4400


def test_a_dead_session_opens_no_websocket() -> None:
    client = toy_client(token="dead")
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]),
    ):
        pass
