"""`quoteRenewal` and the mutations that renew, recover, extend, reactivate. Rules: billing/renewal_commands.py."""

from datetime import date
from typing import Any

import strawberry

from billing.quote_id import QuoteSigner
from billing.renewal import Operation
from billing.renewal_commands import RenewalOrder, quote_renewal, renew_subscription, renew_subscriptions
from graph.context import Context
from graph.resolvers.commands import or_none, run
from graph.schema.amounts import micros_of
from graph.schema.idempotency import required_key
from graph.schema.money import LedgerTransaction
from graph.schema.renewal_quote import RenewalQuote, renewal_quote
from graph.schema.scalars import MoneyInput, UserError
from graph.schema.subscription import Subscription
from graph.sql.reads import entity, from_outcome
from tenants.commands import Outcome
from tenants.unit_of_work import UnitOfWork, reading

_CYCLES = "How many whole cycles (SUB-51). Of an extension, which names either cycles or a last day."
_LAST_DAY = "The last local day that is to be paid for, a month after the present one at least (SUB-52)."
_VERSION = "The version that was seen; VERSION_CONFLICT when it is another now."


@strawberry.input(description="Which subscription, and what would be done with it.")
class QuoteRenewalInput:
    subscription_id: strawberry.ID
    operation: Operation
    cycles: int | None = strawberry.field(default=strawberry.UNSET, description=_CYCLES)
    last_day: date | None = strawberry.field(default=strawberry.UNSET, description=_LAST_DAY)


@strawberry.input(description="A subscription in the version that was seen; name the quote to be sure of the price.")
class RenewalOrderInput:
    subscription_id: strawberry.ID
    version: int = strawberry.field(description=_VERSION)
    quote_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="Of `quoteRenewal` for the same; QUOTE_STALE when it would differ."
    )
    total: MoneyInput | None = strawberry.field(
        default=strawberry.UNSET, description="The quoted total; QUOTE_STALE when it would be another one."
    )


@strawberry.input(description="The next period of a subscription that runs.")
class RenewSubscriptionInput(RenewalOrderInput):
    idempotency_key: str = required_key()


@strawberry.input(description="The period of a renewal that failed.")
class RecoverSubscriptionInput(RenewalOrderInput):
    idempotency_key: str = required_key()


@strawberry.input(description="An expired subscription that is to run again.")
class ReactivateSubscriptionInput(RenewalOrderInput):
    idempotency_key: str = required_key()


@strawberry.input(description="More time for a subscription that runs: cycles or a last day.")
class ExtendSubscriptionInput(RenewalOrderInput):
    cycles: int | None = strawberry.field(default=strawberry.UNSET, description=_CYCLES)
    last_day: date | None = strawberry.field(default=strawberry.UNSET, description=_LAST_DAY)
    idempotency_key: str = required_key()


@strawberry.input(description="One row of `renewSubscriptions`.")
class RenewalRowInput(RenewalOrderInput):
    operation: Operation
    cycles: int | None = strawberry.field(default=strawberry.UNSET, description=_CYCLES)
    last_day: date | None = strawberry.field(default=strawberry.UNSET, description=_LAST_DAY)


@strawberry.input(description="1 to 100 subscriptions, each with what is to be done with it.")
class RenewSubscriptionsInput:
    subscriptions: list[RenewalRowInput]
    idempotency_key: str = required_key()


@strawberry.type
class RenewalPayload:
    errors: list[UserError]
    replayed: bool
    subscription: Subscription | None = entity("subscriptionId")
    ledger_transaction: LedgerTransaction | None = entity(
        "ledgerTransactionId", "The charge of the holder; null at a price of 0."
    )
    sale_id: str | None = from_outcome(
        "saleId", "The same for every level: `ledgerTransactions(filter: {saleId})` answers those that the viewer sees."
    )


@strawberry.type(description="What became of one row of `renewSubscriptions`: a sale, or errors.")
class RenewalResult:
    errors: list[UserError]
    subscription_id: strawberry.ID | None
    sale_id: str | None
    ledger_transaction_id: strawberry.ID | None


