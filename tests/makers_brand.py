"""Makers of white labels: logos, brands, proven domains."""

import base64
import struct
import zlib
from typing import Any

from tenants.brand.brand_domains import DomainClaim, record_to_find, verify_domain
from tenants.commands import Command, Outcome, run_command
from tenants.unit_of_work import UnitOfWork
from tests.graph.billing_documents import done
from tests.makers import Member, credentials_of

SET_BRAND = """mutation ($input: SetBrandInput!) { setBrand(input: $input) { errors { code field }
    brand { brandName logoUrl logoMediaType supportEmail domain version } } }"""
CLAIM = """mutation ($input: DomainInput!) { claimDomain(input: $input) {
    errors { code field } domain recordName recordValue expiresAt } }"""
VERIFY = "mutation ($input: DomainInput!) { verifyDomain(input: $input) { errors { code field } domain } }"
REMOVE = "mutation ($input: RemoveDomainInput!) { removeDomain(input: $input) { errors { code } } }"
SELLER = "{ viewer { seller { name logoUrl domain supportEmail } } }"


def a_logo(width: int = 100, height: int = 100, size: int = 0) -> bytes:
    """A whole PNG, grey; `size`: filled up to so many bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    lines = zlib.compress(b"".join(b"\0" + b"\x80" * width for _ in range(height)))
    start, end = b"\x89PNG\r\n\x1a\n" + head, chunk(b"IDAT", lines) + chunk(b"IEND", b"")
    rest = size - len(start) - len(end)
    return start + (chunk(b"prVt", b"x" * (rest - 12)) if rest > 12 else b"") + end


def in_base64(content: bytes) -> str:
    """As it is sent."""
    return base64.b64encode(content).decode()


async def a_brand(who: Member, **given: Any) -> dict[str, Any]:
    """Set fields of the member's organization's brand; answers the brand."""
    payload = await done(who, SET_BRAND, **given)
    assert payload["errors"] == []
    return dict(payload["brand"])


async def a_proven_domain(who: Member, domain: str) -> None:
    """Claim and take a domain as if its record had been seen in DNS."""
    assert (await done(who, CLAIM, domain=domain))["errors"] == []
    claim = DomainClaim(domain)

    async def act(uow: UnitOfWork) -> Outcome:
        return await verify_domain(uow, claim, await record_to_find(uow, claim))

    async def answer(uow: UnitOfWork, outcome: Outcome, replayed: bool) -> Outcome:
        return outcome

    credentials = await credentials_of(who)
    await run_command(who.platform, credentials, Command("verifyDomain", {}), act, answer)
    who.platform.sites.forget()
