"""Asking the schema as a signed-in member, without HTTP: `ask(document, **variables)` on a platform of a test."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from core.json_text import dumps
from graph.context import Context
from graph.execution import GuardedSchema
from graph.schema.root import create_schema, statements_for
from graph.sql.statement import Statements
from tenants.actor import Credentials
from tenants.unit_of_work import Platform

SCHEMA: GuardedSchema = create_schema()
STATEMENTS: Statements = statements_for(SCHEMA)
TEST_SECRET = b"a secret of tests alone"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the data, and the codes of the top-level errors."""

    data: Any
    errors: list[dict[str, Any]]

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]


async def ask(platform: Platform, credentials: Credentials, document: str, **variables: Any) -> Answer:
    """The answer as a client would read it."""
    context = Context(platform, credentials, STATEMENTS, quote_secret=TEST_SECRET, may_introspect=True)
    result = await SCHEMA.execute(document, variable_values=variables, context_value=context)
    read: Mapping[str, Any] = orjson.loads(dumps({"data": result.data}))
    return Answer(read["data"], [error.formatted for error in result.errors or ()])  # type: ignore[misc]
