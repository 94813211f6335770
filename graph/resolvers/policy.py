"""`policies`, and setting them. The rules are in tenants/policy/policy_settings.py."""

from typing import Any

import strawberry
from strawberry.scalars import JSON

from graph.context import Context
from graph.resolvers.commands import or_none, run, written
from graph.schema.idempotency import optional_key
from graph.schema.organization import Organization
from graph.schema.policy import PolicySetting, policy_setting
from graph.schema.scalars import UserError
from graph.sql.reads import entity, from_outcome
from tenants.policy.policy_overview import policy_overview
from tenants.policy.policy_settings import (
    PolicyEdit,
    apply_policy_preset,
    set_policy_bounds,
    set_policy_values,
    set_policy_values_for_buyer,
)
from tenants.unit_of_work import reading


@strawberry.type
class PolicyQueries:
    @strawberry.field(description="Every Policy parameter as it counts for an organization, without an id one's own.")
    async def policies(
        self, info: strawberry.Info, organization_id: strawberry.ID | None = strawberry.UNSET
    ) -> list[PolicySetting]:
        context: Context = info.context
        async with reading(context.platform, context.credentials) as uow:
            chosen = or_none(organization_id) or uow.actor.organization_id
            return [policy_setting(each) for each in await policy_overview(uow, chosen)]


@strawberry.input(description="A parameter and its value.")
class PolicyValueInput:
    name: str
    value: JSON | None


@strawberry.input(description="Values for everybody below the organization (POL-1).")
class SetPolicyInput:
    organization_id: strawberry.ID
    values: list[PolicyValueInput] = strawberry.field(default_factory=list)
    clear: list[str] = strawberry.field(default_factory=list, description="Parameters whose own value goes.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Values for one buyer alone; they belong to its seller.")
class SetPolicyForBuyerInput:
    buyer_id: strawberry.ID
    values: list[PolicyValueInput] = strawberry.field(default_factory=list)
    clear: list[str] = strawberry.field(default_factory=list, description="Parameters whose own value goes.")
    reason: str | None = strawberry.UNSET
    idempotency_key: str | None = optional_key()


@strawberry.input(description="A parameter and its bound: an object with any of minimum, maximum, allowed, isLocked.")
class PolicyBoundInput:
    name: str
    bound: JSON


@strawberry.input(description="Bounds and locks for everybody below the organization (POL-2).")
class SetPolicyBoundsInput:
    organization_id: strawberry.ID
    bounds: list[PolicyBoundInput] = strawberry.field(default_factory=list)
    clear: list[str] = strawberry.field(default_factory=list, description="Parameters whose bound goes.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="One of b3networks, myoperator, heyo, portabilling; null takes the preset back.")
class ApplyPresetInput:
    organization_id: strawberry.ID
    preset: str | None
    idempotency_key: str | None = optional_key()


@strawberry.type
class PolicyPayload:
    errors: list[UserError]
    replayed: bool
    organization: Organization | None = entity("organizationId", "Whose setting it is.")
    parameters: list[str] | None = from_outcome("parameters", "What was set or cleared.")


@strawberry.type
class PresetPayload:
    errors: list[UserError]
    replayed: bool
    organization: Organization | None = entity("organizationId")
    preset: str | None = from_outcome("preset")


@strawberry.type
class PolicyMutations:
    @strawberry.mutation(description="Set values for everybody below; what runs keeps those it started with (POL-4).")
    async def set_policy(self, info: strawberry.Info, input: SetPolicyInput) -> PolicyPayload:
        edit = PolicyEdit(input.organization_id, _values(input.values), input.clear)
        return await run(info, input, lambda uow: set_policy_values(uow, edit))

    @strawberry.mutation(description="Set values that count for one buyer alone, before all others (POL-1).")
    async def set_policy_for_buyer(self, info: strawberry.Info, input: SetPolicyForBuyerInput) -> PolicyPayload:
        edit = PolicyEdit(input.buyer_id, _values(input.values), input.clear)
        return await run(info, input, lambda uow: set_policy_values_for_buyer(uow, edit, written(input.reason)))

    @strawberry.mutation(description="Bound or lock parameters for those below; values outside are cut (POL-2).")
    async def set_policy_bounds(self, info: strawberry.Info, input: SetPolicyBoundsInput) -> PolicyPayload:
        edit = PolicyEdit(input.organization_id, {each.name: each.bound for each in input.bounds}, input.clear)
        return await run(info, input, lambda uow: set_policy_bounds(uow, edit))

    @strawberry.mutation(description="Apply a preset for everybody below, or take it back.")
    async def apply_preset(self, info: strawberry.Info, input: ApplyPresetInput) -> PresetPayload:
        return await run(info, input, lambda uow: apply_policy_preset(uow, input.organization_id, input.preset))


def _values(given: list[PolicyValueInput]) -> dict[str, Any]:
    return {each.name: each.value for each in given}
