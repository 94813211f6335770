"""Reads the guide: its fenced blocks, and the regions between `<!-- name -->` and `<!-- /name -->`. Runs nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: the line on which it opens, its language, its text."""

    line: int
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """Commands for a shell, and what they print where the chapter says so."""

    line: int
    commands: str
    answer: str | None


def blocks(text: str) -> Iterator[Block]:
    """Every fenced block in the order of the text."""
    for found in _FENCE.finditer(text):
        yield Block(text.count("\n", 0, found.start()) + 1, found[1], found[2])


def examples(text: str) -> list[Example]:
    """The `bash` blocks; a `json` block that comes next is what the commands before it print."""
    found: list[Example] = []
    for block in blocks(text):
        if block.language == "bash":
            found.append(Example(block.line, block.text, None))
        elif block.language == "json":
            found[-1] = Example(found[-1].line, found[-1].commands, block.text)
    return found


def region(text: str, name: str) -> str:
    """What stands between the comments of that name; KeyError when they are missing."""
    found = _region(name).search(text)
    if found is None:
        raise KeyError(name)
    return found[2]


def with_region(text: str, name: str, content: str) -> str:
    """The text with another content in that region."""
    return _region(name).sub(lambda found: f"{found[1]}{content}{found[3]}", text)


def _region(name: str) -> re.Pattern[str]:
    return re.compile(rf"(<!-- {name} -->\n)(.*?)(<!-- /{name} -->)", re.DOTALL)
