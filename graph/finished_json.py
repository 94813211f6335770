"""A way around an error of orjson 3.13 that writes beyond its buffer: a bare null in a list that also holds a Fragment.

It makes no room for the null once the Fragments before it have used up what the list had. A Fragment makes its own."""

from typing import Any

import orjson

_NULL = orjson.Fragment(b"null")


def without_bare_nulls(data: dict[str, Any] | None) -> dict[str, Any] | None:
    """The data of a response in which lists at the root with finished JSON in them (`nodes`) hold nothing else."""
    for name, value in (data or {}).items():
        if isinstance(value, list) and any(type(each) is orjson.Fragment for each in value):
            assert data is not None
            data[name] = [_NULL if each is None else each for each in value]
    return data
