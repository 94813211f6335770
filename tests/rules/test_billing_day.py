"""The documents of a billing day: unbilled charges, consolidated ones, a line for each child of a CORPORATE."""

from datetime import date
from typing import Any

import pytest

from billing.billing_day import billing_date_after
from billing.wallet_figures import WalletMode
from billing.wallet_mode import switch_wallet_mode
from core.clock import parse_instant
from core.money import format_amount, parse_amount
from tenants.sandbox_clock import advance_clock
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do
from tests.makers import Organization, a_customer, a_reseller, an_operator
from tests.makers_billing import a_plan, a_policy_value, balance, buy, limit, pay, require_sound_books, rows, wallet
from tests.makers_invoices import invoices, used
from tests.makers_subscriptions import Chain, ended, set_policy

PLACE: dict[str, Any] = {"currency": "USD", "timezone": "UTC", "country": "US"}


async def a_sandbox(platform: Platform, *, stands_at: str = "2026-01-10T10:00:00Z", zone: str = "UTC") -> Chain:
    """OPERATOR > reseller > customer that share a clock."""
    operator = await an_operator(platform, sandbox=True, stands_at=parse_instant(stands_at), **PLACE)
    reseller = await a_reseller(platform, under=operator, **PLACE)
    customer = await a_customer(platform, under=reseller, **PLACE | {"timezone": zone})
    return Chain(operator, reseller, customer)


async def lives_until(chain: Chain, to: str) -> None:
    """The sandbox clock moves."""
    await do(chain.operator.someone, lambda uow: advance_clock(uow, chain.operator.id, parse_instant(to)))


@pytest.mark.parametrize(
    ("day", "billing_day", "following"),
    [
        ("2026-01-31", 31, "2026-02-28"), ("2026-02-28", 31, "2026-03-31"), ("2026-12-05", 5, "2027-01-05"),
        ("2026-12-04", 5, "2026-12-05"), ("2028-01-30", 30, "2028-02-29"),
    ],
)  # fmt: skip
def test_mon_73_a_billing_day_falls_on_a_shorter_months_last_day(day: str, billing_day: int, following: str) -> None:
    assert billing_date_after(date.fromisoformat(day), billing_day) == date.fromisoformat(following)


async def test_mon_73_usage_of_a_postpaid_month_is_invoiced_at_midnight_of_the_buyers_zone(platform: Platform) -> None:
    chain = await a_sandbox(platform, zone="Asia/Kolkata")
    await set_policy(chain.reseller, billingDay=15)
    await limit(chain.customer, "100")
    await do(chain.seller, lambda uow: switch_wallet_mode(uow, chain.customer.id, WalletMode.POSTPAID))
    await used(chain.customer, "20")
    await used(chain.customer, "10.50")

    await lives_until(chain, "2026-01-14T18:29:59Z")
    assert await invoices(chain.customer) == []
    await lives_until(chain, "2026-01-14T18:30:00Z")

    number = {"number": "INV-0000001", "type": "MONTHLY", "total": "30.50", "open": "30.50"}
    assert await invoices(chain.customer) == [number]
    after = await wallet(chain.customer)
    assert (after["unbilled_micros"], after["due_micros"]) == (0, parse_amount("-30.50"))
    (stored,) = await rows(platform, "SELECT issued_at, issue_date FROM invoice")
    assert (stored["issued_at"], stored["issue_date"]) == (parse_instant("2026-01-14T18:30:00Z"), "2026-01-15")
    await lives_until(chain, "2026-04-20T00:00:00Z")
    assert await invoices(chain.customer) == [number]
    await require_sound_books(platform)


async def test_ms_45_a_month_may_be_negative_and_is_netted_against_the_next(platform: Platform) -> None:
    chain = await a_sandbox(platform)
    await set_policy(chain.reseller, refundDocument="MONTHLY_LINE")
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "50")])
    await limit(chain.customer, "1000")
    await do(chain.seller, lambda uow: switch_wallet_mode(uow, chain.customer.id, WalletMode.POSTPAID))
    sold = await buy(chain.customer.someone, chain.customer, plan)
    await pay(chain.customer, "50")
    await ended(chain.seller, str(sold["subscriptionId"]))
    await used(chain.customer, "20")

    await lives_until(chain, "2026-02-01T00:00:00Z")
    assert [(each["type"], each["total"], each["open"]) for each in await invoices(chain.customer)] == [
        ("TAX", "50.00", "0.00"), ("MONTHLY", "-30.00", "0.00"),
    ]  # fmt: skip
    assert (await wallet(chain.customer))["due_micros"] == parse_amount("30")
    await used(chain.customer, "100")
    await lives_until(chain, "2026-03-01T00:00:00Z")

    assert (await wallet(chain.customer))["due_micros"] == parse_amount("-70")
    assert (await invoices(chain.customer))[-1] == {
        "number": "INV-0000003", "type": "MONTHLY", "total": "100.00", "open": "70.00",
    }  # fmt: skip
    await require_sound_books(platform)


