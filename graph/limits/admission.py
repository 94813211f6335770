"""Whether an operation may run: who asks, what it asks, what it costs. Everything here happens before it runs."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import OperationType

from graph.errors import CodedError, coded, without_suggestion
from graph.limits.bucket import PointsInMemory, PointsStore
from graph.limits.characters import check_variables
from graph.limits.documents import Documents, OperationRefused, PreparedDocument, PreparedText
from graph.limits.price import price_in
from graph.limits.settings import Limits


@dataclass(frozen=True, slots=True)
class Caller:
    """Who pays: the name of the bucket (a key, a user, an address; None is not metered), and whether the schema
    may be read.
    """

    account: str | None = None
    may_introspect: bool = False


@dataclass(frozen=True, slots=True)
class Admission:
    """An operation that may run: its prepared text and kind, and its cost as shown in `extensions.cost`."""

    text: PreparedText
    kind: OperationType
    cost: dict[str, int]


@dataclass(frozen=True, slots=True)
class Guard:
    """How a schema is protected: the limits, where the points stand, and who a request context belongs to."""

    limits: Limits
    points: PointsStore
    caller_of: Callable[[Any], Caller]


def open_guard() -> Guard:
    """For tools and tests without callers: all limits on, nobody metered, introspection allowed."""
    return Guard(Limits(), PointsInMemory(), lambda _: Caller(may_introspect=True))


async def admit(
    guard: Guard,
    documents: Documents,
    text: str,
    operation_name: str | None,
    variables: Mapping[str, Any],
    context: Any,
    kinds: Collection[OperationType],
) -> Admission:
    """Lets the operation in and takes its points, or raises OperationRefused with the limits' codes,
    INTROSPECTION_REQUIRES_SIGN_IN, OPERATION_KIND_NOT_ALLOWED, BAD_USER_INPUT (U+0000 in a text),
    COST_TOO_HIGH or RATE_LIMITED (`retryAfter` in seconds).
    """
    caller = guard.caller_of(context)
    prepared = _prepare(documents, text, caller)
    _check(variables)
    operation = prepared.operation(operation_name)
    if operation.kind not in kinds:
        message = f"A {operation.kind.value} is not allowed here"
        raise OperationRefused([coded("OPERATION_KIND_NOT_ALLOWED", message, kind=operation.kind.value)])
    if prepared.is_introspective and not caller.may_introspect:
        raise OperationRefused([coded("INTROSPECTION_REQUIRES_SIGN_IN", "Sign in to read the schema")])
    points = price_in(operation.price, variables)
    cost = await _charge(guard, caller, points)
    return Admission(prepared.text, operation.kind, cost)


def _prepare(documents: Documents, text: str, caller: Caller) -> PreparedDocument:
    try:
        return documents.prepare(text)
    except OperationRefused as refused:
        if caller.may_introspect:
            raise
        raise OperationRefused([without_suggestion(error) for error in refused.errors]) from None


def _check(variables: Mapping[str, Any]) -> None:
    try:
        check_variables(variables)
    except CodedError as error:
        raise OperationRefused([error]) from None


async def _charge(guard: Guard, caller: Caller, points: int) -> dict[str, int]:
    most = guard.limits.operation_points
    if points > most:
        message = f"The operation costs {points} points, the limit is {most}: ask for fewer rows"
        raise OperationRefused([coded("COST_TOO_HIGH", message, points=points, limit=most)])
    if caller.account is None:
        return {"points": points}
    bucket = guard.limits.bucket
    taking = await guard.points.take(caller.account, points, bucket)
    cost = {
        "points": points,
        "left": taking.left,
        "capacity": bucket.points,
        "pointsPerSecond": bucket.points_per_second,
    }
    if not taking.is_granted:
        message = f"The operation costs {points} points, {taking.left} are left: try again in {taking.retry_after} s"
        raise OperationRefused([coded("RATE_LIMITED", message, retryAfter=taking.retry_after, cost=cost)])
    return cost
