"""The status of an account, its funds and whether it is depleted as SQL, the same text on both engines.

Mirrors account_status.py line by line (BAT-3, BAT-8, BAT-9), which a test proves; decides nothing of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from accounts.account_status import STATUS_LINES, AccountStatus
from billing.subscription_sql import is_usable_expression, status_expression
from billing.wallet_sql import usable_expression
from core.transaction import Dialect

Visible = Callable[[str, str], str]
"""The scope's condition on (alias, table), such as UnitOfWork.visible."""

_BLOCKING = "('SELLER', 'POLICY', 'FRAUD')"


@dataclass(frozen=True, slots=True)
class AroundSql:
    """What an account takes from elsewhere, each as an SQL expression or a parameter.

    Stops are 0 no, 1 suspended for PAYMENT or KYC_OVERDUE only, 2 blocked, and of the customer itself 3 ending; above
    the customer an ending organization counts as blocked."""

    customer_stop: str
    stop_above: str
    is_unpaid: str
    is_subscription_usable: str
    wallet_usable_micros: str
    threshold_micros: str


def around_row(alias: str, dialect: Dialect, now: str, visible: Visible) -> AroundSql:
    """The surroundings of the `account` under `alias`, read in subqueries; `now` is SQL for an instant."""
    customer = f"{alias}.organization_id"
    return AroundSql(
        customer_stop=customer_stop(customer, visible),
        stop_above=stop_above(dialect, customer),
        is_unpaid=_is_unpaid(customer, now, visible),
        is_subscription_usable=f"({alias}.subscription_id IS NULL OR EXISTS (SELECT 1 FROM subscription us "
        f"WHERE us.id = {alias}.subscription_id AND us.organization_id = {customer} "
        f"AND {visible('us', 'subscription')} AND {is_usable_expression('us', now)}))",
        wallet_usable_micros=wallet_usable(customer, now, visible),
        threshold_micros=threshold(dialect, f"{alias}.plan_id"),
    )


def customer_stop(organization_id: str, visible: Visible) -> str:
    """How far the organization itself stops its accounts: 0 to 3."""
    return (
        "coalesce((SELECT CASE WHEN so.status = 'ACTIVE' THEN 0 WHEN so.status <> 'SUSPENDED' THEN 3 "
        "WHEN EXISTS (SELECT 1 FROM suspension ss WHERE ss.organization_id = so.id AND ss.lifted_at IS NULL "
        f"AND ss.reason IN {_BLOCKING} AND {visible('ss', 'suspension')}) THEN 2 ELSE 1 END "
        f"FROM organization so WHERE so.id = {organization_id} AND {visible('so', 'organization')}), 0)"
    )


def stop_above(dialect: Dialect, organization_id: str) -> str:
    """How far the organizations above it stop its accounts: 0 to 2. On PostgreSQL a function sees them."""
    if dialect == "postgres":
        return f"stop_above({organization_id})"
    return (
        "(WITH RECURSIVE above (id, parent_id, status) AS (SELECT p0.id, p0.parent_id, p0.status FROM organization o0 "
        f"JOIN organization p0 ON p0.id = o0.parent_id WHERE o0.id = {organization_id} UNION ALL "
        "SELECT p1.id, p1.parent_id, p1.status FROM organization p1 JOIN above ON p1.id = above.parent_id) "
        "SELECT coalesce(max(CASE WHEN above.status = 'ACTIVE' THEN 0 WHEN above.status <> 'SUSPENDED' THEN 2 "
        "WHEN EXISTS (SELECT 1 FROM suspension s0 WHERE s0.organization_id = above.id AND s0.lifted_at IS NULL "
        f"AND s0.reason IN {_BLOCKING}) THEN 2 ELSE 1 END), 0) FROM above)"
    )


def wallet_usable(organization_id: str, now: str, visible: Visible) -> str:
    """What the organization's Wallet still lets it spend, in micros; 0 without one (BAT-8)."""
    return (
        f"coalesce((SELECT {usable_expression('uw', now)} FROM wallet uw WHERE uw.organization_id = {organization_id} "
        f"AND uw.closed_at IS NULL AND {visible('uw', 'wallet')}), 0)"
    )


