"""The platform's sight in a unit of work: above the actor only inside its block, also within another, also refused."""

import pytest

from core.refusals import Refused, refuse
from core.transaction import fetch_value
from tenants.commands import Outcome
from tenants.unit_of_work import Platform, UnitOfWork
from tests.acting import do
from tests.makers import a_reseller, an_operator


async def seen_without_layer_one(uow: UnitOfWork) -> int:
    """How many organizations a statement without any filter gets: on PostgreSQL row security decides."""
    count: int = await fetch_value(uow.tx, "SELECT count(*) FROM organization")
    return count


async def test_the_platforms_sight_ends_with_its_outermost_block(platform: Platform) -> None:
    reseller = await a_reseller(platform, under=await an_operator(platform))
    own = {"sqlite": 2, "postgres": 1}[platform.database.dialect]

    async def look(uow: UnitOfWork) -> Outcome:
        assert await seen_without_layer_one(uow) == own
        async with uow.as_platform("test"):
            async with uow.as_platform("test: within"):
                assert await seen_without_layer_one(uow) == 2
            assert await seen_without_layer_one(uow) == 2
        assert await seen_without_layer_one(uow) == own
        with pytest.raises(Refused):
            async with uow.as_platform("test: refused and caught"):
                refuse("NOT_FOUND", "No.")
        assert await seen_without_layer_one(uow) == own
        return {}

    await do(reseller.someone, look)
