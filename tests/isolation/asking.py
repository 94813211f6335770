"""Asking the schema for the suite: no limit on points or tokens (they have tests of their own), own statements."""

from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import orjson

from core.json_text import dumps
from graph.context import Context
from graph.execution import GuardedSchema
from graph.limits import Guard
from graph.limits.admission import Caller
from graph.limits.bucket import PointsInMemory
from graph.limits.settings import Limits
from graph.schema.root import create_schema, statements_for
from graph.sql.statement import Statements
from tenants.actor import Credentials
from tenants.unit_of_work import Platform
from tests.graph.asking import TEST_SECRET, Answer

NO_ONE = Credentials(None, request_id="req_test")
_WIDE = Limits(
    document_characters=1_000_000, tokens=100_000, aliases=10_000, root_fields=1_000, fields=100_000, repeats=10_000,
    operation_points=10**9, operation_seconds=60,
)  # fmt: skip
SCHEMA: GuardedSchema = create_schema(Guard(_WIDE, PointsInMemory(), lambda _: Caller(may_introspect=True)))


@dataclass(slots=True)
class Asking:
    """One platform's client; its statements are its own, because layer 1 is part of their text."""

    platform: Platform
    statements: Statements = field(default_factory=lambda: statements_for(SCHEMA))

    async def __call__(self, credentials: Credentials, document: str, **variables: Any) -> Answer:
        """The answer as a client would read it."""
        return _answer(await SCHEMA.execute(document, variables, self._context(credentials)))

    async def first_event(self, credentials: Credentials, document: str, **variables: Any) -> Answer:
        """What a subscription answers first; it is closed after that."""
        async with aclosing(await SCHEMA.stream(document, variables, self._context(credentials))) as events:
            return _answer(await anext(events))

    def _context(self, credentials: Credentials) -> Context:
        return Context(self.platform, credentials, self.statements, quote_secret=TEST_SECRET, may_introspect=True)


def _answer(result: Any) -> Answer:
    read: Any = orjson.loads(dumps({"data": result.data}))
    return Answer(read["data"], [error.formatted for error in result.errors or ()])
