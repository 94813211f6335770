"""The payload of a command as finished JSON: its rows read by compiled statements in the command's own transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import FieldNode, GraphQLResolveInfo, get_named_type

from core.json_text import dumps
from core.refusals import Blocker
from graph.sql.compile import Compilation
from graph.sql.reads import Entity, FromOutcome, ShownOnce
from graph.sql.selection import selected_fields
from graph.sql.statement import Statements, variables_of
from tenants.unit_of_work import UnitOfWork

Outcome = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Payload:
    """One payload to be answered: its GraphQL type and selection."""

    statements: Statements
    info: GraphQLResolveInfo[Any]

    @property
    def type_name(self) -> str:
        """The payload's GraphQL type."""
        return get_named_type(self.info.return_type).name

    async def done(self, uow: UnitOfWork, outcome: Outcome, replayed: bool) -> orjson.Fragment:
        """The payload of a command that was carried out; read before the commit, in its transaction."""
        members = {}
        for key, same in self._selected().items():
            members[key] = await self._member(uow, outcome, replayed, same)
        return orjson.Fragment(dumps(members))

    def refused(self, blockers: Sequence[Blocker]) -> orjson.Fragment:
        """The payload of a command that was refused: all blockers, and nothing else."""
        errors = [
            {"code": each.code, "message": each.message, "field": each.field, "details": each.details or None}
            for each in blockers
        ]
        members: dict[str, Any] = {}
        for key, same in self._selected().items():
            match same[0].name.value:
                case "errors":
                    members[key] = [self.projected("UserError", error, same) for error in errors]
                case "replayed":
                    members[key] = False
                case "__typename":
                    members[key] = self.type_name
                case _:
                    members[key] = None
        return orjson.Fragment(dumps(members))

    async def _member(self, uow: UnitOfWork, outcome: Outcome, replayed: bool, same: list[FieldNode]) -> Any:
        name = same[0].name.value
        if name in ("errors", "replayed", "__typename"):
            return {"errors": [], "replayed": replayed, "__typename": self.type_name}[name]
        answer = self.statements.catalogue.named_answer(self.type_name, name)
        match self.statements.catalogue.types[self.type_name].fields[name]:
            case Entity(key):
                return await self._entity(uow, answer, outcome.get(key), same)
            case ShownOnce(key):
                return None if uow.actor.support is not None else uow.shown_once.get(key)  # masked (SUP-9)
            case FromOutcome(key):
                return self.projected(answer, outcome.get(key), same)
        raise AssertionError(f"{self.type_name}.{name} does not say where its value comes from")

    async def _entity(self, uow: UnitOfWork, type_name: str, row_id: Any, same: list[FieldNode]) -> Any:
        if isinstance(row_id, list):
            rows = [await self._entity(uow, type_name, each, same) for each in row_id]
            return [row for row in rows if row is not None]  # not even how many others there are (VIS-2)
        if row_id is None:
            return None
        described = self.statements.catalogue.types[type_name]

        def build(compilation: Compilation) -> str:
            place = compilation.of_actor("row_id")
            return compilation.one_row(described, lambda alias: f"{alias}.id = {place}", same)

        found = await self.statements.json(uow, self.info, same, f"row:{type_name}", build, row_id=row_id)
        return None if found is None else orjson.Fragment(found)

    def projected(self, type_name: str, value: Any, same: Sequence[FieldNode]) -> Any:
        """Plain values cut down to the selection: dicts by GraphQL names, lists item by item."""
        if isinstance(value, list | tuple):
            return [self.projected(type_name, each, same) for each in value]
        if not isinstance(value, Mapping) or same[0].selection_set is None:
            return value
        catalogue = self.statements.catalogue
        chosen = selected_fields(self._collecting(), type_name, same)
        members: dict[str, Any] = {}
        for key, nodes in chosen.items():
            name = nodes[0].name.value
            if name == "__typename":
                members[key] = type_name
            else:
                members[key] = self.projected(catalogue.named_answer(type_name, name), value.get(name), nodes)
        return members

    def _selected(self) -> dict[str, list[FieldNode]]:
        return selected_fields(self._collecting(), self.type_name, self.info.field_nodes)

    def _collecting(self) -> Any:
        return _Collecting(self.statements.catalogue, self.info.fragments, variables_of(self.info))


@dataclass(frozen=True, slots=True)
class _Collecting:
    """What the collection of fields needs of a compilation."""

    catalogue: Any
    fragments: Any
    variables: Any
