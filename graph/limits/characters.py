"""Refuses what no text of a database may hold, U+0000, before anything runs: PostgreSQL would fail on it half way."""

from collections.abc import Mapping
from typing import Any

from graphql import DocumentNode, TokenKind

from graph.errors import BAD_USER_INPUT, CodedError, coded

NUL = "\0"
_TEXTS = (TokenKind.STRING, TokenKind.BLOCK_STRING)


def check_variables(variables: Mapping[str, Any]) -> None:
    """Refused: BAD_USER_INPUT, with the variable's name as field; keys of JSON objects count like values."""
    for name, value in variables.items():
        if _holds_nul(value):
            raise _refused((name,))


def check_literals(document: DocumentNode, text: str) -> None:
    """The same for the texts that are written in the document itself; its comments do not matter."""
    if "\\u" not in text and NUL not in text:
        return
    token = document.loc.start_token if document.loc else None
    while token is not None:
        if token.kind in _TEXTS and NUL in (token.value or ""):
            raise _refused(None)
        token = token.next


def _holds_nul(given: Any) -> bool:
    left = [given]
    while left:
        value = left.pop()
        if isinstance(value, str):
            if NUL in value:
                return True
        elif isinstance(value, dict):
            left += value.keys()
            left += value.values()
        elif isinstance(value, list):
            left += value
    return False


def _refused(field: tuple[str, ...] | None) -> CodedError:
    return coded(BAD_USER_INPUT, "A text cannot hold the character U+0000", field)
