"""Payments, credit limits, issued credit and reversals through the schema."""

import pytest

from tenants.unit_of_work import Platform
from tests.graph.billing_documents import ERRORS, PURCHASE, a_priced_tree, asked, codes, done, usd
from tests.makers_billing import require_sound_books

PAYMENT = f"""{ERRORS} payment {{ id kind status method amount {{ amount currency }} receivedDate reference
        declineReason settledAt organization {{ name wallet {{ balance {{ amount }} usable {{ amount }} }} }} }}
    ledgerTransaction {{ type sourceType entries {{ ledgerAccount detail amount {{ amount }} }} }}"""
RECORD = f"mutation ($input: RecordPaymentInput!) {{ recordPayment(input: $input) {{ {PAYMENT} }} }}"
CONFIRM = f"mutation ($input: ConfirmPaymentInput!) {{ confirmPayment(input: $input) {{ {PAYMENT} }} }}"
DECLINE = f"mutation ($input: DeclinePaymentInput!) {{ declinePayment(input: $input) {{ {PAYMENT} }} }}"
LIMIT = f"""mutation ($input: SetCreditLimitInput!) {{ setCreditLimit(input: $input) {{ {ERRORS}
    wallet {{ creditLimit {{ amount }} usable {{ amount }} }} }} }}"""
CREDIT = f"""mutation ($input: CreditInput!) {{ %s(input: $input) {{ {ERRORS} wallet {{ balance {{ amount }} }}
    ledgerTransaction {{ type comment }} }} }}"""
REVERSE = f"""mutation ($input: ReverseTransactionInput!) {{ reverseTransaction(input: $input) {{ {ERRORS}
    ledgerTransactions {{ type comment wallet {{ organization {{ name }} balance {{ amount }} }} }} }} }}"""


async def test_ms_18_a_top_up_is_posted_once_per_key(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    given = {
        "organizationId": tree.customer.id, "amount": usd("10"), "method": "CASH", "reference": "R-1",
        "idempotencyKey": "k",
    }  # fmt: skip
    first = await done(tree.r2.someone, RECORD, **given)
    assert first["errors"] == []
    payment = first["payment"]
    assert (payment["status"], payment["amount"], payment["reference"]) == (
        "SETTLED", {"amount": "10.00", "currency": "USD"}, "R-1",
    )  # fmt: skip
    assert payment["organization"]["wallet"] == {"balance": {"amount": "510.00"}, "usable": {"amount": "510.00"}}
    assert first["ledgerTransaction"]["type"] == "PAYMENT"
    assert {each["ledgerAccount"]: each["amount"]["amount"] for each in first["ledgerTransaction"]["entries"]} == {
        "WALLET": "10.00", "CASH": "-10.00",
    }  # fmt: skip
    assert await done(tree.r2.someone, RECORD, **given) == first | {"replayed": True}
    other = await done(tree.r2.someone, RECORD, **given | {"amount": usd("11")})
    assert (codes(other), other["payment"]) == (["IDEMPOTENCY_KEY_REUSED"], None)
    await require_sound_books(platform)


async def test_a_bank_transfer_counts_when_the_bank_confirms(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    given = {"organizationId": tree.customer.id, "amount": usd("30"), "method": "BANK_TRANSFER"}
    pending = await done(tree.r2.someone, RECORD, **given, receivedDate="2026-01-31", idempotencyKey="k1")
    assert (pending["payment"]["status"], pending["payment"]["receivedDate"]) == ("PENDING", "2026-01-31")
    assert (pending["payment"]["settledAt"], pending["ledgerTransaction"]) == (None, None)
    payment = pending["payment"]["id"]
    settled = await done(tree.r2.someone, CONFIRM, paymentId=payment, idempotencyKey="k2")
    assert settled["payment"]["status"] == "SETTLED"
    assert settled["payment"]["organization"]["wallet"]["balance"] == {"amount": "530.00"}
    final = await done(tree.r2.someone, DECLINE, paymentId=payment, reason="OTHER", idempotencyKey="k3")
    assert codes(final) == ["PAYMENT_FINAL"]
    lost = await done(tree.r2.someone, RECORD, **given, idempotencyKey="k4")
    declined = await done(
        tree.r2.someone, DECLINE, paymentId=lost["payment"]["id"], reason="INSUFFICIENT_FUNDS", idempotencyKey="k5"
    )
    assert (declined["payment"]["status"], declined["payment"]["declineReason"]) == ("DECLINED", "INSUFFICIENT_FUNDS")
    assert (declined["payment"]["settledAt"], declined["ledgerTransaction"]) == (None, None)


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("0", "USD", "AMOUNT_NOT_POSITIVE"),
        ("-1", "USD", "AMOUNT_NOT_POSITIVE"),
        ("1.005", "USD", "AMOUNT_PRECISION"),
        ("1.0000001", "USD", "AMOUNT_PRECISION"),
        ("10000000000", "USD", "AMOUNT_TOO_LARGE"),
        ("1", "EUR", "CURRENCY_MISMATCH"),
    ],
)
async def test_ms_60_amounts_that_are_none(platform: Platform, amount: str, currency: str, code: str) -> None:
    tree = await a_priced_tree(platform)
    money = {"amount": amount, "currency": currency}
    refused = await done(
        tree.r2.someone, RECORD, organizationId=tree.customer.id, amount=money, method="CASH", idempotencyKey="k"
    )
    assert [(each["code"], each["field"]) for each in refused["errors"]] == [(code, ["amount"])]


