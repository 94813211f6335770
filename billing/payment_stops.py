"""PAYMENT suspensions that follow from money: set when billingStatus turns INACTIVE for want of payment or an invoice
is overdue, as `suspendWhenUnpaid` says, and lifted when nothing due is unpaid (STOP-3, STOP-7)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from billing.renewal import Operation, Wanted, price_renewal
from billing.shortfall import waits_for_funds
from billing.subscription_access import COLUMNS, SubscriptionRow, subscription_row
from billing.subscription_status import BillingStatus, Cause, Status, billing_status
from billing.wallet_sql import usable_expression
from core.calendar import local_date
from core.clock import Instant
from core.refusals import Refused
from core.transaction import Row, Transaction, fetch_one, fetch_value
from tenants.platform_work import in_the_platforms_name
from tenants.policy.policy import read_policies
from tenants.policy.policy_resolution import policies_of
from tenants.policy_parameters import Preset
from tenants.questions import unpaid_due_count
from tenants.stops.platform_stops import has_standing, lift_by_platform, suspend_by_platform
from tenants.stops.suspension_rows import SuspensionReason
from tenants.unit_of_work import UnitOfWork

_UNPAID_CAUSES = frozenset({Cause.END_REACHED_UNPAID.value, Cause.GRACE_OVER.value, Cause.EXPIRY_OVER.value})
_UNPAID_REASONS = ("CREDIT_LIMIT", "NO_FUNDS", "OVERDUE")
_STOPPED = frozenset({BillingStatus.INACTIVE, BillingStatus.DEACTIVATED})


@dataclass(frozen=True, slots=True)
class Unpaid:
    """An organization that has just turned unpaid: since when, and which value of `suspendWhenUnpaid` answers it."""

    at: Instant
    organization_id: str
    mode: str


@unpaid_due_count
async def count_unpaid_dues(uow: UnitOfWork, organization_id: str) -> int:
    """Invoices that are due and open, and renewal amounts that the Wallet does not cover (STOP-7)."""
    async with uow.as_platform("STOP-7: a CHILD's dues stand in its CORPORATE's Wallet"):
        invoices = await fetch_value(
            uow.tx,
            "SELECT count(*) FROM invoice i WHERE i.organization_id = $1 AND i.open_micros > 0 AND i.due_date <= $2 "
            "AND i.type IN ('TAX', 'MONTHLY')",
            organization_id, await _today(uow, organization_id),
        )  # fmt: skip
        renewals = await _uncovered_renewals(uow, organization_id)
    return int(invoices) + renewals


async def lift_when_paid(uow: UnitOfWork, payer_id: str) -> bool:
    """End the PAYMENT suspensions of the payer and of the group it pays for where nothing due is unpaid any more;
    whether one stood (STOP-7, MON-36).

    Every path on which dues are paid calls it: a settled payment first of all, before what the payment brings back."""
    async with uow.as_platform("STOP-7: it lifts itself, whoever pays"):
        sql = "SELECT o.id FROM organization o WHERE o.id = $1 OR o.billing_group_id = $1 ORDER BY o.id"
        return any([await _lift_if_paid(uow, row["id"]) for row in await uow.tx.fetch(sql, payer_id)])


async def _lift_if_paid(uow: UnitOfWork, organization_id: str) -> bool:
    if not await has_standing(uow, organization_id, SuspensionReason.PAYMENT):
        return False
    if any(await unpaid_due_count.ask(uow, organization_id)):
        return False
    async with in_the_platforms_name(uow, uow.action, uow.now) as theirs:
        return await lift_by_platform(theirs, organization_id, SuspensionReason.PAYMENT)


async def turned_unpaid(tx: Transaction, after: Instant, until: Instant, clock_id: str | None) -> list[Unpaid]:
    """What turned unpaid in (after, until], in the order of time: one entry for each organization and cause."""
    modes, found = await _modes_in_use(tx), list[Unpaid]()
    for row in await _overdue(tx, after, until, clock_id) if "OVERDUE" in modes else ():
        found.append(Unpaid(row["at"], row["organization_id"], "OVERDUE"))
    for organization_id in await _changed(tx, after, until, clock_id) if "INACTIVE" in modes else ():
        at = await _turned_inactive(tx, organization_id, after, until)
        if at is not None:
            found.append(Unpaid(at, organization_id, "INACTIVE"))
    return sorted(found, key=lambda unpaid: (unpaid.at, unpaid.organization_id))


async def _modes_in_use(tx: Transaction) -> set[str]:
    """What anybody has set `suspendWhenUnpaid` to, by value or preset: mostly nobody, and nothing is searched."""
    values = await tx.fetch("SELECT DISTINCT value FROM policy_value WHERE parameter = 'suspendWhenUnpaid'")
    presets = await tx.fetch("SELECT DISTINCT preset FROM policy_preset")
    chosen = {policies_of(Preset(row["preset"])).choice("suspendWhenUnpaid") for row in presets}
    return chosen | {json.loads(row["value"]) for row in values}


async def suspend_unpaid(uow: UnitOfWork, unpaid: Unpaid, started_at: Instant) -> bool:
    """If the organization's own policy says so, and nobody has answered this cause."""
    policies = await read_policies(uow.tx, unpaid.organization_id)
    if policies.choice("suspendWhenUnpaid") != unpaid.mode:
        return False
    reason = SuspensionReason.PAYMENT
    return await suspend_by_platform(uow, unpaid.organization_id, reason, started_at, caused_at=unpaid.at)


