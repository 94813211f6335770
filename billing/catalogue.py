"""Products, plans and add-ons: what an organization sells, without prices (SUB-1, SUB-5, SUB-6)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.ids import new_id
from core.refusals import Blockers, FieldPath, refuse
from core.transaction import Row, insert
from tenants.access import allow, not_found, organization_by_id, require_active, row_by_id
from tenants.commands import Outcome
from tenants.names import normalized
from tenants.paths import is_within
from tenants.permissions import Action
from tenants.unit_of_work import UnitOfWork

LONGEST_NAME = 255


class ProductKind(StrEnum):
    """What is sold (SUB-1); the contents of a BUNDLE are fixed."""

    APP = "APP"
    SERVICE = "SERVICE"
    HARDWARE = "HARDWARE"
    BUNDLE = "BUNDLE"


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product of an organization's own."""

    organization_id: str
    name: str
    kind: ProductKind
    category: str


@dataclass(frozen=True, slots=True)
class NewPlan:
    """One way to buy a product; features are data (SUB-6), `account_role` ties accounts to it (BAT rules)."""

    product_id: str
    name: str
    is_taxable: bool = True
    features: Mapping[str, object] = field(default_factory=dict)
    account_role: str | None = None
    availability_threshold_micros: int = 0


@dataclass(frozen=True, slots=True)
class NewAddOn:
    """An extra to the plans of a product: those named, or all (None); the higher priority overrides (SUB-5)."""

    product_id: str
    name: str
    is_taxable: bool = True
    priority: int = 0
    features: Mapping[str, object] = field(default_factory=dict)
    allowed_plan_ids: tuple[str, ...] | None = None


async def create_product(uow: UnitOfWork, new: NewProduct) -> Outcome:
    """Answers productId. Refused: NOT_FOUND, FORBIDDEN, ORGANIZATION_NOT_ACTIVE, FIELD_REQUIRED, NAME_LENGTH."""
    owner = await organization_by_id(uow, new.organization_id, ("organizationId",))
    allow(uow, Action.EDIT_PRODUCT, owner)
    require_active(owner)
    found = Blockers()
    name, category = checked_name(found, new.name), checked_name(found, new.category, ("category",))
    found.raise_if_any()
    product_id = new_id("prod")
    values = {"name": name, "kind": new.kind.value, "category": category}
    await _store(uow, "product", product_id, owner.id, owner.path, values)
    return {"productId": product_id}


async def create_plan(uow: UnitOfWork, new: NewPlan) -> Outcome:
    """Answers planId. Refused: as create_product, for a product of another too (NOT_FOUND, FORBIDDEN)."""
    product = await _own_product(uow, new.product_id, Action.EDIT_PLAN)
    found = Blockers()
    name = checked_name(found, new.name)
    found.raise_if_any()
    plan_id = new_id("plan")
    values = {
        "product_id": new.product_id, "name": name, "is_taxable": new.is_taxable,
        "features": json.dumps(dict(new.features)), "account_role": new.account_role,
        "availability_threshold_micros": new.availability_threshold_micros,
    }  # fmt: skip
    await _store(uow, "plan", plan_id, product["organization_id"], product["path"], values)
    return {"planId": plan_id}


async def create_add_on(uow: UnitOfWork, new: NewAddOn) -> Outcome:
    """Answers addOnId. Refused: as create_plan; NOT_FOUND for an allowed plan that is not the product's."""
    product = await _own_product(uow, new.product_id, Action.EDIT_ADD_ON)
    found = Blockers()
    name = checked_name(found, new.name)
    found.raise_if_any()
    for place, plan_id in enumerate(new.allowed_plan_ids or ()):
        allowed = ("allowedPlanIds", str(place))
        plan = await row_by_id(uow, "plan", plan_id, allowed, "t.product_id")
        if plan["product_id"] != new.product_id:
            not_found(allowed)
    add_on_id = new_id("addon")
    values = {
        "product_id": new.product_id, "name": name, "is_taxable": new.is_taxable, "priority": new.priority,
        "features": json.dumps(dict(new.features)),
        "allowed_plan_ids": None if new.allowed_plan_ids is None else json.dumps(list(new.allowed_plan_ids)),
    }  # fmt: skip
    await _store(uow, "add_on", add_on_id, product["organization_id"], product["path"], values)
    return {"addOnId": add_on_id}


def checked_name(found: Blockers, text: str, place: FieldPath = ("name",)) -> str:
    """The normalized text of 1 to 255 characters; notes FIELD_REQUIRED or NAME_LENGTH (GEN-8)."""
    name = normalized(text)
    if not name:
        found.add("FIELD_REQUIRED", "This field is required.", place)
    elif len(name) > LONGEST_NAME:
        found.add("NAME_LENGTH", "A name has at most 255 characters.", place, most=LONGEST_NAME)
    return name


async def _own_product(uow: UnitOfWork, product_id: str, action: Action) -> Row:
    product = await row_by_id(uow, "product", product_id, ("productId",), "t.organization_id, t.path")
    if not is_within(product["path"], uow.actor.path):
        refuse("FORBIDDEN", "A product that a seller offers is not the buyer's to edit.", ("productId",))
    owner = await organization_by_id(uow, product["organization_id"], ("productId",))
    allow(uow, action, owner)
    require_active(owner)
    return product


async def _store(
    uow: UnitOfWork, table: str, row_id: str, organization_id: str, path: str, values: Mapping[str, object]
) -> None:
    await insert(uow.tx, table, id=row_id, organization_id=organization_id, path=path, created_at=uow.now, **values)
    entity = {"product": "Product", "plan": "Plan", "add_on": "AddOn"}[table]
    uow.audit(entity, row_id, organization_id=organization_id, path=path, after=values)
