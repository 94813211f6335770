"""How many members the running plans allow (MEM-10, SUB-6): answers what tenants/ asks before it adds one.

A plan or add-on says it as a feature: USERS or STAFF, a whole number of members besides the OWNER."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from billing.subscription_sql import is_usable_expression
from tenants.questions import MemberLimit, member_limit
from tenants.unit_of_work import UnitOfWork

USERS, STAFF = "USERS", "STAFF"

_RUNNING = """
SELECT s.id, -1 AS priority, p.features FROM subscription s JOIN plan p ON p.id = s.plan_id
WHERE s.organization_id = $1 AND {usable}
UNION ALL SELECT s.id, d.priority, d.features FROM subscription s
JOIN subscription_add_on a ON a.subscription_id = s.id JOIN add_on d ON d.id = a.add_on_id
WHERE s.organization_id = $1 AND {usable}
ORDER BY 1, 2
"""


def most_members(features: Iterable[tuple[str, Mapping[str, Any]]], name: str) -> int | None:
    """The limit of that name: of one subscription the last given counts, of several the largest; None: no limit.

    `features` are (subscription, features) in the order of rising priority, the plan's first (SUB-5)."""
    limits: dict[str, int] = {}
    for subscription_id, given in features:
        value = given.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            limits[subscription_id] = value
    return max(limits.values(), default=None)


@member_limit
async def users_of_plan(uow: UnitOfWork, organization_id: str) -> MemberLimit | None:
    """USER_LIMIT_REACHED beyond the feature USERS."""
    return await _limit(uow, organization_id, USERS, "USER_LIMIT_REACHED")


@member_limit
async def staff_of_plan(uow: UnitOfWork, organization_id: str) -> MemberLimit | None:
    """STAFF_LIMIT_REACHED beyond the feature STAFF, for plans that limit staff besides the owner."""
    return await _limit(uow, organization_id, STAFF, "STAFF_LIMIT_REACHED")


async def _limit(uow: UnitOfWork, organization_id: str, name: str, code: str) -> MemberLimit | None:
    async with uow.as_platform("MEM-10: the plan stands in the seller's catalogue, or in one above it"):
        rows = await uow.tx.fetch(_RUNNING.format(usable=is_usable_expression("s", "$2")), organization_id, uow.now)
    most = most_members(((row["id"], json.loads(row["features"])) for row in rows), name)
    return None if most is None else MemberLimit(most, code)
