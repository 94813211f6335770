"""Making, keeping and running compiled statements. One statement answers one root field, or one field of a payload."""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import FieldNode, GraphQLResolveInfo

from core.transaction import fetch_value
from graph.sql.catalogue import Catalogue
from graph.sql.compile import Compilation, sight_of
from graph.sql.cost import SEES_COST, sees_own_cost
from graph.sql.inputs import Reader, Variables, shape_of
from tenants.paths import shown_from
from tenants.unit_of_work import UnitOfWork

KEPT_STATEMENTS = 2_000

Build = Callable[[Compilation], str]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement's text and where its parameters come from; `nodes` are held so that their identity stays theirs."""

    text: str
    parameters: tuple[Reader | str, ...]
    nodes: tuple[FieldNode, ...]
    most_nested: int | None = None
    """How many relations stand within each other at most; None: as many as are asked for."""


_TOO_DEEP = ("parser stack overflow", "user-defined function raised exception")
"""What SQLite says of a statement that is too deep, and of one that is so inside another."""
_MOST_NESTED = 2
"""What is tried first after all at once was too much; then one less each time, until each relation stands alone."""


def _less(most_nested: int | None) -> int:
    return _MOST_NESTED if most_nested is None else most_nested - 1


class Statements:
    """The statements of one schema, kept per document, selection, shape of variables, engine and role."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._kept: OrderedDict[Any, Statement] = OrderedDict()

    def forget(self) -> None:
        """Drop what is kept."""
        self._kept.clear()

    async def json(
        self,
        uow: UnitOfWork,
        info: GraphQLResolveInfo[Any],
        nodes: Sequence[FieldNode],
        purpose: str,
        build: Build,
        **named: object,
    ) -> str | None:
        """The finished JSON of the selection below `nodes`, or None when no row answers; `named` are parameters that
        `build` refers to by name."""
        variables = variables_of(info)
        actor = uow.actor
        of_actor = {"now": uow.now, "member_id": actor.member_id, "path_start": shown_from(actor.path)} | named
        failed: Statement | None = None
        while True:
            statement = self.statement(uow, info, nodes, purpose, build, failed)
            if SEES_COST in statement.parameters:
                of_actor[SEES_COST] = int(await sees_own_cost(uow))
            values = [of_actor[each] if isinstance(each, str) else each(variables) for each in statement.parameters]
            try:
                answer: str | None = await fetch_value(uow.tx, statement.text, *uow.scope, *values)
            except sqlite3.OperationalError as error:
                if not any(sign in str(error) for sign in _TOO_DEEP) or statement.most_nested == 0:
                    raise
                failed = statement
            else:
                return answer

    def statement(
        self,
        uow: UnitOfWork,
        info: GraphQLResolveInfo[Any],
        nodes: Sequence[FieldNode],
        purpose: str,
        build: Build,
        failed: Statement | None = None,
    ) -> Statement:
        """The kept statement, or a new one; `purpose` tells apart builds over the same nodes. In the place of one that
        SQLite's parser could not read comes one with less nested in it."""
        variables = variables_of(info)
        sight = sight_of(uow.actor)
        shape = tuple((name, shape_of(value)) for name, value in variables.items())
        key = (tuple(map(id, nodes)), purpose, uow.tx.dialect, sight, shape)
        found = self._kept.get(key)
        if found is not None and failed is None:
            self._kept.move_to_end(key)
            return found
        most_nested = None if failed is None else _less(failed.most_nested)
        compilation = Compilation(self.catalogue, uow.tx.dialect, sight, info.fragments, variables, most_nested)
        made = Statement(build(compilation), tuple(compilation.parameters), tuple(nodes), most_nested)
        if compilation.is_reusable:
            self._kept[key] = made
            if len(self._kept) > KEPT_STATEMENTS:
                self._kept.popitem(last=False)
        return made


def fragment(text: str | None) -> orjson.Fragment | None:
    """Finished JSON, to be passed through by the executor."""
    return None if text is None else orjson.Fragment(text)


def variables_of(info: GraphQLResolveInfo[Any]) -> Variables:
    """The coerced variables: Strawberry's executor hands graphql-core's resolvers the plain dict."""
    given: Any = info.variable_values
    variables: Variables = given if isinstance(given, dict) else given.coerced
    return variables
