"""Building blocks of typed filters: each takes a filter's value and gives an SQL condition with bound parameters."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.clock import as_instant
from graph.sql.reads import Condition

if TYPE_CHECKING:
    from graph.sql.compile import Compilation


def equals(sql: str) -> Condition:
    """The value itself; null asks for rows without one."""

    def build(compilation: "Compilation", alias: str, tree: Any) -> str:
        left = sql.format(t=alias)
        return f"{left} IS NULL" if tree is None else f"{left} = {compilation.bind(tree)}"

    return build


def equals_computed(expression: Callable[["Compilation"], str]) -> Condition:
    """The value of an expression that depends on the reader: what is not shown is not found either (VIS-4)."""

    def build(compilation: "Compilation", alias: str, tree: Any) -> str:
        return equals(expression(compilation))(compilation, alias, tree)

    return build


def equals_seen(sql: str, table: str) -> Condition:
    """The id of a row of `table` that the reader sees: another one finds nothing, like a missing one (VIS-3)."""

    def build(compilation: "Compilation", alias: str, tree: Any) -> str:
        if tree is None:
            return equals(sql)(compilation, alias, tree)
        given = compilation.bind(tree)
        seen = f"SELECT 1 FROM {table} seen WHERE seen.id = {given} AND {compilation.row_is_visible('seen', table)}"
        return f"{sql.format(t=alias)} = {given} AND EXISTS ({seen})"

    return build


def one_of(sql: str) -> Condition:
    """Any value of a list; of an empty list none."""

    def build(compilation: "Compilation", alias: str, tree: Any) -> str:
        values = [compilation.bind(leaf) for leaf in tree or ()]
        return f"{sql.format(t=alias)} IN ({', '.join(values)})" if values else "1 = 0"

    return build


def status_in(expression: Callable[["Compilation"], str]) -> Condition:
    """Any value of a list, of an expression that depends on now."""

    def build(compilation: "Compilation", alias: str, tree: Any) -> str:
        return one_of(expression(compilation))(compilation, alias, tree)

    return build


def is_true(sql: str) -> Condition:
    """A boolean; its value decides the text, so it is part of the statement's shape."""

    def build(compilation: "Compilation", alias: str, tree: Any) -> str:
        text = f"({sql.format(t=alias)})"
        return "1 = 1" if tree is None else (text if tree.value else f"NOT {text}")

    return build


def from_instant(sql: str) -> Condition:
    """At or after a moment."""
    return _instant(sql, ">=")


def before_instant(sql: str) -> Condition:
    """Before a moment (periods are half-open)."""
    return _instant(sql, "<")


def _instant(sql: str, comparison: str) -> Condition:
    def build(compilation: "Compilation", alias: str, tree: Any) -> str:
        if tree is None:
            return "1 = 1"
        return f"{sql.format(t=alias)} {comparison} {compilation.bind(tree, _micros)}"

    return build


def _micros(moment: datetime) -> int:
    return as_instant(moment)
