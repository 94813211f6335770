"""The change of a subscription that waits for its first period not yet charged: one at a time, cancellable (SUB-63).

It is stored as what it will set; at its instant it is set, whoever charged that period, and the row is gone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from billing.paid_lots import PLAN_LINE
from core.clock import Instant
from core.transaction import Row, Transaction, fetch_one, fetch_value, insert, insert_many
from tenants.unit_of_work import UnitOfWork

APPLIED_TOPIC = "subscription.changed"


@dataclass(frozen=True, slots=True)
class QueuedAddOn:
    """An add-on that it will have in this quantity."""

    id: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class QueuedChange:
    """What will hold from `applies_date`, the holder's local date of `applies_at`; what is None stays as it is."""

    subscription_id: str
    organization_id: str
    path: str
    plan_id: str | None
    plan_name: str | None
    quantity: int | None
    cycle_months: int | None
    add_ons: tuple[QueuedAddOn, ...]
    removed: tuple[str, ...]
    applies_date: date
    applies_at: Instant

    @property
    def units(self) -> Mapping[str, int]:
        """How many units each line will have, of those that it sets; 0 of what it removes."""
        plan = {} if self.quantity is None else {PLAN_LINE: self.quantity}
        return plan | {each.id: each.quantity for each in self.add_ons} | dict.fromkeys(self.removed, 0)

    @property
    def audited(self) -> dict[str, object]:
        """What the log keeps of it (AUD-1)."""
        named = {"planId": self.plan_id, "quantity": self.quantity, "cycleMonths": self.cycle_months}
        add_ons = {each.id: each.quantity for each in self.add_ons} | dict.fromkeys(self.removed, 0)
        known: dict[str, object] = {name: value for name, value in named.items() if value is not None}
        return known | ({"addOns": add_ons} if add_ons else {}) | {"appliesOn": self.applies_date.isoformat()}


async def queued_change_of(tx: Transaction, subscription_id: str) -> QueuedChange | None:
    """The one that waits for a subscription, if any; `tx` sees as the platform, and the subscription is locked."""
    row = await fetch_one(tx, "SELECT * FROM queued_change WHERE subscription_id = $1", subscription_id)
    return None if row is None else _queued(row)


async def queue_change(tx: Transaction, change: QueuedChange, now: Instant) -> None:
    """Store it. The subscription's row is locked, and nothing waits for it yet."""
    add_ons = {
        "set": [{"id": each.id, "name": each.name, "quantity": each.quantity} for each in change.add_ons],
        "remove": list(change.removed),
    }
    await insert(
        tx, "queued_change", subscription_id=change.subscription_id, organization_id=change.organization_id,
        path=change.path, plan_id=change.plan_id, plan_name=change.plan_name, quantity=change.quantity,
        cycle_months=change.cycle_months, add_ons=json.dumps(add_ons), applies_date=change.applies_date.isoformat(),
        applies_at=change.applies_at, queued_at=now,
    )  # fmt: skip


async def drop_queued_change(tx: Transaction, subscription_id: str) -> int:
    """Take it away without setting anything; answers how many waited. `tx` sees as the platform."""
    return await tx.execute("DELETE FROM queued_change WHERE subscription_id = $1", subscription_id)


async def postpone_queued_change(tx: Transaction, subscription_id: str, day: date, at: Instant) -> None:
    """The first period not yet charged begins on another day now (SUB-64)."""
    await tx.execute(
        "UPDATE queued_change SET applies_date = $2, applies_at = $3 WHERE subscription_id = $1",
        subscription_id, day.isoformat(), at,
    )  # fmt: skip


async def apply_queued_change(uow: UnitOfWork, change: QueuedChange) -> None:
    """Set what waited, and tell; `uow` sees as the platform, and the subscription's row is locked. It costs nothing."""
    subscription_id, tx = change.subscription_id, uow.tx
    before = await fetch_one(
        tx, "SELECT plan_id, quantity, cycle_months, end_date FROM subscription WHERE id = $1", subscription_id
    )
    assert before is not None, "a change waits for a stored subscription"
    quantity = await quantity_then(tx, change, date.fromisoformat(before["end_date"]))
    await tx.execute(
        "UPDATE subscription SET plan_id = coalesce($2, plan_id), plan_name = coalesce($3, plan_name), "
        "product_id = coalesce((SELECT p.product_id FROM plan p WHERE p.id = $2), product_id), "
        "product_name = coalesce((SELECT r.name FROM plan p JOIN product r ON r.id = p.product_id WHERE p.id = $2), "
        "product_name), quantity = coalesce($4, quantity), cycle_months = coalesce($5, cycle_months), "
        "version = version + 1 WHERE id = $1",
        subscription_id, change.plan_id, change.plan_name, quantity, change.cycle_months,
    )  # fmt: skip
    await write_add_ons(tx, change.subscription_id, change.organization_id, change.path, change.add_ons, change.removed)
    await drop_queued_change(tx, subscription_id)
    place = {"organization_id": change.organization_id, "path": change.path}
    was = {"planId": before["plan_id"], "quantity": before["quantity"], "cycleMonths": before["cycle_months"]}
    uow.audit("Subscription", subscription_id, **place, before=was, after=change.audited)
    uow.send(APPLIED_TOPIC, subscription_id, {"subscriptionId": subscription_id}, **place)


async def note_charged_quantity(tx: Transaction, change: QueuedChange, quantity: int) -> None:
    """Its first period was charged for so many licences: it sets these, whoever uses it by then (SUB-63)."""
    if change.quantity not in (None, quantity):
        await tx.execute(
            "UPDATE queued_change SET quantity = $2 WHERE subscription_id = $1", change.subscription_id, quantity
        )


async def quantity_then(tx: Transaction, change: QueuedChange, paid_until: date) -> int | None:
    """The licences that it sets: as many as members are assigned, at least (SUB-91); None when they stay.

    Once its first period is charged, exactly those that were charged."""
    if change.quantity is None or paid_until > change.applies_date:
        return change.quantity
    assigned = "SELECT count(*) FROM subscription_assignment a WHERE a.subscription_id = $1"
    return max(change.quantity, int(await fetch_value(tx, assigned, change.subscription_id)))


async def write_add_ons(
    tx: Transaction, subscription_id: str, organization_id: str, path: str, kept: Sequence[QueuedAddOn],
    removed: Sequence[str],
) -> None:  # fmt: skip
    """The named add-ons stand with these quantities from now on, the removed ones not at all."""
    ids = [*(each.id for each in kept), *removed]
    if ids:
        places = ", ".join(f"${place}" for place in range(2, 2 + len(ids)))
        await tx.execute(
            f"DELETE FROM subscription_add_on WHERE subscription_id = $1 AND add_on_id IN ({places})",
            subscription_id, *ids,
        )  # fmt: skip
    where = {"organization_id": organization_id, "path": path, "subscription_id": subscription_id}
    rows = [{**where, "add_on_id": each.id, "name": each.name, "quantity": each.quantity} for each in kept]
    await insert_many(tx, "subscription_add_on", rows)


def _queued(row: Row) -> QueuedChange:
    add_ons = json.loads(row["add_ons"])
    return QueuedChange(
        row["subscription_id"], row["organization_id"], row["path"], row["plan_id"], row["plan_name"], row["quantity"],
        row["cycle_months"], tuple(QueuedAddOn(**each) for each in add_ons["set"]), tuple(add_ons["remove"]),
        date.fromisoformat(row["applies_date"]), row["applies_at"],
    )  # fmt: skip
