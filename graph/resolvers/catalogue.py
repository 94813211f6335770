"""`createProduct`, `createPlan`, `createAddOn`. The rules are in billing/catalogue.py."""

from collections.abc import Mapping
from typing import Any

import strawberry
from strawberry.scalars import JSON

from billing.catalogue import NewAddOn, NewPlan, NewProduct, ProductKind, create_add_on, create_plan, create_product
from graph.errors import BAD_USER_INPUT, coded
from graph.resolvers.commands import or_none, run
from graph.schema.catalogue import AddOn, Plan, Product
from graph.schema.idempotency import optional_key
from graph.schema.scalars import UserError
from graph.sql.reads import entity

_FEATURES = "What it switches on, by name and value (SUB-6). USERS or STAFF limits the members besides the OWNER."


@strawberry.input(description="A product of the organization's own (SUB-1).")
class CreateProductInput:
    organization_id: strawberry.ID = strawberry.field(description="Who will own it: it stands at the top of each sale.")
    name: str
    kind: ProductKind
    category: str
    idempotency_key: str | None = optional_key()


@strawberry.input(description="One way to buy a product.")
class CreatePlanInput:
    product_id: strawberry.ID
    name: str
    is_taxable: bool = strawberry.field(default=True, description="Whether the seller's tax rules apply (MON-83).")
    features: JSON | None = strawberry.field(default=strawberry.UNSET, description=_FEATURES)
    account_role: str | None = strawberry.field(
        default=strawberry.UNSET, description="The role of Accounts that this plan serves."
    )
    idempotency_key: str | None = optional_key()


@strawberry.input(description="An extra to the plans of a product (SUB-5).")
class CreateAddOnInput:
    product_id: strawberry.ID
    name: str
    is_taxable: bool = strawberry.field(default=True, description="Whether the seller's tax rules apply (MON-83).")
    priority: int = strawberry.field(default=0, description="The higher one decides a feature that two set.")
    features: JSON | None = strawberry.field(default=strawberry.UNSET, description=_FEATURES)
    allowed_plan_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="The plans that it goes with; left out: every plan of its product."
    )
    idempotency_key: str | None = optional_key()


@strawberry.type
class CreateProductPayload:
    errors: list[UserError]
    replayed: bool
    product: Product | None = entity("productId")


@strawberry.type
class CreatePlanPayload:
    errors: list[UserError]
    replayed: bool
    plan: Plan | None = entity("planId")


@strawberry.type
class CreateAddOnPayload:
    errors: list[UserError]
    replayed: bool
    add_on: AddOn | None = entity("addOnId")


@strawberry.type
class CatalogueMutations:
    @strawberry.mutation(description="Make a product. Nothing is sold before a plan of it has a price.")
    async def create_product(self, info: strawberry.Info, input: CreateProductInput) -> CreateProductPayload:
        new = NewProduct(input.organization_id, input.name, input.kind, input.category)
        return await run(info, input, lambda uow: create_product(uow, new))

    @strawberry.mutation(description="Make a plan of an own product.")
    async def create_plan(self, info: strawberry.Info, input: CreatePlanInput) -> CreatePlanPayload:
        features, role = _object(or_none(input.features)), or_none(input.account_role)
        new = NewPlan(input.product_id, input.name, input.is_taxable, features, role)
        return await run(info, input, lambda uow: create_plan(uow, new))

    @strawberry.mutation(description="Make an add-on to the plans of an own product.")
    async def create_add_on(self, info: strawberry.Info, input: CreateAddOnInput) -> CreateAddOnPayload:
        allowed = or_none(input.allowed_plan_ids)
        new = NewAddOn(
            product_id=input.product_id,
            name=input.name,
            is_taxable=input.is_taxable,
            priority=input.priority,
            features=_object(or_none(input.features)),
            allowed_plan_ids=None if allowed is None else tuple(allowed),
        )
        return await run(info, input, lambda uow: create_add_on(uow, new))


def _object(features: Any) -> Mapping[str, object]:
    """The features as given, none when left out; anything but a JSON object is no input of this type."""
    if features is None:
        return {}
    if not isinstance(features, dict):
        raise coded(BAD_USER_INPUT, "features has to be a JSON object", ("features",))
    return features
