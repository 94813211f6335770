"""Products, plans and add-ons: an organization edits its own, and what it is offered it cannot (SUB-1, SUB-5)."""

from typing import Any

from billing.catalogue import NewAddOn, NewPlan, NewProduct, ProductKind, create_add_on, create_plan, create_product
from tenants.unit_of_work import Platform
from tests.acting import do, refusal
from tests.makers import a_member, a_reseller, an_operator
from tests.makers_billing import a_plan, a_product, an_add_on, product_of, rows

USD: dict[str, Any] = {"currency": "USD", "timezone": "UTC", "country": "US"}


async def test_a_product_with_a_plan_and_an_add_on(platform: Platform) -> None:
    seller = await an_operator(platform)
    product = await a_product(seller, name="  Cloud Call Centre ")
    plan = await a_plan(seller, product=product, features={"STICKY_AGENT": True})
    await an_add_on(seller, product, allowed=(plan,))

    (stored,) = await rows(platform, "SELECT name, kind, category, organization_id, path FROM product")
    assert stored == {
        "name": "Cloud Call Centre", "kind": "APP", "category": "TELEPHONY", "organization_id": seller.id,
        "path": seller.path,
    }  # fmt: skip
    logged = await rows(platform, "SELECT entity_type FROM audit_entry WHERE action = 'test' ORDER BY id")
    assert [row["entity_type"] for row in logged] == ["Product", "Plan", "AddOn"]


async def test_names_are_required_and_bounded(platform: Platform) -> None:
    seller = await an_operator(platform)
    new = NewProduct(seller.id, " ", ProductKind.APP, "x" * 256)

    assert await refusal(seller.someone, lambda uow: create_product(uow, new)) == ("FIELD_REQUIRED", "NAME_LENGTH")


async def test_the_catalogue_is_edited_by_owner_and_admin_of_its_organization_alone(platform: Platform) -> None:
    operator = await an_operator(platform, **USD)
    seller = await a_reseller(platform, under=operator, **USD)
    offered = await product_of(platform, await a_plan(operator, prices=[(operator, "1")]))
    hidden = await a_product(operator)
    own = await a_product(seller)
    billing = await a_member(platform, of=seller, role="BILLING")
    admin = await a_member(platform, of=seller, role="ADMIN")

    async def codes(who: Any, product: str) -> tuple[str, ...]:
        return await refusal(who, lambda uow: create_plan(uow, NewPlan(product, "Plan")))

    assert await codes(seller.someone, offered) == ("FORBIDDEN",)
    assert await codes(seller.someone, hidden) == ("NOT_FOUND",)
    assert await codes(billing, own) == ("FORBIDDEN",)
    assert await codes(operator.someone, own) == ("FORBIDDEN",)
    await do(admin, lambda uow: create_plan(uow, NewPlan(own, "Plan")))


async def test_an_add_on_allows_plans_of_its_own_product_only(platform: Platform) -> None:
    seller = await an_operator(platform)
    product, foreign = await a_product(seller), await a_plan(seller)
    new = NewAddOn(product, "Extra", allowed_plan_ids=(foreign,))

    assert await refusal(seller.someone, lambda uow: create_add_on(uow, new)) == ("NOT_FOUND",)
