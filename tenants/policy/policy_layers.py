"""Reading the layers of Policy in one statement, for whoever already sees as the platform (POL-1).

policy.py opens the platform's sight for a command; what counts is decided in policy_resolution.py."""

import json
from collections.abc import Sequence
from typing import Any

from core.transaction import Row, Transaction, fetch_value
from tenants.policy.policy_bounds import PolicyBound
from tenants.policy.policy_resolution import Policies, PolicyLayer
from tenants.policy_parameters import Preset

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
