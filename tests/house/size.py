"""House rules about size and names: a reader finds a thing by its name and sees it at one glance."""

import ast
from collections.abc import Iterator

from tests.house.findings import CODE, SourceFile

MOST_LINES_OF_A_FILE = 600
MOST_LINES_OF_A_FUNCTION = 60
BANNED_NAMES = frozenset({"utils", "util", "helpers", "helper", "manager", "managers", "common"})


def file_length(file: SourceFile) -> Iterator[tuple[int, str]]:
    """No code file over 600 lines; migrations are history and may be longer."""
    if file.path.suffix in CODE and not file.is_migration and len(file.lines) > MOST_LINES_OF_A_FILE:
        yield len(file.lines), f"{len(file.lines)} lines"


def function_length(file: SourceFile) -> Iterator[tuple[int, str]]:
    """No function over 60 lines, from `def` to its last line."""
    for node in file.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MOST_LINES_OF_A_FUNCTION:
                yield node.lineno, f"{node.name} has {length} lines"


def banned_name(file: SourceFile) -> Iterator[tuple[int, str]]:
    """No module or folder whose name says nothing about what is in it."""
    if file.path.suffix not in CODE:
        return
    for part in (*file.path.parts[:-1], file.path.name.split(".")[0]):
        if part.lower() in BANNED_NAMES:
            yield 1, part
