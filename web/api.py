"""The GraphQL contract as this application serves it: the schema behind its guard, and its compiled statements."""

from dataclasses import dataclass
from typing import Any

from graph.execution import GuardedSchema
from graph.limits import Caller, Guard, Limits, PointsInMemory
from graph.schema.root import create_schema, statements_for
from graph.sql.statement import Statements


@dataclass(frozen=True, slots=True)
class Api:
    """A schema and the statements compiled for it; one of each per process."""

    schema: GuardedSchema
    statements: Statements


def build_api(limits: Limits | None = None) -> Api:
    """The contract with its limits on; each caller has a bucket of points in this process."""
    schema = create_schema(Guard(limits or Limits(), PointsInMemory(), caller_of))
    return Api(schema, statements_for(schema))


def caller_of(context: Any) -> Caller:
    """Who pays for an operation, and whether the schema may be read, from the request's context."""
    return Caller(context.account, context.may_introspect)
