"""What a seller gives one buyer: a price list, a discount, contract prices, tax exemption (SUB-4, MON-83).

These are facts of the seller (AUD-2): rows and log entries are the seller's, the buyer sees neither."""

from dataclasses import dataclass
from fractions import Fraction

from billing.amounts import require_currency
from billing.percent_text import percent_text_or_none
from billing.price_lists import ONE_HUNDRED_PERCENT, require_item
from core.refusals import Blockers, refuse
from tenants.access import OrganizationFacts, allow, organization_by_id, require_active, row_by_id
from tenants.commands import Outcome
from tenants.input_checks import noted
from tenants.permissions import Action
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a buyer from now on, as a whole: None is no list of its own, no discount."""

    buyer_id: str
    price_list_id: str | None = None
    discount_percent: Fraction | None = None
    is_tax_exempt: bool = False


@dataclass(frozen=True, slots=True)
class ContractPrice:
    """A price agreed with one buyer for an item and cycle; it goes before discount and list (SUB-4).

    `currency` None is the buyer's own."""

    buyer_id: str
    item_id: str
    cycle_months: int
    amount_micros: int
    currency: str | None = None


async def give_terms(uow: UnitOfWork, terms: Terms) -> Outcome:
    """Set what holds for the buyer. Answers buyerId.

    Refused: NOT_FOUND, FORBIDDEN, ORGANIZATION_NOT_ACTIVE, REFERENCE_INVALID (another seller's list),
    CURRENCY_MISMATCH (MON-4), PERCENT_INVALID."""
    seller, buyer = await _seller_and_buyer(uow, terms.buyer_id)
    if terms.price_list_id is not None:
        await _check_list(uow, terms.price_list_id, seller, buyer)
    if terms.discount_percent is not None and not 0 <= terms.discount_percent <= ONE_HUNDRED_PERCENT:
        refuse("PERCENT_INVALID", "A percentage from 0 to 100.", ("discountPercent",))
    require_active(buyer)
    percent = percent_text_or_none(terms.discount_percent)
    await uow.tx.execute(
        "INSERT INTO buyer_terms (organization_id, path, buyer_id, price_list_id, discount_percent, is_tax_exempt) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organization_id, buyer_id) "
        "DO UPDATE SET price_list_id = $4, discount_percent = $5, is_tax_exempt = $6",
        seller.id, seller.path, buyer.id, terms.price_list_id, percent, terms.is_tax_exempt,
    )  # fmt: skip
    after = {
        "priceListId": terms.price_list_id, "discountPercent": percent, "isTaxExempt": terms.is_tax_exempt,
    }  # fmt: skip
    uow.audit("BuyerTerms", buyer.id, organization_id=seller.id, path=seller.path, after=after)
    return {"buyerId": buyer.id}


async def give_contract_price(uow: UnitOfWork, price: ContractPrice) -> Outcome:
    """Agree a price with the buyer; running periods keep theirs. Answers buyerId.

    Refused: as give_terms, and NOT_FOUND or REFERENCE_INVALID for the item, CURRENCY_MISMATCH (MON-4),
    AMOUNT_NOT_POSITIVE, CYCLE_TOO_SHORT."""
    seller, buyer = await _seller_and_buyer(uow, price.buyer_id)
    await require_item(uow, seller, price.item_id)
    found = Blockers()
    noted(found, lambda: require_currency(price.currency, buyer.currency, ("amount",)))
    if price.amount_micros < 0:
        found.add("AMOUNT_NOT_POSITIVE", "A price is never negative.", ("amount",))
    if price.cycle_months < 0:
        found.add("CYCLE_TOO_SHORT", "A cycle is one-time (0) or whole months.", ("cycleMonths",))
    found.raise_if_any()
    require_active(buyer)
    await uow.tx.execute(
        "INSERT INTO buyer_price (organization_id, path, buyer_id, item_id, cycle_months, amount_micros) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organization_id, buyer_id, item_id, cycle_months) "
        "DO UPDATE SET amount_micros = $6",
        seller.id, seller.path, buyer.id, price.item_id, price.cycle_months, price.amount_micros,
    )  # fmt: skip
    after = {"itemId": price.item_id, "cycleMonths": price.cycle_months, "amountMicros": price.amount_micros}
    uow.audit("BuyerPrice", buyer.id, organization_id=seller.id, path=seller.path, after=after)
    return {"buyerId": buyer.id}


async def _seller_and_buyer(uow: UnitOfWork, buyer_id: str) -> tuple[OrganizationFacts, OrganizationFacts]:
    """The buyer with its seller; the terms are the seller's, so a buyer's own attempt is FORBIDDEN."""
    buyer = await organization_by_id(uow, buyer_id, ("buyerId",))
    if buyer.parent_id is None or buyer.id == uow.actor.organization_id:
        refuse("FORBIDDEN", "Only the seller gives a buyer its terms.", ("buyerId",))
    seller = await organization_by_id(uow, buyer.parent_id, ("buyerId",))
    allow(uow, Action.GIVE_PRICE_LIST, seller)
    return seller, buyer


async def _check_list(uow: UnitOfWork, price_list_id: str, seller: OrganizationFacts, buyer: OrganizationFacts) -> None:
    price_list = await row_by_id(uow, "price_list", price_list_id, ("priceListId",))
    if price_list["organization_id"] != seller.id:
        refuse("REFERENCE_INVALID", "The list is another seller's.", ("priceListId",))
    if price_list["currency"] != buyer.currency:
        refuse("CURRENCY_MISMATCH", "The list is in another currency than the buyer's.", ("priceListId",))
