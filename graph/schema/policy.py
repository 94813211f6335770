"""PolicySetting: one Policy parameter as it counts for an organization, and what that one sets for those below it."""

import strawberry
from strawberry.scalars import JSON

from tenants.policy.policy_overview import PolicyStanding
from tenants.policy.policy_resolution import Source

strawberry.enum(Source, name="PolicySource", description="Where a value comes from, in the order of POL-1.")


@strawberry.type(description="One parameter of Policy (POL-1).")
class PolicySetting:
    name: str
    value: JSON | None = strawberry.field(description="What counts for the organization; null is none.")
    source: Source
    set_by_id: strawberry.ID | None = strawberry.field(
        description="The organization that set it or applied the preset, when the viewer sees it (VIS-2)."
    )
    preset: str | None = strawberry.field(
        description="The preset that it comes from, when the viewer sees who applied it."
    )
    default: JSON | None
    is_locked: bool = strawberry.field(description="An organization above has locked it for this one (POL-2).")
    is_operator_only: bool = strawberry.field(description="The operator alone sets it.")
    is_set_here: bool = strawberry.field(description="The organization has a value of its own for those below it.")
    value_here: JSON | None = strawberry.field(description="That value.")
    bound_here: JSON | None = strawberry.field(description="The bound or lock that it puts on those below it.")


def policy_setting(standing: PolicyStanding) -> PolicySetting:
    """The same in the API's shape."""
    return PolicySetting(
        name=standing.name,
        value=_json(standing.value),
        source=standing.source,
        set_by_id=None if standing.set_by_id is None else strawberry.ID(standing.set_by_id),
        preset=standing.preset,
        default=_json(standing.default),
        is_locked=standing.is_locked,
        is_operator_only=standing.is_operator_only,
        is_set_here=standing.is_set_here,
        value_here=_json(standing.value_here),
        bound_here=None if standing.bound_here is None else _json(standing.bound_here.as_json()),
    )


def _json(value: object) -> JSON | None:
    return None if value is None else JSON(value)
