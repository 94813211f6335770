"""Which value of a Policy parameter counts, and from where (POL-1, POL-2, SUB-120). Reads no table, edits nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from enum import StrEnum
from fractions import Fraction
from typing import TypeVar, cast

from tenants.permissions import Role
from tenants.policy.policy_bounds import PolicyBound, cut
from tenants.policy_parameters import PARAMETERS, Hold, HoldCause, JsonValue, Kind, Preset
from tenants.policy_parameters.kinds import (
    Boolean,
    Choice,
    Choices,
    Integer,
    Integers,
    Money,
    Names,
    OrNone,
    Percent,
    Ranking,
)
from tenants.policy_parameters.tables import HoldDays, IntegersByMonths, MoneyByCurrency, MoneyByRole, Times

T = TypeVar("T")


class Source(StrEnum):
    """Where a value comes from, in the order in which POL-1 looks."""

    KEPT = "KEPT"
    """What runs keeps the value it started with (POL-4)."""
    BUYER_VALUE = "BUYER_VALUE"
    """Set by the seller for this organization alone."""
    VALUE = "VALUE"
    """Set by the nearest organization above (the operator's own: also for itself)."""
    PRESET = "PRESET"
    DEFAULT = "DEFAULT"


@dataclass(frozen=True, slots=True)
class PolicyLayer:
    """What one organization on the way up has set; values are canonical.

    `buyer_values`: what it set, as the seller, for the one organization just below it on this way alone.
    """

    organization_id: str
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    buyer_values: Mapping[str, JsonValue] = field(default_factory=dict)
    preset: Preset | None = None
    bounds: Mapping[str, PolicyBound] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ResolvedValue:
    """One parameter's value and its origin. The ids may be of organizations that a reader must not see (VIS-2)."""

    name: str
    value: JsonValue
    source: Source
    organization_id: str | None = None
    """Who set the value or applied the preset."""
    preset: Preset | None = None
    cut_by_id: str | None = None
    """Whose bound changed the value (POL-2)."""
    locked_by_id: str | None = None


def resolve(name: str, layers: tuple[PolicyLayer, ...]) -> ResolvedValue:
    """The value that counts for the first layer's organization; the layers go from it up to the operator (POL-1).

    First what its seller set for it alone, else the value set nearest above, else the preset applied nearest above,
    else the default. An organization's own values do not count for itself, but the operator's do. Below a lock only
    what the locking organization and those above it set counts; bounds cut what is outside, the highest one last.
    """
    lock = _highest_lock(name, layers)
    governing = layers[max(lock, 1) :] if len(layers) > 1 else layers
    found = _find(name, governing, is_buyer_value_free=lock <= 1 < len(layers))
    if lock:
        found = replace(found, locked_by_id=layers[lock].organization_id)
    return found if len(layers) == 1 else _cut_by_bounds(found, governing)


def _highest_lock(name: str, layers: tuple[PolicyLayer, ...]) -> int:
    """The place of the highest layer above the first that locks the parameter; 0 when none does."""
    places = range(1, len(layers))
    return max((place for place in places if name in layers[place].bounds and layers[place].bounds[name].is_locked),
               default=0)  # fmt: skip


def _find(name: str, governing: tuple[PolicyLayer, ...], *, is_buyer_value_free: bool) -> ResolvedValue:
    if is_buyer_value_free and name in governing[0].buyer_values:
        seller = governing[0]
        return ResolvedValue(name, seller.buyer_values[name], Source.BUYER_VALUE, seller.organization_id)
    for layer in governing:
        if name in layer.values:
            return ResolvedValue(name, layer.values[name], Source.VALUE, layer.organization_id)
    for layer in governing:
        if layer.preset is not None:
            value = PARAMETERS[name].value_in(layer.preset)
            return ResolvedValue(name, value, Source.PRESET, layer.organization_id, layer.preset)
    return ResolvedValue(name, PARAMETERS[name].default, Source.DEFAULT)


def _cut_by_bounds(found: ResolvedValue, governing: tuple[PolicyLayer, ...]) -> ResolvedValue:
    for layer in governing:
        if found.name not in layer.bounds:
            continue
        value = cut(PARAMETERS[found.name], layer.bounds[found.name], found.value)
        if value != found.value:
            found = replace(found, value=value, cut_by_id=layer.organization_id)
    return found


@dataclass(frozen=True, slots=True)
class Policies:
    """The parameters that count for one organization, typed; a wrong name is KeyError, a wrong type TypeError."""

    layers: tuple[PolicyLayer, ...] = ()
    kept: Mapping[str, JsonValue] = field(default_factory=dict)

    def resolved(self, name: str) -> ResolvedValue:
        """The value with its origin."""
        if name in self.kept:
            return ResolvedValue(name, self.kept[name], Source.KEPT)
        return resolve(name, self.layers)

    def keeping(self, values: Mapping[str, JsonValue]) -> "Policies":
        """The same, with values that something running started with (POL-4)."""
        return replace(self, kept={**self.kept, **values})

    def snapshot(self, *names: str) -> dict[str, JsonValue]:
        """The canonical values to store with what starts now (POL-4)."""
        return {name: self.resolved(name).value for name in names}

    def boolean(self, name: str) -> bool:
        """A yes or no."""
        return self._read(name, Boolean)

    def integer(self, name: str) -> int:
        """A whole number: days, minutes, hours or a count, as the name says."""
        return self._read(name, Integer)

    def integer_or_none(self, name: str) -> int | None:
        """A whole number, or none."""
        return self._read_or_none(name, Integer)

    def integers(self, name: str) -> tuple[int, ...]:
        """Whole numbers in the order given."""
        return self._read(name, Integers)

    def integers_by_months(self, name: str) -> Mapping[int, int]:
        """A whole number by the months of a cycle."""
        return self._read(name, IntegersByMonths)

    def choice(self, name: str) -> str:
        """One named value."""
        return self._read(name, Choice)

    def choice_or_none(self, name: str) -> str | None:
        """One named value, or none."""
        return self._read_or_none(name, Choice)

    def choices(self, name: str) -> frozenset[str]:
        """Any of the named values."""
        return self._read(name, Choices)

    def roles(self, name: str) -> frozenset[Role]:
        """Any of the five roles."""
        return frozenset(Role(role) for role in self.choices(name))

    def names(self, name: str) -> frozenset[str]:
        """Any names, such as product categories."""
        return self._read(name, Names)

    def ranking(self, name: str) -> tuple[str, ...]:
        """Named values in an order that counts."""
        return self._read(name, Ranking)

    def money(self, name: str) -> int:
        """Micros of the wallet's currency."""
        return self._read(name, Money)

    def money_or_none(self, name: str) -> int | None:
        """Micros of the wallet's currency, or none."""
        return self._read_or_none(name, Money)

    def money_by_currency(self, name: str) -> Mapping[str, int]:
        """Micros by currency; a currency that is missing has none."""
        return self._read(name, MoneyByCurrency)

    def money_by_role(self, name: str) -> Mapping[Role, int]:
        """Micros by role; a role that is missing has none."""
        return self._read(name, MoneyByRole)

    def percent(self, name: str) -> Fraction:
        """A percentage: 20 for 20 %."""
        return self._read(name, Percent)

    def percent_or_none(self, name: str) -> Fraction | None:
        """A percentage, or none."""
        return self._read_or_none(name, Percent)

    def times(self, name: str) -> tuple[time, ...]:
        """Local times of a day; empty is at once."""
        return self._read(name, Times)

    def hold_days(self, name: str) -> Mapping[HoldCause, Hold]:
        """Days a number is held, by cause."""
        return self._read(name, HoldDays)

    def _read(self, name: str, kind_type: type[Kind[T]]) -> T:
        kind = PARAMETERS[name].kind
        if not isinstance(kind, kind_type):
            raise TypeError(f"{name} is no {kind_type.__name__}")
        return kind.read(self.resolved(name).value)

    def _read_or_none(self, name: str, kind_type: type[Kind[T]]) -> T | None:
        kind = PARAMETERS[name].kind
        if not isinstance(kind, OrNone) or not isinstance(kind.inner, kind_type):
            raise TypeError(f"{name} is no {kind_type.__name__} that may be none")
        return cast(T | None, kind.read(self.resolved(name).value))


def policies_of(preset: Preset | None = None, **values: object) -> Policies:
    """What counts under one preset and these values, without a tree; a wrong value raises ValueRefused."""
    canonical = {name: PARAMETERS[name].kind.canonical(value) for name, value in values.items()}
    return Policies((PolicyLayer("", canonical, preset=preset),))
