"""Asking foreign addresses: no redirects, no long answers, nothing inside the own network."""

from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from core.outgoing_http import MOST_BYTES, Outgoing, OutgoingFailed, is_public
from tests.web.identity_provider import serving


async def _endless(request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(MOST_BYTES // 1_024 + 1):
            yield b" " * 1_024

    return StreamingResponse(pieces())


async def _echo(request: Request) -> Response:
    form = await request.body()
    return JSONResponse({"form": form.decode(), "authorization": request.headers.get("authorization")})


ANSWERS = Starlette(
    routes=[
        Route("/right", lambda request: JSONResponse({"a": 1})),
        Route("/away", lambda request: RedirectResponse("/right")),
        Route("/list", lambda request: JSONResponse([1])),
        Route("/text", lambda request: PlainTextResponse("no JSON")),
        Route("/endless", _endless),
        Route("/echo", _echo, methods=["POST"]),
    ]
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(ANSWERS) as served:
        yield served


async def test_a_json_object_is_read_and_a_form_sent(address: str) -> None:
    assert await Outgoing(is_guarded=False).get_json(f"{address}/right") == {"a": 1}
    answer = await Outgoing(is_guarded=False).post_form(f"{address}/echo", {"x": "1 2"}, ("me", "secret"))
    assert answer == {"form": "x=1+2", "authorization": "Basic bWU6c2VjcmV0"}


@pytest.mark.parametrize("path", ["/away", "/list", "/text", "/endless", "/missing"])
async def test_anything_else_is_no_answer(address: str, path: str) -> None:
    with pytest.raises(OutgoingFailed):
        await Outgoing(is_guarded=False).get_json(address + path)


@pytest.mark.parametrize(
    "url",
    ["http://example.com", "https://localhost", "https://127.0.0.1", "https://[::1]", "https://10.0.0.1",
     "https://169.254.169.254/latest", "https://me:secret@example.com", "https://", "ftp://example.com", "x"],
)  # fmt: skip
async def test_guarded_it_asks_only_the_open_internet(url: str) -> None:
    with pytest.raises(OutgoingFailed):
        await Outgoing(is_guarded=True).get_json(url)


def test_an_address_inside_is_known_in_every_clothing() -> None:
    inside = ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.0.1", "0.0.0.0", "224.0.0.1", "100.64.0.1", "::1",
              "fe80::1", "fd00::1", "::ffff:10.0.0.1", "2002:a00:1::", "ff02::1"]  # fmt: skip
    assert not [each for each in inside if is_public(ip_address(each))]
    assert all(is_public(ip_address(each)) for each in ("93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"))
