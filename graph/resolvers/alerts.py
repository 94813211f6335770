"""`alerts`: what somebody should act on; `handleAlert`, `closeAlert`. Rules: billing/alert_handling.py."""

import strawberry

from billing.alert_handling import close_alert, handle_alert
from graph.resolvers.commands import run, written
from graph.resolvers.reading import root_connection
from graph.schema.alert import Alert, AlertFilter
from graph.schema.idempotency import optional_key
from graph.schema.scalars import Connection, UserError
from graph.sql.reads import entity


@strawberry.type
class AlertQueries:
    alerts: Connection[Alert] = root_connection(
        filter=AlertFilter, description="What somebody should act on, newest first."
    )


@strawberry.input(description="Which Alert.")
class AlertInput:
    alert_id: strawberry.ID
    note: str | None = strawberry.field(default=strawberry.UNSET, description="Goes into the audit log.")
    idempotency_key: str | None = optional_key()


@strawberry.type
class AlertPayload:
    errors: list[UserError]
    replayed: bool
    alert: Alert | None = entity("alertId")


@strawberry.type
class AlertMutations:
    @strawberry.mutation(description="Say that you act on it: `details.handled` names who and since when (ALR-2).")
    async def handle_alert(self, info: strawberry.Info, input: AlertInput) -> AlertPayload:
        return await run(info, input, lambda uow: handle_alert(uow, input.alert_id, written(input.note)))

    @strawberry.mutation(description="Close it by hand; it closes itself once its cause is gone (ALR-2).")
    async def close_alert(self, info: strawberry.Info, input: AlertInput) -> AlertPayload:
        return await run(info, input, lambda uow: close_alert(uow, input.alert_id, written(input.note)))
