"""Scenarios of invoices against the running system: numbers, open amounts, allocation, what an open one stops."""

import asyncio
import json
from fractions import Fraction
from typing import Any

import pytest

from billing.credit import CreditAmount, issue_credit
from billing.doctor import check_books
from billing.purchase import PurchaseOrder, purchase_subscription
from billing.purchase_method import PurchaseMethod
from billing.reversals import reverse_transaction
from billing.tax import TaxPlace, TaxRate, TaxRule
from core.clock import FixedClock, parse_instant
from core.money import parse_amount
from core.refusals import Refused
from tenants.members.ownership import transfer_ownership
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do, refusal
from tests.makers import Organization, a_member
from tests.makers_billing import (
    SIGNER,
    a_plan,
    a_policy_value,
    a_preset,
    a_tax_rule,
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
from tests.makers_invoices import an_open_invoice, invoices, open_amounts
from tests.makers_subscriptions import a_chain, another_customer, bought, set_policy, transfer_refused, transferred
from tests.rules.test_money import a_tree


async def test_mon_70_every_pair_gets_the_invoice_of_its_own_seller(platform: Platform) -> None:
    tree = await a_tree(platform)
    plan = await a_plan(tree.operator, prices=[(tree.operator, "80"), (tree.r1, "100"), (tree.r2, "130")], name="Basic")
    for buyer in (tree.customer, tree.r2, tree.r1):
        await pay(buyer, "500")
    await a_policy_value(tree.operator, "invoicing", "PER_PAYMENT", buyer=tree.r1)

    sold = await buy(tree.customer.someone, tree.customer, plan, quantity=2)

    paid = {"type": "TAX", "open": "0.00", "number": "INV-0000001"}
    assert await invoices(tree.customer) == [paid | {"total": "260.00"}]
    assert await invoices(tree.r2) == [paid | {"total": "200.00"}]
    assert await invoices(tree.r1) == []
    (line,) = await rows(
        platform, "SELECT n.name, n.quantity, n.net_micros, n.first_date, i.sale_id, i.buyer FROM invoice_line n "
        "JOIN invoice i ON i.id = n.invoice_id WHERE n.organization_id = $1",
        tree.customer.id,
    )  # fmt: skip
    assert (line["name"], line["quantity"], line["net_micros"]) == ("Basic", 2, parse_amount("260"))
    assert line["sale_id"] == sold["saleId"]
    assert f'"name": "{tree.customer.name}"' in line["buyer"]
    await require_sound_books(platform)


async def test_ms_41_what_is_borrowed_stays_open(platform: Platform) -> None:
    chain = await a_chain(platform, money="10")
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "30")])
    await limit(chain.customer, "50")

    await buy(chain.customer.someone, chain.customer, plan)

    assert await balance(chain.customer) == "-20.00"
    assert [(each["total"], each["open"]) for each in await invoices(chain.customer)] == [("30.00", "20.00")]
    shown = await quote(chain.customer.someone, chain.customer, plan)
    assert shown.levels[0].usable_before_micros == parse_amount("30")
    await buy(chain.customer.someone, chain.customer, plan)
    assert await open_amounts(chain.customer) == ["20.00", "30.00"]
    await pay(chain.customer, "25")
    assert await open_amounts(chain.customer) == ["0.00", "25.00"]
    await require_sound_books(platform)


async def test_ms_19_a_payment_settles_the_oldest_first(platform: Platform) -> None:
    chain = await a_chain(platform, money="1")
    await limit(chain.customer, "1000")
    await change_wallet(chain.customer, wallet_micros="0")
    for amount in ("100", "200", "300", "400"):
        await an_open_invoice(chain.customer, amount)

    await pay(chain.customer, "500")

    assert await open_amounts(chain.customer) == ["0.00", "0.00", "100.00", "400.00"]
    assert await balance(chain.customer) == "-500.00"
    allocated = await rows(
        platform, "SELECT a.amount_micros, p.amount_micros AS paid FROM invoice_allocation a "
        "JOIN payment p ON p.id = a.payment_id ORDER BY a.id"
    )  # fmt: skip
    assert [row["amount_micros"] for row in allocated] == [parse_amount(each) for each in ("100", "200", "200")]
    assert {row["paid"] for row in allocated} == {parse_amount("500")}


