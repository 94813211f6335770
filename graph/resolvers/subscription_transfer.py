"""`transferSubscription`. The rules are in billing/subscription_transfer.py."""

import strawberry

from billing.subscription_transfer import TransferOrder, transfer_subscription
from graph.resolvers.commands import run
from graph.schema.idempotency import optional_key
from graph.schema.scalars import UserError
from graph.schema.subscription import Subscription
from graph.sql.reads import entity


@strawberry.input(description="Which subscription goes to which other buyer of the same seller (SUB-90).")
class TransferSubscriptionInput:
    subscription_id: strawberry.ID
    version: int = strawberry.field(description="The version that was seen; VERSION_CONFLICT when it is another now.")
    to_organization_id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.type
class TransferSubscriptionPayload:
    errors: list[UserError]
    replayed: bool
    subscription: Subscription | None = entity("subscriptionId")


@strawberry.type
class SubscriptionTransferMutations:
    @strawberry.mutation(
        description="Hand a subscription over: its dates and paid time go along, its settings and members do not, and "
        "no money moves. All reasons against it are named at once (SUB-90)."
    )
    async def transfer_subscription(
        self, info: strawberry.Info, input: TransferSubscriptionInput
    ) -> TransferSubscriptionPayload:
        order = TransferOrder(input.subscription_id, input.version, input.to_organization_id)
        return await run(info, input, lambda uow: transfer_subscription(uow, order))
