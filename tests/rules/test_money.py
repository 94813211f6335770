"""Scenarios of the money rules against the running system: what is charged, refused, posted and seen.

Figures that are arithmetic alone are in test_money_pure.py, under the same ids."""

import asyncio
from collections import Counter
from typing import NamedTuple

import pytest

from billing.credit import CreditAmount, issue_credit, set_credit_limit, take_back_credit
from billing.payments import NewPayment, PaymentMethod, record_payment
from billing.purchase import PurchaseOrder, purchase_subscription
from billing.reversals import reverse_transaction
from core.money import parse_amount
from core.refusals import Refused
from core.transaction import Transaction
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do, refusal
from tests.makers import Organization, a_customer, a_reseller, an_operator
from tests.makers_billing import (
    SIGNER,
    a_plan,
    a_price,
    balance,
    buy,
    change_wallet,
    entries,
    limit,
    pay,
    quote,
    require_sound_books,
    rows,
    wallet,
)


class Tree(NamedTuple):
    """OPERATOR > R1 > R2 > C, all in USD and UTC."""

    operator: Organization
    r1: Organization
    r2: Organization
    customer: Organization


async def a_tree(platform: Platform, *, customer_currency: str = "USD") -> Tree:
    usd = {"currency": "USD", "timezone": "UTC", "country": "US"}
    operator = await an_operator(platform, **usd)
    r1 = await a_reseller(platform, under=operator, name="Reseller one", **usd)
    r2 = await a_reseller(platform, under=r1, name="Reseller two", **usd)
    customer = await a_customer(platform, under=r2, **usd | {"currency": customer_currency})
    return Tree(operator, r1, r2, customer)


async def test_ms_09_every_level_pays_its_own_cost(platform: Platform) -> None:
    tree = await a_tree(platform)
    plan = await a_plan(tree.operator, prices=[(tree.operator, "80"), (tree.r1, "100"), (tree.r2, "130")])
    for buyer in (tree.customer, tree.r2, tree.r1):
        await pay(buyer, "500")

    shown = await quote(tree.operator.someone, tree.customer, plan)
    await buy(tree.customer.someone, tree.customer, plan)

    assert [await balance(buyer) for buyer in (tree.customer, tree.r2, tree.r1)] == ["370.00", "400.00", "420.00"]
    sales = await rows(platform, "SELECT sale_id FROM ledger_transaction WHERE type = 'PURCHASE'")
    assert len(sales) == 3
    assert len({sale["sale_id"] for sale in sales}) == 1
    assert [level.margin_micros for level in shown.levels] == [30_000_000, 20_000_000, 80_000_000]
    await require_sound_books(platform)
