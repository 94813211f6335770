"""What is ordered: a plan with add-ons, read from what the actor sees and checked alone (SUB-5, SUB-12). No price."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from billing.chain import OrderedItem, places
from core.refusals import FieldPath, refuse
from core.transaction import Row, fetch_one, fetch_value
from tenants.access import not_found
from tenants.policy.policy_resolution import Policies
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class AddOnOrder:
    """An add-on and how many of it."""

    add_on_id: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan with its product, whose owner stands at the top of the sale's chain (MON-30)."""

    id: str
    name: str
    is_taxable: bool
    features: Mapping[str, object]
    product_id: str
    product_name: str
    product_kind: str
    owner_id: str

    def ordered(self, quantity: int) -> OrderedItem:
        """The plan as a line of a sale."""
        return OrderedItem(self.id, self.name, quantity, self.is_taxable, ("planId",))


@dataclass(frozen=True, slots=True)
class PlanInOtherCurrency:
    """A plan that the buyer's seller sells in another currency only (MON-31)."""

    currency: str


@dataclass(frozen=True, slots=True)
class AddOnRow:
    """An add-on as ordered; `allowed_plan_ids` None allows every plan of its product."""

    id: str
    name: str
    is_taxable: bool
    product_id: str
    priority: int
    features: Mapping[str, object]
    allowed_plan_ids: frozenset[str] | None
    quantity: int
    field: FieldPath

    @property
    def ordered(self) -> OrderedItem:
        """The add-on as a line of a sale."""
        return OrderedItem(self.id, self.name, self.quantity, self.is_taxable, self.field)


async def read_plan(uow: UnitOfWork, plan_id: str, buyer_id: str) -> PlanRow | PlanInOtherCurrency:
    """The plan, if the actor sees it or could see it in another currency. Refused: NOT_FOUND."""
    row = await fetch_one(
        uow.tx,
        "SELECT p.id, p.name, p.is_taxable, p.features, p.product_id, r.name AS product_name, r.kind AS product_kind, "
        "r.organization_id AS owner_id FROM plan p JOIN product r ON r.id = p.product_id "
        f"WHERE p.id = $4 AND {uow.visible('p', 'plan')} AND {uow.visible('r', 'product')}",
        *uow.scope, plan_id,
    )  # fmt: skip
    if row is None:
        return await _in_other_currency(uow, plan_id, buyer_id)
    return PlanRow(
        row["id"], row["name"], bool(row["is_taxable"]), json.loads(row["features"]), row["product_id"],
        row["product_name"], row["product_kind"], row["owner_id"],
    )  # fmt: skip


def require_sold(plan: PlanRow | PlanInOtherCurrency) -> PlanRow:
    """The plan, behind role and activity (SUB-11). Refused: PRICE_MISSING when it is sold in other currencies only."""
    if isinstance(plan, PlanInOtherCurrency):
        refuse("PRICE_MISSING", "There is no price in the buyer's currency.", ("planId",), currency=plan.currency)
    return plan


async def _in_other_currency(uow: UnitOfWork, plan_id: str, buyer_id: str) -> PlanInOtherCurrency:
    async with uow.as_platform("MON-31: a price in another currency than the buyer's"):
        currency = await fetch_value(
            uow.tx,
            "SELECT o.currency FROM organization o "
            "JOIN price_list l ON l.organization_id = o.parent_id AND l.is_default "
            "JOIN price p ON p.price_list_id = l.id WHERE o.id = $1 AND p.item_id = $2 AND l.currency <> o.currency "
            "LIMIT 1",
            buyer_id, plan_id,
        )  # fmt: skip
    if currency is None:
        not_found(("planId",))
    return PlanInOtherCurrency(str(currency))


async def read_add_ons(
    uow: UnitOfWork, orders: Sequence[AddOnOrder], listed_in: str = "addOns"
) -> tuple[AddOnRow, ...]:
    """The add-ons in the order's order, if the actor sees all of them; `listed_in`: the input's field.

    Refused: NOT_FOUND."""
    if not orders:
        return ()
    ids = list(dict.fromkeys(order.add_on_id for order in orders))
    rows = await uow.tx.fetch(
        "SELECT a.id, a.name, a.is_taxable, a.product_id, a.priority, a.features, a.allowed_plan_ids FROM add_on a "
        f"WHERE a.id IN ({places(4, len(ids))}) AND {uow.visible('a', 'add_on')}",
        *uow.scope, *ids,
    )  # fmt: skip
    by_id = {row["id"]: row for row in rows}
    found = []
    for place, order in enumerate(orders):
        field = (listed_in, str(place), "addOnId")
        if order.add_on_id not in by_id:
            not_found(field)
        found.append(_add_on(by_id[order.add_on_id], order.quantity, field))
    return tuple(found)


def _add_on(row: Row, quantity: int, field: FieldPath) -> AddOnRow:
    allowed = None if row["allowed_plan_ids"] is None else json.loads(row["allowed_plan_ids"])
    return AddOnRow(
        row["id"], row["name"], bool(row["is_taxable"]), row["product_id"], row["priority"],
        json.loads(row["features"]), None if allowed is None else frozenset(allowed), quantity, field,
    )  # fmt: skip


def check_quantities(plan: PlanRow, quantity: int, add_ons: Sequence[AddOnRow], policies: Policies) -> None:
    """Refused: QUANTITY_INVALID (below 1), BUNDLE_QUANTITY_LIMIT, QUANTITY_LIMIT (SUB-12)."""
    asked = [(quantity, ("quantity",)), *((each.quantity, (*each.field[:-1], "quantity")) for each in add_ons)]
    is_bundle = plan.product_kind == "BUNDLE"
    most = policies.integer("bundleMaxQuantity" if is_bundle else "maxQuantity")
    for number, field in asked:
        if number < 1:
            refuse("QUANTITY_INVALID", "At least one.", field)
        if number > most:
            code = "BUNDLE_QUANTITY_LIMIT" if is_bundle else "QUANTITY_LIMIT"
            refuse(code, "More than may be bought at once.", field, most=most)


def check_add_ons(plan: PlanRow, add_ons: Sequence[AddOnRow]) -> None:
    """Refused: ADDON_DUPLICATE, ADDON_NOT_ALLOWED, ADDON_CONFLICT naming the other (SUB-5)."""
    ids = [each.id for each in add_ons]
    for add_on in add_ons:
        if ids.count(add_on.id) > 1:
            refuse("ADDON_DUPLICATE", "An add-on once per subscription; change its quantity.", add_on.field)
        is_allowed = add_on.allowed_plan_ids is None or plan.id in add_on.allowed_plan_ids
        if not is_allowed or add_on.product_id != plan.product_id:
            refuse("ADDON_NOT_ALLOWED", "This plan does not allow the add-on.", add_on.field)
    _check_conflicts(add_ons)


def _check_conflicts(add_ons: Sequence[AddOnRow]) -> None:
    by_feature: dict[tuple[str, int], list[AddOnRow]] = {}
    for add_on in add_ons:
        for feature in add_on.features:
            by_feature.setdefault((feature, add_on.priority), []).append(add_on)
    for (feature, priority), rivals in by_feature.items():
        for first, second in pairwise(rivals):
            refuse(
                "ADDON_CONFLICT", "Two add-ons set the same feature at the same priority.", second.field,
                feature=feature, priority=priority, otherAddOnId=first.id, otherName=first.name,
            )  # fmt: skip
