"""What of its own cost a reseller sees (VIS-9): asked of its Policy only by statements that show any."""

from typing import TYPE_CHECKING

from tenants.policy.policy import policies_for
from tenants.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from graph.sql.compile import Compilation

SEES_COST = "sees_cost"
"""The parameter that is 1 for a reader who sees its own cost, else 0."""


async def sees_own_cost(uow: UnitOfWork) -> bool:
    """Policy `resellerSeesCost` of the organization that the reader stands in."""
    return (await policies_for(uow, uow.actor.organization_id)).boolean("resellerSeesCost")


def is_no_hidden_cost(made: "Compilation") -> str:
    """A charge under `{t}` is the holder's own, of somebody below, or a cost that the reader sees."""
    own = made.own_organization
    return f"({{t}}.level = 0 OR {{t}}.organization_id <> {own} OR {made.of_actor(SEES_COST)} = 1)"
