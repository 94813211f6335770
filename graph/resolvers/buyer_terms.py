"""`setBuyerTerms`, `setContractPrice`: what a seller gives one buyer. The rules are in billing/buyer_terms.py."""

import strawberry

from billing.buyer_terms import ContractPrice, Terms, give_contract_price, give_terms
from graph.resolvers.commands import or_none, run
from graph.schema.amounts import micros_of, percent_of
from graph.schema.idempotency import optional_key
from graph.schema.organization import Organization
from graph.schema.scalars import DecimalText, MoneyInput, UserError
from graph.sql.reads import entity
from tenants.commands import Outcome
from tenants.unit_of_work import UnitOfWork


@strawberry.input(description="What holds for a buyer from now on, as a whole: what is left out is taken away (SUB-4).")
class SetBuyerTermsInput:
    buyer_id: strawberry.ID
    price_list_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The buyer's list; left out: the seller's default one."
    )
    discount_percent: DecimalText | None = strawberry.field(
        default=strawberry.UNSET, description="0 to 100, off every listed price; 100: free."
    )
    is_tax_exempt: bool = strawberry.field(default=False, description="No tax is taken (MON-83).")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="A price agreed with one buyer: it goes before discount and list (SUB-4).")
class SetContractPriceInput:
    buyer_id: strawberry.ID
    item_id: strawberry.ID = strawberry.field(description="The plan or the add-on.")
    cycle_months: int = strawberry.field(description="0: one-time.")
    amount: MoneyInput = strawberry.field(description="Net, per unit and cycle, in the buyer's currency.")
    idempotency_key: str | None = optional_key()


@strawberry.type
class BuyerTermsPayload:
    errors: list[UserError]
    replayed: bool
    buyer: Organization | None = entity("buyerId")


@strawberry.type
class BuyerTermsMutations:
    @strawberry.mutation(
        description="Give a buyer its price list, its discount and its tax exemption. The seller's own facts: the "
        "buyer sees what it pays, not why."
    )
    async def set_buyer_terms(self, info: strawberry.Info, input: SetBuyerTermsInput) -> BuyerTermsPayload:
        discount = percent_of(or_none(input.discount_percent))
        terms = Terms(input.buyer_id, or_none(input.price_list_id), discount, input.is_tax_exempt)
        return await run(info, input, lambda uow: give_terms(uow, terms))

    @strawberry.mutation(description="Agree a price with a buyer for an item and cycle; paid periods keep theirs.")
    async def set_contract_price(self, info: strawberry.Info, input: SetContractPriceInput) -> BuyerTermsPayload:
        async def agree(uow: UnitOfWork) -> Outcome:
            amount = micros_of(input.amount, ("amount",))
            price = ContractPrice(input.buyer_id, input.item_id, input.cycle_months, amount, input.amount.currency)
            return await give_contract_price(uow, price)

        return await run(info, input, agree)
