"""`startTrial`. The rules are in billing/trial.py."""

import strawberry

from billing.trial import TrialOrder, start_trial
from graph.resolvers.commands import or_none, run
from graph.schema.idempotency import optional_key
from graph.schema.scalars import UserError
from graph.schema.subscription import Subscription
from graph.sql.reads import entity


@strawberry.input(description="A free trial: once per product and organization for ever (SUB-75).")
class StartTrialInput:
    organization_id: strawberry.ID = strawberry.field(description="The organization that will hold the trial.")
    plan_id: strawberry.ID
    quantity: int = 1
    cycle_months: int | None = strawberry.field(
        default=strawberry.UNSET, description="What it will be paid by; left out: the shortest cycle that is offered."
    )
    idempotency_key: str | None = optional_key()


@strawberry.type
class StartTrialPayload:
    errors: list[UserError]
    replayed: bool
    subscription: Subscription | None = entity("subscriptionId")


@strawberry.type
class TrialMutations:
    @strawberry.mutation(description="Start a TRIAL: `trialDays` long, free at every level (SUB-75, SUB-76).")
    async def start_trial(self, info: strawberry.Info, input: StartTrialInput) -> StartTrialPayload:
        order = TrialOrder(input.organization_id, input.plan_id, input.quantity, or_none(input.cycle_months))
        return await run(info, input, lambda uow: start_trial(uow, order))