_LIVES = "JOIN organization o ON o.id = {t}.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id WHERE {by}"


def _lives(alias: str, clock_id: str | None) -> str:
    by = "c.stands_at IS NULL AND $3 = ''" if clock_id is None else "o.clock_id = $3"
    return _LIVES.format(t=alias, by=by) + " AND o.status IN ('ACTIVE', 'SUSPENDED')"


async def _overdue(tx: Transaction, after: Instant, until: Instant, clock_id: str | None) -> Sequence[Row]:
    return await tx.fetch(
        f"SELECT i.organization_id, min(i.overdue_at) AS at FROM invoice i {_lives('i', clock_id)} "
        "AND i.overdue_at > $1 AND i.overdue_at <= $2 AND i.open_micros > 0 AND i.type IN ('TAX', 'MONTHLY') "
        "GROUP BY i.organization_id",
        after, until, clock_id or "",
    )  # fmt: skip


async def _changed(tx: Transaction, after: Instant, until: Instant, clock_id: str | None) -> list[str]:
    """Organizations with a subscription that lost its service in the time."""
    rows = await tx.fetch(
        f"SELECT DISTINCT e.organization_id FROM timeline_entry e {_lives('e', clock_id)} "
        "AND e.at > $1 AND e.at <= $2 AND e.to_status IN ('EXPIRED', 'SUSPENDED', 'DEACTIVATED')",
        after, until, clock_id or "",
    )  # fmt: skip
    return sorted(row["organization_id"] for row in rows)


async def _turned_inactive(tx: Transaction, organization_id: str, after: Instant, until: Instant) -> Instant | None:
    """The first instant in (after, until] at which the best of its subscriptions stopped for want of payment."""
    entries = await tx.fetch(
        "SELECT e.subscription_id, e.at, e.to_status, e.reason, s.is_auto_renew, s.suspension_reasons "
        "FROM timeline_entry e JOIN subscription s ON s.id = e.subscription_id "
        "WHERE e.organization_id = $1 AND e.at <= $2 ORDER BY e.at, e.id",
        organization_id, until,
    )  # fmt: skip
    held: dict[str, Status] = {}
    for entry in entries:
        before = billing_status(held.values())
        held[entry["subscription_id"]] = Status(entry["to_status"])
        is_turn = billing_status(held.values()) in _STOPPED and before not in _STOPPED
        if is_turn and entry["at"] > after and _is_for_want_of_payment(entry):
            return int(entry["at"])
    return None


