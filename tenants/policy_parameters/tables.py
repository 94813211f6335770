"""Types that are small tables: money per currency or role, days by months, times, holds. Knows no parameter."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from tenants.names import currencies
from tenants.permissions import Role
from tenants.policy_parameters.kinds import (
    LARGEST_DAYS,
    Integer,
    JsonValue,
    Kind,
    Money,
    OrNone,
    ValueRefused,
    as_list,
    as_mapping,
    choices_of,
    micros_of,
    only_keys,
    without_repeats,
)

_AMOUNT = Money(minimum_micros=0)
_DAYS = OrNone(Integer(0, LARGEST_DAYS))
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class MoneyByCurrency(Kind[Mapping[str, int]]):
    """An amount for each of some currencies; the empty object is none. In Python micros by currency."""

    def canonical(self, raw: object) -> JsonValue:
        amounts = as_mapping(raw)
        only_keys(amounts, currencies())
        return {currency: _AMOUNT.canonical(amounts[currency]) for currency in sorted(amounts)}

    def read(self, value: JsonValue) -> Mapping[str, int]:
        return {currency: micros_of(amount) for currency, amount in as_mapping(value).items()}


@dataclass(frozen=True, slots=True)
class MoneyByRole(Kind[Mapping[Role, int]]):
    """An amount for each of some roles; a role that is left out has none. In Python micros by role."""

    def canonical(self, raw: object) -> JsonValue:
        amounts = as_mapping(raw)
        only_keys(amounts, choices_of(Role))
        return {role.value: _AMOUNT.canonical(amounts[role]) for role in Role if role in amounts}

    def read(self, value: JsonValue) -> Mapping[Role, int]:
        return {Role(role): micros_of(amount) for role, amount in as_mapping(value).items()}


@dataclass(frozen=True, slots=True)
class IntegersByMonths(Kind[Mapping[int, int]]):
    """A number of days for cycles of each of these months, all or none (the empty object)."""

    months: tuple[int, ...]

    def canonical(self, raw: object) -> JsonValue:
        numbers = as_mapping(raw)
        if not numbers:
            return {}
        only_keys(numbers, map(str, self.months))
        return {str(month): Integer(0, LARGEST_DAYS).canonical(numbers.get(str(month))) for month in self.months}

    def read(self, value: JsonValue) -> Mapping[int, int]:
        return {int(month): Integer().read(number) for month, number in as_mapping(value).items()}


@dataclass(frozen=True, slots=True)
class Times(Kind[tuple[time, ...]]):
    """Local times of a day as HH:MM, stored sorted; the empty list is at once."""

    def canonical(self, raw: object) -> JsonValue:
        times = without_repeats(list(as_list(raw)))
        if not all(isinstance(each, str) and _TIME.fullmatch(each) for each in times):
            raise ValueRefused("times such as 19:30")
        return sorted(times, key=str)

    def read(self, value: JsonValue) -> tuple[time, ...]:
        return tuple(time.fromisoformat(str(each)) for each in as_list(value))


class HoldCause(StrEnum):
    """Why a number is held (SUB-101)."""

    BY_HAND = "BY_HAND"
    SWAPPED = "SWAPPED"
    EXPIRED = "EXPIRED"
    DEACTIVATED = "DEACTIVATED"
    TERMINATED = "TERMINATED"


@dataclass(frozen=True, slots=True)
class Hold:
    """Days a number is held, for an own one and for one that was ported in; None is no figure (SUB-101)."""

    own_days: int | None
    ported_in_days: int | None


@dataclass(frozen=True, slots=True)
class HoldDays(Kind[Mapping[HoldCause, Hold]]):
    """Own and ported-in days for every cause: `{"BY_HAND": {"own": 28, "portedIn": 28}, …}`."""

    def canonical(self, raw: object) -> JsonValue:
        table = as_mapping(raw)
        only_keys(table, choices_of(HoldCause))
        return {cause.value: self._canonical_hold(table.get(cause)) for cause in HoldCause}

    def read(self, value: JsonValue) -> Mapping[HoldCause, Hold]:
        table = as_mapping(value)
        return {cause: self._read_hold(as_mapping(table[cause])) for cause in HoldCause}

    def _canonical_hold(self, raw: JsonValue) -> JsonValue:
        days = as_mapping(raw)
        if days.keys() != {"own", "portedIn"}:
            raise ValueRefused("own and portedIn days")
        return {side: _DAYS.canonical(days[side]) for side in ("own", "portedIn")}

    def _read_hold(self, days: Mapping[str, JsonValue]) -> Hold:
        own, ported_in = days["own"], days["portedIn"]
        return Hold(*(None if each is None else Integer().read(each) for each in (own, ported_in)))
