"""Nobody reads a row out of sight and no command takes its id, on each engine and through each layer alone.

One world per stage serves all: what is read comes first, because commands and support sessions leave traces."""

import pytest

from tests.isolation.allowed import NOT_AN_ENTITY
from tests.isolation.attempts import ACTORS, foreign_ids_in_commands, no_one_commands
from tests.isolation.lookups import no_ones_live_views
from tests.isolation.reads import READS, no_one, told
from tests.isolation.stages import Stage
from tests.isolation.world import VIEWERS

pytestmark = pytest.mark.isolation


@pytest.mark.parametrize("viewer", VIEWERS)
async def test_a_viewer_reads_exactly_what_the_rules_say(stage: Stage, viewer: str) -> None:
    found = [each for check in READS for each in await check(stage, stage.world.viewers[viewer])]
    assert not found, told(found)


async def test_no_one_reads_nothing(stage: Stage) -> None:
    found = await no_one(stage) + await no_ones_live_views(stage)
    assert not found, told(found)


async def test_a_strangers_id_is_like_a_missing_one_in_every_input(stage: Stage) -> None:
    found = [each for name in ACTORS for each in await foreign_ids_in_commands(stage, stage.world.viewers[name])]
    assert not found, told(found)
    reached = {field for check, _, field in stage.tried if check == "command"}
    assert not stage.has_layer_one or reached - stage.hidden <= NOT_AN_ENTITY.keys(), reached - stage.hidden


async def test_no_one_commands_nothing(stage: Stage) -> None:
    found = await no_one_commands(stage)
    assert not found, told(found)
