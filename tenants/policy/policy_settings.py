"""Setting Policy: values for those below or for one buyer alone, presets, bounds (POL-1 to POL-3).

What may be set is decided in policy_changes.py; nothing that runs is changed by it (POL-4)."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from core.transaction import fetch_value
from tenants.access import OrganizationFacts, allow, organization_by_id, require_active
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.policy.policy import FOR_ALL_BELOW, policies_for
from tenants.policy.policy_changes import check_cleared, read_policy_bounds, read_policy_values, read_preset
from tenants.policy.policy_resolution import PolicyLayer
from tenants.policy_parameters import JsonValue
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class PolicyEdit:
    """Values by parameter, as JSON has them; `clear` names the parameters whose own value goes."""

    organization_id: str
    values: Mapping[str, object] = field(default_factory=dict)
    clear: Collection[str] = ()


async def set_policy_values(uow: UnitOfWork, edit: PolicyEdit) -> Outcome:
    """Set values that the organization has for everybody below it (POL-1).

    Refused: NOT_FOUND, FORBIDDEN, ORGANIZATION_NOT_ACTIVE, POLICY_UNKNOWN, POLICY_OPERATOR_ONLY, POLICY_VALUE_INVALID,
    POLICY_LOCKED, POLICY_OUT_OF_BOUNDS. Answers organizationId and the names that were set or cleared."""
    organization = await _setter(uow, Action.SET_POLICY_VALUE, edit.organization_id)
    layers = (await policies_for(uow, organization.id)).layers
    read_policy_values(edit.values, layers)  # what the input says comes before the state (GEN-1)
    check_cleared(edit.clear, layers)
    require_active(organization)
    return await _store_values(uow, organization.id, organization.path, FOR_ALL_BELOW, edit, layers)


async def set_policy_values_for_buyer(uow: UnitOfWork, edit: PolicyEdit, reason: str | None = None) -> Outcome:
    """Set what counts for one buyer alone; `edit` names the buyer, the values belong to its seller.

    Refused as `set_policy_values`; one's own organization is FORBIDDEN."""
    buyer = await organization_by_id(uow, edit.organization_id, ("organizationId",))
    allow(uow, Action.SET_POLICY_VALUE_FOR_BUYER, buyer)
    if buyer.id == uow.actor.organization_id:
        allow(uow, Action.CREATE_BUYER, buyer)  # a right over buyers only: FORBIDDEN here
    return await store_buyer_values(uow, buyer, edit, reason)


async def store_buyer_values(
    uow: UnitOfWork, buyer: OrganizationFacts, edit: PolicyEdit, reason: str | None = None
) -> Outcome:
    """The same after the rights were checked: the acting organization is the buyer's seller."""
    seller = uow.actor
    layers = (await policies_for(uow, seller.organization_id)).layers
    read_policy_values(edit.values, layers, for_buyer=True)
    check_cleared(edit.clear, layers)
    require_active(buyer)
    return await _store_values(uow, seller.organization_id, seller.path, buyer.id, edit, layers, reason)


async def apply_policy_preset(uow: UnitOfWork, organization_id: str, preset: str | None) -> Outcome:
    """Apply one of the four presets for everybody below the organization, or take it back (None).

    Refused: NOT_FOUND, FORBIDDEN, ORGANIZATION_NOT_ACTIVE, PRESET_UNKNOWN."""
    organization = await _setter(uow, Action.APPLY_POLICY_PRESET, organization_id)
    chosen = None if preset is None else read_preset(preset)
    require_active(organization)
    seen = uow.visible("p", "policy_preset")
    before = await fetch_value(
        uow.tx, f"SELECT p.preset FROM policy_preset p WHERE p.organization_id = $4 AND {seen}", *uow.scope,
        organization.id,
    )  # fmt: skip
    if chosen is None:
        await uow.tx.execute(
            f"DELETE FROM policy_preset AS p WHERE p.organization_id = $4 AND {seen}", *uow.scope, organization.id
        )
    else:
        await uow.tx.execute(
            "INSERT INTO policy_preset (organization_id, path, preset) VALUES ($1, $2, $3) "
            "ON CONFLICT (organization_id) DO UPDATE SET preset = excluded.preset",
            organization.id, organization.path, chosen.value,
        )  # fmt: skip
    after = {"preset": preset}
    uow.audit("PolicyPreset", organization.id, organization_id=organization.id, path=organization.path,
              before={"preset": before}, after=after)  # fmt: skip
    return {"organizationId": organization.id} | after


