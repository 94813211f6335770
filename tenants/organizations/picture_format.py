"""What kind of image some bytes are and how large, read from their first bytes (ORG-17, WL-1). Decodes nothing."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""JPEG's start-of-frame markers: each names the size."""
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
"""JPEG markers without a length."""


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Media type and size in pixels."""

    media_type: str
    width: int
    height: int


def image_header(content: bytes) -> ImageHeader | None:
    """PNG, JPEG or WebP by what the bytes say, not by a name; None for anything else or a broken head."""
    try:
        if content.startswith(_PNG):
            return _png(content)
        if content.startswith(b"\xff\xd8"):
            return _jpeg(content)
        if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
            return _webp(content)
    except (struct.error, IndexError):
        return None
    return None


def _png(content: bytes) -> ImageHeader | None:
    if content[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", content[16:24])
    return ImageHeader("image/png", width, height)


def _jpeg(content: bytes) -> ImageHeader | None:
    for marker, start in _segments(content):
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", content[start + 3 : start + 7])
            return ImageHeader("image/jpeg", width, height)
    return None


def _segments(content: bytes) -> Iterator[tuple[int, int]]:
    """Each marker with where its length stands, up to the image's data."""
    place = 2
    while place < len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        place += 2
        if marker == 0xFF or marker in _ALONE:
            place -= marker == 0xFF
            continue
        if marker in (0xD9, 0xDA):
            return
        yield marker, place
        place += int(struct.unpack(">H", content[place : place + 2])[0])


def _webp(content: bytes) -> ImageHeader | None:
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(content[at : at + 3], "little") for at in (24, 27))
    elif kind == b"VP8L" and content[20] == 0x2F:
        bits = int.from_bytes(content[21:25], "little")
        width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    elif kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = (side & 0x3FFF for side in struct.unpack("<HH", content[26:30]))
    else:
        return None
    return ImageHeader("image/webp", width, height)
