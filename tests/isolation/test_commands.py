"""No command takes a stranger's id: it answers as for a missing one and changes nothing, through each layer alone."""

import pytest

from tests.isolation.allowed import NOT_AN_ENTITY
from tests.isolation.attempts import ACTORS, foreign_ids_in_commands, no_one_commands
from tests.isolation.reads import told
from tests.isolation.stages import Stage

pytestmark = pytest.mark.isolation


async def test_a_strangers_id_is_like_a_missing_one_in_every_input(stage: Stage) -> None:
    found = [each for name in ACTORS for each in await foreign_ids_in_commands(stage, stage.world.viewers[name])]
    assert not found, told(found)
    reached = {field for check, _, field in stage.tried if check == "command"}
    assert not stage.has_layer_one or reached - stage.hidden <= NOT_AN_ENTITY.keys(), reached - stage.hidden


async def test_no_one_commands_nothing(stage: Stage) -> None:
    found = await no_one_commands(stage)
    assert not found, told(found)
