"""Ids of rows: a prefix for the kind and a UUIDv7 in Crockford's base 32 (TypeID).

An id is opaque: nothing is read from it but its kind.
"""

import re

import uuid_utils

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 26
# 26 digits hold 130 bits: the first one carries only the top three of the 128.
_ID = re.compile(rf"([a-z]{{2,8}})_[0-7][{_ALPHABET}]{{{_LENGTH - 1}}}")


def new_id(prefix: str) -> str:
    """A fresh id such as org_01j9..., growing with the time of its making."""
    return f"{prefix}_{_in_base_32(uuid_utils.uuid7().int)}"


def prefix_of(text: str) -> str | None:
    """The kind of a well-formed id, else None."""
    match = _ID.fullmatch(text)
    return match[1] if match else None


def is_id(text: str, prefix: str) -> bool:
    """Whether the text is a well-formed id of this kind."""
    return prefix_of(text) == prefix


def _in_base_32(number: int) -> str:
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(_LENGTH)))
