"""Search values, matching modes and page sizes (BAT-15, BAT-16)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.search_value import (
    DEFAULT_SEARCH_MODE,
    SearchMode,
    check_page_size,
    fold_ascii,
    is_match,
    like_pattern,
    parse_search_value,
)
from core.refusals import Blockers, Refused

FIELD = ("filter", "accountId", "value")


def codes_of(text: str) -> tuple[str, ...]:
    blockers = Blockers()
    parse_search_value(text, FIELD, blockers)
    with pytest.raises(Refused) as refused:
        blockers.raise_if_any()
    assert refused.value.blockers[0].field == FIELD
    return refused.value.codes


def parsed(text: str) -> str:
    blockers = Blockers()
    value = parse_search_value(text, FIELD, blockers)
    assert not blockers
    return value


def is_like(text: str, pattern: str) -> bool:
    """LIKE ... ESCAPE '\\' as both databases read it."""
    parts = re.findall(r"\\(.)|(%)|(_)|(.)", pattern, re.DOTALL)
    expression = "".join(
        ".*" if many else "." if one else re.escape(escaped or plain) for escaped, many, one, plain in parts
    )
    return re.fullmatch(expression, text, re.DOTALL) is not None


def test_the_default_mode_is_starts_with() -> None:
    assert DEFAULT_SEARCH_MODE is SearchMode.STARTS_WITH


def test_a_value_is_trimmed_composed_and_folded_in_ascii_only() -> None:
    assert parsed("  Erica ") == "erica"
    assert parsed("e\u0301") == "\u00e9"
    assert parsed("ÄB") == "Äb"


def test_the_length_counts_characters_after_trimming() -> None:
    assert parsed(" " + "é" * 64 + " ") == "é" * 64
    assert codes_of("a" * 65) == ("FILTER_VALUE_TOO_LONG",)
    assert codes_of(" \t ") == ("FILTER_VALUE_EMPTY",)


def test_characters_that_one_database_cannot_store_find_nothing() -> None:
    assert parsed("1\x00") == "1\ufffd"
    assert parsed("\ud800").encode() == b"\xef\xbf\xbd"


@pytest.mark.parametrize(
    ("mode", "found"),
    [
        (SearchMode.EXACT, ["Eric"]),
        (SearchMode.STARTS_WITH, ["Eric", "Erica"]),
        (SearchMode.CONTAINS, ["Eric", "Erica", "Maverick", "Generic"]),
        (SearchMode.ENDS_WITH, ["Eric", "Generic"]),
    ],
)
def test_each_mode_finds_its_own(mode: SearchMode, found: list[str]) -> None:
    names = ["Eric", "Erica", "Maverick", "Generic", "Smith"]
    assert [name for name in names if is_match(name, parsed("ERIC"), mode)] == found


@pytest.mark.parametrize("value", ["%", "_", "\\", "a%", "\\%"])
def test_wildcards_are_ordinary_characters(value: str) -> None:
    assert is_match(f"x{value}y", parsed(value), SearchMode.CONTAINS)
    assert not is_match("xabcy", parsed(value), SearchMode.CONTAINS)
    assert not is_like("xabcy", like_pattern(value, SearchMode.CONTAINS))


few_characters = st.text("ab%_\\A", max_size=6)


@given(few_characters, few_characters.filter(bool), st.sampled_from(SearchMode))
def test_the_like_pattern_finds_exactly_what_the_rule_finds(text: str, typed: str, mode: SearchMode) -> None:
    value = parsed(typed)
    assert is_like(fold_ascii(text), like_pattern(value, mode)) is is_match(text, value, mode)


@pytest.mark.parametrize(("size", "expected"), [(None, 25), (1, 1), (100, 100)])
def test_a_page_has_25_rows_unless_asked(size: int | None, expected: int) -> None:
    blockers = Blockers()
    assert check_page_size(size, ("first",), blockers) == expected
    assert not blockers


@pytest.mark.parametrize("size", [-1, 0, 101])
def test_a_page_outside_1_to_100_is_refused(size: int) -> None:
    blockers = Blockers()
    check_page_size(size, ("first",), blockers)
    with pytest.raises(Refused) as refused:
        blockers.raise_if_any()
    assert refused.value.codes == ("PAGE_SIZE_INVALID",)
    assert refused.value.blockers[0].details == {"size": size, "maximum": 100}
