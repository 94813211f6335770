"""TXT records over real DNS: what stands there, joined; nothing for a missing name or a silent server."""

import socket

from core.dns_txt import DnsTxt
from tests.dns_server import a_name_server


async def test_the_texts_of_a_name() -> None:
    async with a_name_server() as server:
        long = "x" * 450
        server.records["_tenantry.north.test"] = ["other=1", long]
        lookup = DnsTxt((server.address,))
        assert sorted(await lookup.texts("_tenantry.north.test")) == ["other=1", long]
        assert await lookup.texts("_tenantry.south.test") == ()
        server.records["_tenantry.south.test"] = ["a moment ago"]
        assert await lookup.texts("_tenantry.south.test") == ("a moment ago",)  # no answer is remembered


async def test_a_silent_server_is_like_a_missing_name() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        lookup = DnsTxt((f"127.0.0.1:{silent.getsockname()[1]}",), seconds=0.2)
        assert await lookup.texts("north.test") == ()
