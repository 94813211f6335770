"""Lists of control numbers as merged ranges (BAT-18, BAT-19). Pure; a range is compared, never expanded."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.refusals import Blockers, FieldPath

MAX_ITEMS = 1_000
MAX_MISSING_RANGES = 100
MAX_MISSING_COUNT = 2_147_483_647

_BLANKS = " \t"
_SHOWN_CHARACTERS = 40
_ITEM = re.compile(r"([0-9]{1,10})(?:[ \t]*-[ \t]*([0-9]{1,10}))?")


@dataclass(frozen=True, slots=True, order=True)
class ControlRange:
    """The control numbers from first to last, both included."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many numbers the range holds."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class MissingNumbers:
    """Asked numbers that the batch does not have: the first 100 ranges, and how many numbers in all (capped)."""

    ranges: tuple[ControlRange, ...]
    count: int


def parse_control_numbers(text: str, field: FieldPath, blockers: Blockers) -> tuple[ControlRange, ...]:
    """Sorted ranges that neither overlap nor touch, from a text such as `1, 3, 8-12` (BAT-18).

    Notes CONTROL_NUMBER_LIST_TOO_LONG (alone), else per wrong item, in details `item` and its `position` from 1,
    CONTROL_NUMBER_SYNTAX or CONTROL_NUMBER_RANGE_REVERSED. The result holds the good items only.
    """
    count = text.count(",") + 1
    if count > MAX_ITEMS:
        message = f"A list of control numbers has at most {MAX_ITEMS} items, this one {count}."
        blockers.add("CONTROL_NUMBER_LIST_TOO_LONG", message, field, items=count, maximum=MAX_ITEMS)
        return ()
    items = enumerate(text.strip().split(","), start=1)
    parsed = (_parse_item(item.strip(_BLANKS), position, field, blockers) for position, item in items)
    return merge_ranges(found for found in parsed if found is not None)


def merge_ranges(ranges: Iterable[ControlRange]) -> tuple[ControlRange, ...]:
    """The same numbers as sorted ranges that neither overlap nor touch: what stands twice counts once."""
    merged: list[ControlRange] = []
    for following in sorted(ranges):
        if merged and following.first <= merged[-1].last + 1:
            merged[-1] = ControlRange(merged[-1].first, max(merged[-1].last, following.last))
        else:
            merged.append(following)
    return tuple(merged)


def missing_numbers(asked: Sequence[ControlRange], present: Sequence[ControlRange]) -> MissingNumbers:
    """What of `asked` is not in `present`, both as merged ranges (BAT-19).

    A batch numbered without gaps (BAT-21) is one range, 1 to its last control number; an empty batch is none.
    """
    missing = _subtract(asked, present)
    count = min(sum(gap.size for gap in missing), MAX_MISSING_COUNT)
    return MissingNumbers(tuple(missing[:MAX_MISSING_RANGES]), count)


def _parse_item(item: str, position: int, field: FieldPath, blockers: Blockers) -> ControlRange | None:
    found = _ITEM.fullmatch(item)
    first = int(found[1]) if found else 0
    last = int(found[2] or found[1]) if found else 0
    shown = item[:_SHOWN_CHARACTERS]
    if first < 1 or last < 1:
        message = f"'{shown}' is not a control number (1 to 10 digits, from 1) or a range of two."
        blockers.add("CONTROL_NUMBER_SYNTAX", message, field, item=shown, position=position)
        return None
    if first > last:
        message = f"The range '{shown}' starts above its end."
        blockers.add("CONTROL_NUMBER_RANGE_REVERSED", message, field, item=shown, position=position)
        return None
    return ControlRange(first, last)


def _subtract(asked: Sequence[ControlRange], present: Sequence[ControlRange]) -> list[ControlRange]:
    """One walk over both sorted lists, so that 1,000 items cost no more than their number."""
    left: list[ControlRange] = []
    index = 0
    for wanted in asked:
        start = wanted.first
        while index < len(present) and present[index].first <= wanted.last:
            if present[index].first > start:
                left.append(ControlRange(start, present[index].first - 1))
            start = max(start, present[index].last + 1)
            if present[index].last > wanted.last:
                break
            index += 1
        if start <= wanted.last:
            left.append(ControlRange(start, wanted.last))
    return left
