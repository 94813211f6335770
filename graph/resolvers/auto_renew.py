"""`setAutoRenew`. The rules are in billing/auto_renew.py."""

import strawberry

from billing.auto_renew import AutoRenewOrder, set_auto_renew
from graph.resolvers.commands import run
from graph.schema.idempotency import optional_key
from graph.schema.scalars import UserError
from graph.schema.subscription import Subscription
from graph.sql.reads import entity


@strawberry.input(description="Whether a running subscription renews by itself from now on.")
class SetAutoRenewInput:
    subscription_id: strawberry.ID
    version: int = strawberry.field(description="The version that was seen; VERSION_CONFLICT when it is another now.")
    is_auto_renew: bool
    idempotency_key: str | None = optional_key()


@strawberry.type
class SetAutoRenewPayload:
    errors: list[UserError]
    replayed: bool
    subscription: Subscription | None = entity("subscriptionId")


@strawberry.type
class AutoRenewMutations:
    @strawberry.mutation(
        description="Unsubscribe, or take it back while it runs: without auto-renew it stays usable to the end of paid "
        "time and then expires without grace; nothing is refunded (SUB-80)."
    )
    async def set_auto_renew(self, info: strawberry.Info, input: SetAutoRenewInput) -> SetAutoRenewPayload:
        order = AutoRenewOrder(input.subscription_id, input.version, input.is_auto_renew)
        return await run(info, input, lambda uow: set_auto_renew(uow, order))
