"""Scenarios of the money rules against the running system: what is charged, refused, posted and seen.

Figures that are arithmetic alone are in test_money_pure.py, under the same ids."""

import asyncio
from collections import Counter
from typing import Any, NamedTuple

import pytest

from billing.credit import CreditAmount, issue_credit, set_credit_limit, take_back_credit
from billing.payments import NewPayment, PaymentMethod, confirm_payment, record_payment
from billing.purchase import PurchaseOrder, purchase_subscription
from billing.reversals import reverse_transaction
from core.money import parse_amount
from core.refusals import Refused
from tenants.commands import Outcome
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction
from tests.acting import do, refusal
from tests.makers import Organization, a_customer, a_reseller, an_operator
from tests.makers_billing import (
    SIGNER,
    a_plan,
    a_preset,
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

USD: dict[str, Any] = {"currency": "USD", "timezone": "UTC", "country": "US"}
INDIA: dict[str, Any] = {"currency": "INR", "timezone": "Asia/Kolkata", "country": "IN"}


class Tree(NamedTuple):
    """OPERATOR > R1 > R2 > C, all in USD and UTC."""

    operator: Organization
    r1: Organization
    r2: Organization
    customer: Organization


async def a_tree(platform: Platform, *, customer_currency: str = "USD") -> Tree:
    operator = await an_operator(platform, **USD)
    r1 = await a_reseller(platform, under=operator, name="Reseller one", **USD)
    r2 = await a_reseller(platform, under=r1, name="Reseller two", **USD)
    customer = await a_customer(platform, under=r2, **USD | {"currency": customer_currency})
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


async def test_ms_03_a_hold_is_not_spent(platform: Platform) -> None:
    tree = await a_tree(platform)
    plan = await a_plan(tree.r2, prices=[(tree.r2, "70.01")])
    await pay(tree.customer, "100")
    await change_wallet(tree.customer, reserved_micros="30")

    with pytest.raises(Refused) as refused:
        await buy(tree.customer.someone, tree.customer, plan)

    assert refused.value.codes == ("INSUFFICIENT_CREDIT",)
    assert refused.value.blockers[0].details == {"missing": "0.01", "currency": "USD"}
    await change_wallet(tree.customer, reserved_micros="0")
    shown = await quote(tree.customer.someone, tree.customer, plan)
    assert shown.levels[0].usable_before_micros == parse_amount("100")


async def test_ms_05_unpaid_invoices_do_not_lower_what_a_postpaid_wallet_may_spend(platform: Platform) -> None:
    tree = await a_tree(platform)
    plan = await a_plan(tree.r2, prices=[(tree.r2, "750")])
    await limit(tree.customer, "1000")
    await change_wallet(tree.customer, mode="POSTPAID", due_micros="-300", unbilled_micros="-250")

    shown = await quote(tree.customer.someone, tree.customer, plan)
    await buy(tree.customer.someone, tree.customer, plan)

    assert shown.levels[0].usable_before_micros == parse_amount("750")
    assert shown.levels[0].balance_after_micros == parse_amount("-1300")
    after = await wallet(tree.customer)
    assert (after["unbilled_micros"], after["due_micros"]) == (parse_amount("-250"), parse_amount("-1050"))
    assert await entries(tree.customer) == [
        ("PURCHASE", "UNBILLED", None, "-750.00"),
        ("PURCHASE", "REVENUE", "SUBSCRIPTION", "750.00"),
        ("PURCHASE", "UNBILLED", None, "750.00"),
        ("PURCHASE", "DUE", None, "-750.00"),
    ]


async def test_ms_06_what_is_overpaid_may_be_spent(platform: Platform) -> None:
    tree = await a_tree(platform)
    plan = await a_plan(tree.r2, prices=[(tree.r2, "2824.01")])
    await limit(tree.customer, "2400")
    await change_wallet(tree.customer, mode="POSTPAID", due_micros="424")

    shown = await quote(tree.customer.someone, tree.customer, plan)

    assert shown.levels[0].usable_before_micros == parse_amount("2824")
    assert [blocker.code for blocker in shown.blockers] == ["INSUFFICIENT_CREDIT"]


async def a_sale_of_370(platform: Platform, *, reseller_money: str) -> tuple[Organization, Organization, str]:
    """A reseller R at cost 365 with that much money, and its C with 1,000, who may buy at 370."""
    operator = await an_operator(platform, **USD)
    reseller = await a_reseller(platform, under=operator, **USD)
    customer = await a_customer(platform, under=reseller, **USD)
    plan = await a_plan(operator, prices=[(operator, "365"), (reseller, "370")])
    await pay(reseller, reseller_money)
    await pay(customer, "1000")
    return reseller, customer, plan


async def test_ms_10_the_reseller_pays_its_cost_and_keeps_the_margin(platform: Platform) -> None:
    reseller, customer, plan = await a_sale_of_370(platform, reseller_money="1000")

    shown = await quote(reseller.someone, customer, plan)
    await buy(customer.someone, customer, plan)

    assert (await balance(customer), await balance(reseller)) == ("630.00", "635.00")
    assert shown.levels[0].margin_micros == parse_amount("5")
    assert [level.organization_id for level in shown.levels] == [customer.id, reseller.id]
    assert (await entries(customer))[2:] == [
        ("PURCHASE", "WALLET", None, "-370.00"),
        ("PURCHASE", "REVENUE", "SUBSCRIPTION", "370.00"),
    ]


async def test_ms_11_a_short_level_above_is_named_to_itself_only(platform: Platform) -> None:
    reseller, customer, plan = await a_sale_of_370(platform, reseller_money="300")

    with pytest.raises(Refused) as refused:
        await buy(customer.someone, customer, plan)
    shown = await quote(reseller.someone, customer, plan)

    assert refused.value.codes == ("UPSTREAM_CREDIT_INSUFFICIENT",)
    assert refused.value.blockers[0].details == {}
    assert (await balance(customer), await balance(reseller)) == ("1000.00", "300.00")
    assert await rows(platform, "SELECT id FROM subscription") == []
    assert await rows(platform, "SELECT id FROM ledger_transaction WHERE type = 'PURCHASE'") == []
    assert shown.levels[1].missing_micros == parse_amount("65")
    alerts = await rows(platform, "SELECT organization_id, kind, details, alert_date FROM alert")
    assert [(alert["organization_id"], alert["kind"], alert["alert_date"]) for alert in alerts] == [
        (reseller.id, "UPSTREAM_SHORT", "2026-02-02")
    ]
    assert '"missing": "65.00"' in alerts[0]["details"]


async def test_ms_11_the_alert_comes_once_a_day_however_often_the_buyer_tries(platform: Platform) -> None:
    _, customer, plan = await a_sale_of_370(platform, reseller_money="300")
    for _ in range(3):
        with pytest.raises(Refused, match="UPSTREAM_CREDIT_INSUFFICIENT"):
            await buy(customer.someone, customer, plan)

    assert len(await rows(platform, "SELECT id FROM alert")) == 1
    refusals = "SELECT id FROM audit_entry WHERE result_code = 'UPSTREAM_CREDIT_INSUFFICIENT'"
    assert len(await rows(platform, refusals)) == 3


async def test_ms_14_each_pair_in_its_own_currency(platform: Platform) -> None:
    tree = await a_tree(platform, customer_currency="EUR")
    plan = await a_plan(tree.operator, prices=[(tree.operator, "80"), (tree.r1, "100")])
    await a_price(tree.r2, plan, "130", currency="EUR")
    for buyer in (tree.customer, tree.r2, tree.r1):
        await pay(buyer, "500")

    shown = await quote(tree.r2.someone, tree.customer, plan)
    await buy(tree.customer.someone, tree.customer, plan)

    assert (await balance(tree.customer), await balance(tree.r2)) == ("370.00", "400.00")
    assert [(level.currency, level.margin_micros) for level in shown.levels] == [("EUR", None), ("USD", None)]
    await require_sound_books(platform)


async def test_ms_16_no_cost_at_a_higher_level(platform: Platform) -> None:
    tree = await a_tree(platform)
    plan = await a_plan(tree.operator, prices=[(tree.operator, "80"), (tree.r2, "130")])
    await pay(tree.customer, "500")

    async def act(uow: UnitOfWork) -> Outcome:
        return await purchase_subscription(uow, PurchaseOrder(tree.customer.id, plan), SIGNER)

    assert await refusal(tree.customer.someone, act) == ("COST_MISSING",)


async def test_ms_17_a_charge_is_answered_by_one_reversal(platform: Platform) -> None:
    tree = await a_tree(platform)
    plan = await a_plan(tree.r2, prices=[(tree.r2, "30")])
    await pay(tree.customer, "100")
    charge = (await buy(tree.customer.someone, tree.customer, plan))["ledgerTransactionId"]

    for statement in ("UPDATE ledger_entry SET amount_micros = 1", "DELETE FROM ledger_transaction"):
        with pytest.raises(Exception, match="LEDGER_IMMUTABLE|permission denied"):
            await change(platform, statement)
    await do(tree.r2.someone, lambda uow: reverse_transaction(uow, charge))

    assert await balance(tree.customer) == "100.00"
    assert (await entries(tree.customer))[4:] == [
        ("REVERSAL", "WALLET", None, "30.00"),
        ("REVERSAL", "REVENUE", "SUBSCRIPTION", "-30.00"),
    ]
    assert await refusal(tree.r2.someone, lambda uow: reverse_transaction(uow, charge)) == ("ALREADY_REVERSED",)
    await require_sound_books(platform)


async def change(platform: Platform, statement: str) -> None:
    async with platform_transaction(platform) as tx:
        await tx.execute(statement)


async def test_ms_80_a_sale_is_reversed_at_every_level(platform: Platform) -> None:
    tree = await a_tree(platform)
    plan = await a_plan(tree.operator, prices=[(tree.operator, "80"), (tree.r1, "100"), (tree.r2, "130")])
    for buyer in (tree.customer, tree.r2, tree.r1):
        await pay(buyer, "500")
    charge = (await buy(tree.customer.someone, tree.customer, plan))["ledgerTransactionId"]

    made = await do(tree.r2.someone, lambda uow: reverse_transaction(uow, charge))

    assert len(made["ledgerTransactionIds"]) == 3
    assert [await balance(buyer) for buyer in (tree.customer, tree.r2, tree.r1)] == ["500.00"] * 3
    own = await rows(platform, "SELECT id FROM ledger_transaction WHERE reverses_id = $1", charge)
    again = own[0]["id"]
    assert await refusal(tree.r2.someone, lambda uow: reverse_transaction(uow, again)) == ("REVERSAL_NOT_REVERSIBLE",)
    await require_sound_books(platform)


async def test_ms_18_a_key_pays_once(platform: Platform) -> None:
    tree = await a_tree(platform)

    async def top_up(amount: str) -> Outcome:
        new = NewPayment(tree.customer.id, parse_amount(amount), "USD", PaymentMethod.CASH)
        return await do(
            tree.r2.someone, lambda uow: record_payment(uow, new), key="k", operation="recordPayment",
            values={"amount": amount},
        )  # fmt: skip

    first = await top_up("10")
    second = await top_up("10")

    assert first == second
    assert await balance(tree.customer) == "10.00"
    with pytest.raises(Refused, match="IDEMPOTENCY_KEY_REUSED"):
        await top_up("11")
    assert await balance(tree.customer) == "10.00"


async def test_ms_32_a_top_up_has_a_minimum(platform: Platform) -> None:
    tree = await a_tree(platform)
    await a_preset(tree.r2, "myoperator")

    with pytest.raises(Refused, match="TOP_UP_BELOW_MINIMUM"):
        await pay(tree.customer, "1499.99")
    await pay(tree.customer, "1500")

    assert await balance(tree.customer) == "1500.00"


async def test_ms_37_paying_back_what_is_owed_is_no_top_up(platform: Platform) -> None:
    tree = await a_tree(platform)
    await a_preset(tree.r2, "myoperator")
    await change_wallet(tree.customer, wallet_micros="-100.01")

    await pay(tree.customer, "50")

    assert await balance(tree.customer) == "-50.01"


async def test_ms_33_credit_is_issued_within_the_sellers_own(platform: Platform) -> None:
    tree = await a_tree(platform)
    await pay(tree.r2, "300")

    def given(amount: str) -> CreditAmount:
        return CreditAmount(tree.customer.id, parse_amount(amount), "USD")

    too_much = await refusal(tree.r2.someone, lambda uow: issue_credit(uow, given("300.01")))
    await do(tree.r2.someone, lambda uow: issue_credit(uow, given("300")))
    too_much_back = await refusal(tree.r2.someone, lambda uow: take_back_credit(uow, given("300.01")))

    assert too_much == ("ISSUE_EXCEEDS_USABLE",)
    assert (await balance(tree.customer), await balance(tree.r2)) == ("300.00", "300.00")
    assert too_much_back == ("TAKE_BACK_EXCEEDS_ISSUED",)
    await do(tree.r2.someone, lambda uow: take_back_credit(uow, given("300")))
    assert await balance(tree.customer) == "0.00"
    assert await refusal(tree.r2.someone, lambda uow: take_back_credit(uow, given("0.01"))) == (
        "TAKE_BACK_EXCEEDS_ISSUED",
    )
    await require_sound_books(platform)


async def test_ms_39_a_buyer_never_sets_its_own_limit(platform: Platform) -> None:
    tree = await a_tree(platform)

    codes = await refusal(tree.customer.someone, lambda uow: set_credit_limit(uow, tree.customer.id, 1_000_000))

    assert codes == ("CREDIT_LIMIT_NOT_EDITABLE",)


async def test_ms_60_amounts_are_positive_and_whole_minor_units(platform: Platform) -> None:
    tree = await a_tree(platform)

    async def codes(amount: str) -> tuple[str, ...]:
        new = NewPayment(tree.customer.id, parse_amount(amount), "USD", PaymentMethod.CASH)
        return await refusal(tree.r2.someone, lambda uow: record_payment(uow, new))

    assert await codes("0") == ("AMOUNT_NOT_POSITIVE",)
    assert await codes("-1") == ("AMOUNT_NOT_POSITIVE",)
    assert await codes("1.005") == ("AMOUNT_PRECISION",)


async def test_ms_69_a_suspended_seller_stops_the_sale_before_money_is_looked_at(platform: Platform) -> None:
    tree = await a_tree(platform)
    plan = await a_plan(tree.operator, prices=[(tree.operator, "80"), (tree.r1, "100"), (tree.r2, "130")])
    await pay(tree.customer, "500")
    await change(platform, f"UPDATE organization SET status = 'SUSPENDED' WHERE id = '{tree.r2.id}'")

    with pytest.raises(Refused) as refused:
        await do(
            tree.customer.someone, lambda uow: purchase_subscription(uow, PurchaseOrder(tree.customer.id, plan), SIGNER)
        )

    assert refused.value.codes == ("UPSTREAM_SUSPENDED",)
    assert refused.value.blockers[0].details == {}


async def test_ms_51_indian_tax_on_a_taxable_plan_in_another_and_in_the_same_state(platform: Platform) -> None:
    operator = await an_operator(platform, **INDIA)
    near, far = [await a_customer(platform, under=operator, **INDIA) for _ in range(2)]
    states = [(operator, "KA"), (near, "KA"), (far, "MH")]
    for organization, state in states:
        await change(platform, f"UPDATE organization SET state_code = '{state}' WHERE id = '{organization.id}'")
    plan = await a_plan(operator, prices=[(operator, "3500")], is_taxable=True)
    for buyer in (near, far):
        await pay(buyer, "4130")
        await buy(buyer.someone, buyer, plan)

    assert [await balance(buyer) for buyer in (near, far)] == ["0.00", "0.00"]
    assert (await entries(far))[2:] == [
        ("PURCHASE", "WALLET", None, "-4130.00"),
        ("PURCHASE", "REVENUE", "SUBSCRIPTION", "3500.00"),
        ("PURCHASE", "TAX", "IGST", "630.00"),
    ]
    assert (await entries(near))[4:] == [
        ("PURCHASE", "TAX", "CGST", "315.00"),
        ("PURCHASE", "TAX", "SGST", "315.00"),
    ]


async def test_ms_52_tax_taken_at_payment_does_not_reach_the_wallet(platform: Platform) -> None:
    operator = await an_operator(platform, **INDIA)
    await a_preset(operator, "myoperator")
    customer = await a_customer(platform, under=operator, **INDIA)
    plan = await a_plan(operator, prices=[(operator, "9830.51")], is_taxable=True)

    await pay(customer, "11600", method="LINK")
    assert await balance(customer) == "9830.51"
    await buy(customer.someone, customer, plan)

    assert await balance(customer) == "0.00"
    assert sum(1 for entry in await entries(customer) if entry[1] == "TAX") == 2
    await require_sound_books(platform)


async def test_ms_24_money_by_bank_waits_for_the_bank(platform: Platform) -> None:
    tree = await a_tree(platform)
    await change(platform, f"UPDATE organization SET status = 'SUSPENDED' WHERE id = '{tree.customer.id}'")

    recorded = await pay(tree.customer, "3000", method="BANK_TRANSFER")

    assert (recorded["status"], recorded["ledgerTransactionId"]) == ("PENDING", None)
    assert await balance(tree.customer) == "0.00"
    alerts = await rows(platform, "SELECT organization_id, kind, subject_id FROM alert")
    assert alerts == [
        {"organization_id": tree.r2.id, "kind": "PAYMENT_PENDING_WHILE_SUSPENDED", "subject_id": recorded["paymentId"]}
    ]
    settled = await do(tree.r2.someone, lambda uow: confirm_payment(uow, recorded["paymentId"]))
    assert settled["status"] == "SETTLED"
    assert await balance(tree.customer) == "3000.00"
    codes = await refusal(tree.r2.someone, lambda uow: confirm_payment(uow, recorded["paymentId"]))
    assert codes == ("PAYMENT_FINAL",)


async def test_eight_clients_buy_until_the_wallet_is_empty(platform: Platform) -> None:
    """MON-7: exactly as many purchases as the money covers, at every level, however parallel."""
    tree = await a_tree(platform)
    plan = await a_plan(tree.operator, prices=[(tree.operator, "3"), (tree.r1, "4"), (tree.r2, "5")])
    await pay(tree.customer, "101")
    await pay(tree.r2, "500")
    await pay(tree.r1, "500")

    outcomes = Counter[str]()

    async def client() -> None:
        while not outcomes["INSUFFICIENT_CREDIT"]:
            try:
                await buy(tree.customer.someone, tree.customer, plan)
                outcomes["bought"] += 1
            except Refused as refused:
                outcomes[refused.codes[0]] += 1

    await asyncio.gather(*(client() for _ in range(8)))

    assert outcomes["bought"] == 20
    assert set(outcomes) == {"bought", "INSUFFICIENT_CREDIT"}
    assert [await balance(buyer) for buyer in (tree.customer, tree.r2, tree.r1)] == ["1.00", "420.00", "440.00"]
    assert len(await rows(platform, "SELECT id FROM subscription")) == 20
    assert len(await rows(platform, "SELECT id FROM ledger_transaction WHERE type = 'PURCHASE'")) == 60
    await require_sound_books(platform)


async def test_buyers_of_different_sellers_never_overdraw_what_they_share(platform: Platform) -> None:
    """MON-7: two customers of two resellers empty the same Wallet above them; no deadlock ends as a fault."""
    tree = await a_tree(platform)
    other = await a_reseller(platform, under=tree.r1, **USD)
    neighbour = await a_customer(platform, under=other, **USD)
    plan = await a_plan(tree.operator, prices=[(tree.operator, "10"), (tree.r1, "10"), (tree.r2, "10"), (other, "10")])
    for buyer in (tree.customer, tree.r2, other, neighbour):
        await pay(buyer, "1000")
    await pay(tree.r1, "105")

    outcomes = Counter[str]()

    async def client(organization: Organization) -> None:
        while not outcomes["UPSTREAM_CREDIT_INSUFFICIENT"]:
            try:
                await buy(organization.someone, organization, plan)
                outcomes["bought"] += 1
            except Refused as refused:
                outcomes[refused.codes[0]] += 1

    await asyncio.gather(*(client(each) for each in (tree.customer, neighbour) * 4))

    assert outcomes["bought"] == 10
    assert await balance(tree.r1) == "5.00"
    await require_sound_books(platform)
