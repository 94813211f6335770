"""Makers of catalogues, prices and money: `a_plan(operator, prices=[(reseller, "100")])`, then `pay(customer, "200")`.

Prices are put in directly, because a seller's row starts tomorrow at the earliest (SUB-3) and a test buys today."""

import itertools
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from billing.buyer_terms import Terms, give_terms
from billing.catalogue import NewAddOn, NewPlan, NewProduct, ProductKind, create_add_on, create_plan, create_product
from billing.credit import set_credit_limit
from billing.doctor import check_books
from billing.payments import NewPayment, PaymentMethod, record_payment
from billing.price_lists import NewPriceList, create_price_list
from billing.purchase import PurchaseOrder, purchase_subscription
from billing.quote_id import QuoteSigner
from billing.quotes import Quote, quote_purchase
from billing.tax import TaxRule
from core.ids import new_id
from core.money import format_amount, parse_amount
from core.transaction import fetch_one, insert
from tenants.commands import Outcome
from tenants.unit_of_work import Platform, platform_transaction, reading
from tests.acting import do
from tests.makers import Member, Organization, credentials_of, organization_of

SIGNER = QuoteSigner(b"a secret of the tests")
LONG_AGO = "2000-01-01"
_counter = itertools.count(1)

Prices = Sequence[tuple[Organization, str]]
"""What each seller asks, on its default list."""


async def a_product(of: Organization, *, name: str | None = None, kind: str = "APP") -> str:
    """A product of the organization's own; answers its id."""
    new = NewProduct(of.id, name or f"Product {next(_counter)}", ProductKind(kind), "TELEPHONY")
    return str((await do(of.someone, lambda uow: create_product(uow, new)))["productId"])


async def a_plan(
    of: Organization,
    *,
    prices: Prices = (),
    product: str | None = None,
    product_kind: str = "APP",
    name: str | None = None,
    months: int = 1,
    is_taxable: bool = False,
    features: Mapping[str, object] | None = None,
) -> str:
    """A plan of a (new) product, on the default list of each seller in `prices` for that many months; its id."""
    product = product or await a_product(of, kind=product_kind)
    new = NewPlan(product, name or f"Plan {next(_counter)}", is_taxable, features or {})
    plan_id = str((await do(of.someone, lambda uow: create_plan(uow, new)))["planId"])
    for seller, amount in prices:
        await a_price(seller, plan_id, amount, months=months)
    return plan_id


async def an_add_on(
    of: Organization,
    product: str,
    *,
    prices: Prices = (),
    priority: int = 0,
    features: Mapping[str, object] | None = None,
    allowed: tuple[str, ...] | None = None,
) -> str:
    """An add-on of the product, priced like a plan; its id."""
    new = NewAddOn(product, f"Add-on {next(_counter)}", False, priority, features or {}, allowed)
    add_on_id = str((await do(of.someone, lambda uow: create_add_on(uow, new)))["addOnId"])
    for seller, amount in prices:
        await a_price(seller, add_on_id, amount)
    return add_on_id


async def product_of(platform: Platform, plan_id: str) -> str:
    """The product of a plan."""
    async with platform_transaction(platform) as tx:
        row = await fetch_one(tx, "SELECT product_id FROM plan WHERE id = $1", plan_id)
    assert row is not None
    return str(row["product_id"])


async def a_price_list(of: Organization, *, currency: str | None = None, is_default: bool = True) -> str:
    """A price list of the seller; its id."""
    new = NewPriceList(of.id, f"List {next(_counter)}", currency or of.currency, is_default)
    return str((await do(of.someone, lambda uow: create_price_list(uow, new)))["priceListId"])


async def a_price(
    seller: Organization,
    item_id: str,
    amount: str,
    *,
    months: int = 1,
    currency: str | None = None,
    starts: str = LONG_AGO,
    price_list: str | None = None,
    min_term_months: int | None = None,
    early_end_percent: str | None = None,
) -> str:
    """A row on the list, or on the seller's default list of the currency, which is made when it is missing."""
    currency = currency or seller.currency
    async with platform_transaction(seller.platform) as tx:
        found = await fetch_one(
            tx, "SELECT id FROM price_list WHERE organization_id = $1 AND currency = $2 AND is_default", seller.id,
            currency,
        )  # fmt: skip
    price_list = price_list or (str(found["id"]) if found else await a_price_list(seller, currency=currency))
    price_id = new_id("price")
    async with platform_transaction(seller.platform) as tx:
        await insert(
            tx, "price", id=price_id, organization_id=seller.id, path=seller.path, price_list_id=price_list,
            item_id=item_id, cycle_months=months, amount_micros=parse_amount(amount), valid_from_date=starts,
            min_term_months=min_term_months, early_end_percent=early_end_percent,
            created_at=seller.platform.clock.now(),
        )  # fmt: skip
    return price_id


