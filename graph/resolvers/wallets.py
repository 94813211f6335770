"""`setCreditLimit`, `issueCredit`, `takeBackCredit`. The rules are in billing/credit.py."""

import strawberry

from billing.credit import CreditAmount, issue_credit, set_credit_limit, take_back_credit
from graph.resolvers.commands import run, written
from graph.schema.amounts import micros_of
from graph.schema.idempotency import optional_key, required_key
from graph.schema.money import LedgerTransaction, Wallet
from graph.schema.scalars import MoneyInput, UserError
from graph.sql.reads import entity
from tenants.commands import Outcome
from tenants.unit_of_work import UnitOfWork


@strawberry.input(description="The permanent credit limit of a buyer's wallet (MON-14).")
class SetCreditLimitInput:
    organization_id: strawberry.ID = strawberry.field(description="The buyer.")
    credit_limit: MoneyInput = strawberry.field(description="Zero or more, in the wallet's currency.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="How much credit for which buyer (MON-58).")
class CreditInput:
    organization_id: strawberry.ID = strawberry.field(description="The buyer.")
    amount: MoneyInput = strawberry.field(description="Above zero, in whole minor units of the wallet's currency.")
    comment: str | None = strawberry.field(default=strawberry.UNSET, description="Shown to the buyer.")
    idempotency_key: str = required_key()


@strawberry.type
class SetCreditLimitPayload:
    errors: list[UserError]
    replayed: bool
    wallet: Wallet | None = entity("walletId")


@strawberry.type
class CreditPayload:
    errors: list[UserError]
    replayed: bool
    wallet: Wallet | None = entity("walletId")
    ledger_transaction: LedgerTransaction | None = entity("ledgerTransactionId")


@strawberry.type
class WalletMutations:
    @strawberry.mutation(
        description="Set a buyer's permanent credit limit (MON-14). By the seller; a buyer's own attempt is "
        "CREDIT_LIMIT_NOT_EDITABLE (MON-15)."
    )
    async def set_credit_limit(self, info: strawberry.Info, input: SetCreditLimitInput) -> SetCreditLimitPayload:
        async def limit(uow: UnitOfWork) -> Outcome:
            micros = micros_of(input.credit_limit, ("creditLimit",))
            return await set_credit_limit(uow, input.organization_id, micros, input.credit_limit.currency)

        return await run(info, input, limit)

    @strawberry.mutation(
        description="Put credit into a buyer's wallet without money arriving; at most what the seller itself may "
        "spend (MON-58)."
    )
    async def issue_credit(self, info: strawberry.Info, input: CreditInput) -> CreditPayload:
        return await run(info, input, lambda uow: issue_credit(uow, _given(input)))

    @strawberry.mutation(description="Take issued credit back; at most what was issued and is still there (MON-58).")
    async def take_back_credit(self, info: strawberry.Info, input: CreditInput) -> CreditPayload:
        return await run(info, input, lambda uow: take_back_credit(uow, _given(input)))


def _given(input: CreditInput) -> CreditAmount:
    amount = micros_of(input.amount, ("amount",))
    return CreditAmount(input.organization_id, amount, input.amount.currency, written(input.comment))
