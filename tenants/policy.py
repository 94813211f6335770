"""Reading what is set along the way up from an organization to the operator: the layers of Policy (POL-1).

One statement, read in the platform's own sight; what counts is decided in policy_resolution.py."""

import json
from collections.abc import Sequence
from typing import Any

from core.transaction import Row, Transaction, fetch_value
from tenants.policy_bounds import PolicyBound
from tenants.policy_parameters import Preset
from tenants.policy_resolution import Policies, PolicyLayer
from tenants.unit_of_work import UnitOfWork

FOR_ALL_BELOW = ""
"""The `buyer_id` of a policy value that is for everybody below."""

_LAYERS = """
WITH RECURSIVE above (id, parent_id, below_id, level) AS (
    SELECT o.id, o.parent_id, substr(o.id, 1, 0), 0 FROM organization o WHERE o.id = $1
    UNION ALL SELECT p.id, p.parent_id, a.id, a.level + 1 FROM organization p JOIN above a ON p.id = a.parent_id
)
SELECT a.level, a.id, 'VALUE' AS part, v.parameter AS name, v.value FROM above a
JOIN policy_value v ON v.organization_id = a.id AND v.buyer_id = ''
UNION ALL SELECT a.level, a.id, 'BUYER_VALUE', v.parameter, v.value FROM above a
JOIN policy_value v ON v.organization_id = a.id AND v.buyer_id = a.below_id AND v.buyer_id <> ''
UNION ALL SELECT a.level, a.id, 'BOUND', b.parameter, b.bound FROM above a
JOIN policy_bound b ON b.organization_id = a.id
UNION ALL SELECT a.level, a.id, 'PRESET', p.preset, NULL FROM above a
JOIN policy_preset p ON p.organization_id = a.id
UNION ALL SELECT a.level, a.id, 'ORGANIZATION', NULL, NULL FROM above a
"""


async def read_policies(tx: Transaction, organization_id: str) -> Policies:
    """What counts for the organization, with every layer up to the operator; `tx` sees as the platform.

    `.layers[k:]` are the layers of the k-th organization above it."""
    return Policies(_layers(await tx.fetch(_LAYERS, organization_id)))


async def platform_policies(tx: Transaction) -> Policies:
    """The operator's own, where the parameters stand that the operator alone sets; `tx` sees as the platform."""
    return await read_policies(tx, str(await fetch_value(tx, "SELECT id FROM organization WHERE kind = 'OPERATOR'")))


async def policies_for(uow: UnitOfWork, organization_id: str) -> Policies:
    """What counts for a visible organization, with every layer up to the operator (POL-1)."""
    async with uow.as_platform("POL-1: what those above have set"):
        return await read_policies(uow.tx, organization_id)


async def policies_below(uow: UnitOfWork, seller_id: str) -> Policies:
    """What will count for an organization that the seller is about to create."""
    above = await policies_for(uow, seller_id)
    return Policies((PolicyLayer(""), *above.layers))


async def policies_up_the_chain(uow: UnitOfWork, organization_id: str) -> dict[str, Policies]:
    """What counts for the organization and for each one above it, by id, from the bottom up: one statement for all."""
    layers = (await policies_for(uow, organization_id)).layers
    return {layer.organization_id: Policies(layers[place:]) for place, layer in enumerate(layers)}


def _layers(rows: Sequence[Row]) -> tuple[PolicyLayer, ...]:
    levels = 1 + max((row["level"] for row in rows), default=-1)
    return tuple(_layer([row for row in rows if row["level"] == level]) for level in range(levels))


def _layer(rows: Sequence[Row]) -> PolicyLayer:
    presets = [Preset(row["name"]) for row in rows if row["part"] == "PRESET"]
    return PolicyLayer(
        rows[0]["id"],
        _named(rows, "VALUE"),
        _named(rows, "BUYER_VALUE"),
        presets[0] if presets else None,
        {name: _bound(stored) for name, stored in _named(rows, "BOUND").items()},
    )


def _named(rows: Sequence[Row], part: str) -> dict[str, Any]:
    return {row["name"]: json.loads(row["value"]) for row in rows if row["part"] == part}


def _bound(stored: dict[str, Any]) -> PolicyBound:
    allowed = stored["allowed"]
    return PolicyBound(
        stored["minimum"], stored["maximum"], None if allowed is None else tuple(allowed), stored["isLocked"]
    )
