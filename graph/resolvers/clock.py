"""`advanceClock`, of sandboxes only. What becomes due runs inside it."""

from datetime import datetime

import strawberry

from core.clock import as_instant, format_instant
from graph.resolvers.commands import run
from graph.schema.idempotency import optional_key
from graph.schema.organization import Organization
from graph.schema.scalars import UserError
from graph.sql.reads import entity, from_outcome
from tenants.commands import Outcome
from tenants.sandbox_clock import advance_clock
from tenants.unit_of_work import UnitOfWork


@strawberry.input(description="Where the clock of the organization's sandbox is to stand.")
class AdvanceClockInput:
    organization_id: strawberry.ID
    to: datetime = strawberry.field(description="Not before its present time.")
    idempotency_key: str | None = optional_key()


@strawberry.type
class AdvanceClockPayload:
    errors: list[UserError]
    replayed: bool
    organization: Organization | None = entity("organizationId")
    now: datetime | None = from_outcome("now", "The sandbox's time from now on.")


@strawberry.type
class ClockMutations:
    @strawberry.mutation(
        description="Move a sandbox's clock forward; all that becomes due until then is done, in order. Organizations "
        "in real time: CLOCK_NOT_SANDBOX."
    )
    async def advance_clock(self, info: strawberry.Info, input: AdvanceClockInput) -> AdvanceClockPayload:
        async def advance(uow: UnitOfWork) -> Outcome:
            moved = await advance_clock(uow, input.organization_id, as_instant(input.to))
            return {"organizationId": input.organization_id, "now": format_instant(moved["standsAt"])}

        return await run(info, input, advance)
