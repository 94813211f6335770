"""Payments: who records them, what settles when, what is final (MON-40 to MON-42)."""

from typing import Any

from billing.payments import (
    TRANSITIONS,
    DeclineReason,
    NewPayment,
    PaymentMethod,
    PaymentStatus,
    confirm_payment,
    decline_payment,
    record_payment,
)
from tenants.unit_of_work import Platform
from tests.acting import do, refusal
from tests.makers import Organization, a_customer, a_member, a_reseller, an_operator
from tests.makers_billing import balance, entries, pay, require_sound_books, rows


async def a_pair(platform: Platform) -> tuple[Organization, Organization]:
    seller = await an_operator(platform)
    return seller, await a_customer(platform, under=seller)


async def test_the_bank_takes_its_time_and_everything_else_settles_at_once(platform: Platform) -> None:
    _, buyer = await a_pair(platform)

    statuses = {method: (await pay(buyer, "10", method=method.value))["status"] for method in PaymentMethod}

    waiting = {method for method, status in statuses.items() if status == "PENDING"}
    assert waiting == {PaymentMethod.BANK_TRANSFER, PaymentMethod.CHEQUE, PaymentMethod.VIRTUAL_ACCOUNT}
    assert await balance(buyer) == "50.00"
    assert (await entries(buyer))[:2] == [("PAYMENT", "CASH", "CARD", "-10.00"), ("PAYMENT", "WALLET", None, "10.00")]


async def test_a_declined_payment_posts_nothing_and_is_final(platform: Platform) -> None:
    seller, buyer = await a_pair(platform)
    payment_id = (await pay(buyer, "10", method="CHEQUE"))["paymentId"]

    await do(seller.someone, lambda uow: decline_payment(uow, payment_id, DeclineReason.INSUFFICIENT_FUNDS))

    (row,) = await rows(platform, "SELECT status, decline_reason, settled_at FROM payment")
    assert row == {"status": "DECLINED", "decline_reason": "INSUFFICIENT_FUNDS", "settled_at": None}
    assert await refusal(seller.someone, lambda uow: confirm_payment(uow, payment_id)) == ("PAYMENT_FINAL",)
    assert await balance(buyer) == "0.00"


async def test_a_confirmed_payment_is_posted_once_with_its_notice(platform: Platform) -> None:
    seller, buyer = await a_pair(platform)
    payment_id = (await pay(buyer, "10", method="CHEQUE"))["paymentId"]

    settled = await do(seller.someone, lambda uow: confirm_payment(uow, payment_id))

    assert await balance(buyer) == "10.00"
    (row,) = await rows(platform, "SELECT status, ledger_transaction_id, version FROM payment")
    assert row == {"status": "SETTLED", "ledger_transaction_id": settled["ledgerTransactionId"], "version": 2}
    sent = await rows(platform, "SELECT topic FROM outbox WHERE subject_id = $1 ORDER BY id", payment_id)
    assert [each["topic"] for each in sent] == ["payment.pending", "payment.settled"]
    await require_sound_books(platform)


async def test_payments_are_recorded_by_the_seller_alone(platform: Platform) -> None:
    operator = await an_operator(platform)
    seller = await a_reseller(platform, under=operator)
    buyer = await a_customer(platform, under=seller)
    stranger = await a_reseller(platform, under=operator)
    support = await a_member(platform, of=seller, role="SUPPORT")
    new = NewPayment(buyer.id, 10_000_000, buyer.currency, PaymentMethod.CASH)
    act: Any = lambda uow: record_payment(uow, new)  # noqa: E731

    assert await refusal(buyer.someone, act) == ("FORBIDDEN",)
    assert await refusal(operator.someone, act) == ("FORBIDDEN",)
    assert await refusal(support, act) == ("FORBIDDEN",)
    assert await refusal(stranger.someone, act) == ("NOT_FOUND",)
    await do(await a_member(platform, of=seller, role="BILLING"), act)


async def test_amount_and_currency_are_refused_together(platform: Platform) -> None:
    seller, buyer = await a_pair(platform)
    new = NewPayment(buyer.id, -1, "EUR", PaymentMethod.CASH)

    codes = await refusal(seller.someone, lambda uow: record_payment(uow, new))

    assert codes == ("AMOUNT_NOT_POSITIVE", "CURRENCY_MISMATCH")


def test_nothing_leaves_a_final_state() -> None:
    assert {status for status in PaymentStatus if not TRANSITIONS[status]} == {
        PaymentStatus.DECLINED,
        PaymentStatus.REFUNDED,
    }
