"""`createPriceList`, `setPrice`. The rules are in billing/price_lists.py."""

from datetime import date

import strawberry

from billing.price_lists import NewPrice, NewPriceList, create_price_list, set_price
from graph.resolvers.commands import or_none, run
from graph.schema.amounts import micros_of, percent_of
from graph.schema.catalogue import Price, PriceList
from graph.schema.idempotency import optional_key
from graph.schema.scalars import CurrencyCode, DecimalText, MoneyInput, UserError
from graph.sql.reads import entity


@strawberry.input(description="A seller's list of prices in one currency (SUB-2).")
class CreatePriceListInput:
    organization_id: strawberry.ID = strawberry.field(description="The seller.")
    name: str
    currency: CurrencyCode
    is_default: bool = strawberry.field(
        default=False,
        description="Holds for every buyer in this currency without a list of its own; takes the old default's place.",
    )
    idempotency_key: str | None = optional_key()


@strawberry.input(description="A row of a price list: `amount` per unit and cycle, or `percentOff` (SUB-2, SUB-3).")
class SetPriceInput:
    price_list_id: strawberry.ID
    item_id: strawberry.ID = strawberry.field(description="The plan or the add-on, own or offered by the own seller.")
    cycle_months: int = strawberry.field(description="0: one-time.")
    valid_from: date = strawberry.field(description="First local day on which it holds, tomorrow at the earliest.")
    amount: MoneyInput | None = strawberry.field(
        default=strawberry.UNSET, description="Net, per unit and cycle, in the list's currency."
    )
    percent_off: DecimalText | None = strawberry.field(
        default=strawberry.UNSET, description="Instead of an amount: off as many monthly prices; computed once, now."
    )
    min_term_months: int | None = strawberry.field(
        default=strawberry.UNSET, description="Binds the buyer for so long from the first day (SUB-86)."
    )
    early_end_percent: DecimalText | None = strawberry.field(
        default=strawberry.UNSET, description="What an earlier end costs, of the fees that are missing (SUB-86)."
    )
    idempotency_key: str | None = optional_key()


@strawberry.type
class CreatePriceListPayload:
    errors: list[UserError]
    replayed: bool
    price_list: PriceList | None = entity("priceListId")


@strawberry.type
class SetPricePayload:
    errors: list[UserError]
    replayed: bool
    price: Price | None = entity("priceId")


@strawberry.type
class PriceListMutations:
    @strawberry.mutation(description="Make a price list.")
    async def create_price_list(self, info: strawberry.Info, input: CreatePriceListInput) -> CreatePriceListPayload:
        new = NewPriceList(input.organization_id, input.name, input.currency, input.is_default)
        return await run(info, input, lambda uow: create_price_list(uow, new))

    @strawberry.mutation(
        description="Add a price; one of the same item, cycle and first day is replaced before it starts. Paid "
        "periods keep what they cost (SUB-3)."
    )
    async def set_price(self, info: strawberry.Info, input: SetPriceInput) -> SetPricePayload:
        return await run(info, input, lambda uow: set_price(uow, _new_price(input)))


def _new_price(input: SetPriceInput) -> NewPrice:
    amount = or_none(input.amount)
    return NewPrice(
        price_list_id=input.price_list_id,
        item_id=input.item_id,
        cycle_months=input.cycle_months,
        valid_from=input.valid_from,
        amount_micros=None if amount is None else micros_of(amount, ("amount",)),
        percent_off=percent_of(or_none(input.percent_off)),
        min_term_months=or_none(input.min_term_months),
        early_end_percent=percent_of(or_none(input.early_end_percent)),
        currency=None if amount is None else amount.currency,
    )