async def test_ms_62_the_document_is_rounded_and_the_difference_is_posted(platform: Platform) -> None:
    chain = await a_sandbox(platform)
    await pay(chain.customer, "10")
    for _ in range(3):
        await used(chain.customer, "0.333333")
    await lives_until(chain, "2026-02-01T00:00:00Z")
    assert [(each["total"], each["open"]) for each in await invoices(chain.customer)] == [("1.00", "0.00")]
    assert await balance(chain.customer) == "9.00"
    (rounded,) = await rows(platform, "SELECT amount_micros FROM ledger_entry WHERE ledger_account = 'ROUNDING'")
    assert rounded["amount_micros"] == 1
    await require_sound_books(platform)


async def test_ms_65_everything_of_a_month_on_one_invoice_with_a_line_for_each_subscription(platform: Platform) -> None:
    chain = await a_sandbox(platform)
    await set_policy(chain.reseller, invoicing="CONSOLIDATED_MONTHLY")
    await pay(chain.customer, "100")
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "10")])
    for _ in range(3):
        await buy(chain.customer.someone, chain.customer, plan)
    assert await invoices(chain.customer) == []
    await lives_until(chain, "2026-02-01T00:00:00Z")
    (found,) = await invoices(chain.customer)
    assert (found["type"], found["total"], found["open"]) == ("MONTHLY", "30.00", "0.00")
    assert len(await rows(platform, "SELECT 1 FROM invoice_line WHERE subscription_id IS NOT NULL")) == 3


async def test_mon_73_without_documents_unbilled_money_becomes_due_that_day(platform: Platform) -> None:
    chain = await a_sandbox(platform)
    await limit(chain.customer, "100")
    await do(chain.seller, lambda uow: switch_wallet_mode(uow, chain.customer.id, WalletMode.POSTPAID))
    await a_policy_value(chain.reseller, "invoicing", "NONE", buyer=chain.customer)
    await used(chain.customer, "20")
    await lives_until(chain, "2026-02-01T00:00:00Z")
    after = await wallet(chain.customer)
    assert (after["unbilled_micros"], after["due_micros"]) == (0, parse_amount("-20"))
    assert await invoices(chain.customer) == []


async def a_group(platform: Platform, chain: Chain) -> list[Organization]:
    """Three children whose purchases the chain's customer pays, as CORPORATE."""
    children = [await a_customer(platform, under=chain.reseller, name=f"Child {n}", **PLACE) for n in (1, 2, 3)]
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE organization SET billing_kind = 'CORPORATE' WHERE id = $1", chain.customer.id)
        for child in children:
            sql = "UPDATE organization SET billing_kind = 'CHILD', billing_group_id = $2 WHERE id = $1"
            await tx.execute(sql, child.id, chain.customer.id)
    return children


async def test_a_11_a_corporate_gets_one_invoice_with_a_line_for_each_child(platform: Platform) -> None:
    chain = await a_sandbox(platform)
    children = await a_group(platform, chain)
    await pay(chain.customer, "50")
    await limit(chain.customer, "100")
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "20")])
    for child in children:
        await buy(child.someone, child, plan)
    await buy(children[0].someone, children[0], plan)

    assert await balance(chain.customer) == "-30.00"
    assert [await balance(child) for child in children] == ["0.00"] * 3
    await lives_until(chain, "2026-02-01T00:00:00Z")

    assert [(each["type"], each["total"], each["open"]) for each in await invoices(chain.customer)] == [
        ("MONTHLY", "80.00", "30.00"),
    ]  # fmt: skip
    lines = await rows(platform, "SELECT child_name, child_billing_number, net_micros, subscription_id "
                       "FROM invoice_line ORDER BY child_name")  # fmt: skip
    assert [(line["child_name"], format_amount(line["net_micros"], "USD")) for line in lines] == [
        ("Child 1", "40.00"), ("Child 2", "20.00"), ("Child 3", "20.00"),
    ]  # fmt: skip
    assert {line["child_billing_number"] for line in lines} == {child.billing_number for child in children}
    assert {line["subscription_id"] for line in lines} == {None}
    for child in children:
        assert await invoices(child) == []
    await require_sound_books(platform)
