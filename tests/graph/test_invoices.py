"""Invoices, limits and modes through GraphQL, from the order to what both sides of the pair see."""

from tenants.unit_of_work import Platform
from tests.graph.billing_documents import ERRORS, PURCHASE, a_priced_tree, asked, codes, done
from tests.makers import a_member
from tests.makers_billing import a_policy_value, limit, pay

INVOICES = """query ($filter: InvoiceFilter) { invoices(filter: $filter) { totalCount nodes {
    id number type total { amount currency } open { amount } dueDate isOverdue buyer
    lines { line kind name quantity firstDate endDate net { amount } tax { amount } taxes }
    allocations { amount { amount } payment { amount { amount } } }
    wallet { openInvoices { amount } borrowed { amount } } organization { name } } } }"""
WALLET = """wallet { mode usable { amount } permanentLimit { amount } temporaryLimit { amount } temporaryLimitUntil
    creditLimit { amount } balance { amount } due { amount } alertThreshold { amount } minBalance { amount } }"""


def command(name: str) -> str:
    """A mutation that answers the wallet."""
    return f"mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {ERRORS} {WALLET} }} }}"


async def test_both_sides_see_the_invoice_and_what_is_open_of_it(platform: Platform) -> None:
    tree = await a_priced_tree(platform, money="100")
    await limit(tree.customer, "50")
    sold = await done(tree.customer.someone, PURCHASE, organizationId=tree.customer.id, planId=tree.plan,
                      idempotencyKey="p")  # fmt: skip
    given = {"saleId": sold["saleId"]}

    (own,) = (await asked(tree.customer.someone, INVOICES, filter=given)).data["invoices"]["nodes"]

    assert (own["type"], own["total"], own["open"]) == (
        "TAX", {"amount": "130.00", "currency": "USD"}, {"amount": "30.00"},
    )  # fmt: skip
    assert (own["number"], own["isOverdue"], own["allocations"]) == ("INV-0000001", False, [])
    assert own["wallet"] == {"openInvoices": {"amount": "30.00"}, "borrowed": {"amount": "30.00"}}
    (line,) = own["lines"]
    assert (line["kind"], line["name"], line["net"], line["taxes"]) == (
        "SUBSCRIPTION", "Basic", {"amount": "130.00"}, [],
    )  # fmt: skip
    sellers = (await asked(tree.r2.someone, INVOICES, filter=given)).data["invoices"]["nodes"]
    assert [each["organization"]["name"] for each in sellers] == ["Lower Telecom", "Acme"]
    await pay(tree.customer, "10")
    opened = (await asked(tree.customer.someone, INVOICES, filter={"isOpen": True})).data["invoices"]["nodes"]
    assert opened[0]["allocations"] == [{"amount": {"amount": "10.00"}, "payment": {"amount": {"amount": "10.00"}}}]
    one = await asked(tree.r1.someone, "query ($id: ID!) { invoice(id: $id) { open { amount } } }", id=own["id"])
    assert one.data["invoice"] == {"open": {"amount": "20.00"}}


