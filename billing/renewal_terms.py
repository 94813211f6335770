"""With what a subscription goes on: the plan, quantity, cycle and add-ons that will hold in the next period (SUB-40).

The one place that decides it: a queued change takes effect here (SUB-63). Reads as the platform; prices nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from billing.chain import OrderedItem
from billing.queued_changes import (
    QueuedChange,
    apply_queued_change,
    note_charged_quantity,
    quantity_then,
    queued_change_of,
)
from billing.subscription_access import SubscriptionRow
from core.transaction import fetch_one, fetch_value
from tenants.unit_of_work import UnitOfWork

FIELD = ("subscriptionId",)
"""What a refusal for the sake of a price points at."""


@dataclass(frozen=True, slots=True)
class RenewalTerms:
    """What is charged and held from the first day of the next period on; `owner_id`: who owns the Product (MON-30)."""

    plan_id: str
    plan_name: str
    is_taxable: bool
    owner_id: str
    quantity: int
    cycle_months: int
    add_ons: tuple[OrderedItem, ...]

    @property
    def items(self) -> tuple[OrderedItem, ...]:
        """The plan and its add-ons as lines of a sale."""
        return (OrderedItem(self.plan_id, self.plan_name, self.quantity, self.is_taxable, FIELD), *self.add_ons)

    @property
    def columns(self) -> Mapping[str, object]:
        """How the subscription is stored with them."""
        return {
            "plan_id": self.plan_id, "plan_name": self.plan_name, "quantity": self.quantity,
            "cycle_months": self.cycle_months,
        }  # fmt: skip


async def terms_from(uow: UnitOfWork, subscription: SubscriptionRow, first_day: date) -> RenewalTerms:
    """What will hold in the first period that is not charged yet, which begins on `first_day` (SUB-40, SUB-63)."""
    waiting = await queued_change_of(uow.tx, subscription.id)
    if waiting is None or waiting.applies_date > first_day:
        return await _terms(uow, subscription, None)
    return await _terms(uow, subscription, waiting)


async def _terms(uow: UnitOfWork, subscription: SubscriptionRow, waiting: QueuedChange | None) -> RenewalTerms:
    plan_id = (waiting and waiting.plan_id) or subscription.plan_id
    plan = await fetch_one(
        uow.tx,
        "SELECT p.is_taxable, r.organization_id AS owner_id FROM plan p JOIN product r ON r.id = p.product_id "
        "WHERE p.id = $1",
        plan_id,
    )
    assert plan is not None, "a subscription names a stored plan"
    quantity = await quantity_then(uow.tx, waiting, subscription.end_date) if waiting else None
    add_ons = await _add_ons(uow, subscription.id)
    return RenewalTerms(
        plan_id, (waiting and waiting.plan_name) or subscription.plan_name, bool(plan["is_taxable"]), plan["owner_id"],
        subscription.quantity if quantity is None else quantity,
        (waiting and waiting.cycle_months) or subscription.cycle_months,
        add_ons if waiting is None else await _add_ons_then(uow, add_ons, waiting),
    )  # fmt: skip


async def take_effect(uow: UnitOfWork, subscription: SubscriptionRow, terms: RenewalTerms) -> None:
    """The period was charged with these terms, in this transaction: they hold from its first day on (SUB-63)."""
    waiting = await queued_change_of(uow.tx, subscription.id)
    if waiting is None:
        return
    if waiting.applies_date <= subscription.end_date:
        await note_charged_quantity(uow.tx, waiting, terms.quantity)
    if waiting.applies_at <= uow.now:
        quantity = None if waiting.quantity is None else terms.quantity
        await apply_queued_change(uow, replace(waiting, quantity=quantity))


async def _add_ons_then(
    uow: UnitOfWork, held: tuple[OrderedItem, ...], waiting: QueuedChange
) -> tuple[OrderedItem, ...]:
    """The add-ons once what waits is set."""
    by_id = {each.id: each for each in held if each.id not in waiting.removed}
    for each in waiting.add_ons:
        taxable = await fetch_value(uow.tx, "SELECT is_taxable FROM add_on WHERE id = $1", each.id)
        by_id[each.id] = OrderedItem(each.id, each.name, each.quantity, bool(taxable), FIELD)
    return tuple(by_id.values())


async def _add_ons(uow: UnitOfWork, subscription_id: str) -> tuple[OrderedItem, ...]:
    rows = await uow.tx.fetch(
        "SELECT t.add_on_id, t.name, t.quantity, a.is_taxable FROM subscription_add_on t "
        "JOIN add_on a ON a.id = t.add_on_id WHERE t.subscription_id = $1 ORDER BY t.add_on_id",
        subscription_id,
    )
    return tuple(
        OrderedItem(row["add_on_id"], row["name"], row["quantity"], bool(row["is_taxable"]), FIELD) for row in rows
    )
