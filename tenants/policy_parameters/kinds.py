"""Plain types of Policy parameters: what is accepted, its canonical JSON form, its Python value. Knows no parameter."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Generic, TypeVar

from core.money import MICROS, parse_amount

JsonValue = bool | int | str | list["JsonValue"] | dict[str, "JsonValue"] | None
T_co = TypeVar("T_co", covariant=True)

LARGEST_INTEGER = 1_000_000_000
LARGEST_DAYS = 36_500
"""A hundred years: further off no date can be counted on, and no job may stumble over one."""


class ValueRefused(ValueError):
    """The value is of the wrong type or out of its range (POL-3)."""


class Kind(ABC, Generic[T_co]):
    """A type of parameter."""

    __slots__ = ()

    @abstractmethod
    def canonical(self, raw: object) -> JsonValue:
        """The one JSON form of an accepted value (again accepted); anything else raises ValueRefused."""

    @abstractmethod
    def read(self, value: JsonValue) -> T_co:
        """The Python value of a canonical form."""

    def measure(self, value: JsonValue) -> Fraction | None:
        """The size that bounds compare, or None for types without an order (POL-2)."""
        return None


@dataclass(frozen=True, slots=True)
class OrNone(Kind[object]):
    """Another type, or none (JSON null)."""

    inner: Kind[object]

    def canonical(self, raw: object) -> JsonValue:
        return None if raw is None else self.inner.canonical(raw)

    def read(self, value: JsonValue) -> object:
        return None if value is None else self.inner.read(value)

    def measure(self, value: JsonValue) -> Fraction | None:
        return None if value is None else self.inner.measure(value)


@dataclass(frozen=True, slots=True)
class Boolean(Kind[bool]):
    """true or false."""

    def canonical(self, raw: object) -> JsonValue:
        if not isinstance(raw, bool):
            raise ValueRefused("true or false")
        return raw

    def read(self, value: JsonValue) -> bool:
        return value is True


@dataclass(frozen=True, slots=True)
class Integer(Kind[int]):
    """A whole number within a range, both ends included."""

    minimum: int = 0
    maximum: int = LARGEST_INTEGER

    def canonical(self, raw: object) -> JsonValue:
        if isinstance(raw, bool) or not isinstance(raw, int) or not self.minimum <= raw <= self.maximum:
            raise ValueRefused(f"a whole number from {self.minimum} to {self.maximum}")
        return raw

    def read(self, value: JsonValue) -> int:
        assert isinstance(value, int)
        return value

    def measure(self, value: JsonValue) -> Fraction | None:
        return Fraction(self.read(value))


@dataclass(frozen=True, slots=True)
class Integers(Kind[tuple[int, ...]]):
    """Different whole numbers, in the order given; the empty list is none."""

    minimum: int = 0
    maximum: int = LARGEST_INTEGER

    def canonical(self, raw: object) -> JsonValue:
        numbers = [Integer(self.minimum, self.maximum).canonical(each) for each in as_list(raw)]
        return without_repeats(numbers)

    def read(self, value: JsonValue) -> tuple[int, ...]:
        return tuple(Integer().read(each) for each in as_list(value))


@dataclass(frozen=True, slots=True)
class Choice(Kind[str]):
    """One of the named values."""

    values: tuple[str, ...]

    def canonical(self, raw: object) -> JsonValue:
        if not isinstance(raw, str) or raw not in self.values:
            raise ValueRefused(f"one of {', '.join(self.values)}")
        return str(raw)

    def read(self, value: JsonValue) -> str:
        return str(value)


@dataclass(frozen=True, slots=True)
class Choices(Kind[frozenset[str]]):
    """Any of the named values, stored in their own order; the empty list is none."""

    values: tuple[str, ...]

    def canonical(self, raw: object) -> JsonValue:
        chosen = without_repeats([Choice(self.values).canonical(each) for each in as_list(raw)])
        return sorted(chosen, key=lambda each: self.values.index(str(each)))

    def read(self, value: JsonValue) -> frozenset[str]:
        return frozenset(str(each) for each in as_list(value))


@dataclass(frozen=True, slots=True)
class Ranking(Kind[tuple[str, ...]]):
    """Named values in an order that counts, or the one value that stands alone."""

    values: tuple[str, ...]
    alone: str

    def canonical(self, raw: object) -> JsonValue:
        listed = [raw] if isinstance(raw, str) else as_list(raw)
        if not listed:
            raise ValueRefused("at least one value")
        allowed = (self.alone,) if listed == [self.alone] else self.values
        return without_repeats([Choice(allowed).canonical(each) for each in listed])

    def read(self, value: JsonValue) -> tuple[str, ...]:
        return tuple(str(each) for each in as_list(value))


@dataclass(frozen=True, slots=True)
class Names(Kind[frozenset[str]]):
    """Any names in capitals, such as product categories; stored sorted, the empty list is none."""

    def canonical(self, raw: object) -> JsonValue:
        names = without_repeats(list(as_list(raw)))
        if not all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
            raise ValueRefused("names of capital letters, digits and underscores, at most 64 characters")
        return sorted(names, key=str)

    def read(self, value: JsonValue) -> frozenset[str]:
        return frozenset(str(each) for each in as_list(value))


@dataclass(frozen=True, slots=True)
class Money(Kind[int]):
    """An amount in the wallet's own currency; canonical a decimal text, in Python micros."""

    minimum_micros: int | None = None

    def canonical(self, raw: object) -> JsonValue:
        micros = micros_of(raw)
        if self.minimum_micros is not None and micros < self.minimum_micros:
            raise ValueRefused("an amount that is not below its least value")
        return decimal_text(micros)

    def read(self, value: JsonValue) -> int:
        return micros_of(value)

    def measure(self, value: JsonValue) -> Fraction | None:
        return Fraction(micros_of(value), MICROS)