async def set_policy_bounds(uow: UnitOfWork, edit: PolicyEdit) -> Outcome:
    """Bound or lock parameters for those below; `values` are objects with any of minimum, maximum, allowed, isLocked.

    Refused as `set_policy_values` (POL-2)."""
    organization = await _setter(uow, Action.SET_POLICY_BOUNDS, edit.organization_id)
    layers = (await policies_for(uow, organization.id)).layers
    bounds = read_policy_bounds(edit.values, layers)
    check_cleared(edit.clear, layers)
    require_active(organization)
    before = {name: bound.as_json() for name, bound in layers[0].bounds.items()}
    for name, bound in bounds.items():
        await uow.tx.execute(
            "INSERT INTO policy_bound (organization_id, path, parameter, bound) VALUES ($1, $2, $3, $4) "
            "ON CONFLICT (organization_id, parameter) DO UPDATE SET bound = excluded.bound",
            organization.id, organization.path, name, json.dumps(bound.as_json()),
        )  # fmt: skip
        _audit(uow, "PolicyBound", organization.id, organization.path, name, before.get(name), bound.as_json())
    for name in edit.clear:
        await uow.tx.execute(
            f"DELETE FROM policy_bound AS b WHERE b.organization_id = $4 AND b.parameter = $5 "
            f"AND {uow.visible('b', 'policy_bound')}",
            *uow.scope, organization.id, name,
        )  # fmt: skip
        _audit(uow, "PolicyBound", organization.id, organization.path, name, before.get(name), None)
    return {"organizationId": organization.id, "parameters": [*bounds, *edit.clear]}


async def _setter(uow: UnitOfWork, action: Action, organization_id: str) -> OrganizationFacts:
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    allow(uow, action, organization)
    return organization


async def _store_values(
    uow: UnitOfWork,
    setter_id: str,
    setter_path: str,
    buyer_id: str,
    edit: PolicyEdit,
    layers: tuple[PolicyLayer, ...],
    reason: str | None = None,
) -> Outcome:
    values = read_policy_values(edit.values, layers, for_buyer=buyer_id != FOR_ALL_BELOW)
    check_cleared(edit.clear, layers)
    before = await _stored(uow, setter_id, buyer_id)
    for name, value in values.items():
        await uow.tx.execute(
            "INSERT INTO policy_value (organization_id, path, buyer_id, parameter, value) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT (organization_id, buyer_id, parameter) DO UPDATE SET value = excluded.value",
            setter_id, setter_path, buyer_id, name, json.dumps(value),
        )  # fmt: skip
        _audit(uow, "PolicyValue", setter_id, setter_path, name, before.get(name), value, buyer_id, reason)
    for name in edit.clear:
        await uow.tx.execute(
            f"DELETE FROM policy_value AS v WHERE v.organization_id = $4 AND v.buyer_id = $5 AND v.parameter = $6 "
            f"AND {uow.visible('v', 'policy_value')}",
            *uow.scope, setter_id, buyer_id, name,
        )  # fmt: skip
        _audit(uow, "PolicyValue", setter_id, setter_path, name, before.get(name), None, buyer_id, reason)
    return {"organizationId": setter_id, "buyerId": buyer_id or None, "parameters": [*values, *edit.clear]}


async def _stored(uow: UnitOfWork, setter_id: str, buyer_id: str) -> dict[str, JsonValue]:
    rows = await uow.tx.fetch(
        f"SELECT v.parameter, v.value FROM policy_value v WHERE v.organization_id = $4 AND v.buyer_id = $5 "
        f"AND {uow.visible('v', 'policy_value')}",
        *uow.scope, setter_id, buyer_id,
    )  # fmt: skip
    return {row["parameter"]: json.loads(row["value"]) for row in rows}


def _audit(
    uow: UnitOfWork,
    entity_type: str,
    setter_id: str,
    setter_path: str,
    name: str,
    before: object,
    after: object,
    buyer_id: str = FOR_ALL_BELOW,
    reason: str | None = None,
) -> None:
    """What a seller sets for one buyer is a fact of the seller: it stays in its own log (AUD-2)."""
    of = f"{buyer_id}:{name}" if buyer_id else name
    uow.audit(entity_type, of, organization_id=setter_id, path=setter_path, before={name: before},
              after={name: after}, reason=reason)  # fmt: skip
