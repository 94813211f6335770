"""Payments that are their own invoice, and the seller's state that bills one (MON-49, MON-86, ORG-13)."""

from typing import Any

from billing.payments import DeclineReason, NewPayment, PaymentMethod, confirm_payment, decline_payment, record_payment
from billing.seller_state import approve_seller_state, change_seller_state
from core.money import parse_amount
from tenants.commands import Outcome
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do, refusal
from tests.makers import Member, Organization, a_customer, a_member, a_reseller, an_operator
from tests.makers_billing import a_preset, balance, pay, require_sound_books, rows
from tests.makers_invoices import invoices
from tests.makers_subscriptions import Chain

INDIA: dict[str, Any] = {"currency": "INR", "timezone": "Asia/Kolkata", "country": "IN"}


async def a_chain_of_m(platform: Platform) -> Chain:
    """[M] in India: the seller sits in KA, the customer too, and every payment is its own invoice."""
    operator = await an_operator(platform, **INDIA)
    reseller = await a_reseller(platform, under=operator, **INDIA)
    customer = await a_customer(platform, under=reseller, **INDIA)
    await a_preset(operator, "myoperator")
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE organization SET state_code = 'KA' WHERE id IN ($1, $2)", reseller.id, customer.id)
    return Chain(operator, reseller, customer)


async def a_transfer(chain: Chain, amount: str, category: str | None) -> str:
    """A bank transfer that the bank has not confirmed."""
    new = NewPayment(chain.customer.id, parse_amount(amount), "INR", PaymentMethod.BANK_TRANSFER,
                     product_category=category)  # fmt: skip
    return str((await do(chain.seller, lambda uow: record_payment(uow, new)))["paymentId"])


async def test_ms_48_every_settled_payment_makes_exactly_one_invoice(platform: Platform) -> None:
    chain = await a_chain_of_m(platform)
    await pay(chain.customer, "2360")
    await pay(chain.customer, "1770")
    declined = await a_transfer(chain, "1500", None)
    await do(chain.seller, lambda uow: decline_payment(uow, declined, DeclineReason.INSUFFICIENT_FUNDS))

    paid = {"type": "TAX", "open": "0.00"}
    assert await invoices(chain.customer) == [
        paid | {"number": "INV-0000001", "total": "2360.00"}, paid | {"number": "INV-0000002", "total": "1770.00"},
    ]  # fmt: skip
    lines = await rows(platform, "SELECT net_micros, tax_micros FROM invoice_line ORDER BY net_micros DESC")
    assert [(line["net_micros"], line["tax_micros"]) for line in lines] == [
        (parse_amount("2000"), parse_amount("360")), (parse_amount("1500"), parse_amount("270")),
    ]  # fmt: skip
    assert await balance(chain.customer) == "3500.00"
    await require_sound_books(platform)


def asks(payment: str, state: str | None) -> Any:
    return lambda uow: change_seller_state(uow, payment, state)


async def approved(who: Member, payment: str, state: str) -> Outcome:
    return await do(who, lambda uow: approve_seller_state(uow, payment, state))


async def test_a_10_and_ms_54_another_state_of_the_seller_needs_its_product_and_an_approval(platform: Platform) -> None:
    chain = await a_chain_of_m(platform)
    ben = await a_member(platform, of=chain.reseller, role="ADMIN")
    bill = await a_member(platform, of=chain.reseller, role="BILLING")
    other = await a_member(platform, of=chain.reseller, role="BILLING")
    sms, rent = await a_transfer(chain, "1770", "SMS"), await a_transfer(chain, "1770", "PLAN")

    assert await refusal(ben, asks(sms, "MH")) == ("FINANCE_APPROVAL_REQUIRED",)
    assert await refusal(ben, lambda uow: approve_seller_state(uow, sms, "MH")) == ("FORBIDDEN",)
    assert await refusal(bill, lambda uow: approve_seller_state(uow, rent, "MH")) == (
        "SELLER_STATE_NOT_ALLOWED_FOR_PRODUCT",
    )
    await approved(bill, sms, "MH")
    assert await refusal(ben, asks(sms, "TN")) == ("FINANCE_APPROVAL_REQUIRED",)
    assert await refusal(bill, asks(sms, "MH")) == ("FINANCE_APPROVAL_REQUIRED",)
    assert await refusal(ben, asks(rent, "MH")) == ("SELLER_STATE_NOT_ALLOWED_FOR_PRODUCT",)
    assert await refusal(chain.customer.someone, asks(sms, "MH")) == ("FORBIDDEN",)
    await do(ben, asks(sms, "MH"))
    await do(other, asks(sms, "MH"))

    await do(chain.seller, lambda uow: confirm_payment(uow, sms))
    await do(chain.seller, lambda uow: confirm_payment(uow, rent))

    assert await components(chain.customer) == [["IGST"], ["CGST", "SGST"]]
    assert await refusal(ben, asks(sms, "MH")) == ("INVOICE_ALREADY_ISSUED",)
    await require_sound_books(platform)


async def test_ms_74_the_order_of_what_stands_in_the_way_of_a_state(platform: Platform) -> None:
    chain = await a_chain_of_m(platform)
    sms, rent = await a_transfer(chain, "1770", "SMS"), await a_transfer(chain, "1770", "PLAN")
    await do(chain.seller, lambda uow: confirm_payment(uow, rent))
    assert await refusal(chain.seller, asks(rent, "MH")) == ("SELLER_STATE_NOT_ALLOWED_FOR_PRODUCT",)
    for nameless in (None, "  "):
        assert await refusal(chain.seller, asks(sms, nameless)) == ("SELLER_STATE_MISSING",)


async def components(buyer: Organization) -> list[list[str]]:
    """The tax components of each of the buyer's payments, in the order in which they were posted."""
    found = await rows(
        buyer.platform, "SELECT t.id, e.detail FROM ledger_transaction t JOIN ledger_entry e "
        "ON e.transaction_id = t.id "
        "WHERE t.organization_id = $1 AND e.ledger_account = 'TAX' ORDER BY t.id, e.line",
        buyer.id,
    )  # fmt: skip
    by_payment: dict[str, list[str]] = {}
    for row in found:
        by_payment.setdefault(row["id"], []).append(row["detail"])
    return list(by_payment.values())
