"""Policy in the database: which layer counts, for one buyer alone, bounds and locks, clearing (POL-1, POL-2)."""

from tenants.policy.policy import policies_for, policies_up_the_chain
from tenants.policy.policy_resolution import Source
from tenants.policy.policy_settings import (
    PolicyEdit,
    apply_policy_preset,
    set_policy_bounds,
    set_policy_values,
    set_policy_values_for_buyer,
)
from tenants.unit_of_work import Platform, reading
from tests.acting import do, refusal
from tests.makers import Member, Organization, credentials_of
from tests.rules.fixture_organizations import the_fixture


async def days_for(reader: Member, organization: Organization) -> tuple[int, Source]:
    """`graceDays` that count for the organization, and where they come from."""
    async with reading(reader.platform, await credentials_of(reader)) as uow:
        policies = await policies_for(uow, organization.id)
    return policies.integer("graceDays"), policies.resolved("graceDays").source


async def test_the_nearest_layer_counts(platform: Platform) -> None:
    family = await the_fixture(platform)
    at_first, source = await days_for(family.ada, family.c3)
    assert source is Source.DEFAULT

    await do(family.olga, lambda uow: apply_policy_preset(uow, family.o.id, "myoperator"))
    assert (await days_for(family.ada, family.c3))[1] is Source.PRESET
    await do(family.ada, lambda uow: set_policy_values(uow, PolicyEdit(family.r1.id, {"graceDays": 11})))
    assert await days_for(family.ada, family.c3) == (11, Source.VALUE)
    assert (await days_for(family.ada, family.r1))[1] is Source.PRESET  # its own value is for those below

    rita = family.r1a.someone
    for_c3 = PolicyEdit(family.c3.id, {"graceDays": 12})
    await do(rita, lambda uow: set_policy_values_for_buyer(uow, for_c3))
    assert await days_for(family.ada, family.c3) == (12, Source.BUYER_VALUE)
    clear = PolicyEdit(family.c3.id, clear=("graceDays",))
    await do(rita, lambda uow: set_policy_values_for_buyer(uow, clear))
    assert await days_for(family.ada, family.c3) == (11, Source.VALUE)
    await do(family.ada, lambda uow: set_policy_values(uow, PolicyEdit(family.r1.id, clear=("graceDays",))))
    await do(family.olga, lambda uow: apply_policy_preset(uow, family.o.id, None))
    assert await days_for(family.ada, family.c3) == (at_first, Source.DEFAULT)


async def test_bounds_hold_and_locks_stand(platform: Platform) -> None:
    family = await the_fixture(platform)
    bounds = PolicyEdit(family.o.id, {"graceDays": {"maximum": 5}, "invitationDays": {"isLocked": True}})
    await do(family.olga, lambda uow: set_policy_bounds(uow, bounds))
    outside, locked = PolicyEdit(family.r1.id, {"graceDays": 6}), PolicyEdit(family.r1.id, {"invitationDays": 6})
    assert await refusal(family.ada, lambda uow: set_policy_values(uow, outside)) == ("POLICY_OUT_OF_BOUNDS",)
    assert await refusal(family.ada, lambda uow: set_policy_values(uow, locked)) == ("POLICY_LOCKED",)
    unbound = PolicyEdit(family.o.id, clear=("graceDays",))
    await do(family.olga, lambda uow: set_policy_bounds(uow, unbound))
    await do(family.ada, lambda uow: set_policy_values(uow, PolicyEdit(family.r1.id, {"graceDays": 6})))


async def test_who_sets_what_for_whom(platform: Platform) -> None:
    family = await the_fixture(platform)
    own, below = PolicyEdit(family.r1.id, {"graceDays": 1}), PolicyEdit(family.c3.id, {"graceDays": 1})
    assert await refusal(family.bill, lambda uow: set_policy_values(uow, own)) == ("FORBIDDEN",)
    assert await refusal(family.ada, lambda uow: set_policy_values_for_buyer(uow, own)) == ("FORBIDDEN",)
    assert await refusal(family.ada, lambda uow: set_policy_values_for_buyer(uow, below)) == ("FORBIDDEN",)
    assert await refusal(family.ada, lambda uow: apply_policy_preset(uow, family.r1.id, "acme")) == ("PRESET_UNKNOWN",)


async def test_the_chain_in_one_statement(platform: Platform) -> None:
    family = await the_fixture(platform)
    await do(family.ada, lambda uow: set_policy_values(uow, PolicyEdit(family.r1.id, {"graceDays": 9})))
    async with reading(platform, await credentials_of(family.c3.someone)) as uow:
        chain = await policies_up_the_chain(uow, family.c3.id)
    assert list(chain) == [family.c3.id, family.r1a.id, family.r1.id, family.o.id]
    default = chain[family.o.id].integer("graceDays")
    assert [each.integer("graceDays") for each in chain.values()] == [9, 9, default, default]
