"""`previewRefund` and `refundSubscription`. The rules are in billing/ending.py and billing/refund.py."""

import strawberry

from billing.ending import PayOut, RefundOrder, RefundQuestion, preview_refund, refund_subscription
from graph.context import Context
from graph.resolvers.commands import or_none, run
from graph.schema.amounts import money_values
from graph.schema.idempotency import required_key
from graph.schema.money import Payment
from graph.schema.refund_preview import RefundPreview, refund_preview
from graph.schema.scalars import Money, UserError
from graph.schema.subscription import Subscription
from graph.sql.reads import entity, from_outcome
from tenants.commands import Outcome
from tenants.unit_of_work import UnitOfWork, reading


@strawberry.input(description="Which subscription would be ended.")
class PreviewRefundInput:
    subscription_id: strawberry.ID
    pay_out: PayOut | None = strawberry.field(
        default=strawberry.UNSET, description="Pay the refund out; left out: it stays in the wallet (SUB-84)."
    )


@strawberry.input(description="An ending: at once and final, with what the rules give back (SUB-81, SUB-82).")
class RefundSubscriptionInput(PreviewRefundInput):
    version: int = strawberry.field(description="The version that was seen; VERSION_CONFLICT when it is another now.")
    reason: str = strawberry.field(description="Why it ends; REASON_REQUIRED when empty.")
    idempotency_key: str = required_key()


@strawberry.type
class RefundSubscriptionPayload:
    errors: list[UserError]
    replayed: bool
    subscription: Subscription | None = entity("subscriptionId")
    payment: Payment | None = entity("paymentId", "The pay-out; null when the refund stays in the wallet.")
    refund: Money | None = from_outcome("refund", "What came back to the holder, tax included.")
    early_end_charge: Money | None = from_outcome("earlyEndCharge", "What the minimum term cost (SUB-86).")
    fee: Money | None = from_outcome("fee", "Kept back from the pay-out (SUB-84).")
    paid_out: Money | None = from_outcome("paidOut", "What reaches card or bank.")


@strawberry.type
class RefundQueries:
    @strawberry.field(
        description="Exactly what `refundSubscription` would do now, by the same code, in every wallet that the asker "
        "may see. What refuses it is a top-level error with its code."
    )
    async def preview_refund(self, info: strawberry.Info, input: PreviewRefundInput) -> RefundPreview:
        context: Context = info.context
        question = RefundQuestion(input.subscription_id, or_none(input.pay_out))
        async with reading(context.platform, context.credentials) as uow:
            return refund_preview(await preview_refund(uow, question))


@strawberry.type
class RefundMutations:
    @strawberry.mutation(
        description="End a subscription now and for good, and give back what the policies say, up the whole chain "
        "(SUB-81 to SUB-86, MON-34). By its seller alone."
    )
    async def refund_subscription(
        self, info: strawberry.Info, input: RefundSubscriptionInput
    ) -> RefundSubscriptionPayload:
        order = RefundOrder(input.subscription_id, input.version, input.reason, or_none(input.pay_out))

        async def end(uow: UnitOfWork) -> Outcome:
            return _with_money(await refund_subscription(uow, order))

        return await run(info, input, end)


def _with_money(outcome: Outcome) -> Outcome:
    """The holder's figures in the shape of the API, beside the ids."""
    figures = {
        "refund": "refundMicros",
        "earlyEndCharge": "earlyEndMicros",
        "fee": "feeMicros",
        "paidOut": "paidOutMicros",
    }
    return outcome | {name: money_values(outcome[key], outcome["currency"]) for name, key in figures.items()}
