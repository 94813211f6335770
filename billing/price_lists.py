"""What a seller asks of its buyers: price lists and their rows (SUB-2, SUB-3). Terms for one buyer: buyer_terms.py."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from billing.amounts import require_currency
from billing.catalogue import checked_name
from billing.percent_text import percent_text_or_none
from billing.prices import PriceRow, multi_month_amount, require_future_start, row_in_force
from core.calendar import local_date
from core.ids import new_id
from core.money import MICROS
from core.refusals import Blockers, refuse
from core.transaction import Row, fetch_one, insert
from tenants.access import OrganizationFacts, allow, organization_by_id, require_active, row_by_id
from tenants.commands import Outcome
from tenants.names import currency_blockers, normalized
from tenants.paths import is_within
from tenants.permissions import Action
from tenants.row_scope import RowScope, predicate
from tenants.unit_of_work import UnitOfWork

ONE_HUNDRED_PERCENT = 100
LONGEST_MONTHS = 1_200
"""Of a cycle and of a term: a hundred years, and far from where dates end."""
LARGEST_PRICE_MICROS = 10_000_000_000 * MICROS


@dataclass(frozen=True, slots=True)
class NewPriceList:
    """A seller's list in one currency; the default one holds for every buyer of the currency without its own list."""

    organization_id: str
    name: str
    currency: str
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class NewPrice:
    """A row: either an absolute amount per unit and cycle, or `percent_off` of months x the monthly row (SUB-2).

    cycle_months 0 is one-time. A term binds the buyer (SUB-86). `currency` is the amount's; None: the list's own."""

    price_list_id: str
    item_id: str
    cycle_months: int
    valid_from: date
    amount_micros: int | None = None
    percent_off: Fraction | None = None
    min_term_months: int | None = None
    early_end_percent: Fraction | None = None
    currency: str | None = None


async def create_price_list(uow: UnitOfWork, new: NewPriceList) -> Outcome:
    """Answers priceListId. A new default takes the place of the old one.

    Refused: NOT_FOUND, FORBIDDEN, FIELD_REQUIRED, NAME_LENGTH, CURRENCY_INVALID, ORGANIZATION_NOT_ACTIVE."""
    seller = await organization_by_id(uow, new.organization_id, ("organizationId",))
    allow(uow, Action.EDIT_PRICE_LIST, seller)
    found = Blockers()
    name, currency = checked_name(found, new.name), normalized(new.currency)
    for blocker in currency_blockers(currency, ("currency",)):
        found.add(blocker.code, blocker.message, blocker.field)
    found.raise_if_any()
    require_active(seller)
    if new.is_default:
        await uow.tx.execute(
            "UPDATE price_list SET is_default = $4, version = version + 1 WHERE organization_id = $5 AND currency = $6 "
            f"AND is_default AND {uow.visible('price_list', 'price_list')}",
            *uow.scope, False, seller.id, currency,
        )  # fmt: skip
    price_list_id = new_id("plist")
    values = {"name": name, "currency": currency, "is_default": new.is_default}
    where = {"organization_id": seller.id, "path": seller.path}
    await insert(uow.tx, "price_list", id=price_list_id, **where, **values, created_at=uow.now)
    uow.audit("PriceList", price_list_id, organization_id=seller.id, path=seller.path, after=values)
    return {"priceListId": price_list_id}


async def set_price(uow: UnitOfWork, new: NewPrice) -> Outcome:
    """Add a row; one of the same item, cycle and first day is replaced before it starts. Answers priceId.

    Refused: NOT_FOUND, FORBIDDEN, ORGANIZATION_NOT_ACTIVE, REFERENCE_INVALID (an item the seller is not offered),
    CURRENCY_MISMATCH (MON-4); all at once CYCLE_TOO_SHORT, CYCLE_TOO_LONG and TERM_OUT_OF_RANGE (1 to 1,200 months),
    AMOUNT_NOT_POSITIVE, FIELD_REQUIRED (neither amount nor percentage), CONFLICTING_ATTRIBUTES (both),
    PERCENT_INVALID; PRICE_BACKDATED (SUB-3), PRICE_MISSING (no monthly row to take a percentage of),
    AMOUNT_TOO_LARGE (what the percentage leaves)."""
    price_list = await row_by_id(uow, "price_list", new.price_list_id, ("priceListId",))
    seller = await organization_by_id(uow, price_list["organization_id"], ("priceListId",))
    allow(uow, Action.EDIT_PRICE_LIST, seller)
    require_active(seller)
    await require_item(uow, seller, new.item_id)
    require_currency(new.currency, price_list["currency"], ("amount",))
    _check_price(new)
    require_future_start(new.valid_from, local_date(uow.now, seller.timezone))
    amount_micros = await _amount(uow, price_list, new)
    price_id = await _store(uow, seller, new, amount_micros)
    after = {
        "itemId": new.item_id, "cycleMonths": new.cycle_months, "amountMicros": amount_micros,
        "validFrom": new.valid_from.isoformat(),
    }  # fmt: skip
    uow.audit("Price", price_id, organization_id=seller.id, path=seller.path, after=after)
    return {"priceId": price_id, "amountMicros": amount_micros}


