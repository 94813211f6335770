"""`grantTemporaryLimit`, `switchWalletMode`, `setLowMoneyAlert`. The rules are in billing/, one module each."""

from datetime import date

import strawberry

from billing.low_money import LowMoneyMarks, set_low_money_alert
from billing.temporary_limit import TemporaryLimit, grant_temporary_limit
from billing.wallet_figures import WalletMode as Mode
from billing.wallet_mode import switch_wallet_mode
from core.refusals import refuse
from graph.resolvers.commands import or_none, run
from graph.schema.amounts import micros_of, percent_of
from graph.schema.idempotency import optional_key, required_key
from graph.schema.money import Wallet, WalletMode
from graph.schema.scalars import DecimalText, MoneyInput, UserError
from graph.sql.reads import entity
from tenants.commands import Outcome
from tenants.unit_of_work import UnitOfWork


@strawberry.input(description="A raise of a buyer's credit limit: an amount, or a percentage of the permanent limit.")
class GrantTemporaryLimitInput:
    organization_id: strawberry.ID = strawberry.field(description="The buyer.")
    amount: MoneyInput | None = strawberry.field(default=strawberry.UNSET, description="Above zero.")
    percent: DecimalText | None = strawberry.field(
        default=strawberry.UNSET, description="Turned into an amount when it is granted."
    )
    last_day: date = strawberry.field(description="The last local day of the buyer on which it counts.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="How a buyer pays from now on.")
class SwitchWalletModeInput:
    organization_id: strawberry.ID = strawberry.field(description="The buyer.")
    mode: WalletMode
    idempotency_key: str = required_key()


@strawberry.input(description="What is left out counts as the seller's policy says.")
class SetLowMoneyAlertInput:
    organization_id: strawberry.ID
    alert_threshold: MoneyInput | None = strawberry.UNSET
    min_balance: MoneyInput | None = strawberry.UNSET
    top_up: MoneyInput | None = strawberry.field(default=strawberry.UNSET, description="The top-up that is offered.")
    idempotency_key: str | None = optional_key()


@strawberry.type
class WalletTermsPayload:
    errors: list[UserError]
    replayed: bool
    wallet: Wallet | None = entity("walletId")


@strawberry.type
class WalletTermsMutations:
    @strawberry.mutation(
        description="Raise a buyer's credit limit through a last day; one raise runs at a time (MON-14). By the seller."
    )
    async def grant_temporary_limit(self, info: strawberry.Info, input: GrantTemporaryLimitInput) -> WalletTermsPayload:
        async def grant(uow: UnitOfWork) -> Outcome:
            amount = or_none(input.amount)
            asked = TemporaryLimit(
                input.organization_id, input.last_day,
                None if amount is None else micros_of(amount, ("amount",)),
                None if amount is None else amount.currency,
                percent_of(or_none(input.percent)),
            )  # fmt: skip
            return await grant_temporary_limit(uow, asked)

        return await run(info, input, grant)

    @strawberry.mutation(
        description="Switch a buyer's wallet: to POSTPAID with a permanent limit (MON-16), to PREPAID when not more is "
        "owed than the limit; what is unbilled is invoiced at once (MON-17). By the seller."
    )
    async def switch_wallet_mode(self, info: strawberry.Info, input: SwitchWalletModeInput) -> WalletTermsPayload:
        mode = Mode(input.mode.value)
        return await run(info, input, lambda uow: switch_wallet_mode(uow, input.organization_id, mode))

    @strawberry.mutation(description="Set the marks below which LOW_MONEY is raised (MON-15, MON-66). By the buyer.")
    async def set_low_money_alert(self, info: strawberry.Info, input: SetLowMoneyAlertInput) -> WalletTermsPayload:
        return await run(info, input, lambda uow: set_low_money_alert(uow, _marks(input)))


def _marks(input: SetLowMoneyAlertInput) -> LowMoneyMarks:
    given = {name: or_none(getattr(input, name)) for name in ("alert_threshold", "min_balance", "top_up")}
    currencies = {amount.currency for amount in given.values() if amount is not None}
    if len(currencies) > 1:
        refuse("CURRENCY_MISMATCH", "The amounts are in different currencies.")
    micros = {name: None if amount is None else micros_of(amount, (name,)) for name, amount in given.items()}
    return LowMoneyMarks(
        input.organization_id, next(iter(currencies), None), micros["alert_threshold"], micros["min_balance"],
        micros["top_up"],
    )  # fmt: skip
