"""The stage that a module's tests share: built once per engine and layer, asked many times, never changed."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.isolation.stages import STAGES, Stage, stage_of


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=STAGES)
async def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Each engine with both layers, and on PostgreSQL each layer alone."""
    folder = tmp_path_factory.mktemp("isolation")
    async with stage_of(request.param, lambda: str(request.getfixturevalue("postgres_server")), folder) as made:
        yield made
