"""Changes of a subscription through the schema: who may, what is answered, what waits is shown and cancelled (A-40)."""

from typing import Any

from core.clock import FixedClock
from tenants.permissions import Role
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import ERRORS, asked, codes, done
from tests.makers import a_member
from tests.makers_billing import a_plan, balance, pay, product_of, rows
from tests.makers_subscriptions import Chain, bought, subscription
from tests.rules.fixture_organizations import Fixture, the_fixture
from tests.rules.stop_documents import advance

SHOWN = """subscription { id planName quantity version endDate queuedChange { planName quantity cycleMonths addOns
    appliesDate } segments { charges { itemId quantity net { amount } } } }"""
CHANGE = f"""mutation ($input: ChangeSubscriptionInput!) {{ changeSubscription(input: $input) {{ {ERRORS} saleId timing
    queuedOn ledgerTransaction {{ type entries {{ amount {{ amount }} }} }} {SHOWN} }} }}"""
CANCEL = (
    f"""mutation ($input: CancelQueuedChangeInput!) {{ cancelQueuedChange(input: $input) {{ {ERRORS} {SHOWN} }} }}"""
)
QUOTE = """query ($input: QuoteSubscriptionChangeInput!) { quoteSubscriptionChange(input: $input) {
    quoteId version timing appliesDate queuedDate endDate total { amount currency } blockers { code details }
    levels { organizationName total { amount } margin { amount } lines { name quantity net { amount } } } } }"""


async def three_plans(tree: Fixture) -> tuple[str, str, str]:
    """What R1 sells at 30, 60 and 10, at a cost of 3, 6 and 1."""
    cheap_and_dear = []
    plan = await a_plan(tree.o, prices=[(tree.o, "3"), (tree.r1, "30")], name="Middle")
    product = await product_of(tree.platform, plan)
    for name, cost, price in (("Dear", "6", "60"), ("Cheap", "1", "10")):
        prices = [(tree.o, cost), (tree.r1, price)]
        cheap_and_dear.append(await a_plan(tree.o, product=product, prices=prices, name=name))
    for buyer in (tree.c1, tree.r1):
        await pay(buyer, "1000")
    return plan, cheap_and_dear[0], cheap_and_dear[1]


async def test_a_40_member_and_support_do_not_change_the_plan_and_billing_does(platform: Platform) -> None:
    tree = await the_fixture(platform)
    plan, dear, _ = await three_plans(tree)
    sold = await bought(Chain(tree.o, tree.r1, tree.c1), plan)
    order: dict[str, Any] = {"subscriptionId": sold, "planId": dear, "version": 1}
    for role, expected in ((Role.MEMBER, ["FORBIDDEN"]), (Role.SUPPORT, ["FORBIDDEN"]), (Role.BILLING, [])):
        who = await a_member(platform, of=tree.c1, role=role)
        before = await subscription(platform, sold)
        quote = await asked(who, QUOTE, input={"subscriptionId": sold, "planId": dear})
        assert quote.codes == expected
        answer = await done(who, CHANGE, **order, idempotencyKey=f"{role}")
        assert codes(answer) == expected
        assert ((await subscription(platform, sold)) == before) == bool(expected)
    assert codes(await done(tree.rob, CHANGE, **order, idempotencyKey="r")) == ["NOT_FOUND"]
    assert codes(await done(tree.ada, CHANGE, **order, idempotencyKey="a")) == ["CONSENT_REQUIRED"]
    assert await balance(tree.c1) == "940.00"


async def test_sub_60_the_quote_tells_what_the_change_does_and_a_key_does_it_once(
    platform: Platform, clock: FixedClock
) -> None:
    tree = await the_fixture(platform)
    plan, dear, _ = await three_plans(tree)
    sold = await bought(Chain(tree.o, tree.r1, tree.c1), plan)
    named = {"subscriptionId": sold, "planId": dear, "quantity": 2}
    quote = await done(tree.cora, QUOTE, **named)
    assert (quote["timing"], quote["queuedDate"], quote["blockers"]) == ("AT_ONCE", None, [])
    (level,) = quote["levels"]
    assert level["lines"] == [{"name": "Dear", "quantity": 2, "net": {"amount": "90.00"}}]
    total = {"amount": quote["total"]["amount"], "currency": "SGD"}
    order = named | {"version": quote["version"], "quoteId": quote["quoteId"], "total": total, "idempotencyKey": "k"}

    answer = await done(tree.cora, CHANGE, **order)

    assert (answer["errors"], answer["replayed"], answer["timing"]) == ([], False, "AT_ONCE")
    assert answer["ledgerTransaction"]["type"] == "PRORATION"
    assert (answer["subscription"]["planName"], answer["subscription"]["quantity"]) == ("Dear", 2)
    (segment,) = answer["subscription"]["segments"]
    assert [each["net"]["amount"] for each in segment["charges"] if each["itemId"] == dear] == ["90.00"]
    assert await done(tree.cora, CHANGE, **order) == answer | {"replayed": True}
    other = await done(tree.cora, CHANGE, **(order | {"quantity": 3}))
    assert codes(other) == ["IDEMPOTENCY_KEY_REUSED"]
    assert await balance(tree.c1) == "880.00"
    euros = order | {"total": {"amount": "1", "currency": "EUR"}, "idempotencyKey": "e", "version": 2, "quantity": 3}
    assert codes(await done(tree.cora, CHANGE, **euros)) == ["CURRENCY_MISMATCH"]


