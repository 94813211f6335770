"""Demo accounts, going live, and what an account may be used for. The rules are in accounts/."""

import strawberry

from accounts.account_id import AccountRole
from accounts.account_service import Service
from accounts.account_use import Use, check_account_service, use_account
from accounts.demo_accounts import NewDemo, create_demo, go_live
from graph.context import Context
from graph.resolvers.commands import or_none, run
from graph.schema.account import Account
from graph.schema.idempotency import optional_key
from graph.schema.scalars import UserError
from graph.sql.reads import entity
from tenants.unit_of_work import reading

strawberry.enum(Service, name="AccountService", description="What an account is used for; NUMBER is having one.")


@strawberry.input(description="A demo for a contact of a customer, named by its id or its billing number (DEMO-1).")
class CreateDemoInput:
    contact_id: strawberry.ID = strawberry.field(description="The member that is the contact, and will own the demo.")
    organization_id: strawberry.ID | None = strawberry.UNSET
    billing_number: str | None = strawberry.UNSET
    account_id: str | None = strawberry.field(
        default=strawberry.UNSET, description="What one signs in with; drawn by the platform when not given."
    )
    account_role: AccountRole = AccountRole.UNIVERSAL
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which demo goes live.")
class GoLiveInput:
    account_id: strawberry.ID = strawberry.field(description="The account's `id`.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="A use of an account, to be tried.")
class CheckAccountServiceInput:
    account_id: strawberry.ID = strawberry.field(description="The account's `id`.")
    service: Service
    is_inside_customer: bool = strawberry.field(
        default=False, description="Between accounts of one customer: left to accounts that a check holds back."
    )


@strawberry.input(description="A use of an account, to be noted.")
class UseAccountInput:
    account_id: strawberry.ID = strawberry.field(description="The account's `id`.")
    service: Service
    minutes: int = strawberry.field(default=0, description="How long it lasted; a demo's own minutes go down by it.")
    is_inside_customer: bool = False
    idempotency_key: str | None = optional_key()


@strawberry.type
class AccountPayload:
    errors: list[UserError]
    replayed: bool
    account: Account | None = entity("accountId")


@strawberry.type(description="Whether an account may be used so, and if not the code and why.")
class AccountServiceCheck:
    is_allowed: bool
    code: str | None
    message: str | None


@strawberry.type
class DemoQueries:
    @strawberry.field(
        description="Whether an account may be used so now: ACCOUNT_READ_ONLY, KYC_REQUIRED, DEMO_OUTBOUND_REFUSED, "
        "and what follows from its status (DEMO-6, DEMO-8, BAT-3)."
    )
    async def check_account_service(
        self, info: strawberry.Info, input: CheckAccountServiceInput
    ) -> AccountServiceCheck:
        context: Context = info.context
        use = Use(input.account_id, input.service, is_inside_customer=input.is_inside_customer)
        async with reading(context.platform, context.credentials) as uow:
            found = await check_account_service(uow, use)
        return AccountServiceCheck(is_allowed=found.code is None, code=found.code, message=found.message)


@strawberry.type
class DemoMutations:
    @strawberry.mutation(
        description="Make a demo account for a contact of a customer; nothing else of it changes (DEMO-2)."
    )
    async def create_demo(self, info: strawberry.Info, input: CreateDemoInput) -> AccountPayload:
        new = NewDemo(
            contact_id=input.contact_id, organization_id=or_none(input.organization_id),
            billing_number=or_none(input.billing_number), account_id=or_none(input.account_id),
            account_role=input.account_role,
        )  # fmt: skip
        return await run(info, input, lambda uow: create_demo(uow, new))

    @strawberry.mutation(
        description="Make a demo LIVE, once a payment is settled and the billing status is ACTIVE (DEMO-7)."
    )
    async def go_live(self, info: strawberry.Info, input: GoLiveInput) -> AccountPayload:
        return await run(info, input, lambda uow: go_live(uow, input.account_id))

    @strawberry.mutation(description="Note one use of an account; refused as `checkAccountService` says (BAT-10).")
    async def use_account(self, info: strawberry.Info, input: UseAccountInput) -> AccountPayload:
        use = Use(input.account_id, input.service, input.minutes, input.is_inside_customer)
        return await run(info, input, lambda uow: use_account(uow, use))
