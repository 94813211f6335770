"""The tree on both engines: own segments, one number at a time, the operator once, hooks within the transaction."""

import asyncio

import pytest

from core.refusals import Refused, refuse
from tenants.organization_events import Hooks, OrganizationCreated, on_organization_created
from tenants.organizations.new_organization import NewOrganization, NewOwner
from tenants.organizations.operator import NewOperator, create_operator
from tenants.organizations.organization_tree import create_organization
from tenants.paths import child_path, parent_path
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction
from tests.acting import do, everything, refusal
from tests.makers import a_customer, a_reseller, an_operator, password_hash


def a_sub_reseller(parent_id: str, **given: object) -> NewOrganization:
    """A complete input."""
    owner = NewOwner("Sue", "Smith", "sue@reseller.test")
    return NewOrganization(
        parent_id, "RESELLER", "Sub", "SG", "SGD", "Asia/Singapore", "APP",
        address="1 Way", city="Singapore", owner=owner, **given,  # type: ignore[arg-type]
    )  # fmt: skip


async def test_a_tree_has_paths_with_own_segments(platform: Platform) -> None:
    operator = await an_operator(platform)
    reseller = await a_reseller(platform, under=operator)
    customer = await a_customer(platform, under=reseller)
    assert operator.path == "1."
    assert reseller.path == child_path(operator.path, 2)
    assert customer.path == child_path(reseller.path, 3)
    assert customer.owner is not None


async def test_org_1_there_is_one_operator(platform: Platform) -> None:
    operator = await an_operator(platform)
    before = await everything(platform)
    with pytest.raises(Refused, match="OPERATOR_EXISTS"):
        await create_operator(platform, NewOperator(a_sub_reseller(""), password_hash()))
    assert await everything(platform) == before
    again = NewOrganization(operator.id, "OPERATOR", "Second", "SG", "SGD", "Asia/Singapore")
    refused = await refusal(operator.someone, lambda uow: create_organization(uow, again))
    assert refused == ("OPERATOR_EXISTS",)


async def test_org_1_a_chain_of_64_levels(platform: Platform) -> None:
    above = await an_operator(platform)
    for _ in range(63):
        above = await a_reseller(platform, under=above)
    assert above.path.count(".") == 64
    assert parent_path(above.path) == above.path.removesuffix("1s.")


async def test_org_3_organizations_made_at_once_never_share_a_segment(platform: Platform) -> None:
    operator = await an_operator(platform)
    made = await asyncio.gather(
        *(do(operator.someone, lambda uow: create_organization(uow, a_sub_reseller(operator.id))) for _ in range(8))
    )
    async with platform_transaction(platform) as tx:
        rows = await tx.fetch("SELECT path, billing_number FROM organization WHERE kind = 'RESELLER'")
    assert len(made) == len({row["path"] for row in rows}) == len({row["billing_number"] for row in rows}) == 8


async def test_gen_6_a_repeated_creation_makes_one(platform: Platform) -> None:
    operator = await an_operator(platform)
    new = a_sub_reseller(operator.id)
    both = await asyncio.gather(
        *(do(operator.someone, lambda uow: create_organization(uow, new), key="same") for _ in range(2))
    )
    assert both[0] == both[1]


async def test_a_reseller_gives_no_sandbox(platform: Platform) -> None:
    operator = await an_operator(platform)
    reseller = await a_reseller(platform, under=operator)
    new = a_sub_reseller(reseller.id, is_sandbox=True)
    assert await refusal(reseller.someone, lambda uow: create_organization(uow, new)) == ("FORBIDDEN",)
    below = await a_reseller(platform, under=reseller)
    further = a_sub_reseller(below.id)
    assert await refusal(reseller.someone, lambda uow: create_organization(uow, further)) == ("FORBIDDEN",)


async def test_a_hook_is_told_in_the_transaction_and_undoes_it(platform: Platform) -> None:
    operator = await an_operator(platform)
    told: list[str] = []

    async def fail(uow: UnitOfWork, event: OrganizationCreated) -> None:
        told.append(event.organization_id)
        assert event.seller_id == operator.id
        refuse("NOT_FOUND", "The hook says no.")

    on_organization_created(fail)
    try:
        await refusal(operator.someone, lambda uow: create_organization(uow, a_sub_reseller(operator.id)))
    finally:
        on_organization_created.forget(fail)
    assert len(told) == 1


async def test_hooks_registered_twice_run_once(platform: Platform) -> None:
    seen: list[int] = []
    hooks: Hooks[int] = Hooks()

    async def note(uow: UnitOfWork, event: int) -> None:
        seen.append(event)

    hooks(note)
    hooks(note)
    operator = await an_operator(platform)

    async def tell(uow: UnitOfWork) -> dict[str, object]:
        await hooks.tell(uow, 7)
        return {}

    await do(operator.someone, tell)
    assert seen == [7]
