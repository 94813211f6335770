"""What a change of a subscription asks for, and what it would then consist of (SUB-5, SUB-12, SUB-61). No price."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from billing.chain import OrderedItem, places
from billing.order import AddOnOrder, AddOnRow, PlanRow, check_add_ons
from billing.paid_lots import PLAN_LINE
from core.refusals import refuse
from core.transaction import Row, Transaction
from tenants.policy.policy_resolution import Policies


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    """The input: what is not named stays. `day` is the local date that it is for, today without one.

    `add` are add-ons that it lacks, `quantities` those that it has, `remove` ids of such. is_at_once: also a downgrade.
    A named quote or total has to come out the same again (SUB-10)."""

    subscription_id: str
    version: int | None = None
    plan_id: str | None = None
    quantity: int | None = None
    cycle_months: int | None = None
    add: tuple[AddOnOrder, ...] = ()
    quantities: tuple[AddOnOrder, ...] = ()
    remove: tuple[str, ...] = ()
    day: date | None = None
    is_at_once: bool = False
    external_number: str | None = None
    quote_id: str | None = None
    total_micros: int | None = None
    total_currency: str | None = None

    @property
    def concerns_add_ons_only(self) -> bool:
        """Whether the plan's own line stays as it is."""
        return self.plan_id is None and self.quantity is None and self.cycle_months is None


@dataclass(frozen=True, slots=True)
class PlanInCategory:
    """A plan and the category of its product, inside which it may be changed."""

    row: PlanRow
    category: str


@dataclass(frozen=True, slots=True)
class Content:
    """What a subscription consists of; add-ons by their ids."""

    plan: PlanInCategory
    quantity: int
    cycle_months: int
    add_ons: Mapping[str, AddOnRow] = field(default_factory=dict)

    @property
    def items(self) -> tuple[OrderedItem, ...]:
        """Plan and add-ons as lines of a sale."""
        return (self.plan.row.ordered(self.quantity), *(each.ordered for each in self.add_ons.values()))


@dataclass(frozen=True, slots=True)
class LineChange:
    """One line before and after; `item` is what it is afterwards (of a removed add-on: what it was)."""

    line: str
    item: OrderedItem
    before: int
    after: int
    is_other_plan: bool = False

    @property
    def added(self) -> int:
        """Units that come."""
        return max(0, self.after - self.before)

    @property
    def removed(self) -> int:
        """Units that go."""
        return max(0, self.before - self.after)

    @property
    def is_priced(self) -> bool:
        """Whether it may cost anything: another plan, or units that come (SUB-60, SUB-61)."""
        return self.is_other_plan or self.added > 0


def line_changes(before: Content, after: Content) -> tuple[LineChange, ...]:
    """The lines that differ: the plan's, then the add-ons'."""
    is_other = before.plan.row.id != after.plan.row.id
    plan = LineChange(PLAN_LINE, after.plan.row.ordered(after.quantity), before.quantity, after.quantity, is_other)
    changes = [plan] if is_other or plan.before != plan.after else []
    for add_on_id in dict.fromkeys((*before.add_ons, *after.add_ons)):
        old, new = before.add_ons.get(add_on_id), after.add_ons.get(add_on_id)
        row = new or old
        assert row is not None, "the id is of one of the two"
        counts = (0 if old is None else old.quantity, 0 if new is None else new.quantity)
        if counts[0] != counts[1]:
            changes.append(LineChange(add_on_id, row.ordered, *counts))
    return tuple(changes)


def changed_content(
    before: Content, order: ChangeOrder, plan: PlanInCategory | None, added: Sequence[AddOnRow]
) -> Content:
    """What it would be. Refused: ADDON_DUPLICATE (it has it already: change the quantity; or it is named twice)."""
    add_ons = dict(before.add_ons)
    named = [*(each.add_on_id for each in order.quantities), *order.remove]
    if len(set(named)) < len(named):
        refuse("ADDON_DUPLICATE", "An add-on is named once, with its quantity or to be removed.", ("quantities",))
    for new in added:
        if new.id in before.add_ons:
            refuse("ADDON_DUPLICATE", "An add-on once per subscription; change its quantity.", new.field)
    for place, each in enumerate(order.quantities):
        where = ("quantities", str(place), "addOnId")
        add_ons[each.add_on_id] = replace(add_ons[each.add_on_id], quantity=each.quantity, field=where)
    for add_on_id in order.remove:
        add_ons.pop(add_on_id, None)
    quantity = before.quantity if order.quantity is None else order.quantity
    cycle_months = before.cycle_months if order.cycle_months is None else order.cycle_months
    return Content(plan or before.plan, quantity, cycle_months, add_ons | {each.id: each for each in added})


