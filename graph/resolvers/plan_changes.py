"""`quoteSubscriptionChange`, `changeSubscription`, `cancelQueuedChange`. The rules are in billing/plan_changes.py."""

from dataclasses import replace
from datetime import date

import strawberry

from billing.change_order import ChangeOrder
from billing.change_timing import Timing
from billing.order import AddOnOrder
from billing.plan_changes import cancel_queued_change, change_subscription, quote_subscription_change
from billing.quote_id import QuoteSigner
from graph.context import Context
from graph.resolvers.commands import or_none, run
from graph.resolvers.purchase import AddOnOrderInput
from graph.schema.amounts import micros_of
from graph.schema.idempotency import optional_key, required_key
from graph.schema.money import LedgerTransaction
from graph.schema.plan_change import SubscriptionChangeQuote, subscription_change_quote
from graph.schema.scalars import MoneyInput, UserError
from graph.schema.subscription import Subscription
from graph.sql.reads import entity, from_outcome
from tenants.commands import Outcome
from tenants.unit_of_work import UnitOfWork, reading


@strawberry.input(description="What is to be changed of a subscription; what is left out stays (SUB-60).")
class QuoteSubscriptionChangeInput:
    subscription_id: strawberry.ID
    plan_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Another plan of the same category."
    )
    quantity: int | None = strawberry.field(default=strawberry.UNSET, description="Licences of the plan, all together.")
    cycle_months: int | None = strawberry.field(
        default=strawberry.UNSET, description="Another cycle, from the next period on (SUB-62)."
    )
    add: list[AddOnOrderInput] = strawberry.field(
        default_factory=list, description="Add-ons that it does not have; ADDON_DUPLICATE of one that it has."
    )
    quantities: list[AddOnOrderInput] = strawberry.field(
        default_factory=list, description="New quantities of add-ons that it has."
    )
    remove: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Add-ons that go; those that a new plan does not allow have to be named."
    )
    on_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="The local day that it is for: today, never earlier."
    )
    is_at_once: bool = strawberry.field(
        default=False, description="A downgrade at once, though it would wait; the seller's to choose (SUB-62)."
    )
    external_number: str | None = strawberry.field(
        default=strawberry.UNSET, description="Of the invoice, where the seller writes it elsewhere (MON-90)."
    )


@strawberry.input(description="A change. Name the quote and its total to be sure of the price (SUB-10).")
class ChangeSubscriptionInput(QuoteSubscriptionChangeInput):
    version: int = strawberry.field(description="The version that was seen; VERSION_CONFLICT when it is another now.")
    quote_id: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Of `quoteSubscriptionChange` with the same input; QUOTE_STALE when it would differ.",
    )
    total: MoneyInput | None = strawberry.field(
        default=strawberry.UNSET, description="The quoted total; QUOTE_STALE when it would be another one."
    )
    idempotency_key: str = required_key()


@strawberry.type
class ChangeSubscriptionPayload:
    errors: list[UserError]
    replayed: bool
    subscription: Subscription | None = entity("subscriptionId")
    ledger_transaction: LedgerTransaction | None = entity(
        "ledgerTransactionId", "The charge of the subscribing organization; null when it pays nothing."
    )
    sale_id: str | None = from_outcome("saleId", "The same for every level; null when nothing was charged.")
    timing: Timing | None = from_outcome("timing", "When it takes effect.")
    queued_on: date | None = from_outcome(
        "queuedOn", "The local day of what waits for the next period; null when nothing waits."
    )


@strawberry.input(description="Which subscription's waiting change is taken back (SUB-63).")
class CancelQueuedChangeInput:
    subscription_id: strawberry.ID
    version: int = strawberry.field(description="The version that was seen; VERSION_CONFLICT when it is another now.")
    idempotency_key: str | None = optional_key()


@strawberry.type
class CancelQueuedChangePayload:
    errors: list[UserError]
    replayed: bool
    subscription: Subscription | None = entity("subscriptionId")


@strawberry.type
class PlanChangeQueries:
    @strawberry.field(
        description="Exactly what `changeSubscription` would do now, by the same code. What refuses the change itself "
        "is a top-level error with its code; that money is short is told in `blockers`."
    )
    async def quote_subscription_change(
        self, info: strawberry.Info, input: QuoteSubscriptionChangeInput
    ) -> SubscriptionChangeQuote:
        context: Context = info.context
        signer = QuoteSigner(context.quote_secret)
        async with reading(context.platform, context.credentials) as uow:
            return subscription_change_quote(await quote_subscription_change(uow, _order(input), signer))


@strawberry.type
class PlanChangeMutations:
    @strawberry.mutation(
        description="Change plan, licences or add-ons inside a category. What comes or costs more is charged for the "
        "rest of the paid time at every level at once; what goes costs nothing and gives nothing back; a downgrade or "
        "another cycle waits for the next period (SUB-60 to SUB-65)."
    )
    async def change_subscription(
        self, info: strawberry.Info, input: ChangeSubscriptionInput
    ) -> ChangeSubscriptionPayload:
        context: Context = info.context
        signer, total = QuoteSigner(context.quote_secret), or_none(input.total)

        async def change(uow: UnitOfWork) -> Outcome:
            order = replace(_order(input), version=input.version, quote_id=or_none(input.quote_id))
            if total is not None:
                micros = micros_of(total, ("total", "amount"))
                order = replace(order, total_micros=micros, total_currency=total.currency)
            return await change_subscription(uow, order, signer)

        return await run(info, input, change)

    @strawberry.mutation(description="Take back a change that waits for the next period; everything stays (SUB-63).")
    async def cancel_queued_change(
        self, info: strawberry.Info, input: CancelQueuedChangeInput
    ) -> CancelQueuedChangePayload:
        return await run(info, input, lambda uow: cancel_queued_change(uow, input.subscription_id, input.version))


def _order(input: QuoteSubscriptionChangeInput) -> ChangeOrder:
    return ChangeOrder(
        subscription_id=input.subscription_id,
        plan_id=or_none(input.plan_id),
        quantity=or_none(input.quantity),
        cycle_months=or_none(input.cycle_months),
        add=tuple(AddOnOrder(each.add_on_id, each.quantity) for each in input.add),
        quantities=tuple(AddOnOrder(each.add_on_id, each.quantity) for each in input.quantities),
        remove=tuple(input.remove),
        day=or_none(input.on_date),
        is_at_once=input.is_at_once,
        external_number=or_none(input.external_number),
    )
