"""Queries of accounts and batches, and making them. The rules are in accounts/."""

from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from accounts import counters
from accounts.account_creation import AccountOrder, NewAccount, create_account
from accounts.account_id import AccountRole
from accounts.account_settings import SETTINGS, SettingsEdit, update_account_settings
from accounts.batches import NewBatch, create_batch
from accounts.funds import AccountType, BalanceControl
from graph.context import Context
from graph.resolvers.commands import or_none, plain, run
from graph.resolvers.demos import DemoMutations, DemoQueries
from graph.resolvers.numbers import NumberMutations, NumberQueries
from graph.resolvers.reading import root_by_id, root_connection
from graph.schema.account import (
    Account,
    AccountFilter,
    Batch,
    BatchCounters,
    BatchFilter,
    BatchOrder,
    batch_counters,
)
from graph.schema.account import (
    AccountOrder as AccountSorting,
)
from graph.schema.idempotency import optional_key
from graph.schema.scalars import Connection, UserError
from graph.sql.reads import entity
from tenants.unit_of_work import reading


def by_client_names(given: Any) -> Any:
    """An input as plain values under the names that the client wrote; what was left out is left out, null is None."""
    return _renamed(plain(given))


@strawberry.type
class AccountQueries(DemoQueries, NumberQueries):
    accounts: Connection[Account] = root_connection(
        filter=AccountFilter, order=AccountSorting,
        description="The accounts that the viewer sees, without the closed ones unless they are asked for (BAT-15).",
    )  # fmt: skip
    account: Account | None = root_by_id("Account", "acct", "One account; NOT_FOUND for a stranger's.")
    batches: Connection[Batch] = root_connection(
        filter=BatchFilter, order=BatchOrder, description="The batches that the viewer sees."
    )
    batch: Batch | None = root_by_id("Batch", "batch", "One batch; NOT_FOUND for a stranger's.")

    @strawberry.field(
        description="How many accounts of one batch a filter chooses, and the asked control numbers that the batch "
        "does not have (BAT-19, BAT-28). The filter's own `batchIds` do not matter here."
    )
    async def batch_counters(
        self, info: strawberry.Info, batch_id: strawberry.ID, filter: AccountFilter | None = strawberry.UNSET
    ) -> BatchCounters:
        context: Context = info.context
        wanted = by_client_names(or_none(filter)) or {}
        async with reading(context.platform, context.credentials) as uow:
            return batch_counters(await counters.batch_counters(uow, batch_id, wanted))


@strawberry.input(description="An empty batch of one customer (BAT-20).")
class CreateBatchInput:
    organization_id: strawberry.ID = strawberry.field(description="The customer.")
    name: str = strawberry.field(description="1 to 100 characters, once per customer whatever the case.")
    account_role: AccountRole = strawberry.field(description="Of every account that will be in it.")
    idempotency_key: str | None = optional_key()


@strawberry.type
class CreateBatchPayload:
    errors: list[UserError]
    replayed: bool
    batch: Batch | None = entity("batchId")


@strawberry.input(
    description="One account without money; currency, billing zone and seller are the customer's (BAT-1)."
)
class CreateAccountInput:
    organization_id: strawberry.ID = strawberry.field(description="The customer.")
    account_id: str = strawberry.field(description="What the end user signs in with; its form is its role's (BAT-11).")
    account_role: AccountRole
    type: AccountType = AccountType.DEBIT
    balance_control: BalanceControl | None = strawberry.field(
        default=strawberry.UNSET, description="Of a CREDIT account: who pays for it."
    )
    batch_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="It gets the batch's next control number."
    )
    plan_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="One that the seller offers to the customer, for this role."
    )
    member_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Whose account it is: a member of the customer."
    )
    subscription_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The customer's subscription that the account's service hangs on."
    )
    activation_date: str | None = strawberry.field(
        default=strawberry.UNSET, description="`YYYY-MM-DD` in the billing zone; one that has begun activates at once."
    )
    expiration_date: str | None = strawberry.field(
        default=strawberry.UNSET, description="`YYYY-MM-DD`: unusable from the start of this local day (BAT-32)."
    )
    availability_days: int | None = strawberry.field(
        default=strawberry.UNSET, description="Days of use from the first one on, 1 to 3650 (BAT-33)."
    )
    inactive: bool = strawberry.field(
        default=False, description="Activated later. DEBIT cards and vouchers always start so (BAT-23)."
    )
    idempotency_key: str | None = optional_key()


@strawberry.type
class CreateAccountPayload:
    errors: list[UserError]
    replayed: bool
    account: Account | None = entity("accountId")


@strawberry.input(description="Settings to change; null empties one, what is left out stays.")
class UpdateAccountSettingsInput:
    id: strawberry.ID
    version: int = strawberry.field(description="The one that was read; VERSION_CONFLICT when there is a newer one.")
    label: str | None = strawberry.UNSET
    associated_number: str | None = strawberry.field(
        default=strawberry.UNSET, description="An optional plus and 1 to 32 digits."
    )
    ivr_language: str | None = strawberry.field(default=strawberry.UNSET, description="ISO 639-1, two letters.")
    self_care_time_zone: str | None = strawberry.field(default=strawberry.UNSET, description="An IANA name.")
    idempotency_key: str | None = optional_key()


@strawberry.type
class UpdateAccountSettingsPayload:
    errors: list[UserError]
    replayed: bool
    account: Account | None = entity("accountId")


@strawberry.type
class AccountMutations(DemoMutations, NumberMutations):
    @strawberry.mutation(description="Make an empty batch for a customer.")
    async def create_batch(self, info: strawberry.Info, input: CreateBatchInput) -> CreateBatchPayload:
        order = NewBatch(input.organization_id, input.name, input.account_role)
        return await run(info, input, lambda uow: create_batch(uow, order))

    @strawberry.mutation(description="Change an account's settings; a MEMBER its own account's.")
    async def update_account_settings(
        self, info: strawberry.Info, input: UpdateAccountSettingsInput
    ) -> UpdateAccountSettingsPayload:
        return await run(info, input, lambda uow: update_account_settings(uow, _settings(input)))

    @strawberry.mutation(description="Make one account, in a batch or in none.")
    async def create_account(self, info: strawberry.Info, input: CreateAccountInput) -> CreateAccountPayload:
        return await run(info, input, lambda uow: create_account(uow, _order(input)))


def _settings(input: UpdateAccountSettingsInput) -> SettingsEdit:
    return SettingsEdit(
        input.id, input.version, {name: value for name, value in plain(input).items() if name in SETTINGS}
    )


def _order(input: CreateAccountInput) -> AccountOrder:
    account = NewAccount(
        account_id=input.account_id,
        account_role=input.account_role,
        account_type=input.type,
        balance_control=or_none(input.balance_control),
        plan_id=or_none(input.plan_id),
        member_id=or_none(input.member_id),
        subscription_id=or_none(input.subscription_id),
        availability_days=or_none(input.availability_days),
    )
    return AccountOrder(
        organization_id=input.organization_id,
        account=account,
        batch_id=or_none(input.batch_id),
        starts_inactive=input.inactive,
        activation_date=or_none(input.activation_date),
        expiration_date=or_none(input.expiration_date),
    )


def _renamed(values: Any) -> Any:
    if isinstance(values, dict):
        return {to_camel_case(name): _renamed(value) for name, value in values.items()}
    return values