async def test_ms_39_a_limit_is_the_sellers_to_set(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    given = {"organizationId": tree.customer.id, "creditLimit": usd("2000")}
    assert codes(await done(tree.customer.someone, LIMIT, **given)) == ["CREDIT_LIMIT_NOT_EDITABLE"]
    euros = await done(tree.r2.someone, LIMIT, **given | {"creditLimit": {"amount": "1", "currency": "EUR"}})
    assert [(each["code"], each["field"]) for each in euros["errors"]] == [("CURRENCY_MISMATCH", ["creditLimit"])]
    limited = await done(tree.r2.someone, LIMIT, **given)
    assert limited["wallet"] == {"creditLimit": {"amount": "2000.00"}, "usable": {"amount": "2500.00"}}


async def test_ms_33_credit_is_issued_and_taken_back(platform: Platform) -> None:
    tree = await a_priced_tree(platform, money="300")
    give, take = CREDIT % "issueCredit", CREDIT % "takeBackCredit"
    given = {"organizationId": tree.customer.id, "comment": "goodwill"}
    seller = tree.r2.someone
    assert codes(await done(seller, give, **given, amount=usd("300.01"), idempotencyKey="a")) == [
        "ISSUE_EXCEEDS_USABLE"
    ]
    issued = await done(seller, give, **given, amount=usd("300"), idempotencyKey="b")
    assert issued["wallet"] == {"balance": {"amount": "600.00"}}
    assert issued["ledgerTransaction"] == {"type": "CREDIT_ISSUED", "comment": "goodwill"}
    too_much = await done(seller, take, **given, amount=usd("300.01"), idempotencyKey="c")
    assert too_much["errors"] == [
        {"code": "TAKE_BACK_EXCEEDS_ISSUED", "field": ["amount"], "details": {"most": "300.00"}}
    ]
    taken = await done(seller, take, **given, amount=usd("300"), idempotencyKey="d")
    assert taken["wallet"] == {"balance": {"amount": "300.00"}}
    await require_sound_books(platform)


async def test_ms_80_a_sale_is_reversed_at_every_level_and_shown_as_far_as_seen(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    order = {"organizationId": tree.customer.id, "planId": tree.plan, "idempotencyKey": "p1"}
    sale = (await done(tree.customer.someone, PURCHASE, **order))["saleId"]
    document = """query ($sale: String) { ledgerTransactions(filter: {saleId: $sale}) { nodes { id organizationName:
        wallet { organization { name } } } } }"""
    nodes = (await asked(tree.r2.someone, document, sale=sale)).data["ledgerTransactions"]["nodes"]
    (sold,) = [node["id"] for node in nodes if node["organizationName"]["organization"]["name"] == "Acme"]
    given = {"ledgerTransactionId": sold, "comment": "wrong plan", "idempotencyKey": "r1"}
    reversed_ = await done(tree.r2.someone, REVERSE, **given)
    assert reversed_["errors"] == []
    shown = [(row["wallet"]["organization"]["name"], row["wallet"]["balance"]["amount"]) for row in
             reversed_["ledgerTransactions"]]  # fmt: skip
    assert sorted(shown) == [("Acme", "500.00"), ("Lower Telecom", "500.00")]
    assert {row["type"] for row in reversed_["ledgerTransactions"]} == {"REVERSAL"}
    again = await done(tree.r2.someone, REVERSE, **given | {"idempotencyKey": "r2"})
    assert (codes(again), again["ledgerTransactions"]) == (["ALREADY_REVERSED"], None)
    await require_sound_books(platform)
