"""Queries and mutations of phone numbers. The rules are in billing/numbers.py and accounts/number_assignment.py."""

import strawberry

from accounts.number_assignment import assign_number, restore_account
from billing.numbers import add_number, release_number
from graph.resolvers.commands import run
from graph.resolvers.reading import root_by_id, root_connection
from graph.schema.account import Account
from graph.schema.idempotency import optional_key
from graph.schema.number import Number, NumberFilter
from graph.schema.scalars import Connection, UserError
from graph.sql.reads import entity


@strawberry.type
class NumberQueries:
    numbers: Connection[Number] = root_connection(
        filter=NumberFilter, description="The phone numbers that the viewer sees, by their digits."
    )
    number: Number | None = root_by_id("Number", "num", "One phone number; NOT_FOUND for a stranger's.")


@strawberry.input(description="A number for the acting organization's own pool, from which its buyers get theirs.")
class AddNumberInput:
    number: str = strawberry.field(description="E.164; the leading plus may be left out.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which account gets which number.")
class AssignNumberInput:
    account_id: strawberry.ID = strawberry.field(description="The account's `id`.")
    number: str = strawberry.field(description="E.164; of the seller's pool, or held for the customer.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which number is given back.")
class ReleaseNumberInput:
    number_id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which account is to be in service again.")
class RestoreAccountInput:
    account_id: strawberry.ID = strawberry.field(description="The account's `id`.")
    idempotency_key: str | None = optional_key()


@strawberry.type
class NumberPayload:
    errors: list[UserError]
    replayed: bool
    number: Number | None = entity("numberId")


@strawberry.type
class RestoreAccountPayload:
    errors: list[UserError]
    replayed: bool
    account: Account | None = entity("accountId")


@strawberry.type
class NumberMutations:
    @strawberry.mutation(description="Put a phone number into the own pool.")
    async def add_number(self, info: strawberry.Info, input: AddNumberInput) -> NumberPayload:
        return await run(info, input, lambda uow: add_number(uow, input.number))

    @strawberry.mutation(description="Give an account a number (SUB-100); KYC_REQUIRED as DEMO-8 says.")
    async def assign_number(self, info: strawberry.Info, input: AssignNumberInput) -> NumberPayload:
        return await run(info, input, lambda uow: assign_number(uow, input.account_id, input.number))

    @strawberry.mutation(description="Give a number back: held for `numberHoldDays`, then in the pool again (SUB-101).")
    async def release_number(self, info: strawberry.Info, input: ReleaseNumberInput) -> NumberPayload:
        return await run(info, input, lambda uow: release_number(uow, input.number_id))

    @strawberry.mutation(
        description="Put a buyer's account back into service with the numbers still held for it; never one whose "
        "number was released (STOP-12)."
    )
    async def restore_account(self, info: strawberry.Info, input: RestoreAccountInput) -> RestoreAccountPayload:
        return await run(info, input, lambda uow: restore_account(uow, input.account_id))
