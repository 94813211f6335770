"""The one migration operation of this project: Tortoise keeps its model state, the DDL is hand-written.

Tortoise's own operations rebuild tables on SQLite with foreign keys on: children, indexes and triggers are lost."""

from tortoise.migrations.operations import Operation, TortoiseOperation
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State


class HandWritten(TortoiseOperation):
    """`state` says what changed for the models; `sqlite` and `postgres` are the statements, one per item."""

    def __init__(self, *, state: list[Operation], sqlite: list[str], postgres: list[str]) -> None:
        self.state = state
        self.statements = {"sqlite": sqlite, "postgres": postgres}

    def describe(self) -> str:
        return "Hand-written DDL"

    def state_forward(self, app_label: str, state: State) -> None:
        for operation in self.state:
            operation.state_forward(app_label, state)

    async def database_forward(
        self, app_label: str, old_state: State, new_state: State, state_editor: BaseSchemaEditor | None = None
    ) -> None:
        if state_editor is None:
            return
        for statement in self.statements[state_editor.client.capabilities.dialect]:
            await state_editor.client.execute_query(statement)  # execute_script would commit on SQLite
