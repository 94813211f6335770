"""House rules about time and money: the clock is injected, and money never meets a float."""

import ast
import re
from collections.abc import Iterator

from tests.house.findings import SourceFile

_CLOCK = "core/clock.py"
_PLAIN_NOW = frozenset(
    {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.localtime"}
)
_FROM_TIME = frozenset({"time", "time_ns", "localtime"})
_SQL_NOW = re.compile(r"\b(current_timestamp|current_date|clock_timestamp\(\)|now\(\))|\('now'\)", re.IGNORECASE)


def plain_now(file: SourceFile) -> Iterator[tuple[int, str]]:
    """Only core/clock.py asks what time it is, and SQL never does; durations may use time.monotonic or perf_counter."""
    if not file.is_shipped or file.path.as_posix() == _CLOCK or file.is_migration:
        return
    for node in file.nodes:
        if seen := _now_in(node):
            yield getattr(node, "lineno", 1), seen


def _now_in(node: ast.AST) -> str | None:
    match node:
        case ast.Attribute() if (name := ".".join(ast.unparse(node).split(".")[-2:])) in _PLAIN_NOW:
            return name
        case ast.ImportFrom(module="time", names=names) if taken := _FROM_TIME & {alias.name for alias in names}:
            return f"from time import {', '.join(sorted(taken))}"
        case ast.Constant(value=str(text)) if found := _SQL_NOW.search(text):
            return found.group()
        case _:
            return None


def money_float(file: SourceFile) -> Iterator[tuple[int, str]]:
    """No float, as a type, a call or a literal, in billing/ and core/money.py: amounts are integers or fractions."""
    if file.top != "billing" and file.path.as_posix() != "core/money.py":
        return
    for node in file.nodes:
        match node:
            case ast.Name(id="float"):
                yield node.lineno, "float"
            case ast.Constant(value=float(number)):
                yield node.lineno, repr(number)
