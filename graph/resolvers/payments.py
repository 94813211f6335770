"""`recordPayment`, `confirmPayment`, `declinePayment`. The rules are in billing/payments.py."""

from datetime import date

import strawberry

from billing.payments import (
    DeclineReason,
    NewPayment,
    PaymentMethod,
    confirm_payment,
    decline_payment,
    record_payment,
)
from graph.resolvers.commands import or_none, run, written
from graph.schema.amounts import micros_of
from graph.schema.idempotency import required_key
from graph.schema.money import LedgerTransaction, Payment
from graph.schema.scalars import MoneyInput, UserError
from graph.sql.reads import entity
from tenants.commands import Outcome
from tenants.unit_of_work import UnitOfWork


@strawberry.input(description="Money that a buyer paid, or a top-up (MON-40, MON-57).")
class RecordPaymentInput:
    organization_id: strawberry.ID = strawberry.field(description="The buyer that paid.")
    amount: MoneyInput = strawberry.field(description="Above zero, in whole minor units of the wallet's currency.")
    method: PaymentMethod
    received_date: date | None = strawberry.field(
        default=strawberry.UNSET, description="Left out: today in the buyer's time zone."
    )
    reference: str | None = strawberry.field(default=strawberry.UNSET, description="Of the bank or the cheque.")
    remark: str | None = strawberry.UNSET
    idempotency_key: str = required_key()


@strawberry.input(description="Which payment the bank confirmed.")
class ConfirmPaymentInput:
    payment_id: strawberry.ID
    idempotency_key: str = required_key()


@strawberry.input(description="Which payment did not come, and why (MON-43).")
class DeclinePaymentInput:
    payment_id: strawberry.ID
    reason: DeclineReason
    idempotency_key: str = required_key()


@strawberry.type(description="The payment as it stands now.")
class PaymentPayload:
    errors: list[UserError]
    replayed: bool
    payment: Payment | None = entity("paymentId")
    ledger_transaction: LedgerTransaction | None = entity(
        "ledgerTransactionId", "What was posted; null while the payment is PENDING, and when it was DECLINED."
    )


@strawberry.type
class PaymentMutations:
    @strawberry.mutation(
        description="Record money of a buyer. CARD, LINK, AUTOPAY, CASH and OFFLINE_CODE settle at once, the others "
        "stay PENDING until `confirmPayment` (MON-42). By the seller."
    )
    async def record_payment(self, info: strawberry.Info, input: RecordPaymentInput) -> PaymentPayload:
        async def record(uow: UnitOfWork) -> Outcome:
            new = NewPayment(
                organization_id=input.organization_id,
                amount_micros=micros_of(input.amount, ("amount",)),
                currency=input.amount.currency,
                method=input.method,
                received_date=or_none(input.received_date),
                reference=written(input.reference),
                remark=written(input.remark),
            )
            return await record_payment(uow, new)

        return await run(info, input, record)

    @strawberry.mutation(description="The bank confirmed a PENDING payment: it is SETTLED and posted (MON-41).")
    async def confirm_payment(self, info: strawberry.Info, input: ConfirmPaymentInput) -> PaymentPayload:
        return await run(info, input, lambda uow: confirm_payment(uow, input.payment_id))

    @strawberry.mutation(description="The money of a PENDING payment did not come: it is DECLINED (MON-43).")
    async def decline_payment(self, info: strawberry.Info, input: DeclinePaymentInput) -> PaymentPayload:
        return await run(info, input, lambda uow: decline_payment(uow, input.payment_id, input.reason))
