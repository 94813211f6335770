"""Ids for the rows of one set-based statement: they are counted in SQL, so that no row passes through Python.

The last four digits of an id are the low 20 bits of its UUIDv7, which are random: a series counts in them instead."""

from core.ids import new_id

_COUNTED = 4
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
SERIES_LENGTH = 32**_COUNTED
"""How many ids one series has: the numbers 0 to 1,048,575."""


def new_series(prefix: str) -> str:
    """The stem of a fresh series, to be bound as a parameter; its ids sort by time, then by number."""
    return new_id(prefix)[:-_COUNTED]


def series_id(stem: str, number: str) -> str:
    """The SQL of an id of the series: `stem` is its parameter, `number` an integer expression below SERIES_LENGTH."""
    digits = (
        f"substr('{_DIGITS}', CAST({number} / {32**place} % 32 + 1 AS integer), 1)"
        for place in reversed(range(_COUNTED))
    )
    return " || ".join((f"CAST({stem} AS text)", *digits))
