"""Bounds and locks that an organization puts on a parameter for those below it (POL-2). Pure: finds no layer itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tenants.policy_parameters import JsonValue, Kind, Parameter, ValueRefused
from tenants.policy_parameters.kinds import Choice, Choices, Integer, Money, OrNone, Percent, as_mapping, only_keys

_ORDERED = (Integer, Money, Percent)
_CHOSEN = (Choice, Choices)


@dataclass(frozen=True, slots=True)
class PolicyBound:
    """Least and greatest value of a number, the allowed ones of a choice, or a lock; None leaves a side open."""

    minimum: JsonValue = None
    maximum: JsonValue = None
    allowed: tuple[str, ...] | None = None
    is_locked: bool = False

    def as_json(self) -> dict[str, JsonValue]:
        """The form that is stored and shown; `read_bound` takes it back."""
        allowed: JsonValue = None if self.allowed is None else list(self.allowed)
        return {"minimum": self.minimum, "maximum": self.maximum, "allowed": allowed, "isLocked": self.is_locked}


def read_bound(parameter: Parameter, raw: object) -> PolicyBound:
    """The bound of an object with any of minimum, maximum, allowed, isLocked; what does not fit raises ValueRefused.

    Minimum and maximum are for whole numbers, money and percentages, `allowed` for choices, the lock for every type.
    """
    given = {name: value for name, value in as_mapping(raw).items() if value is not None}
    only_keys(given, ("minimum", "maximum", "allowed", "isLocked"))
    kind = _inner(parameter.kind)
    is_locked = given.get("isLocked", False)
    if not isinstance(is_locked, bool):
        raise ValueRefused("locked or not")
    minimum, maximum = _read_sides(kind, given)
    bound = PolicyBound(minimum, maximum, _read_allowed(kind, given), is_locked)
    if bound == PolicyBound():
        raise ValueRefused("a bound or a lock")
    return bound


def cut(parameter: Parameter, bound: PolicyBound, value: JsonValue) -> JsonValue:
    """The nearest value within the bound: the value itself when it is inside (POL-2).

    None is outside of every bound: it becomes the maximum, else the minimum. A choice that is not allowed becomes
    the first allowed one in the type's order; of a set the allowed part stays.
    """
    if bound.allowed is not None:
        return _cut_choice(bound.allowed, value)
    if bound.minimum is None and bound.maximum is None:
        return value
    size = parameter.kind.measure(value)
    if size is None:
        return bound.minimum if bound.maximum is None else bound.maximum
    if bound.maximum is not None and size > _size(parameter, bound.maximum):
        return bound.maximum
    if bound.minimum is not None and size < _size(parameter, bound.minimum):
        return bound.minimum
    return value


def admits(parameter: Parameter, bound: PolicyBound, value: JsonValue) -> bool:
    """Whether the value is within the bound; a lock is asked for apart."""
    return cut(parameter, bound, value) == value


def _inner(kind: Kind[object]) -> Kind[object]:
    return kind.inner if isinstance(kind, OrNone) else kind


def _size(parameter: Parameter, value: JsonValue) -> Fraction:
    size = parameter.kind.measure(value)
    assert size is not None, "a side of a bound has a size: read_bound saw to it"
    return size


def _read_sides(kind: Kind[object], given: Mapping[str, JsonValue]) -> tuple[JsonValue, JsonValue]:
    sides = {side: kind.canonical(given[side]) for side in ("minimum", "maximum") if side in given}
    if sides and not isinstance(kind, _ORDERED):
        raise ValueRefused("no minimum or maximum, for this type has no order")
    sizes = [size for side in sides.values() if (size := kind.measure(side)) is not None]
    if sizes != sorted(sizes):
        raise ValueRefused("a minimum that is not above the maximum")
    return sides.get("minimum"), sides.get("maximum")


def _read_allowed(kind: Kind[object], given: Mapping[str, JsonValue]) -> tuple[str, ...] | None:
    if "allowed" not in given:
        return None
    if not isinstance(kind, _CHOSEN):
        raise ValueRefused("no allowed values, for this type is no choice")
    allowed = Choices(kind.values).canonical(given["allowed"])
    assert isinstance(allowed, list)
    if not allowed:
        raise ValueRefused("at least one allowed value")
    return tuple(str(each) for each in allowed)


def _cut_choice(allowed: tuple[str, ...], value: JsonValue) -> JsonValue:
    if isinstance(value, list):
        return [each for each in value if each in allowed]
    return value if value in allowed else allowed[0]
