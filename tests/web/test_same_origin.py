"""Forged requests: what a foreign page can make a browser send never reaches the application."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from web.same_origin import SameOrigin

CONSOLE = "https://console.test"


async def _done(request: Request) -> Response:
    return PlainTextResponse("done")


async def _talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


def client() -> TestClient:
    routes = [Route("/", _done, methods=["GET", "POST"]), WebSocketRoute("/live", _talk)]
    return TestClient(SameOrigin(Starlette(routes=routes), (CONSOLE,)))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"origin": "http://testserver"}, 200),
        ({"origin": CONSOLE, "sec-fetch-site": "cross-site"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://evil.test"}, 403),
        ({"origin": "http://testserver.evil.test"}, 403),
        ({"origin": "http://testserver:81"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://testserver", "sec-fetch-site": "cross-site"}, 403),
        ({"origin": "http://evil.test", "authorization": "Bearer tns_a"}, 200),
        ({"origin": "http://evil.test", "authorization": "Basic dXNlcjpwYXNz"}, 403),
    ],
)
def test_a_changing_request_must_come_from_our_own_page(headers: dict[str, str], status: int) -> None:
    answer = client().post("/", headers={"cookie": "tenantry_session=tns_a", **headers})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["errors"][0]["code"] == "CROSS_ORIGIN"


def test_reading_is_free_because_a_foreign_page_cannot_see_the_answer() -> None:
    assert client().get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_a_foreign_page_opens_no_websocket() -> None:
    with client().websocket_connect("/live", headers={"origin": "http://testserver"}):
        pass
    with (
        pytest.raises(WebSocketDisconnect),
        client().websocket_connect("/live", headers={"origin": "http://evil.test"}),
    ):
        pass
