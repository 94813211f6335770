"""The organizations of the suite's world, and the marks by which every row of theirs is known again in an answer."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.ids import new_id
from tenants.paths import child_path

MARKED = re.compile(r"canary\d{5}x|7000000\.\d{5}1")
"""A mark as it can stand in an answer: as text, or as an amount of money that no other row has."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One row's own text and own amount."""

    number: int

    @property
    def text(self) -> str:
        return f"canary{self.number:05d}x"

    @property
    def micros(self) -> int:
        return 7_000_000_000_000 + self.number * 10 + 1

    @property
    def amount(self) -> str:
        return f"7000000.{self.number * 10 + 1:06d}"


def marks() -> Iterator[Mark]:
    """Fresh marks."""
    return (Mark(number) for number in itertools.count(1))


@dataclass(slots=True)
class Place:
    """An organization of the world; `ref` names its rows before they are written."""

    key: str
    kind: str
    number: int
    parent: "Place | None"
    children: list["Place"] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    """The text of the mark of its (last) row of a table."""

    def ref(self, prefix: str, name: str = "") -> str:
        """The id of its row of that kind; the same one each time."""
        key = f"{prefix}{name}"
        if key not in self.ids:
            self.ids[key] = new_id(prefix)
        return self.ids[key]

    @property
    def id(self) -> str:
        return self.ref("org")

    @property
    def path(self) -> str:
        return child_path(self.parent.path if self.parent else "", self.number)

    @property
    def seller(self) -> "Place":
        """Who sells to it; the operator buys of nobody and stands for itself."""
        return self.parent or self

    @property
    def buyer(self) -> "Place":
        """One that it sells to, or itself where there is none."""
        return self.children[0] if self.children else self


TREE = (
    ("operator", "OPERATOR", None),
    ("reseller", "RESELLER", "operator"),
    ("customer", "CUSTOMER", "reseller"),
    ("sibling", "CUSTOMER", "reseller"),
    ("sub", "RESELLER", "reseller"),
    ("child", "CUSTOMER", "sub"),
    ("stranger", "RESELLER", "operator"),
    ("far", "CUSTOMER", "stranger"),
    ("far_sub", "RESELLER", "stranger"),
    ("far_child", "CUSTOMER", "far_sub"),
    ("moved", "CUSTOMER", "stranger"),
)
"""`moved` was the reseller's customer once: its old wallet and what belongs to it kept the path of then (VIS-6)."""


def the_places() -> dict[str, Place]:
    """The tree, by the names of its organizations."""
    made: dict[str, Place] = {}
    for number, (key, kind, above) in enumerate(TREE, 1):
        parent = made[above] if above is not None else None
        made[key] = Place(key, kind, number, parent)
        if parent is not None:
            parent.children.append(made[key])
    return made