async def test_sub_63_what_waits_is_shown_cancelled_once_and_not_after_it_was_charged(
    platform: Platform, clock: FixedClock
) -> None:
    tree = await the_fixture(platform)
    plan, _, cheap = await three_plans(tree)
    sold = await bought(Chain(tree.o, tree.r1, tree.c1), plan)
    order: dict[str, Any] = {"subscriptionId": sold, "planId": cheap, "version": 1, "idempotencyKey": "k1"}
    answer = await done(tree.cora, CHANGE, **order)
    end = answer["subscription"]["endDate"]
    assert (answer["timing"], answer["queuedOn"], answer["saleId"]) == ("NEXT_PERIOD", end, None)
    assert answer["subscription"]["queuedChange"] == {
        "planName": "Cheap", "quantity": None, "cycleMonths": None, "addOns": {"set": [], "remove": []},
        "appliesDate": end,
    }  # fmt: skip
    cancel: dict[str, Any] = {"subscriptionId": sold, "version": 2}
    assert codes(await done(tree.rob, CANCEL, **cancel)) == ["NOT_FOUND"]
    assert codes(await done(tree.mia, CANCEL, **cancel)) == ["FORBIDDEN"]
    assert codes(await done(tree.cora, CANCEL, **(cancel | {"version": 1}))) == ["VERSION_CONFLICT"]
    taken_back = await done(tree.cora, CANCEL, **cancel)
    assert (taken_back["errors"], taken_back["subscription"]["queuedChange"]) == ([], None)
    assert codes(await done(tree.cora, CANCEL, **(cancel | {"version": 3}))) == ["NO_PENDING_CHANGE"]

    await done(tree.cora, CHANGE, **(order | {"version": 3, "idempotencyKey": "k2"}))
    await rows(platform, "UPDATE subscription SET end_date = '2027-01-01' WHERE id = $1 RETURNING id", sold)
    assert codes(await done(tree.cora, CANCEL, **(cancel | {"version": 4}))) == ["PENDING_CHANGE_CHARGED"]
    sent = await rows(platform, "SELECT topic FROM outbox WHERE subject_id = $1 ORDER BY id", sold)
    topics = [row["topic"] for row in sent]
    assert topics[1:] == ["subscription.change_queued", "subscription.change_cancelled", "subscription.change_queued"]
    audited = await rows(platform, "SELECT action FROM audit_entry WHERE entity_id = $1 AND result_code IS NULL", sold)
    assert sorted(row["action"] for row in audited)[:3] == [
        "cancelQueuedChange", "changeSubscription", "changeSubscription",
    ]  # fmt: skip


async def test_sub_115_a_sandbox_that_moves_far_lives_through_the_change_and_its_renewals(platform: Platform) -> None:
    tree = await the_fixture(platform, sandbox=True, stands_at="2025-06-01")
    plan, _, cheap = await three_plans(tree)
    sold = await bought(Chain(tree.o, tree.r1, tree.c1), plan)
    order: dict[str, Any] = {"subscriptionId": sold, "planId": cheap, "version": 1, "idempotencyKey": "k1"}
    await done(tree.cora, CHANGE, **order)
    await advance(tree.olga, tree.o, "2025-08-20")
    row = await subscription(platform, sold)
    assert (row["plan_id"], row["end_date"]) == (cheap, "2025-09-01")
    assert await balance(tree.c1) == "950.00"
    applied = await rows(
        platform, "SELECT at FROM audit_entry WHERE entity_id = $1 AND action = 'changeSubscription' ORDER BY id", sold
    )
    assert applied[1]["at"] == row["activated_at"] + 30 * 86_400_000_000
