"""Brands of two of the demo resellers: a name, a support e-mail, a logo drawn here. Their domains do not exist."""

import base64
import struct
import zlib
from dataclasses import dataclass

from core.clock import Instant
from tenants.brand.brand_edit import BrandEdit, set_brand
from web.demo.people import Person, Stage

_WIDTH, _HEIGHT = 240, 120
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class DemoBrand:
    """What a reseller shows: its name and the two colours of its logo."""

    name: str
    ground: Colour
    mark: Colour


BRANDS = {
    "skyline.example": DemoBrand("Skyline", (18, 52, 99), (255, 196, 61)),
    "heyo.example": DemoBrand("Heyo", (214, 64, 69), (255, 255, 255)),
}
"""By the reseller's domain."""


async def give_brand(stage: Stage, owner: Person, domain: str, at: Instant) -> None:
    """Set the brand of the reseller with this domain, if it has one in the demo."""
    brand = BRANDS.get(domain)
    if brand is None:
        return
    logo = base64.b64encode(drawn_logo(brand.ground, brand.mark)).decode()
    edit = BrandEdit(owner.organization_id, brand.name, logo, f"help@{domain}")
    await stage.act(owner, at, "setBrand", lambda uow: set_brand(uow, edit))


def drawn_logo(ground: Colour, mark: Colour) -> bytes:
    """A PNG: three bars that rise, like a skyline or a signal."""
    bars = [(60, 50), (105, 30), (150, 10)]
    rows = bytearray()
    for y in range(_HEIGHT):
        rows.append(0)
        for x in range(_WIDTH):
            is_mark = y < _HEIGHT - 10 and any(left <= x < left + 30 and y >= top for left, top in bars)
            rows += bytes(mark if is_mark else ground)
    head = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
