"""Finished JSON as the value of any field, and that everything else stays plain GraphQL."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import orjson
import strawberry
from graphql import parse
from strawberry.types import ExecutionResult

from graph.errors import code_of
from graph.execution import GuardedSchema


def fragment(text: str) -> Any:
    return orjson.Fragment(text)


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Thing(Named):
    size: int


@strawberry.type
class Query:
    @strawberry.field
    def thing(self) -> Thing:
        return cast(Thing, fragment('{"name":"one"}'))

    @strawberry.field
    async def thing_later(self) -> Thing | None:
        await asyncio.sleep(0)
        return cast(Thing, fragment('{"name":"later"}'))

    @strawberry.field
    def things(self) -> list[Thing]:
        return cast(list[Thing], fragment('[{"name":"a"},{"name":"b"}]'))

    @strawberry.field
    def mixed(self) -> list[Thing]:
        return [cast(Thing, fragment('{"name":"raw"}')), Thing(name="plain", size=2)]

    @strawberry.field
    def named(self) -> Named:
        return cast(Named, fragment('{"name":"any"}'))

    @strawberry.field
    def number(self) -> int:
        return cast(int, fragment("12345678901234567890"))

    @strawberry.field
    def nothing(self) -> Thing:
        return cast(Thing, None)

    @strawberry.field
    async def fails_soon(self) -> str:
        await asyncio.sleep(0.01)
        raise RuntimeError("broken")

    @strawberry.field
    async def waits(self, info: strawberry.Info) -> str:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            info.context.append("cancelled")
            raise
        return "done"


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def add(self, info: strawberry.Info, number: int) -> int:
        await asyncio.sleep(0.01 / number)
        info.context.append(number)
        return number


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def things(self) -> AsyncGenerator[Thing, None]:
        yield cast(Thing, fragment('{"name":"first"}'))
        yield Thing(name="second", size=2)
        raise RuntimeError("broken")


SCHEMA = GuardedSchema(Query, Mutation, Subscription, types=[Thing])


async def answer(text: str, context: list[object] | None = None) -> tuple[object, ExecutionResult]:
    """The data as the client reads it, and the whole result."""
    result = await SCHEMA.execute(text, context_value=[] if context is None else context)
    return orjson.loads(orjson.dumps(result.data)), result


async def test_a_fragment_is_complete_for_every_kind_of_field() -> None:
    data, result = await answer("{ thing { name } thingLater { name } things { name } named { name } number }")
    assert result.errors is None
    assert data == {
        "thing": {"name": "one"},
        "thingLater": {"name": "later"},
        "things": [{"name": "a"}, {"name": "b"}],
        "named": {"name": "any"},
        "number": 12345678901234567890,
    }


async def test_a_fragment_stands_among_plain_items_of_a_list() -> None:
    data, _ = await answer("{ mixed { name } }")
    assert data == {"mixed": [{"name": "raw"}, {"name": "plain"}]}


async def test_a_field_beside_a_fragment_still_obeys_its_type() -> None:
    data, result = await answer("{ thing { name } nothing { name } }")
    assert data is None
    assert [(error.path, code_of(error)) for error in result.errors or ()] == [(["nothing"], "INTERNAL_ERROR")]


async def test_when_a_non_null_field_fails_its_siblings_are_cancelled() -> None:
    context: list[object] = []
    data, result = await answer("{ thing { name } waits failsSoon }", context)
    assert data is None
    assert [error.path for error in result.errors or ()] == [["failsSoon"]]
    assert context == ["cancelled"]


async def test_a_cancelled_request_cancels_its_resolvers() -> None:
    context: list[object] = []
    request = asyncio.create_task(SCHEMA.execute("{ waits }", context_value=context))
    await asyncio.sleep(0.01)
    request.cancel()
    await asyncio.wait([request])
    assert (request.cancelled(), context) == (True, ["cancelled"])


async def test_mutations_of_one_request_run_one_after_the_other() -> None:
    context: list[object] = []
    data, _ = await answer("mutation { a: add(number: 1) b: add(number: 10) }", context)
    assert (data, context) == ({"a": 1, "b": 10}, [1, 10])


async def test_subscriptions_pass_fragments_and_mask_errors() -> None:
    stream = await SCHEMA.stream("subscription { things { name } }")
    results = [event async for event in stream]
    assert [orjson.loads(orjson.dumps(event.data)) for event in results] == [
        {"things": {"name": "first"}},
        {"things": {"name": "second"}},
        None,
    ]
    (error,) = results[-1].errors or []
    assert (error.message, code_of(error)) == ("Internal error", "INTERNAL_ERROR")


async def test_a_subscription_that_cannot_run_says_why() -> None:
    stream = await SCHEMA.stream("subscription { nothing }")
    (result,) = [event async for event in stream]
    assert [code_of(error) for error in result.errors or ()] == ["GRAPHQL_VALIDATION_FAILED"]


def test_our_own_tools_read_the_schema_without_the_guard() -> None:
    assert SCHEMA.introspect()["__schema"]["queryType"]["name"] == "Query"
    assert parse(str(SCHEMA)).definitions
