"""The catalogue, price lists and a buyer's terms through the schema: from a product to what a buyer is quoted."""

from core.clock import EXACT_DAY, FixedClock
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import ERRORS, QUOTE, a_priced_tree, asked, codes, done, usd
from tests.makers_billing import product_of

PRODUCT = f"""mutation ($input: CreateProductInput!) {{ createProduct(input: $input) {{ {ERRORS}
    product {{ id name kind category }} }} }}"""
PLAN = f"""mutation ($input: CreatePlanInput!) {{ createPlan(input: $input) {{ {ERRORS}
    plan {{ id name isTaxable features product {{ name }} }} }} }}"""
ADD_ON = f"""mutation ($input: CreateAddOnInput!) {{ createAddOn(input: $input) {{ {ERRORS}
    addOn {{ id name priority allowedPlanIds product {{ id }} }} }} }}"""
PRICE_LIST = f"""mutation ($input: CreatePriceListInput!) {{ createPriceList(input: $input) {{ {ERRORS}
    priceList {{ id name currency isDefault }} }} }}"""
PRICE = f"""mutation ($input: SetPriceInput!) {{ setPrice(input: $input) {{ {ERRORS}
    price {{ itemId cycleMonths amount {{ amount currency }} validFrom minTermMonths earlyEndPercent }} }} }}"""
TERMS = f"mutation ($input: SetBuyerTermsInput!) {{ setBuyerTerms(input: $input) {{ {ERRORS} buyer {{ name }} }} }}"
CONTRACT = f"""mutation ($input: SetContractPriceInput!) {{ setContractPrice(input: $input) {{ {ERRORS}
    buyer {{ name }} }} }}"""


async def test_from_a_product_to_a_quote(platform: Platform, clock: FixedClock) -> None:
    tree = await a_priced_tree(platform)
    seller = tree.r2.someone
    desk = {"organizationId": tree.r2.id, "name": " Desk ", "kind": "SERVICE", "category": "HELPDESK"}
    made = await done(seller, PRODUCT, **desk)
    assert made["product"] | {"id": 0} == {"id": 0, "name": "Desk", "kind": "SERVICE", "category": "HELPDESK"}
    product = made["product"]["id"]
    plan = (await done(seller, PLAN, productId=product, name="Team", isTaxable=False, features={"seats": 5}))["plan"]
    assert (plan["isTaxable"], plan["features"], plan["product"]) == (False, {"seats": 5}, {"name": "Desk"})
    add_on = (await done(seller, ADD_ON, productId=product, name="SMS", allowedPlanIds=[plan["id"]]))["addOn"]
    assert (add_on["allowedPlanIds"], add_on["priority"], add_on["product"]) == ([plan["id"]], 0, {"id": product})

    listed = await done(seller, PRICE_LIST, organizationId=tree.r2.id, name="2026", currency="USD", isDefault=True)
    assert listed["priceList"] | {"id": 0} == {"id": 0, "name": "2026", "currency": "USD", "isDefault": True}
    row = {"priceListId": listed["priceList"]["id"], "itemId": plan["id"], "validFrom": "2026-02-03"}
    monthly = await done(seller, PRICE, **row, cycleMonths=1, amount=usd("20"))
    assert monthly["price"]["amount"] == {"amount": "20.00", "currency": "USD"}
    yearly = await done(seller, PRICE, **row, cycleMonths=12, percentOff="10", minTermMonths=24, earlyEndPercent="50")
    assert yearly["price"] == {
        "itemId": plan["id"], "cycleMonths": 12, "amount": {"amount": "216.00", "currency": "USD"},
        "validFrom": "2026-02-03", "minTermMonths": 24, "earlyEndPercent": "50",
    }  # fmt: skip

    clock.advance_to(clock.now() + EXACT_DAY)
    order = {"organizationId": tree.customer.id, "planId": plan["id"], "cycleMonths": 12}
    assert (await done(tree.customer.someone, QUOTE, **order))["total"]["amount"] == "216.00"
    given = await done(seller, TERMS, buyerId=tree.customer.id, discountPercent="25")
    assert (given["errors"], given["buyer"]["name"]) == ([], "Acme")
    assert (await done(tree.customer.someone, QUOTE, **order))["total"]["amount"] == "162.00"
    agreed = {"buyerId": tree.customer.id, "itemId": plan["id"], "cycleMonths": 12}
    assert (await done(seller, CONTRACT, **agreed, amount=usd("150")))["errors"] == []
    quote = await done(tree.customer.someone, QUOTE, **order)
    assert (quote["total"]["amount"], quote["levels"][0]["lines"][0]["priceSource"]) == ("150.00", "CONTRACT")


async def test_refusals_of_prices_name_their_fields(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    document = "query ($id: ID) { priceLists(filter: {organizationId: $id}) { nodes { id } } }"
    (listed,) = (await asked(tree.r2.someone, document, id=tree.r2.id)).data["priceLists"]["nodes"]
    row = {"priceListId": listed["id"], "itemId": tree.plan, "cycleMonths": 1, "validFrom": "2026-02-03"}
    seller = tree.r2.someone
    early = await done(seller, PRICE, **row | {"validFrom": "2026-02-02"}, amount=usd("1"))
    assert early["errors"] == [
        {"code": "PRICE_BACKDATED", "field": ["validFrom"], "details": {"earliest": "2026-02-03"}}
    ]
    assert codes(await done(seller, PRICE, **row)) == ["FIELD_REQUIRED"]
    assert codes(await done(seller, PRICE, **row, amount={"amount": "1", "currency": "EUR"})) == ["CURRENCY_MISMATCH"]
    assert codes(await done(seller, PRICE, **row, percentOff="100.5")) == ["PERCENT_INVALID"]
    assert codes(await done(tree.customer.someone, PRICE, **row, amount=usd("1"))) == ["NOT_FOUND"]
    assert codes(await done(seller, TERMS, buyerId=tree.customer.id, discountPercent="101")) == ["PERCENT_INVALID"]
    assert codes(await done(tree.customer.someone, TERMS, buyerId=tree.customer.id)) == ["FORBIDDEN"]
    euros = {"amount": "1", "currency": "EUR"}
    agreed = {"buyerId": tree.customer.id, "itemId": tree.plan, "cycleMonths": 1, "amount": euros}
    assert codes(await done(seller, CONTRACT, **agreed)) == ["CURRENCY_MISMATCH"]


async def test_a_sellers_product_is_not_its_buyers_to_edit(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    theirs = await product_of(platform, tree.plan)
    refused = await done(tree.r2.someone, PLAN, productId=theirs, name="Mine")
    assert refused["errors"] == [{"code": "FORBIDDEN", "field": ["productId"], "details": None}]
    assert refused["plan"] is None
    wrong = await asked(tree.operator.someone, PLAN, input={"productId": theirs, "name": "X", "features": [1]})
    assert wrong.codes == ["BAD_USER_INPUT"]