def _is_for_want_of_payment(entry: Row) -> bool:
    """A renewal that was not paid, or money that ran out; not a trial's end, nor one that was to end (SUB-52)."""
    if entry["to_status"] == Status.SUSPENDED:
        named = f"{entry['reason']},{entry['suspension_reasons']}"
        return any(reason in named for reason in _UNPAID_REASONS)
    return bool(entry["is_auto_renew"]) and entry["reason"] in _UNPAID_CAUSES


async def _today(uow: UnitOfWork, organization_id: str) -> str:
    zone = await fetch_value(uow.tx, "SELECT timezone FROM organization WHERE id = $1", organization_id)
    return local_date(uow.now, zone).isoformat()


_OF_ONE = "s.organization_id = $1"
_OF_GROUP = (
    "s.organization_id IN (SELECT g.id FROM organization g JOIN organization o ON o.id = $1 "
    "AND coalesce(g.billing_group_id, g.id) = coalesce(o.billing_group_id, o.id))"
)


async def _uncovered_renewals(uow: UnitOfWork, organization_id: str) -> int:
    """Renewals that fell due and that the free money does not pay together; 0 when it does (MON-65).

    With `reactivateAllOrNothing` those of all children that one CORPORATE pays for stand together."""
    is_whole = (await read_policies(uow.tx, organization_id)).boolean("reactivateAllOrNothing")
    rows = await uow.tx.fetch(
        f"SELECT {COLUMNS} FROM subscription s WHERE {_OF_GROUP if is_whole else _OF_ONE} AND s.is_auto_renew "
        "AND NOT s.is_trial AND s.terminated_at IS NULL AND s.ends_at <= $2 AND s.ladder_ends_at > $2",
        organization_id, uow.now,
    )  # fmt: skip
    unpaid, held = (Status.GRACE, Status.EXPIRED), map(subscription_row, rows)
    due = [each for each in held if each.status(uow.now) in unpaid or waits_for_funds(each.facts, uow.now)]
    if not due or await _usable(uow, organization_id) >= await _prices(uow, due):
        return 0
    return len(due)


async def _usable(uow: UnitOfWork, organization_id: str) -> int:
    row = await fetch_one(
        uow.tx,
        f"SELECT {usable_expression('w', '$2')} AS free "
        "FROM wallet w JOIN organization o ON w.organization_id = coalesce(o.billing_group_id, o.id) "
        "WHERE o.id = $1 AND w.closed_at IS NULL",
        organization_id, uow.now,
    )  # fmt: skip
    return 0 if row is None else int(row["free"])


async def _prices(uow: UnitOfWork, due: Iterable[SubscriptionRow]) -> int:
    """What the next cycle of each costs the buyer, tax included, with what will hold in it (SUB-40, SUB-63)."""
    total = 0
    for subscription in due:
        try:
            priced = await price_renewal(uow, subscription, Wanted(_way_back(subscription, uow.now)), is_preview=True)
            total += priced.due.buyer.gross_micros
        except Refused:
            total += await _last_price(uow, subscription.id)
    return total


def _way_back(subscription: SubscriptionRow, now: Instant) -> Operation:
    return Operation.REACTIVATE if subscription.status(now) is Status.EXPIRED else Operation.RENEW


async def _last_price(uow: UnitOfWork, subscription_id: str) -> int:
    """What the last cycle cost the buyer, tax included, of one that nobody sells any more."""
    cost = await fetch_value(
        uow.tx,
        "SELECT coalesce(sum(h.net_micros + h.tax_micros), 0) FROM segment_charge h "
        "WHERE h.level = 0 AND h.segment_id = (SELECT g.id FROM segment g WHERE g.subscription_id = $1 "
        "AND g.replaced_date IS NULL ORDER BY g.first_date DESC, g.id DESC LIMIT 1)",
        subscription_id,
    )
    return int(cost)
