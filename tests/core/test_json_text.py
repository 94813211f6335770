"""Answers made of fragments and nulls of every size: orjson alone writes past its buffer here."""

import json

import orjson
import pytest

from core.json_text import dumps


@pytest.mark.parametrize("filling", [None, True, False])
def test_fragments_among_nulls_and_booleans(filling: bool | None) -> None:
    for size in range(2600, 2760):
        nodes = [filling] * 6 + [orjson.Fragment(f'"{"x" * size}"')] * 3 + [filling] * 25
        read = json.loads(dumps({"data": {"nodes": nodes, "more": filling}}))
        assert read["data"] == {"nodes": [filling] * 6 + ["x" * size] * 3 + [filling] * 25, "more": filling}


def test_plain_values_stay_as_they_are() -> None:
    value = {"a": 1, "b": [1.5, "x", {"c": ()}], "d": 0}
    assert dumps(value) == b'{"a":1,"b":[1.5,"x",{"c":[]}],"d":0}'