@dataclass(frozen=True, slots=True)
class Percent(Kind[Fraction]):
    """A percentage from 0 up; canonical a decimal text, in Python an exact fraction (20 for 20 %)."""

    maximum: int = 100

    def canonical(self, raw: object) -> JsonValue:
        micros = micros_of(raw)
        if not 0 <= micros <= self.maximum * MICROS:
            raise ValueRefused(f"a percentage from 0 to {self.maximum}")
        return decimal_text(micros)

    def read(self, value: JsonValue) -> Fraction:
        return Fraction(micros_of(value), MICROS)

    def measure(self, value: JsonValue) -> Fraction | None:
        return self.read(value)


_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


def choices_of(words: type[StrEnum]) -> tuple[str, ...]:
    """The values of an enum, in its order."""
    return tuple(word.value for word in words)


def as_list(raw: object) -> list[JsonValue]:
    """The list itself; anything else raises ValueRefused."""
    if not isinstance(raw, list):
        raise ValueRefused("a list")
    return raw


def as_mapping(raw: object) -> Mapping[str, JsonValue]:
    """The JSON object itself; anything else raises ValueRefused."""
    if not isinstance(raw, dict):
        raise ValueRefused("an object")
    return raw


def without_repeats(values: list[JsonValue]) -> list[JsonValue]:
    """The same list; a value that comes twice raises ValueRefused."""
    if any(value in values[:index] for index, value in enumerate(values)):
        raise ValueRefused("no value twice")
    return values


def only_keys(mapping: Mapping[str, JsonValue], allowed: Iterable[str]) -> None:
    """Raises ValueRefused when the object has another key."""
    if mapping.keys() - set(allowed):
        raise ValueRefused("no other key")


def micros_of(raw: object) -> int:
    """Micros of a decimal text or a whole JSON number; a float is refused, as its digits are a guess."""
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise ValueRefused("a decimal text")
    try:
        return parse_amount(str(raw))
    except ValueError as error:
        raise ValueRefused("a decimal text with at most six decimals") from error


def decimal_text(micros: int) -> str:
    """The shortest decimal text of an amount, for every currency alike: 21.4, -10, 0."""
    whole, rest = divmod(abs(micros), MICROS)
    decimals = f".{rest:06d}".rstrip("0").rstrip(".")
    return f"{'-' if micros < 0 else ''}{whole}{decimals}"
