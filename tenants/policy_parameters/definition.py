"""What a Policy parameter is: name, type, default and the values of the four presets. Resolves nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tenants.policy_parameters.kinds import JsonValue, Kind


class Preset(StrEnum):
    """The four sets of values that can be applied as a whole."""

    B3NETWORKS = "b3networks"
    MYOPERATOR = "myoperator"
    HEYO = "heyo"
    PORTABILLING = "portabilling"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; `presets` names only the values that differ from the default (the table's dot)."""

    name: str
    kind: Kind[object]
    default: JsonValue
    presets: Mapping[Preset, JsonValue]
    is_operator_only: bool = False
    """The table's °: set by the operator alone (`POLICY_OPERATOR_ONLY`)."""

    def value_in(self, preset: Preset) -> JsonValue:
        """The canonical value under that preset: its own, else the default."""
        return self.presets.get(preset, self.default)


class _Default:
    """Stands for the table's dot or dash: the preset leaves the default."""


DOT = _Default()


def parameter(
    name: str,
    kind: Kind[object],
    default: object,
    b3networks: object = DOT,
    myoperator: object = DOT,
    heyo: object = DOT,
    portabilling: object = DOT,
    *,
    is_operator_only: bool = False,
) -> Parameter:
    """One row of the table, its values checked against the type and made canonical; DOT leaves the default."""
    given = dict(zip(Preset, (b3networks, myoperator, heyo, portabilling), strict=True))
    presets = {preset: kind.canonical(value) for preset, value in given.items() if value is not DOT}
    return Parameter(name, kind, kind.canonical(default), presets, is_operator_only)
