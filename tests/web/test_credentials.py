"""What a request brings, over real HTTP messages: token before cookie, the chosen organization, nothing unprintable."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from core.settings import Environment, Settings
from web.credentials import credentials_of
from web.request_log import RequestLog

DEVELOPMENT = Settings(env=Environment.DEVELOPMENT)
PRODUCTION = Settings(env=Environment.PRODUCTION)


def what_is_read(headers: dict[str, str], settings: Settings = DEVELOPMENT) -> dict[str, str | None]:
    async def show(request: Request) -> Response:
        read = credentials_of(request, settings)
        names = ("token", "organization_id", "address", "client", "request_id")
        return JSONResponse({name: getattr(read, name) for name in names})

    with TestClient(RequestLog(Starlette(routes=[Route("/", show)])), headers={"user-agent": ""}) as client:
        shown: dict[str, str | None] = client.get("/", headers=headers).json()
    return shown


def test_nothing_given_is_nobody() -> None:
    read = what_is_read({})
    assert (read["token"], read["organization_id"], read["client"]) == (None, None, None)
    assert read["address"] == "testclient"


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"authorization": "Bearer tns_a"}, "tns_a"),
        ({"authorization": "bearer  tns_a "}, "tns_a"),
        ({"authorization": "Bearer"}, None),
        ({"authorization": "Basic dXNlcjpwYXNz"}, None),
        ({"cookie": "tenantry_session=tns_b"}, "tns_b"),
        ({"authorization": "Bearer tns_a", "cookie": "tenantry_session=tns_b"}, "tns_a"),
        ({"authorization": "Basic dXNlcjpwYXNz", "cookie": "tenantry_session=tns_b"}, "tns_b"),
        ({"cookie": "__Host-tenantry_session=tns_b"}, None),
    ],
)
def test_the_bearer_token_goes_before_the_cookie(headers: dict[str, str], token: str | None) -> None:
    assert what_is_read(headers)["token"] == token


def test_in_production_only_the_cookie_of_this_host_counts() -> None:
    assert what_is_read({"cookie": "tenantry_session=tns_b"}, PRODUCTION)["token"] is None
    assert what_is_read({"cookie": "__Host-tenantry_session=tns_b"}, PRODUCTION)["token"] == "tns_b"


def test_the_organization_is_chosen_by_a_header() -> None:
    assert what_is_read({"tenantry-organization": "org_1"})["organization_id"] == "org_1"
    assert what_is_read({"tenantry-organization": ""})["organization_id"] is None


def test_the_agent_is_kept_short_and_printable() -> None:
    assert what_is_read({"user-agent": "curl\x1b[31m/8"})["client"] == "curl?[31m/8"
    assert len(what_is_read({"user-agent": "x" * 4_000})["client"] or "") == 512


@pytest.mark.parametrize(("given", "is_kept"), [("trace-0123", True), ("short", False), ("a b c d e f", False)])
def test_a_plain_request_id_is_kept_and_another_one_replaced(given: str, is_kept: bool) -> None:
    read = what_is_read({"x-request-id": given})["request_id"]
    assert (read == given) is is_kept
    assert read is not None
    assert is_kept or read.startswith("req_")
