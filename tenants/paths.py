"""Arithmetic of the tree's paths (ORG-3): labels, children, ranges, rebuilding. Reads no table and decides no right."""

from collections.abc import Iterable
from dataclasses import dataclass

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

RANGE_END = "~"
"""Sorts after every character of a path, byte by byte."""


def label_of(number: int) -> str:
    """The segment of an organization's number: lower-case base 36 (ORG-3); a negative number is ValueError."""
    if number < 0:
        raise ValueError("an organization's number is never negative")
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if number == 0:
            return digits


def number_of(label: str) -> int:
    """The number of a segment; what is no lower-case base 36 in its shortest form is ValueError."""
    if not label or any(character not in _DIGITS for character in label):
        raise ValueError("not a lower-case base 36 label")
    number = int(label, 36)
    if label_of(number) != label:
        raise ValueError("a label has no leading zeros")
    return number


def child_path(parent_path: str, number: int) -> str:
    """The seller's path, the own segment and a closing dot; the root's parent path is the empty text (ORG-3)."""
    return f"{parent_path}{label_of(number)}."


def parent_path(path: str) -> str | None:
    """The path of the seller, or None at the root."""
    head, separator, _ = path[:-1].rpartition(".")
    return head + separator if separator else None


def shown_from(top: str) -> int:
    """The place, counted from 1, from which a path is shown to who stands at `top`: its own segment (VIS-2)."""
    return len(parent_path(top) or "") + 1


def path_chain(path: str) -> tuple[str, ...]:
    """Every path from the root down to this one, this one included."""
    chain: list[str] = []
    for segment in path[:-1].split("."):
        chain.append(f"{chain[-1] if chain else ''}{segment}.")
    return tuple(chain)


def depth(path: str) -> int:
    """How many levels the path has; the root has 1."""
    return path.count(".")


def is_within(path: str, top: str) -> bool:
    """Whether the path is the top itself or below it: what an organization at the top sees (VIS-1)."""
    return path.startswith(top)


def is_below(path: str, top: str) -> bool:
    """Whether the path is strictly below the top, at any depth."""
    return path != top and path.startswith(top)


def is_directly_below(path: str, seller_path: str) -> bool:
    """Whether the path is a buyer's of that seller."""
    return parent_path(path) == seller_path


def path_range(top: str) -> tuple[str, str]:
    """Start (inclusive) and end (exclusive) of the top and everything below it, in byte order."""
    return top, range_end(top)


def range_end(path: str) -> str:
    """The first text, in byte order, after the path and everything below it."""
    return path + RANGE_END


def moved_path(path: str, old_top: str, new_top: str) -> str:
    """The path after the organization at `old_top` was moved to `new_top`; a path outside of it is ValueError."""
    if not is_within(path, old_top):
        raise ValueError("the path is not within what moves")
    return new_top + path[len(old_top) :]


def shown_path(path: str, viewer_path: str) -> str:
    """The path as a viewer may see it: it starts at the viewer's own segment (VIS-2); outside of it is ValueError."""
    if not is_within(path, viewer_path):
        raise ValueError("the viewer does not see this path")
    return path[len(parent_path(viewer_path) or "") :]


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One organization as the truth has it: its parent pointer and its number."""

    organization_id: str
    parent_id: str | None
    number: int


@dataclass(frozen=True, slots=True)
class RebuiltPaths:
    """The paths that follow from the parents, and the ids that no root reaches (orphans and cycles), sorted."""

    paths: dict[str, str]
    unreachable_ids: tuple[str, ...]


def rebuild_paths(nodes: Iterable[TreeNode]) -> RebuiltPaths:
    """Every path from the parent pointers alone (ORG-3); any order of nodes, any depth."""
    children: dict[str | None, list[TreeNode]] = {}
    every_id: set[str] = set()
    for node in nodes:
        every_id.add(node.organization_id)
        children.setdefault(node.parent_id, []).append(node)
    paths: dict[str, str] = {}
    waiting = [(node, "") for node in children.get(None, [])]
    while waiting:
        node, above = waiting.pop()
        paths[node.organization_id] = child_path(above, node.number)
        waiting.extend((child, paths[node.organization_id]) for child in children.get(node.organization_id, []))
    return RebuiltPaths(paths, tuple(sorted(every_id - paths.keys())))
