"""The viewer's own sessions: listing and ending them. The rules are in tenants/sign_in/own_sessions.py."""

import strawberry

from graph.context import Context
from graph.resolvers.commands import run
from graph.schema.idempotency import optional_key
from graph.schema.scalars import UserError
from graph.schema.session import UserSession, shown_session
from graph.sql.reads import from_outcome
from tenants.sign_in.own_sessions import end_other_sessions, end_session, own_sessions
from tenants.unit_of_work import reading


@strawberry.type
class SessionQueries:
    @strawberry.field(description="The viewer's running sessions, the one used last first.")
    async def sessions(self, info: strawberry.Info) -> list[UserSession]:
        context: Context = info.context
        async with reading(context.platform, context.credentials) as uow:
            return [shown_session(each) for each in await own_sessions(uow)]


@strawberry.input(description="Which of the own sessions.")
class EndSessionInput:
    session_id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Nothing has to be said.")
class EndOtherSessionsInput:
    idempotency_key: str | None = optional_key()


@strawberry.type
class EndSessionsPayload:
    errors: list[UserError]
    replayed: bool
    ended_count: int | None = from_outcome("endedCount")


@strawberry.type
class SessionMutations:
    @strawberry.mutation(description="End one of the own sessions: from the next request on it is UNAUTHENTICATED.")
    async def end_session(self, info: strawberry.Info, input: EndSessionInput) -> EndSessionsPayload:
        return await run(info, input, lambda uow: end_session(uow, input.session_id))

    @strawberry.mutation(description="End all own sessions but the one that asks.")
    async def end_other_sessions(
        self, info: strawberry.Info, input: EndOtherSessionsInput | None = None
    ) -> EndSessionsPayload:
        return await run(info, input or EndOtherSessionsInput(), end_other_sessions)