async def test_limits_modes_and_marks(platform: Platform) -> None:
    tree = await a_priced_tree(platform, money="100")
    buyer = {"organizationId": tree.customer.id}
    switch, grant = command("switchWalletMode"), command("grantTemporaryLimit")
    refused = await done(tree.r2.someone, switch, **buyer, mode="POSTPAID", idempotencyKey="s1")
    assert codes(refused) == ["CREDIT_LIMIT_REQUIRED"]
    await limit(tree.customer, "100")
    raised = await done(tree.r2.someone, grant, **buyer, percent="20", lastDay="2030-04-30")
    assert raised["wallet"]["temporaryLimit"] == {"amount": "20.00"}
    assert raised["wallet"]["temporaryLimitUntil"] == "2030-05-01T00:00:00.000Z"
    assert (raised["wallet"]["permanentLimit"], raised["wallet"]["creditLimit"]) == (
        {"amount": "100.00"}, {"amount": "120.00"},
    )  # fmt: skip
    again = await done(tree.r2.someone, grant, **buyer, percent="20", lastDay="2030-04-30")
    assert codes(again) == ["TEMPORARY_LIMIT_RUNNING"]
    own = await done(tree.customer.someone, grant, **buyer, percent="20", lastDay="2030-04-30")
    assert codes(own) == ["CREDIT_LIMIT_NOT_EDITABLE"]
    switched = await done(tree.r2.someone, switch, **buyer, mode="POSTPAID", idempotencyKey="s2")
    assert (switched["wallet"]["mode"], switched["wallet"]["due"]) == ("POSTPAID", {"amount": "100.00"})
    assert switched["wallet"]["usable"] == {"amount": "220.00"}
    marks = {"alertThreshold": {"amount": "20", "currency": "USD"}, "minBalance": {"amount": "-10", "currency": "USD"}}
    marked = await done(tree.customer.someone, command("setLowMoneyAlert"), **buyer, **marks)
    assert (marked["wallet"]["alertThreshold"], marked["wallet"]["minBalance"]) == (
        {"amount": "20.00"}, {"amount": "-10.00"},
    )  # fmt: skip


async def test_a_purchase_may_name_an_invoice_of_elsewhere_only_where_the_seller_writes_none(
    platform: Platform,
) -> None:
    tree = await a_priced_tree(platform)
    order = {"organizationId": tree.customer.id, "planId": tree.plan, "method": "EXTERNAL_INVOICE"}
    refused = await done(tree.customer.someone, PURCHASE, **order, externalNumber="X-1", idempotencyKey="p1")
    assert refused["errors"] == [{"code": "EXTERNAL_INVOICE_NOT_ALLOWED", "field": ["method"], "details": None}]
    await a_policy_value(tree.r2, "invoicing", "NONE", buyer=tree.customer)
    nameless = await done(tree.customer.someone, PURCHASE, **order, idempotencyKey="p2")
    assert codes(nameless) == ["EXTERNAL_NUMBER_REQUIRED"]
    bought = await done(tree.customer.someone, PURCHASE, **order, externalNumber="X-1", idempotencyKey="p3")
    assert bought["ledgerTransaction"]["entries"] == []
    read = "query ($id: ID!) { subscription(id: $id) { method externalNumber } }"
    kept = await asked(tree.r2.someone, read, id=bought["subscription"]["id"])
    assert kept.data["subscription"] == {"method": "EXTERNAL_INVOICE", "externalNumber": "X-1"}


async def test_another_state_of_the_seller_through_the_api(platform: Platform) -> None:
    tree = await a_priced_tree(platform)
    await a_policy_value(tree.r2, "sellerStateProducts", ["SMS"], buyer=tree.customer)
    bill = await a_member(platform, of=tree.r2, role="BILLING")
    record = """mutation ($input: RecordPaymentInput!) { recordPayment(input: $input) { errors { code }
        payment { id productCategory status } } }"""
    given = {"amount": {"amount": "10", "currency": "USD"}, "method": "CHEQUE", "productCategory": "SMS"}
    recorded = await done(tree.r2.someone, record, organizationId=tree.customer.id, **given, idempotencyKey="r")
    assert (recorded["payment"]["productCategory"], recorded["payment"]["status"]) == ("SMS", "PENDING")
    asked_for = {"paymentId": recorded["payment"]["id"]}
    document = "mutation ($input: SellerStateInput!) { %s(input: $input) { errors { code } payment { sellerState } } }"
    change, approve = document % "changeSellerState", document % "approveSellerState"

    assert codes(await done(tree.r2.someone, change, **asked_for)) == ["SELLER_STATE_MISSING"]
    assert codes(await done(tree.r2.someone, change, **asked_for, sellerState="MH")) == ["FINANCE_APPROVAL_REQUIRED"]
    assert codes(await done(bill, approve, **asked_for, sellerState="MH")) == []
    changed = await done(tree.r2.someone, change, **asked_for, sellerState="MH")
    assert changed == {"errors": [], "payment": {"sellerState": "MH"}}
