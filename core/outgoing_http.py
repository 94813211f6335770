"""Asking addresses that tenants have typed in: with time limits, no redirects, nothing inside the own network.

Knows nothing of what is asked for."""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from ssl import SSLContext
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson

TIMEOUT_SECONDS = 5.0
MOST_BYTES = 256 * 1024


class OutgoingFailed(Exception):
    """No answer, not the one that was hoped for, or an address that is not asked."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`is_guarded`: only https, only addresses that everybody on the internet reaches (off on a desk alone)."""

    is_guarded: bool

    async def get_json(self, url: str) -> Mapping[str, Any]:
        """The JSON object at the address. Raises OutgoingFailed."""
        return await self._json("GET", url)

    async def post_form(
        self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None = None
    ) -> Mapping[str, Any]:
        """The JSON object that the address answers to a form; `basic` are name and password. Raises OutgoingFailed."""
        return await self._json("POST", url, data=dict(form), auth=basic)

    async def _json(self, method: str, url: str, **given: Any) -> Mapping[str, Any]:
        try:
            async with asyncio.timeout(2 * TIMEOUT_SECONDS):
                body = await self._body(method, url, given)
            answer = orjson.loads(body)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TimeoutError, ValueError) as error:
            raise OutgoingFailed(type(error).__name__) from error
        if not isinstance(answer, dict):
            raise OutgoingFailed("no JSON object")
        return answer

    async def _body(self, method: str, url: str, given: Mapping[str, Any]) -> bytes:
        target, headers, extensions = await self._target(url)
        # The environment's proxies are not used: they would look the name up again, and may answer otherwise.
        async with (
            httpx2.AsyncClient(
                verify=_trusted(), timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False
            ) as client,
            client.stream(method, target, headers=headers, extensions=extensions, **given) as response,
        ):
            if response.status_code != 200:
                raise OutgoingFailed(f"status {response.status_code}")
            return await _limited(response)

    async def _target(self, url: str) -> tuple[str, dict[str, str], dict[str, Any]]:
        """Where to connect: the very address that was looked at, so that the name cannot mean another one by then."""
        headers = {"accept": "application/json"}
        if not self.is_guarded:
            return url, headers, {}
        parts = urlsplit(url)
        host = parts.hostname
        if parts.scheme != "https" or not host or parts.username or parts.password:
            raise OutgoingFailed("not an https address")
        address = await _public_address(host, parts.port or 443)
        shown = f"[{address}]" if address.version == 6 else str(address)
        pinned = parts._replace(netloc=f"{shown}:{parts.port or 443}").geturl()
        return pinned, headers | {"host": parts.netloc}, {"sni_hostname": host}


@cache
def _trusted() -> SSLContext:
    """The authorities that are trusted, read once: reading them holds the process up for longer than a request."""
    return httpx2.create_ssl_context(trust_env=False)


async def _public_address(host: str, port: int) -> IPv4Address | IPv6Address:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ip_address(entry[4][0]) for entry in found]
    if not addresses or not all(is_public(each) for each in addresses):
        raise OutgoingFailed("not a public address")
    return addresses[0]


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether everybody on the internet reaches the same machine there."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


async def _limited(response: httpx2.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise OutgoingFailed("too long")
    return body
