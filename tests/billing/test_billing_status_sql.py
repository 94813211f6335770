"""The billing status in SQL says what the pure rule says, for every set of up to three subscriptions (SUB-112)."""

import itertools
from dataclasses import replace

from billing.billing_status_sql import billing_status_expression
from billing.subscription_status import Facts, FinalState, Status, SuspensionReason, billing_status, status_at
from core.transaction import fetch_value
from tenants.unit_of_work import Platform, platform_transaction

NOW = 100
PAID = Facts(200, 300, 400, FinalState.DEACTIVATED)
SHOWN = {
    Status.ACTIVE: PAID,
    Status.TRIAL: replace(PAID, is_trial=True),
    Status.GRACE: replace(PAID, ends_at=50),
    Status.EXPIRED: replace(PAID, ends_at=50, grace_ends_at=60),
    Status.SUSPENDED: replace(PAID, suspension_reasons=frozenset({SuspensionReason.POLICY})),
    Status.DEACTIVATED: replace(PAID, ends_at=50, grace_ends_at=60, ladder_ends_at=70),
    Status.TERMINATED: replace(PAID, terminated_at=50),
}


def listed(facts: Facts) -> str:
    """A subscription as a row of a list of values."""
    terminated = "CAST(NULL AS bigint)" if facts.terminated_at is None else str(facts.terminated_at)
    trial = "1 = 1" if facts.is_trial else "1 = 0"
    reasons = ",".join(sorted(facts.suspension_reasons))
    return (
        f"SELECT 'o' AS organization_id, {facts.ends_at} AS ends_at, {facts.grace_ends_at} AS grace_ends_at, "
        f"{facts.ladder_ends_at} AS ladder_ends_at, '{facts.final_state.value}' AS final_state, ({trial}) AS is_trial, "
        f"'{reasons}' AS suspension_reasons, {terminated} AS terminated_at"
    )


async def test_the_same_as_the_rule(platform: Platform) -> None:
    assert {status_at(facts, NOW) for facts in SHOWN.values()} == set(SHOWN) == set(Status)
    expression = billing_status_expression("'o'", str(NOW), lambda alias, table: "1 = 1")
    async with platform_transaction(platform) as tx:
        for size in range(4):
            for statuses in itertools.combinations(SHOWN, size):
                rows = [listed(SHOWN[each]) for each in statuses] or [listed(PAID) + " WHERE 1 = 0"]
                sql = f"WITH subscription AS ({' UNION ALL '.join(rows)}) SELECT {expression}"
                assert await fetch_value(tx, sql) == billing_status(statuses).value, statuses
