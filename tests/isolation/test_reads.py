"""Nobody reads a row out of sight, by no list, id, field or filter, on each engine and through each layer alone."""

import pytest

from tests.isolation.reads import READS, no_one, told
from tests.isolation.stages import Stage
from tests.isolation.world import VIEWERS

pytestmark = pytest.mark.isolation


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_a_viewer_reads_exactly_what_the_rules_say(stage: Stage, viewer: str) -> None:
    found = [each for check in READS for each in await check(stage, stage.world.viewers[viewer])]
    assert not found, told(found)


async def test_no_one_reads_nothing(stage: Stage) -> None:
    found = await no_one(stage)
    assert not found, told(found)
