"""Quote and purchase through the schema: figures of every level to those who may see them, refusals, replays."""

from typing import Any

from core.transaction import fetch_value
from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.billing_documents import PURCHASE, QUOTE, a_priced_tree, asked, codes, done, usd
from tests.makers import a_member
from tests.makers_billing import an_add_on, give_discount, pay, product_of, require_sound_books

SALES = """query ($sale: String) { ledgerTransactions(filter: {saleId: $sale}) { totalCount
    nodes { type saleId sourceId wallet { organization { name } balance { amount } }
        entries { ledgerAccount detail amount { amount } } } } }"""


def amounts(level: dict[str, Any]) -> tuple[str, str | None, str]:
    margin = level["margin"]
    return level["total"]["amount"], margin and margin["amount"], level["balanceAfter"]["amount"]


async def test_ms_09_a_chain_of_three_levels_is_quoted_and_charged(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    order = {"organizationId": tree.customer.id, "planId": tree.plan}

    quote = await done(tree.operator.someone, QUOTE, **order)
    assert [amounts(level) for level in quote["levels"]] == [
        ("130.00", "30.00", "370.00"), ("100.00", "20.00", "400.00"), ("80.00", "80.00", "420.00"),
    ]  # fmt: skip

    bought = await done(tree.customer.someone, PURCHASE, **order, idempotencyKey="k1")
    assert (bought["errors"], bought["replayed"]) == ([], False)
    assert bought["subscription"] | {"id": 0, "startDate": 0, "endDate": 0} == {
        "id": 0, "status": "ACTIVE", "planName": "Basic", "startDate": 0, "endDate": 0, "version": 1,
    }  # fmt: skip
    assert bought["subscription"]["endDate"] == quote["endDate"]
    assert bought["ledgerTransaction"] == {
        "type": "PURCHASE", "saleId": bought["saleId"], "wallet": {"balance": {"amount": "370.00"}},
        "entries": [{"ledgerAccount": "WALLET", "amount": {"amount": "-130.00", "currency": "USD"}}],
    }  # fmt: skip
    sold = (await asked(tree.operator.someone, SALES, sale=bought["saleId"])).data["ledgerTransactions"]
    assert {row["wallet"]["organization"]["name"]: row["wallet"]["balance"]["amount"] for row in sold["nodes"]} == {
        "Acme": "370.00", "Lower Telecom": "400.00", "Upper Telecom": "420.00",
    }  # fmt: skip
    await require_sound_books(platform)


async def test_a_buyer_sees_nothing_of_the_levels_above_it(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    order = {"organizationId": tree.customer.id, "planId": tree.plan}
    seen = await asked(tree.customer.someone, QUOTE, input=order)
    (level,) = seen.data["quotePurchase"]["levels"]
    assert (level["organizationName"], level["margin"]) == ("Acme", None)
    bought = await done(tree.customer.someone, PURCHASE, **order, idempotencyKey="k1")

    sold = await asked(tree.customer.someone, SALES, sale=bought["saleId"])
    assert sold.data["ledgerTransactions"]["totalCount"] == 1
    assert [each["ledgerAccount"] for each in sold.data["ledgerTransactions"]["nodes"][0]["entries"]] == ["WALLET"]
    text = str([seen.data, bought, sold.data])
    assert "Telecom" not in text
    assert not {tree.r1.id, tree.r2.id, tree.operator.id} & set(text.replace("'", " ").split())

    middle = await asked(tree.r2.someone, QUOTE, input=order)
    assert [amounts(level)[:2] for level in middle.data["quotePurchase"]["levels"]] == [
        ("130.00", "30.00"), ("100.00", None),
    ]  # fmt: skip
    assert "Upper Telecom" not in str(middle.data)


async def test_a_quote_tells_lines_discount_and_period(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    prices = [(tree.operator, "1"), (tree.r1, "2"), (tree.r2, "10")]
    add_on = await an_add_on(tree.operator, await product_of(platform, tree.plan), prices=prices)
    await give_discount(tree.customer, "12.5")
    quote = await done(
        tree.customer.someone, QUOTE, organizationId=tree.customer.id, planId=tree.plan, quantity=2,
        addOns=[{"addOnId": add_on, "quantity": 3}],
    )  # fmt: skip
    plan, extra = quote["levels"][0]["lines"]
    assert (plan["unitPrice"]["amount"], plan["net"]["amount"], plan["discountPercent"]) == ("113.75", "227.50", "12.5")
    assert (extra["quantity"], extra["net"]["amount"], extra["priceSource"]) == (3, "26.25", "DISCOUNT")
    assert quote["total"] == {"amount": "253.75", "currency": "USD"}
    assert (plan["startDate"], plan["lastDay"]) == (quote["startDate"], quote["lastDay"])
    assert quote["lastDay"] < quote["endDate"]
    assert quote["blockers"] == []


async def test_a_purchase_is_replayed_and_a_key_is_not_reused(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    order = {"organizationId": tree.customer.id, "planId": tree.plan, "idempotencyKey": "k1"}
    first = await done(tree.customer.someone, PURCHASE, **order)
    again = await done(tree.customer.someone, PURCHASE, **order)
    other = await done(tree.customer.someone, PURCHASE, **order | {"quantity": 2})
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert again | {"replayed": False} == first
    assert codes(other) == ["IDEMPOTENCY_KEY_REUSED"]
    async with platform_transaction(platform) as tx:
        assert await fetch_value(tx, "SELECT count(*) FROM subscription") == 1


async def test_a_purchase_by_its_quote_and_by_a_stale_one(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    order = {"organizationId": tree.customer.id, "planId": tree.plan}
    buyer = tree.customer.someone
    quote = await done(buyer, QUOTE, **order)
    named = {"quoteId": quote["quoteId"], "total": quote["total"]}

    other_order = await done(buyer, PURCHASE, **order | named, quantity=2, idempotencyKey="k1")
    other_total = await done(buyer, PURCHASE, **order, total=usd("129.99"), idempotencyKey="k2")
    euros = await done(buyer, PURCHASE, **order, total={"amount": "130", "currency": "EUR"}, idempotencyKey="k3")
    assert (codes(other_order), codes(other_total), codes(euros)) == (
        ["QUOTE_STALE"], ["QUOTE_STALE"], ["CURRENCY_MISMATCH"],
    )  # fmt: skip
    assert (await done(buyer, PURCHASE, **order | named, idempotencyKey="k4"))["errors"] == []

    quote = await done(buyer, QUOTE, **order)
    await give_discount(tree.customer, "50")
    stale = await done(buyer, PURCHASE, **order, quoteId=quote["quoteId"], idempotencyKey="k5")
    assert codes(stale) == ["QUOTE_STALE"]
    assert (stale["subscription"], stale["saleId"], stale["ledgerTransaction"]) == (None, None, None)


async def test_short_money_is_a_blocker_of_the_quote_and_refuses_the_purchase(platform: Platform) -> None:
    tree = await a_priced_tree(platform, money="99.99")
    order = {"organizationId": tree.customer.id, "planId": tree.plan}
    quote = await done(tree.customer.someone, QUOTE, **order)
    missing = {"missing": "30.01", "currency": "USD"}
    assert quote["blockers"] == [{"code": "INSUFFICIENT_CREDIT", "details": missing}]
    assert quote["levels"][0]["missing"] == {"amount": "30.01"}
    refused = await done(tree.customer.someone, PURCHASE, **order, idempotencyKey="k1")
    assert refused["errors"] == [{"code": "INSUFFICIENT_CREDIT", "field": None, "details": missing}]


async def test_ms_11_a_seller_that_is_short_stays_without_a_name_and_gets_an_alert(platform: Platform) -> None:
    tree = await a_priced_tree(platform, money="99.99")
    await pay(tree.customer, "100")
    order = {"organizationId": tree.customer.id, "planId": tree.plan}
    refused = await done(tree.customer.someone, PURCHASE, **order, idempotencyKey="k1")
    assert refused["errors"] == [{"code": "UPSTREAM_CREDIT_INSUFFICIENT", "field": None, "details": None}]
    document = "{ alerts(filter: {isOpen: true}) { nodes { kind details organization { name } } } }"
    seen = await asked(tree.r2.someone, document)
    assert seen.data["alerts"]["nodes"] == [
        {
            "kind": "UPSTREAM_SHORT", "organization": {"name": "Lower Telecom"},
            "details": {"buyerId": tree.customer.id, "missing": "0.01", "currency": "USD"},
        }
    ]  # fmt: skip
    assert (await asked(tree.customer.someone, document)).data["alerts"]["nodes"] == []


async def test_what_refuses_the_order_itself_is_an_error_of_the_quote(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    order = {"organizationId": tree.customer.id, "planId": tree.plan}
    buyer = tree.customer.someone
    assert (await asked(buyer, QUOTE, input=order | {"quantity": 0})).codes == ["QUANTITY_INVALID"]
    assert (await asked(buyer, QUOTE, input=order | {"cycleMonths": 7})).codes == ["CYCLE_NOT_OFFERED"]
    assert (await asked(buyer, QUOTE, input=order | {"organizationId": tree.r2.id})).codes == ["NOT_FOUND"]
    support = await a_member(platform, of=tree.customer, role="SUPPORT")
    assert (await asked(support, QUOTE, input=order)).codes == ["FORBIDDEN"]
    refused = await done(buyer, PURCHASE, **order, quantity=0, idempotencyKey="k1")
    assert refused["errors"] == [{"code": "QUANTITY_INVALID", "field": ["quantity"], "details": None}]


async def test_an_amount_is_a_decimal_text(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    order = {"organizationId": tree.customer.id, "planId": tree.plan, "idempotencyKey": "k1"}
    for amount in (130, 130.0, "1e2", "130,00", ""):
        total = {"amount": amount, "currency": "USD"}
        answer = await asked(tree.customer.someone, PURCHASE, input=order | {"total": total})
        assert answer.codes == ["BAD_USER_INPUT"]