async def require_item(uow: UnitOfWork, seller: OrganizationFacts, item_id: str) -> None:
    """A plan or add-on of the seller's own or one that it is offered, so that it has a cost (VIS-5).

    Refused: NOT_FOUND, or REFERENCE_INVALID when the actor sees an item the seller is not offered."""
    table = "plan" if item_id.startswith("plan_") else "add_on"
    await row_by_id(uow, table, item_id, ("itemId",), "t.id")
    scope = RowScope(seller.path, seller.id)
    async with uow.as_platform("VIS-5: what the seller's own seller offers it"):
        row = await fetch_one(
            uow.tx,
            f"SELECT t.path FROM {table} t WHERE t.id = $4 AND {predicate('t', table, uow.tx.dialect)}",
            *scope.arguments, item_id,
        )  # fmt: skip
    if row is None or not is_within(seller.path, row["path"]):
        refuse("REFERENCE_INVALID", "The seller is not offered this item.", ("itemId",))


def _check_price(new: NewPrice) -> None:
    found = Blockers()
    if new.cycle_months < 0:
        found.add("CYCLE_TOO_SHORT", "A cycle is one-time (0) or whole months.", ("cycleMonths",))
    if new.cycle_months > LONGEST_MONTHS:
        found.add("CYCLE_TOO_LONG", "A cycle has at most 1,200 months.", ("cycleMonths",))
    if new.min_term_months is not None and not 1 <= new.min_term_months <= LONGEST_MONTHS:
        found.add("TERM_OUT_OF_RANGE", "A minimum term has 1 to 1,200 months.", ("minTermMonths",))
    if new.amount_micros is not None and new.percent_off is not None:
        found.add("CONFLICTING_ATTRIBUTES", "An amount or a percentage off, not both.", ("percentOff",))
    if new.amount_micros is None and new.percent_off is None:
        found.add("FIELD_REQUIRED", "An amount or a percentage off.", ("amount",))
    if new.amount_micros is not None and new.amount_micros < 0:
        found.add("AMOUNT_NOT_POSITIVE", "A price is never negative.", ("amount",))
    for name, percent in (("percentOff", new.percent_off), ("earlyEndPercent", new.early_end_percent)):
        if percent is not None and not 0 <= percent <= ONE_HUNDRED_PERCENT:
            found.add("PERCENT_INVALID", "A percentage from 0 to 100.", (name,))
    found.raise_if_any()


async def _amount(uow: UnitOfWork, price_list: Row, new: NewPrice) -> int:
    """The absolute amount, or the one computed now from the monthly row in force on the first day (SUB-2)."""
    if new.percent_off is None:
        assert new.amount_micros is not None, "checked before"
        return new.amount_micros
    rows = await uow.tx.fetch(
        "SELECT amount_micros, valid_from_date FROM price p WHERE p.price_list_id = $4 AND p.item_id = $5 "
        f"AND p.cycle_months = 1 AND {uow.visible('p', 'price')}",
        *uow.scope, new.price_list_id, new.item_id,
    )  # fmt: skip
    currency = price_list["currency"]
    monthly = [PriceRow(currency, 1, row["amount_micros"], date.fromisoformat(row["valid_from_date"])) for row in rows]
    row = row_in_force(monthly, currency, 1, new.valid_from)
    if row is None:
        refuse("PRICE_MISSING", "There is no monthly price to take a percentage of.", ("percentOff",))
    amount_micros = multi_month_amount(row.amount_micros, new.cycle_months, new.percent_off, currency)
    if amount_micros >= LARGEST_PRICE_MICROS:
        refuse("AMOUNT_TOO_LARGE", "The amount is too large.", ("percentOff",))
    return amount_micros


async def _store(uow: UnitOfWork, seller: OrganizationFacts, new: NewPrice, amount_micros: int) -> str:
    percent = percent_text_or_none(new.early_end_percent)
    rows = await uow.tx.fetch(
        "INSERT INTO price (id, organization_id, path, price_list_id, item_id, cycle_months, amount_micros, "
        "valid_from_date, min_term_months, early_end_percent, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) "
        "ON CONFLICT (price_list_id, item_id, cycle_months, valid_from_date) DO UPDATE SET amount_micros = $7, "
        "min_term_months = $9, early_end_percent = $10 RETURNING id",
        new_id("price"), seller.id, seller.path, new.price_list_id, new.item_id, new.cycle_months, amount_micros,
        new.valid_from.isoformat(), new.min_term_months, percent, uow.now,
    )  # fmt: skip
    return str(rows[0]["id"])
