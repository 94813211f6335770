"""What is typed into a search box, made ready to compare (BAT-15, BAT-16). Pure; knows no column and no database."""

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum

from core.refusals import Blockers, FieldPath

MAX_VALUE_LENGTH = 64
DEFAULT_PAGE_SIZE = 25
MAX_PAGE_SIZE = 100

_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
# PostgreSQL takes no NUL and no lone surrogate: as U+FFFD they find nothing on either database, not fail on one.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class SearchMode(StrEnum):
    """How a value has to stand in the text that is searched (BAT-16)."""

    EXACT = "EXACT"
    STARTS_WITH = "STARTS_WITH"
    CONTAINS = "CONTAINS"
    ENDS_WITH = "ENDS_WITH"


DEFAULT_SEARCH_MODE = SearchMode.STARTS_WITH

_FOUND_BY: dict[SearchMode, Callable[[str, str], bool]] = {
    SearchMode.EXACT: str.__eq__,
    SearchMode.STARTS_WITH: str.startswith,
    SearchMode.CONTAINS: str.__contains__,
    SearchMode.ENDS_WITH: str.endswith,
}


def fold_ascii(text: str) -> str:
    """The text with A-Z as a-z and every other character, accents and `% _ \\` included, as it is."""
    return text.translate(_ASCII_LOWER)


def parse_search_value(text: str, field: FieldPath, blockers: Blockers) -> str:
    """The value trimmed, in NFC and folded, to compare with folded texts.

    Notes FILTER_VALUE_EMPTY when nothing is left and FILTER_VALUE_TOO_LONG above 64 characters (BAT-16).
    """
    value = unicodedata.normalize("NFC", text.strip())
    if not value:
        blockers.add("FILTER_VALUE_EMPTY", "The value to search for is empty.", field)
    if len(value) > MAX_VALUE_LENGTH:
        message = f"A value to search for has at most {MAX_VALUE_LENGTH} characters."
        blockers.add("FILTER_VALUE_TOO_LONG", message, field, length=len(value), maximum=MAX_VALUE_LENGTH)
    return fold_ascii(_UNSTORABLE.sub("\ufffd", value))


def is_match(text: str, value: str, mode: SearchMode) -> bool:
    """Whether a stored text is found by a parsed value: what the SQL of both databases has to answer."""
    return _FOUND_BY[mode](fold_ascii(text), value)


def like_pattern(value: str, mode: SearchMode) -> str:
    """A parsed value as the right side of `LIKE ... ESCAPE '\\'` over a folded column; wildcards are made literal."""
    literal = re.sub(r"([%_\\])", r"\\\1", value)
    head = "%" if mode in (SearchMode.CONTAINS, SearchMode.ENDS_WITH) else ""
    tail = "%" if mode in (SearchMode.CONTAINS, SearchMode.STARTS_WITH) else ""
    return head + literal + tail


def check_page_size(size: int | None, field: FieldPath, blockers: Blockers) -> int:
    """Rows on a page: 25 when not given. Notes PAGE_SIZE_INVALID outside 1 to 100 (BAT-15)."""
    if size is None:
        return DEFAULT_PAGE_SIZE
    if not 1 <= size <= MAX_PAGE_SIZE:
        message = f"A page has 1 to {MAX_PAGE_SIZE} rows."
        blockers.add("PAGE_SIZE_INVALID", message, field, size=size, maximum=MAX_PAGE_SIZE)
    return size
