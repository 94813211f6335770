"""What may be set: checks of values, bounds and presets before they are stored (POL-1 to POL-3). Stores nothing."""

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from core.refusals import Blockers, FieldPath, refuse
from tenants.policy.policy_bounds import PolicyBound, admits, read_bound
from tenants.policy.policy_resolution import PolicyLayer
from tenants.policy_parameters import PARAMETERS, JsonValue, Parameter, Preset, ValueRefused

T = TypeVar("T")

_SetterLayers = tuple[PolicyLayer, ...]


def read_policy_values(
    raw: Mapping[str, object], setter_layers: _SetterLayers, *, for_buyer: bool = False, field: FieldPath = ("values",)
) -> dict[str, JsonValue]:
    """The canonical values, or Refused; the layers go from the organization that sets them up to the operator.

    All at once `POLICY_UNKNOWN`, `POLICY_OPERATOR_ONLY`, `POLICY_VALUE_INVALID` (POL-3); then all at once
    `POLICY_LOCKED`, `POLICY_OUT_OF_BOUNDS` (POL-2). `for_buyer`: the values are for one buyer alone, so the setter's
    own bounds hold too, but not its lock.
    """
    values = _read_all(raw, setter_layers, lambda parameter, value: parameter.kind.canonical(value), field)
    blockers = Blockers()
    bounding = setter_layers if for_buyer else setter_layers[1:]
    for name, value in values.items():
        if _is_locked(name, setter_layers):
            blockers.add("POLICY_LOCKED", "An organization above has locked this.", (*field, name), parameter=name)
            continue
        for bound in (layer.bounds[name] for layer in bounding if name in layer.bounds):
            if not admits(PARAMETERS[name], bound, value):
                message = "An organization above bounds this."
                blockers.add("POLICY_OUT_OF_BOUNDS", message, (*field, name), parameter=name, bound=bound.as_json())
                break
    blockers.raise_if_any()
    return values


def read_policy_bounds(
    raw: Mapping[str, object], setter_layers: _SetterLayers, *, field: FieldPath = ("bounds",)
) -> dict[str, PolicyBound]:
    """The bounds for those below the setter, or Refused with the codes of `read_policy_values` (POL-2)."""
    bounds = _read_all(raw, setter_layers, read_bound, field)
    _refuse_locked(bounds, setter_layers, field)
    return bounds


def check_cleared(names: Collection[str], setter_layers: _SetterLayers, *, field: FieldPath = ("clear",)) -> None:
    """Refuses to take back what one may not set: `POLICY_UNKNOWN`, `POLICY_OPERATOR_ONLY`; then `POLICY_LOCKED`."""
    _read_all(dict.fromkeys(names), setter_layers, lambda parameter, _: parameter.name, field)
    _refuse_locked(names, setter_layers, field)


def read_preset(text: str, field: FieldPath = ("preset",)) -> Preset:
    """The preset of that name, or Refused `PRESET_UNKNOWN` (POL-3)."""
    if text not in Preset.__members__.values():
        refuse("PRESET_UNKNOWN", "There is no such preset.", field, presets=[preset.value for preset in Preset])
    return Preset(text)


def _read_all(
    raw: Mapping[str, object], setter_layers: _SetterLayers, read: Callable[[Parameter, object], T], field: FieldPath
) -> dict[str, T]:
    """Each named thing as read, or Refused with every one that is unknown, the operator's alone, or not accepted."""
    blockers, accepted = Blockers(), dict[str, T]()
    for name, value in raw.items():
        at = (*field, name)
        if name not in PARAMETERS:
            blockers.add("POLICY_UNKNOWN", "There is no such parameter.", at, parameter=name)
        elif PARAMETERS[name].is_operator_only and len(setter_layers) > 1:
            blockers.add("POLICY_OPERATOR_ONLY", "Only the operator sets this.", at, parameter=name)
        else:
            try:
                accepted[name] = read(PARAMETERS[name], value)
            except ValueRefused as refused:
                blockers.add("POLICY_VALUE_INVALID", f"This takes {refused}.", at, parameter=name)
    blockers.raise_if_any()
    return accepted


def _refuse_locked(names: Collection[str], setter_layers: _SetterLayers, field: FieldPath) -> None:
    blockers = Blockers()
    for name in names:
        if _is_locked(name, setter_layers):
            blockers.add("POLICY_LOCKED", "An organization above has locked this.", (*field, name), parameter=name)
    blockers.raise_if_any()


def _is_locked(name: str, setter_layers: _SetterLayers) -> bool:
    return any(name in layer.bounds and layer.bounds[name].is_locked for layer in setter_layers[1:])
