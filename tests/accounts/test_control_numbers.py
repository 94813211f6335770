"""Control-number lists: parsing, merging and what is missing (BAT-18, BAT-19), also against a brute-force expansion."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.control_numbers import (
    ControlRange,
    MissingNumbers,
    merge_ranges,
    missing_numbers,
    parse_control_numbers,
)
from core.refusals import Blocker, Blockers, Refused

FIELD = ("filter", "controlNumbers")


def ranges(*pairs: tuple[int, int]) -> tuple[ControlRange, ...]:
    return tuple(ControlRange(first, last) for first, last in pairs)


def parsed(text: str) -> tuple[ControlRange, ...]:
    blockers = Blockers()
    found = parse_control_numbers(text, FIELD, blockers)
    blockers.raise_if_any()
    return found


def refusal_of(text: str) -> tuple[Blocker, ...]:
    with pytest.raises(Refused) as refused:
        parsed(text)
    return refused.value.blockers


def expanded(found: tuple[ControlRange, ...]) -> set[int]:
    return {number for each in found for number in range(each.first, each.last + 1)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", ranges((7, 7))),
        ("1,3,8-12", ranges((1, 1), (3, 3), (8, 12))),
        (" 1 , 3\t,8 - 12,10,12\n", ranges((1, 1), (3, 3), (8, 12))),
        ("0000000007", ranges((7, 7))),
        ("5-5", ranges((5, 5))),
        ("4-6,1-3", ranges((1, 6))),
        ("1-100,20-30,90-120", ranges((1, 120))),
        ("9999999999", ranges((9_999_999_999, 9_999_999_999))),
    ],
)
def test_a_list_becomes_merged_ranges(text: str, expected: tuple[ControlRange, ...]) -> None:
    assert parsed(text) == expected


@pytest.mark.parametrize(
    ("text", "item", "position"),
    [
        ("", "", 1),
        ("  ", "", 1),
        ("1,,3", "", 2),
        ("1,3,", "", 3),
        ("0", "0", 1),
        ("0000000000", "0000000000", 1),
        ("0-4", "0-4", 1),
        ("4-0", "4-0", 1),
        ("1-", "1-", 1),
        ("-5", "-5", 1),
        ("+5", "+5", 1),
        ("a", "a", 1),
        ("2, 1 2", "1 2", 2),
        ("1-2-3", "1-2-3", 1),
        ("12345678901", "12345678901", 1),
        ("1-12345678901", "1-12345678901", 1),
        ("٣", "٣", 1),
        ("1\n,2", "1\n", 1),
        ("x" * 60, "x" * 40, 1),
    ],
)
def test_a_wrong_item_is_named_with_its_position(text: str, item: str, position: int) -> None:
    (blocker,) = refusal_of(text)
    assert (blocker.code, blocker.field) == ("CONTROL_NUMBER_SYNTAX", FIELD)
    assert blocker.details == {"item": item, "position": position}


def test_a_range_that_starts_above_its_end_is_reversed() -> None:
    (blocker,) = refusal_of("1,12 - 8")
    assert blocker.code == "CONTROL_NUMBER_RANGE_REVERSED"
    assert blocker.details == {"item": "12 - 8", "position": 2}


def test_all_wrong_items_are_named_at_once() -> None:
    assert [(blocker.code, blocker.details["item"]) for blocker in refusal_of("a,9-3,7,0")] == [
        ("CONTROL_NUMBER_RANGE_REVERSED", "9-3"),
        ("CONTROL_NUMBER_SYNTAX", "a"),
        ("CONTROL_NUMBER_SYNTAX", "0"),
    ]


def test_a_thousand_items_are_accepted_and_one_more_is_refused_alone() -> None:
    assert parsed(",".join(["7"] * 1_000)) == ranges((7, 7))
    (blocker,) = refusal_of(",".join(["a"] * 1_001))
    assert blocker.code == "CONTROL_NUMBER_LIST_TOO_LONG"
    assert blocker.details == {"items": 1_001, "maximum": 1_000}


def test_numbers_outside_the_batch_come_back_as_ranges_and_count() -> None:
    missing = missing_numbers(parsed("240-260,300,1"), ranges((1, 250)))
    assert missing == MissingNumbers(ranges((251, 260), (300, 300)), 11)


def test_nothing_is_missing_from_a_batch_that_has_all() -> None:
    assert missing_numbers(parsed("1-250"), ranges((1, 250))) == MissingNumbers((), 0)


def test_of_an_empty_batch_all_is_missing() -> None:
    assert missing_numbers(parsed("1-3"), ()) == MissingNumbers(ranges((1, 3)), 3)


def test_at_most_a_hundred_missing_ranges_are_named_but_all_are_counted() -> None:
    asked = merge_ranges(ControlRange(number, number) for number in range(10, 410, 2))
    missing = missing_numbers(asked, ranges((1, 9)))
    assert (len(missing.ranges), missing.ranges[0], missing.count) == (100, ControlRange(10, 10), 200)


def test_the_count_of_missing_numbers_is_capped() -> None:
    assert missing_numbers(parsed("1-2147483647"), ()).count == 2_147_483_647
    assert missing_numbers(parsed("1-9999999999"), ()) == MissingNumbers(ranges((1, 9_999_999_999)), 2_147_483_647)


number = st.integers(min_value=1, max_value=60)
items = st.lists(st.tuples(number, number).map(lambda pair: (min(pair), max(pair))), min_size=1, max_size=12)


@given(items)
def test_parsing_keeps_exactly_the_written_numbers(pairs: list[tuple[int, int]]) -> None:
    found = parsed(",".join(f"{first}-{last}" if first < last else f"{first:04}" for first, last in pairs))
    assert expanded(found) == {number for first, last in pairs for number in range(first, last + 1)}
    assert all(before.last + 1 < after.first for before, after in pairwise(found))


@given(items, st.just([]) | items)
def test_missing_is_the_difference_of_the_expanded_sets(
    asked_pairs: list[tuple[int, int]], present_pairs: list[tuple[int, int]]
) -> None:
    asked, present = (merge_ranges(ranges(*pairs)) for pairs in (asked_pairs, present_pairs))
    missing = missing_numbers(asked, present)
    assert expanded(missing.ranges) == expanded(asked) - expanded(present)
    assert missing.count == len(expanded(missing.ranges))
    assert merge_ranges(missing.ranges) == missing.ranges