def check_content(
    before: Content, after: Content, added: Sequence[AddOnRow], changes: Iterable[LineChange], policies: Policies
) -> None:
    """What comes is bounded like a purchase, and the add-ons fit the plan that they are with then.

    Refused: QUANTITY_INVALID, QUANTITY_LIMIT, BUNDLE_QUANTITY_LIMIT (SUB-12), ADDON_DUPLICATE, ADDON_NOT_ALLOWED (also
    of one that the new plan orphans and that is not in `remove`), ADDON_CONFLICT (SUB-5)."""
    _check_quantities(after, changes, policies)
    others = [each for add_on_id, each in after.add_ons.items() if add_on_id not in {one.id for one in added}]
    if not added and before.plan.row.id == after.plan.row.id:
        return
    check_add_ons(after.plan.row, [*others, *added])


def _check_quantities(after: Content, changes: Iterable[LineChange], policies: Policies) -> None:
    is_bundle = after.plan.row.product_kind == "BUNDLE"
    most = policies.integer("bundleMaxQuantity" if is_bundle else "maxQuantity")
    wanted = [
        (after.quantity, ("quantity",)),
        *((a.quantity, (*a.field[:-1], "quantity")) for a in after.add_ons.values()),
    ]
    for quantity, where in wanted:
        if quantity < 1:
            refuse("QUANTITY_INVALID", "At least one.", where)
    for change in changes:
        where = ("quantity",) if change.line == PLAN_LINE else (*change.item.field[:-1], "quantity")
        if change.added and (change.after if is_bundle else change.added) > most:
            code = "BUNDLE_QUANTITY_LIMIT" if is_bundle else "QUANTITY_LIMIT"
            refuse(code, "More than may be bought at once.", where, most=most)


async def stored_plans(tx: Transaction, *plan_ids: str) -> dict[str, PlanInCategory]:
    """Plans by their ids, whoever may see them; `tx` sees as the platform."""
    rows = await tx.fetch(
        "SELECT p.id, p.name, p.is_taxable, p.features, p.product_id, r.name AS product_name, r.kind AS product_kind, "
        "r.category, r.organization_id AS owner_id FROM plan p JOIN product r ON r.id = p.product_id "
        f"WHERE p.id IN ({places(1, len(plan_ids))})",
        *plan_ids,
    )
    return {row["id"]: PlanInCategory(_plan(row), row["category"]) for row in rows}


async def stored_add_ons(tx: Transaction, subscription_id: str) -> dict[str, AddOnRow]:
    """The add-ons that a subscription has, by their ids; `tx` sees as the platform."""
    rows = await tx.fetch(
        "SELECT a.id, a.name, a.is_taxable, a.product_id, a.priority, a.features, a.allowed_plan_ids, s.quantity "
        "FROM subscription_add_on s JOIN add_on a ON a.id = s.add_on_id WHERE s.subscription_id = $1 ORDER BY a.id",
        subscription_id,
    )
    return {row["id"]: _add_on(row) for row in rows}


async def add_ons_by_id(tx: Transaction, ids: Sequence[str]) -> dict[str, AddOnRow]:
    """Add-ons (at least one) that a subscription does not have yet, by their ids; `tx` sees as the platform."""
    rows = await tx.fetch(
        "SELECT a.id, a.name, a.is_taxable, a.product_id, a.priority, a.features, a.allowed_plan_ids, 1 AS quantity "
        f"FROM add_on a WHERE a.id IN ({places(1, len(ids))}) ORDER BY a.id",
        *ids,
    )
    return {row["id"]: _add_on(row) for row in rows}


def _plan(row: Row) -> PlanRow:
    return PlanRow(
        row["id"], row["name"], bool(row["is_taxable"]), json.loads(row["features"]), row["product_id"],
        row["product_name"], row["product_kind"], row["owner_id"],
    )  # fmt: skip


def _add_on(row: Row) -> AddOnRow:
    allowed = None if row["allowed_plan_ids"] is None else json.loads(row["allowed_plan_ids"])
    return AddOnRow(
        row["id"], row["name"], bool(row["is_taxable"]), row["product_id"], row["priority"],
        json.loads(row["features"]), None if allowed is None else frozenset(allowed), row["quantity"], ("planId",),
    )  # fmt: skip