async def test_mon_75_a_credit_settles_what_is_open_beyond_the_debt_and_a_reversed_payment_opens_it_again(
    platform: Platform,
) -> None:
    chain = await a_chain(platform, money="10")
    await limit(chain.customer, "100")
    await an_open_invoice(chain.customer, "60", open_amount="50")
    given = CreditAmount(chain.customer.id, parse_amount("5"), "USD")
    await do(chain.seller, lambda uow: issue_credit(uow, given))
    assert await open_amounts(chain.customer) == ["45.00"]

    paid = await pay(chain.customer, "40")
    assert await open_amounts(chain.customer) == ["5.00"]
    await do(chain.seller, lambda uow: reverse_transaction(uow, str(paid["ledgerTransactionId"])))

    assert await open_amounts(chain.customer) == ["45.00"]
    assert await balance(chain.customer) == "-45.00"
    assert await rows(platform, "SELECT 1 FROM invoice_allocation WHERE payment_id IS NOT NULL") == []
    await require_sound_books(platform)


async def test_mon_22_a_postpaid_purchase_is_due_at_once_and_a_payment_settles_it(platform: Platform) -> None:
    chain = await a_chain(platform)
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "70")])
    await limit(chain.customer, "100")
    await change_wallet(chain.customer, mode="POSTPAID", wallet_micros="0", due_micros="20")

    await buy(chain.customer.someone, chain.customer, plan)

    after = await wallet(chain.customer)
    assert (after["unbilled_micros"], after["due_micros"]) == (0, parse_amount("-50"))
    assert (await entries(chain.customer))[-2:] == [
        ("PURCHASE", "UNBILLED", None, "70.00"), ("PURCHASE", "DUE", None, "-70.00"),
    ]  # fmt: skip
    assert await open_amounts(chain.customer) == ["50.00"]
    await pay(chain.customer, "60")
    assert await open_amounts(chain.customer) == ["0.00"]
    assert (await wallet(chain.customer))["due_micros"] == parse_amount("10")


async def test_mon_72_numbers_have_no_gap_when_many_buy_at_once(platform: Platform) -> None:
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "1"), (chain.reseller, "2")])
    buyers = [chain.customer, *[await another_customer(chain) for _ in range(3)]]
    for buyer in buyers[1:]:
        await pay(buyer, "10")
    dear = await a_plan(chain.reseller, prices=[(chain.reseller, "99999")])

    orders = [buy(each.someone, each, which) for each in buyers for which in (plan, dear, plan)]
    done = await asyncio.gather(*orders, return_exceptions=True)

    assert sum(isinstance(each, Refused) for each in done) == 4
    numbers = await rows(platform, "SELECT seller_id, counter FROM invoice ORDER BY seller_id, counter")
    for seller in (chain.operator, chain.reseller):
        assert [row["counter"] for row in numbers if row["seller_id"] == seller.id] == list(range(1, 9))
    await require_sound_books(platform)


async def test_ms_49_due_dates_and_overdue(platform: Platform, clock: FixedClock) -> None:
    clock.at = parse_instant("2026-03-01T10:00:00Z")
    chain = await a_chain(platform, money="1")
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "31")])
    await limit(chain.customer, "500")
    await buy(chain.customer.someone, chain.customer, plan)
    await set_policy(chain.reseller, invoiceDueDays=14)
    await buy(chain.customer.someone, chain.customer, plan)
    dates = await rows(platform, "SELECT due_date, overdue_at FROM invoice WHERE organization_id = $1 ORDER BY counter",
                       chain.customer.id)  # fmt: skip
    assert [(row["due_date"], row["overdue_at"]) for row in dates] == [
        ("2026-03-31", parse_instant("2026-04-01T00:00:00Z")), ("2026-03-15", parse_instant("2026-03-16T00:00:00Z")),
    ]  # fmt: skip