@strawberry.type
class RenewSubscriptionsPayload:
    errors: list[UserError]
    replayed: bool
    results: list[RenewalResult] | None = from_outcome("results", "One per row, in the order of the rows.")
    subscriptions: list[Subscription] | None = entity("subscriptionIds", "Those that were charged.")


@strawberry.type
class RenewalQueries:
    @strawberry.field(
        description="Exactly what renewing, recovering, extending or reactivating would do now, by the same code. "
        "What refuses it is a top-level error with its code; that money is short or that the asker may not do it is "
        "told in `blockers`."
    )
    async def quote_renewal(self, info: strawberry.Info, input: QuoteRenewalInput) -> RenewalQuote:
        context: Context = info.context
        order = RenewalOrder(
            input.subscription_id, input.operation, cycles=or_none(input.cycles), last_day=or_none(input.last_day)
        )
        async with reading(context.platform, context.credentials) as uow:
            return renewal_quote(await quote_renewal(uow, order, QuoteSigner(context.quote_secret)))


@strawberry.type
class RenewalMutations:
    @strawberry.mutation(
        description="Pay the next period now, as the renewal by itself would: every level of the chain is charged its "
        "own price (SUB-40, MON-30)."
    )
    async def renew_subscription(self, info: strawberry.Info, input: RenewSubscriptionInput) -> RenewalPayload:
        return await _run(info, input, Operation.RENEW)

    @strawberry.mutation(description="Pay the period of a renewal that failed, while ACTIVE or GRACE (SUB-50).")
    async def recover_subscription(self, info: strawberry.Info, input: RecoverSubscriptionInput) -> RenewalPayload:
        return await _run(info, input, Operation.RECOVER)

    @strawberry.mutation(description="Pay time ahead: whole cycles, or to a last day, the new anchor (SUB-51, SUB-52).")
    async def extend_subscription(self, info: strawberry.Info, input: ExtendSubscriptionInput) -> RenewalPayload:
        return await _run(info, input, Operation.EXTEND)

    @strawberry.mutation(
        description="Bring an EXPIRED subscription back for one full fee: the cycle that contains today. A DEACTIVATED "
        "one only the seller restores (SUB-53)."
    )
    async def reactivate_subscription(
        self, info: strawberry.Info, input: ReactivateSubscriptionInput
    ) -> RenewalPayload:
        return await _run(info, input, Operation.REACTIVATE)

    @strawberry.mutation(description="Up to 100 of these at once; each row stands alone (SUB-54).")
    async def renew_subscriptions(
        self, info: strawberry.Info, input: RenewSubscriptionsInput
    ) -> RenewSubscriptionsPayload:
        signer = QuoteSigner(info.context.quote_secret)

        async def act(uow: UnitOfWork) -> Outcome:
            orders = [_order(row, row.operation, place) for place, row in enumerate(input.subscriptions)]
            return _answered(await renew_subscriptions(uow, orders, signer))

        return await run(info, input, act)


async def _run(info: strawberry.Info, input: RenewalOrderInput, operation: Operation) -> Any:
    signer = QuoteSigner(info.context.quote_secret)
    return await run(info, input, lambda uow: renew_subscription(uow, _order(input, operation), signer))


def _order(input: Any, operation: Operation, row: int | None = None) -> RenewalOrder:
    field = ("total", "amount") if row is None else ("subscriptions", str(row), "total", "amount")
    total = or_none(input.total)
    return RenewalOrder(
        input.subscription_id, operation, input.version, or_none(getattr(input, "cycles", None)),
        or_none(getattr(input, "last_day", None)), or_none(input.quote_id),
        None if total is None else micros_of(total, field), None if total is None else total.currency,
    )  # fmt: skip


def _answered(outcome: Outcome) -> Outcome:
    empty: dict[str, Any] = {"subscriptionId": None, "saleId": None, "ledgerTransactionId": None, "errors": []}
    results: list[dict[str, Any]] = [empty | each for each in outcome["results"]]
    return {"results": results, "subscriptionIds": [each["subscriptionId"] for each in results if each["saleId"]]}
