"""What counts for one organization, parameter by parameter, as far as a reader may know where it comes from (VIS-2)."""

from collections.abc import Sequence
from dataclasses import dataclass

from tenants.access import organization_by_id, relation_to
from tenants.permissions import Area, decide_read
from tenants.policy.policy import policies_for
from tenants.policy.policy_bounds import PolicyBound
from tenants.policy.policy_resolution import Policies, Source
from tenants.policy_parameters import PARAMETERS, JsonValue, Preset
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class PolicyStanding:
    """One parameter: what counts and why, and what the organization itself sets for those below it."""

    name: str
    value: JsonValue
    source: Source
    set_by_id: str | None
    """None also when the reader does not see who set it."""
    preset: Preset | None
    default: JsonValue
    is_locked: bool
    is_operator_only: bool
    is_set_here: bool
    value_here: JsonValue
    bound_here: PolicyBound | None


async def policy_overview(uow: UnitOfWork, organization_id: str) -> list[PolicyStanding]:
    """Every parameter by name. Refused: NOT_FOUND, FORBIDDEN, SCOPE_MISSING."""
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    decide_read(Area.POLICY, uow.actor.role, relation_to(uow, organization), uow.actor.via).enforce()
    policies = await policies_for(uow, organization.id)
    seen = await _visible(uow, [layer.organization_id for layer in policies.layers])
    return [_standing(policies, name, seen) for name in sorted(PARAMETERS)]


def _standing(policies: Policies, name: str, seen: frozenset[str]) -> PolicyStanding:
    resolved, parameter, own = policies.resolved(name), PARAMETERS[name], policies.layers[0]
    is_seen = resolved.organization_id in seen
    return PolicyStanding(
        name=name,
        value=resolved.value,
        source=resolved.source,
        set_by_id=resolved.organization_id if is_seen else None,
        preset=resolved.preset if is_seen else None,
        default=parameter.default,
        is_locked=resolved.locked_by_id is not None,
        is_operator_only=parameter.is_operator_only,
        is_set_here=name in own.values,
        value_here=own.values.get(name),
        bound_here=own.bounds.get(name),
    )


async def _visible(uow: UnitOfWork, organization_ids: Sequence[str]) -> frozenset[str]:
    places = ", ".join(f"${place}" for place in range(4, 4 + len(organization_ids)))
    rows = await uow.tx.fetch(
        f"SELECT o.id FROM organization o WHERE o.id IN ({places}) AND {uow.visible('o', 'organization')}",
        *uow.scope, *organization_ids,
    )  # fmt: skip
    return frozenset(row["id"] for row in rows)
