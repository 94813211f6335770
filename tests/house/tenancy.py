"""The house rule that keeps row scope in one place: outside tenants/ nobody writes a condition on `path`."""

import ast
import re
from collections.abc import Iterator

from tests.house.findings import SourceFile

_SQL = re.compile(
    r"""(?<![\w/])["'`]?path["'`]?\s*(<|>|\^@|!?~|(not\s+)?i?like\b|between\b)|\bapp\.path""", re.IGNORECASE
)
_LOOKUP = re.compile(r"^(\w+__)?path__\w+$")


def tenant_filter(file: SourceFile) -> Iterator[tuple[int, str]]:
    """A tenant filter is built in tenants/ only, whether as SQL, as an ORM lookup or by comparing paths in Python."""
    if not file.is_shipped or file.top == "tenants" or file.is_migration:
        return
    for node in file.nodes:
        if seen := _seen(node):
            yield getattr(node, "lineno", 1), seen


def _seen(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=str(text)) if found := _SQL.search(text) or _LOOKUP.search(text):
            return found.group()
        case ast.keyword(arg=str(name)) if _LOOKUP.search(name):
            return name
        case ast.Compare(left=left, ops=ops) if _is_order(ops) and any(map(_is_row_path, [left, *node.comparators])):
            return ast.unparse(node)
        case ast.Call(func=ast.Attribute(attr="startswith"), args=[argument]) if _is_row_path(argument):
            return ast.unparse(node)
        case _:
            return None


def _is_order(operators: list[ast.cmpop]) -> bool:
    return any(isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for operator in operators)


def _is_row_path(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "path"