async def test_ms_05_an_overdue_invoice_stops_purchases_where_the_seller_says_so(
    platform: Platform, clock: FixedClock
) -> None:
    clock.at = parse_instant("2026-03-01T10:00:00Z")
    chain = await a_chain(platform)
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "1")])
    await limit(chain.customer, "1000")
    await change_wallet(chain.customer, mode="POSTPAID", wallet_micros="0")
    await an_open_invoice(chain.customer, "300")
    clock.at = parse_instant("2026-03-31T23:59:59Z")
    await set_policy(chain.reseller, blockWhenOverdue=True)
    order = PurchaseOrder(chain.customer.id, plan)
    await do(chain.customer.someone, lambda uow: purchase_subscription(uow, order, SIGNER))

    clock.at = parse_instant("2026-04-01T00:00:00Z")
    refused = await refusal(chain.customer.someone, lambda uow: purchase_subscription(uow, order, SIGNER))

    assert refused == ("OVERDUE_INVOICE",)
    shown = await quote(chain.customer.someone, chain.customer, plan)
    assert [blocker.code for blocker in shown.blockers] == ["OVERDUE_INVOICE"]
    await set_policy(chain.reseller, blockWhenOverdue=False)
    await do(chain.customer.someone, lambda uow: purchase_subscription(uow, order, SIGNER))


async def test_ss_36_an_open_invoice_of_the_subscription_stops_its_transfer(platform: Platform) -> None:
    chain = await a_chain(platform, money="10")
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "30")])
    await limit(chain.customer, "50")
    other = await another_customer(chain)
    subscription = await bought(chain, plan)

    assert await transfer_refused(chain.seller, subscription, other) == ("OPEN_INVOICE",)
    await pay(chain.customer, "20")
    await transferred(chain.seller, subscription, other)


async def test_a_45_an_open_invoice_stops_a_new_owner_unless_the_seller_does_not_mind(platform: Platform) -> None:
    chain = await a_chain(platform, money="1")
    await limit(chain.customer, "50")
    await an_open_invoice(chain.customer, "30", open_amount="29")
    target = await a_member(platform, of=chain.customer, accepted=False)

    async def transfer(uow: Any) -> Any:
        return await transfer_ownership(uow, chain.customer.id, target.id)

    refused = await refusal(chain.customer.someone, transfer)
    assert refused == ("OPEN_INVOICE", "TARGET_INVITATION_PENDING")
    await a_preset(chain.reseller, "b3networks")
    assert await refusal(chain.customer.someone, transfer) == ("TARGET_INVITATION_PENDING",)


EXTERNAL: dict[str, Any] = {"method": PurchaseMethod.EXTERNAL_INVOICE}


def external(buyer: Organization, plan: str, number: str | None) -> Any:
    order = PurchaseOrder(buyer.id, plan, external_number=number, **EXTERNAL)
    return lambda uow: purchase_subscription(uow, order, SIGNER)


async def test_ms_15_a_purchase_invoiced_elsewhere_charges_the_chain_above_alone(platform: Platform) -> None:
    chain = await a_chain(platform, money="1000")
    plan = await a_plan(chain.operator, prices=[(chain.operator, "365"), (chain.reseller, "370")])
    assert await refusal(chain.customer.someone, external(chain.customer, plan, "X-1")) == (
        "EXTERNAL_INVOICE_NOT_ALLOWED",
    )
    await a_policy_value(chain.reseller, "invoicing", "NONE", buyer=chain.customer)
    assert await refusal(chain.customer.someone, external(chain.customer, plan, "  ")) == ("EXTERNAL_NUMBER_REQUIRED",)

    shown = await quote(chain.reseller.someone, chain.customer, plan, external_number="X-1", **EXTERNAL)
    await do(chain.customer.someone, external(chain.customer, plan, "X-1"))

    assert (await balance(chain.customer), await balance(chain.reseller)) == ("1000.00", "635.00")
    assert (shown.total_micros, shown.levels[0].margin_micros) == (0, None)
    (kept,) = await rows(platform, "SELECT method, external_number FROM subscription")
    assert (kept["method"], kept["external_number"]) == ("EXTERNAL_INVOICE", "X-1")
    sale = await rows(platform, "SELECT organization_id, external_number FROM ledger_transaction "
                      "WHERE type = 'PURCHASE' ORDER BY length(path) DESC")  # fmt: skip
    assert [(row["organization_id"], row["external_number"]) for row in sale] == [
        (chain.customer.id, "X-1"), (chain.reseller.id, None),
    ]  # fmt: skip
    assert await invoices(chain.customer) == []
    assert len(await invoices(chain.reseller)) == 1
    await require_sound_books(platform)


