"""JSON of answers that hold finished JSON (`orjson.Fragment`). Changes nothing of what is said.

orjson 3.13 reserves no room for null, true and false after large fragments and writes past its buffer: the process
dies. As fragments themselves they are counted, so they are replaced first."""

from typing import Any

import orjson

_SAFE = {None: orjson.Fragment("null"), True: orjson.Fragment("true"), False: orjson.Fragment("false")}


def dumps(value: object) -> bytes:
    """The JSON text; what orjson cannot encode raises its error."""
    return orjson.dumps(_safe(value))


def _safe(value: Any) -> Any:
    if value is None or value is True or value is False:
        return _SAFE[value]
    if isinstance(value, dict):
        return {key: _safe(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_safe(each) for each in value]
    return value