def threshold(dialect: Dialect, plan_id: str) -> str:
    """The availability threshold of a plan in micros, also of one that the reader is no longer offered; 0 without."""
    if dialect == "postgres":
        return f"coalesce(availability_threshold({plan_id}), 0)"
    return f"coalesce((SELECT tp.availability_threshold_micros FROM plan tp WHERE tp.id = {plan_id}), 0)"


def funds_expression(alias: str, around: AroundSql) -> str:
    """What the account can spend, in micros (BAT-8)."""
    return (
        f"CASE WHEN {alias}.type = 'DEBIT' THEN {alias}.balance_micros "
        f"WHEN {alias}.balance_control = 'SUBORDINATE' THEN {around.wallet_usable_micros} "
        f"ELSE {alias}.credit_limit_micros - {alias}.balance_micros END"
    )


def depleted_expression(alias: str, around: AroundSql) -> str:
    """A condition: depleted by BAT-9, whatever status is shown."""
    funds = funds_expression(alias, around)
    return f"(({funds}) <= 0 OR ({funds}) < {around.threshold_micros})"


def status_expression_of(alias: str, now: str, around: AroundSql) -> str:
    """The status that is shown (BAT-3): the first line that holds, in the order of STATUS_LINES."""
    conditions = _conditions(alias, now, around)
    lines = []
    for line in STATUS_LINES[:-1]:
        demo = f"{alias}.kind <> 'DEMO' AND " if line.skips_demo else ""
        lines.append(f"WHEN {demo}({conditions[line.status]}) THEN '{line.status.value}'")
    return f"CASE {' '.join(lines)} ELSE '{STATUS_LINES[-1].status.value}' END"


def _conditions(alias: str, now: str, around: AroundSql) -> Mapping[AccountStatus, str]:
    individual = f"{alias}.balance_control = 'INDIVIDUAL'"
    return {
        AccountStatus.CLOSED: f"{alias}.lifecycle = 'CLOSED'",
        AccountStatus.CUSTOMER_CLOSED: f"{around.customer_stop} = 3",
        AccountStatus.CUSTOMER_BLOCKED: f"{around.customer_stop} = 2",
        AccountStatus.SELLER_BLOCKED: f"{around.stop_above} = 2",
        AccountStatus.CUSTOMER_SUSPENDED: f"{around.customer_stop} = 1 OR {around.is_unpaid} "
        f"OR NOT {around.is_subscription_usable}",
        AccountStatus.SELLER_SUSPENDED: f"{around.stop_above} = 1",
        AccountStatus.BLOCKED: f"{alias}.is_blocked",
        AccountStatus.EXPIRED: f"{now} >= {alias}.expires_at OR {now} >= {alias}.availability_ends_at",
        AccountStatus.INACTIVE: f"{alias}.lifecycle = 'INACTIVE' AND ({alias}.activation_date IS NULL "
        f"OR {alias}.activation_hold IS NOT NULL)",
        AccountStatus.NOT_YET_ACTIVE: f"{alias}.lifecycle = 'INACTIVE' AND {alias}.activates_at > {now}",
        AccountStatus.QUARANTINED: f"{alias}.verification = 'QUARANTINED'",
        AccountStatus.SCREENED: f"{alias}.verification = 'SCREENED'",
        AccountStatus.CUSTOMER_NO_FUNDS: f"{alias}.balance_control = 'SUBORDINATE' "
        f"AND {around.wallet_usable_micros} <= 0",
        AccountStatus.OVERDRAFT: f"{alias}.type = 'DEBIT' AND {alias}.balance_micros < 0",
        AccountStatus.CREDIT_EXCEEDED: f"{individual} AND ({funds_expression(alias, around)}) <= 0",
        AccountStatus.DEPLETED: depleted_expression(alias, around),
    }


def _is_unpaid(organization_id: str, now: str, visible: Visible) -> str:
    """The billing status is INACTIVE or DEACTIVATED: there are subscriptions, and none gives service (SUB-112)."""
    of_customer = (
        f"SELECT 1 FROM subscription bs WHERE bs.organization_id = {organization_id} "
        f"AND {visible('bs', 'subscription')} AND "
    )
    unfinished, usable = f"({status_expression('bs', now)}) <> 'TERMINATED'", is_usable_expression("bs", now)
    return f"(EXISTS ({of_customer}{unfinished}) AND NOT EXISTS ({of_customer}{usable}))"