async def test_ms_70_the_number_may_repeat_and_higher_margins_stay(platform: Platform) -> None:
    tree = await a_tree(platform)
    plan = await a_plan(tree.operator, prices=[(tree.operator, "80"), (tree.r1, "100"), (tree.r2, "130")])
    for buyer in (tree.r2, tree.r1):
        await pay(buyer, "500")
    await a_policy_value(tree.r2, "invoicing", "NONE", buyer=tree.customer)

    shown = await quote(tree.operator.someone, tree.customer, plan, external_number="X-7", **EXTERNAL)
    await do(tree.customer.someone, external(tree.customer, plan, "X-7"))
    await do(tree.customer.someone, external(tree.customer, plan, "X-7"))

    assert [await balance(each) for each in (tree.customer, tree.r2, tree.r1)] == ["0.00", "300.00", "340.00"]
    assert [level.margin_micros for level in shown.levels[:2]] == [None, parse_amount("20")]
    await require_sound_books(platform)


@pytest.mark.parametrize(
    ("tampering", "fault"),
    [
        ("UPDATE wallet SET invoice_open_micros = invoice_open_micros - 1 WHERE invoice_open_micros > 0", "MON-75"),
        ("UPDATE wallet SET reserved_micros = 5 WHERE invoice_open_micros > 0", "MON-13"),
        ("UPDATE invoice SET total_micros = total_micros - 1", "MON-71"),
        ("UPDATE invoice_sequence SET counter = counter + 1", "MON-72"),
        ("UPDATE invoice_allocation SET amount_micros = amount_micros + 2000000", "MON-47"),
    ],
)
async def test_the_doctor_finds_what_was_tampered_with(platform: Platform, tampering: str, fault: str) -> None:
    chain = await a_chain(platform, money="1")
    await limit(chain.customer, "100")
    await an_open_invoice(chain.customer, "30", open_amount="29")
    await pay(chain.customer, "9")
    await require_sound_books(platform)

    async with platform_transaction(platform) as tx:
        assert await tx.execute(tampering) > 0
        faults = await check_books(tx)

    assert any(fault in each for each in faults), faults


async def test_ms_42_a_number_is_prefix_and_padded_counter(platform: Platform) -> None:
    """The counter is the one given last; a longer one simply grows (MON-72)."""
    chain = await a_chain(platform)
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "2")])
    await buy(chain.customer.someone, chain.customer, plan)
    numbers = []
    for counter in (274, 9_999_998, 9_999_999):
        await rows(
            platform, "UPDATE invoice_sequence SET prefix = 'IA-', digits = 7, counter = $1 WHERE organization_id = $2 "
            "RETURNING counter", counter, chain.reseller.id,
        )  # fmt: skip
        await buy(chain.customer.someone, chain.customer, plan)
        (last,) = await rows(platform, "SELECT number FROM invoice ORDER BY counter DESC LIMIT 1")
        numbers.append(last["number"])
    assert numbers == ["IA-0000275", "IA-9999999", "IA-10000000"]


async def test_ms_53_a_rate_that_changes_later_leaves_the_document(platform: Platform) -> None:
    chain = await a_chain(platform)
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "100")], is_taxable=True)
    await a_tax_rule(chain.reseller, TaxRule("US", TaxPlace.ANY_STATE, (TaxRate("GST", Fraction(18)),)))
    await buy(chain.customer.someone, chain.customer, plan)
    rates = '[{"component": "GST", "percent": "20"}]'
    await rows(platform, "UPDATE tax_rule SET components = $1 RETURNING id", rates)
    await buy(chain.customer.someone, chain.customer, plan)
    found = await rows(
        platform, "SELECT l.taxes, i.tax_micros FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id "
        "ORDER BY i.counter",
    )  # fmt: skip
    assert [(json.loads(row["taxes"])[0]["percent"], row["tax_micros"]) for row in found] == [
        ("18", 18_000_000), ("20", 20_000_000),
    ]  # fmt: skip
    await require_sound_books(platform)
