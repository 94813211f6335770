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
from billing.seller_state import approve_seller_state, change_seller_state
from graph.resolvers.commands import or_none, run, written
from graph.schema.amounts import micros_of
from graph.schema.idempotency import optional_key, required_key
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
    product_category: str | None = strawberry.field(
        default=strawberry.UNSET, description="What it is for, such as SMS (MON-86)."
    )
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


@strawberry.input(description="The seller's tax state for one payment (MON-86).")
class SellerStateInput:
    payment_id: strawberry.ID
    seller_state: str | None = strawberry.field(default=strawberry.UNSET, description="The wanted state.")
    idempotency_key: str | None = optional_key()


@strawberry.type
class SellerStatePayload:
    errors: list[UserError]
    replayed: bool
    payment: Payment | None = entity("paymentId")


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
                product_category=written(input.product_category),
            )
            return await record_payment(uow, new)

        return await run(info, input, record)

    @strawberry.mutation(description="The bank confirmed a PENDING payment: it is SETTLED and posted (MON-41).")
    async def confirm_payment(self, info: strawberry.Info, input: ConfirmPaymentInput) -> PaymentPayload:
        return await run(info, input, lambda uow: confirm_payment(uow, input.payment_id))

    @strawberry.mutation(description="The money of a PENDING payment did not come: it is DECLINED (MON-43).")
    async def decline_payment(self, info: strawberry.Info, input: DeclinePaymentInput) -> PaymentPayload:
        return await run(info, input, lambda uow: decline_payment(uow, input.payment_id, input.reason))

    @strawberry.mutation(
        description="Let another member use that state of the seller for a PENDING payment (MON-86). By a member with "
        "the role BILLING."
    )
    async def approve_seller_state(self, info: strawberry.Info, input: SellerStateInput) -> SellerStatePayload:
        state = written(input.seller_state)
        return await run(info, input, lambda uow: approve_seller_state(uow, input.payment_id, state))

    @strawberry.mutation(
        description="Bill a PENDING payment from another state of the seller (MON-86), once another BILLING member "
        "has approved it."
    )
    async def change_seller_state(self, info: strawberry.Info, input: SellerStateInput) -> SellerStatePayload:
        state = written(input.seller_state)
        return await run(info, input, lambda uow: change_seller_state(uow, input.payment_id, state))