async def give_discount(buyer: Organization, percent: str) -> None:
    """The seller gives the buyer a percentage off."""
    seller = await seller_of(buyer)
    await do(seller.someone, lambda uow: give_terms(uow, Terms(buyer.id, discount_percent=Fraction(percent))))


async def a_tax_rule(seller: Organization, rule: TaxRule) -> None:
    """A rule of the seller's own."""
    rates = [{"component": rate.component, "percent": str(rate.percent)} for rate in rule.rates]
    async with platform_transaction(seller.platform) as tx:
        await insert(
            tx, "tax_rule", id=new_id("taxrule"), organization_id=seller.id, path=seller.path,
            buyer_country=rule.country, state_relation=rule.place.value, components=json.dumps(rates),
        )  # fmt: skip


async def a_preset(of: Organization, preset: str) -> None:
    """The organization applies the preset, which counts for those below it (POL-1)."""
    async with platform_transaction(of.platform) as tx:
        await insert(tx, "policy_preset", organization_id=of.id, path=of.path, preset=preset)


async def a_policy_value(of: Organization, parameter: str, value: object, *, buyer: Organization | None = None) -> None:
    """A value that the organization set for all below it, or for one buyer alone."""
    async with platform_transaction(of.platform) as tx:
        await insert(
            tx, "policy_value", organization_id=of.id, path=of.path, buyer_id=buyer.id if buyer else "",
            parameter=parameter, value=json.dumps(value),
        )  # fmt: skip


async def seller_of(buyer: Organization) -> Organization:
    """The organization directly above."""
    assert buyer.parent_id is not None
    return await organization_of(buyer.platform, buyer.parent_id)


async def pay(buyer: Organization, amount: str, *, currency: str | None = None, method: str = "CASH") -> Outcome:
    """The seller records a payment of the buyer."""
    new = NewPayment(buyer.id, parse_amount(amount), currency or buyer.currency, PaymentMethod(method))
    return await do((await seller_of(buyer)).someone, lambda uow: record_payment(uow, new))


async def limit(buyer: Organization, amount: str) -> None:
    """The seller sets the buyer's credit limit."""
    seller = await seller_of(buyer)
    await do(seller.someone, lambda uow: set_credit_limit(uow, buyer.id, parse_amount(amount)))


async def change_wallet(buyer: Organization, **columns: object) -> None:
    """Columns of the open Wallet put in directly: a mode, a hold, sums without entries (`_micros` as decimal text)."""
    values = {name: parse_amount(str(v)) if name.endswith("_micros") else v for name, v in columns.items()}
    settings = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, 2))
    async with platform_transaction(buyer.platform) as tx:
        sql = f"UPDATE wallet SET {settings} WHERE organization_id = $1 AND closed_at IS NULL"
        await tx.execute(sql, buyer.id, *values.values())


async def wallet(of: Organization) -> dict[str, Any]:
    """The open Wallet's row."""
    async with platform_transaction(of.platform) as tx:
        row = await fetch_one(tx, "SELECT * FROM wallet WHERE organization_id = $1 AND closed_at IS NULL", of.id)
    assert row is not None, f"{of.name} has no wallet"
    return dict(row)


async def balance(of: Organization) -> str:
    """The stored money of the open Wallet as text."""
    row = await wallet(of)
    return format_amount(row["wallet_micros"], row["currency"])


async def buy(who: Member, organization: Organization, plan_id: str, **order: Any) -> Outcome:
    """Buy one of the plan by the month, unless the order says otherwise."""
    asked = PurchaseOrder(organization.id, plan_id, **order)
    return await do(who, lambda uow: purchase_subscription(uow, asked, SIGNER))


async def quote(who: Member, organization: Organization, plan_id: str, **order: Any) -> Quote:
    """The quote of the same."""
    async with reading(who.platform, await credentials_of(who)) as uow:
        return await quote_purchase(uow, PurchaseOrder(organization.id, plan_id, **order), SIGNER)


async def rows(platform: Platform, sql: str, *arguments: object) -> list[dict[str, Any]]:
    """What the platform sees."""
    async with platform_transaction(platform) as tx:
        return [dict(row) for row in await tx.fetch(sql, *arguments)]


async def entries(of: Organization) -> list[tuple[str, str, str | None, str]]:
    """The entries of the pair, oldest first: type, ledger account, detail, amount."""
    found = await rows(
        of.platform,
        "SELECT t.type, e.ledger_account, e.detail, e.amount_micros, e.currency FROM ledger_transaction t "
        "JOIN ledger_entry e ON e.transaction_id = t.id WHERE t.organization_id = $1 ORDER BY t.id, e.line",
        of.id,
    )
    return [
        (row["type"], row["ledger_account"], row["detail"], format_amount(row["amount_micros"], row["currency"]))
        for row in found
    ]


async def require_sound_books(platform: Platform) -> None:
    """The doctor finds nothing."""
    async with platform_transaction(platform) as tx:
        assert await check_books(tx) == []
