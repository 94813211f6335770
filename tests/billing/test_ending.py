"""Ending a subscription and what comes back at every level: SUB-15, SUB-81 to SUB-86, MON-34, MOVE-6, VIS-2, VIS-9."""

import asyncio
import sqlite3
from fractions import Fraction

import asyncpg
import pytest

from billing.ending import refund_subscription
from billing.purchase import PurchaseOrder, purchase_subscription
from billing.refund import RefundReason
from billing.tax import TaxPlace, TaxRate, TaxRule
from billing.wallets import open_wallet
from core.clock import FixedClock
from core.money import parse_amount
from core.refusals import Refused
from tenants.policy.policy_settings import PolicyEdit, set_policy_values_for_buyer
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do, everything, refusal
from tests.makers import Organization, a_customer, a_member, a_reseller
from tests.makers_billing import (
    SIGNER,
    a_plan,
    a_price,
    a_product,
    a_tax_rule,
    balance,
    change_wallet,
    entries,
    pay,
    require_sound_books,
    rows,
    wallet,
)
from tests.makers_subscriptions import (
    Chain,
    a_chain,
    at,
    bought,
    change_subscription,
    ended,
    ending_refused,
    previewed,
    refund_order,
    set_policy,
    subscription,
    timeline,
)

usd = parse_amount
VAT = TaxRule("US", TaxPlace.ANY_STATE, (TaxRate("VAT", Fraction(10)),))


async def a_year(chain: Chain, *, cost: str = "600", price: str = "1200", is_taxable: bool = False) -> str:
    """A yearly subscription bought now."""
    prices = [(chain.operator, cost), (chain.reseller, price)]
    plan = await a_plan(chain.operator, prices=prices, months=12, is_taxable=is_taxable)
    return await bought(chain, plan, cycle_months=12)


async def only_for(buyer: Organization, seller: Organization, **values: object) -> None:
    """The seller sets parameters for this buyer alone."""
    edit = PolicyEdit(buyer.id, values)
    await do(seller.someone, lambda uow: set_policy_values_for_buyer(uow, edit))


@pytest.fixture
def april(clock: FixedClock) -> FixedClock:
    """The clock stands at 2021-04-01."""
    at(clock, "2021-04-01")
    return clock


async def test_every_level_gives_back_from_what_it_charged(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    year = await a_year(chain)
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("8800.00", "9400.00")
    at(april, "2021-04-17")
    await ended(chain.seller, year)
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("9900.00", "9950.00")
    assert (await entries(chain.reseller))[-2:] == [
        ("REFUND", "REVENUE", "SUBSCRIPTION", "-550.00"),
        ("REFUND", "WALLET", None, "550.00"),
    ]
    sales = await rows(platform, "SELECT DISTINCT sale_id FROM ledger_transaction WHERE sale_id IS NOT NULL")
    assert len(sales) == 1
    await require_sound_books(platform)


async def test_one_pair_may_refund_while_the_next_does_not(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    await only_for(chain.reseller, chain.operator, allowRefund=False)
    year = await a_year(chain)
    await ended(chain.seller, year)
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("10000.00", "9400.00")
    await require_sound_books(platform)


async def test_a_part_comes_back_with_the_tax_of_its_snapshot(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    await a_tax_rule(chain.reseller, VAT)
    year = await a_year(chain, is_taxable=True)
    assert await balance(chain.customer) == "8680.00"
    async with platform_transaction(platform) as tx:
        await tx.execute("DELETE FROM tax_rule")
    at(april, "2021-04-17")
    await ended(chain.seller, year)
    assert (await entries(chain.customer))[-3:] == [
        ("REFUND", "REVENUE", "SUBSCRIPTION", "-1100.00"),
        ("REFUND", "TAX", "VAT", "-110.00"),
        ("REFUND", "WALLET", None, "1210.00"),
    ]
    noted = await rows(platform, "SELECT * FROM segment_charge WHERE level = 0")
    assert [(row["refunded_net_micros"], row["refunded_tax_micros"]) for row in noted] == [(usd("1100"), usd("110"))]
    await require_sound_books(platform)


async def test_what_a_charge_gave_back_is_never_more_than_it_was(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    await a_year(chain)
    with pytest.raises((asyncpg.CheckViolationError, sqlite3.IntegrityError), match="(?i)check"):
        async with platform_transaction(platform) as tx:
            await tx.execute("UPDATE segment_charge SET refunded_net_micros = net_micros + 1")


async def test_what_came_back_before_does_not_come_back_again(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    year = await a_year(chain)
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE segment_charge SET refunded_net_micros = $1 WHERE level = 0", usd("1000"))
    await ended(chain.seller, year)
    assert await balance(chain.customer) == "9000.00"


@pytest.mark.parametrize(
    ("document", "due", "unbilled"), [("CREDIT_NOTE", "0", "0"), ("MONTHLY_LINE", "-1200", "1200")]
)
async def test_a_postpaid_wallet_gets_it_where_its_documents_say(
    platform: Platform, april: FixedClock, document: str, due: str, unbilled: str
) -> None:
    chain = await a_chain(platform)
    await set_policy(chain.reseller, refundDocument=document)
    await change_wallet(chain.customer, mode="POSTPAID", wallet_micros="0", credit_limit_micros="5000")
    year = await a_year(chain)
    await ended(chain.seller, year)
    figures = await wallet(chain.customer)
    assert (figures["due_micros"], figures["unbilled_micros"]) == (usd(due), usd(unbilled))


async def test_the_minimum_term_is_charged_at_every_level_that_binds(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    await a_tax_rule(chain.reseller, VAT)
    plan = await a_plan(chain.operator, is_taxable=True)
    await a_price(chain.operator, plan, "20", min_term_months=6, early_end_percent="10")
    await a_price(chain.reseller, plan, "30", min_term_months=12, early_end_percent="50")
    monthly = await bought(chain, plan)
    at(april, "2021-04-20")
    shown = (await previewed(chain.seller, monthly)).wallets
    assert [change.early_end_micros for change in shown] == [usd("181.50"), usd("10")]  # 11 x 15 + 10 %, 5 x 2
    await ended(chain.seller, monthly)
    assert (await entries(chain.customer))[-3:] == [
        ("EARLY_END", "WALLET", None, "-181.50"),
        ("EARLY_END", "REVENUE", "SUBSCRIPTION", "165.00"),
        ("EARLY_END", "TAX", "VAT", "16.50"),
    ]
    await require_sound_books(platform)


async def test_the_minimum_term_becomes_a_debt_and_never_stops_an_ending(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform, money="30")
    plan = await a_plan(chain.operator, prices=[(chain.operator, "20")])
    await a_price(chain.reseller, plan, "30", min_term_months=12, early_end_percent="50")
    monthly = await bought(chain, plan)
    at(april, "2021-04-20")
    await ended(chain.seller, monthly)
    assert await balance(chain.customer) == "-165.00"


async def test_a_seller_before_a_move_gives_nothing_back(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    year = await a_year(chain)
    customer, now = chain.customer, platform.clock.now()
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE wallet SET closed_at = $1 WHERE organization_id = $2", now, customer.id)
        await open_wallet(
            tx, organization_id=customer.id, path=customer.path, seller_id=chain.reseller.id, currency="USD",
            credit_limit_micros=0, now=now,
        )  # fmt: skip
    shown = (await previewed(chain.seller, year)).wallets
    assert [(change.refund_micros, change.lines) for change in shown][:1] == [(0, ())]
    given = await ended(chain.seller, year)
    assert (given["refundMicros"], await balance(customer)) == (0, "0.00")


async def test_a_pair_without_its_wallet_is_refused(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    year = await a_year(chain)
    await change_wallet(chain.customer, closed_at=1)
    assert await ending_refused(chain.seller, year) == ("WALLET_MISSING",)


async def test_an_ending_never_skips_the_topmost_pair(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    year = await a_year(chain)
    await change_wallet(chain.reseller, closed_at=1)
    assert await ending_refused(chain.seller, year) == ("WALLET_MISSING",)
    asked = PurchaseOrder(chain.customer.id, (await subscription(platform, year))["plan_id"], cycle_months=12)
    buyer = chain.customer.someone
    assert await refusal(buyer, lambda uow: purchase_subscription(uow, asked, SIGNER)) == ("WALLET_MISSING",)


async def test_nothing_comes_back_when_the_owner_no_longer_stands_above(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    year = await a_year(chain)
    elsewhere = await a_reseller(platform, under=chain.operator)
    await change_subscription(platform, year, product_id=await a_product(elsewhere))
    assert (await previewed(chain.seller, year)).wallets == ()
    given = await ended(chain.seller, year, pay_out="CARD")
    assert (given["refundMicros"], given["earlyEndMicros"], given["paymentId"]) == (0, 0, None)


async def test_nothing_is_paid_out_when_nothing_comes_back(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform, preset="portabilling")
    year = await a_year(chain)
    assert (await ended(chain.seller, year, pay_out="CARD"))["paymentId"] is None
    assert await rows(platform, "SELECT 1 FROM payment WHERE kind = 'PAY_OUT'") == []


async def test_a_preview_shows_what_happens_and_changes_nothing(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    year = await a_year(chain)
    at(april, "2021-04-17")
    before = await everything(platform)
    shown = await previewed(chain.seller, year)
    after = await everything(platform)
    assert {name: after[name] for name in after if name != "session"} == {
        name: before[name] for name in before if name != "session"
    }
    assert (shown.status_before, shown.status_after) == ("ACTIVE", "TERMINATED")
    assert (shown.last_day_before.isoformat(), shown.ends_at_after) == ("2022-03-31", platform.clock.now())
    own, cost = shown.wallets
    assert (own.organization_id, own.refund_micros, own.paid_out_micros) == (chain.customer.id, usd("1100"), 0)
    assert (own.balance_before_micros, own.balance_after_micros) == (usd("8800"), usd("9900"))
    assert (own.usable_before_micros, own.usable_after_micros) == (usd("8800"), usd("9900"))
    assert (cost.organization_id, cost.refund_micros) == (chain.reseller.id, usd("550"))
    line = own.lines[0]
    assert (line.first_day.isoformat(), line.last_day.isoformat()) == ("2021-04-01", "2022-03-31")
    assert (line.charged_net_micros, line.refund_net_micros) == (usd("1200"), usd("1100"))
    assert line.reason is RefundReason.UNSTARTED_MONTHS


async def test_a_preview_ends_at_what_the_asker_may_see(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    place = {"currency": "USD", "timezone": "UTC", "country": "US"}
    below = await a_reseller(platform, under=chain.reseller, **place)
    customer = await a_customer(platform, under=below, **place)
    for buyer in (below, customer):
        await pay(buyer, "1000")
    plan = await a_plan(chain.operator, prices=[(chain.operator, "10"), (chain.reseller, "20"), (below, "30")])
    deep = await bought(Chain(chain.operator, below, customer), plan)
    seen = [change.organization_id for change in (await previewed(below.someone, deep)).wallets]
    assert seen == [customer.id, below.id]
    await set_policy(chain.reseller, resellerSeesCost=False)
    seen = [change.organization_id for change in (await previewed(below.someone, deep)).wallets]
    assert seen == [customer.id]


async def test_only_the_sellers_owner_and_admins_end_it(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    year = await a_year(chain)
    stranger = await a_reseller(platform, under=chain.operator)
    assert await ending_refused(stranger.someone, year) == ("NOT_FOUND",)
    assert await ending_refused(chain.operator.someone, year) == ("FORBIDDEN",)
    for role in ("BILLING", "SUPPORT", "MEMBER"):
        member = await a_member(platform, of=chain.reseller, role=role)
        assert await ending_refused(member, year) == ("FORBIDDEN",)
        with pytest.raises(Refused, match="FORBIDDEN"):
            await previewed(member, year)
    await ended(await a_member(platform, of=chain.reseller, role="ADMIN"), year)
    with pytest.raises(Refused, match="SUBSCRIPTION_TERMINATED"):
        await previewed(chain.seller, year)


async def test_a_stale_version_is_refused_before_anything_else(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    year = await a_year(chain)
    order = await refund_order(platform, year, reason="")
    await change_subscription(platform, year, version=7)
    assert await refusal(chain.seller, lambda uow: refund_subscription(uow, order)) == ("VERSION_CONFLICT",)


async def test_of_two_endings_at_once_one_gives_back(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    year = await a_year(chain)
    order = await refund_order(platform, year)
    attempts = [do(chain.seller, lambda uow: refund_subscription(uow, order)) for _ in range(3)]
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    refused = [answer.codes for answer in answers if isinstance(answer, Refused)]
    assert refused == [("VERSION_CONFLICT",)] * 2
    assert await balance(chain.customer) == "10000.00"
    await require_sound_books(platform)


async def test_the_same_key_ends_it_once(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    year = await a_year(chain)
    order = await refund_order(platform, year)
    answers = [await do(chain.seller, lambda uow: refund_subscription(uow, order), key="k-1") for _ in range(2)]
    assert answers[0] == answers[1]
    assert await balance(chain.customer) == "10000.00"


async def test_an_ending_is_told_once_everywhere(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    year = await a_year(chain)
    at(april, "2022-05-20")  # paid time ended on 1 April 2022, seven days of grace, expired
    await ended(chain.seller, year, reason="fraud")
    steps = [(before, after, reason) for _, before, after, reason in await timeline(platform, year)]
    assert steps == [
        (None, "ACTIVE", "PURCHASED"),
        ("ACTIVE", "GRACE", "END_REACHED_UNPAID"),
        ("GRACE", "EXPIRED", "GRACE_OVER"),
        ("EXPIRED", "DEACTIVATED", "EXPIRY_OVER"),
        ("DEACTIVATED", "TERMINATED", "fraud"),
    ]
    row = await subscription(platform, year)
    assert (row["terminated_at"], row["termination_reason"]) == (platform.clock.now(), "fraud")
    sent = await rows(
        platform, "SELECT * FROM outbox WHERE subject_id = $1 AND topic = $2", year, "subscription.terminated"
    )
    assert [message["organization_id"] for message in sent] == [chain.customer.id]
    logged = await rows(platform, "SELECT * FROM audit_entry WHERE entity_id = $1 AND reason = $2", year, "fraud")
    assert [(entry["organization_id"], entry["actor_member_id"]) for entry in logged] == [
        (chain.customer.id, chain.seller.id)
    ]


async def test_a_pay_out_is_a_payment_of_the_pair(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    await set_policy(chain.reseller, payoutFee={"USD": "17.00"})
    year = await a_year(chain)
    shown = (await previewed(chain.seller, year, pay_out="CARD")).wallets
    assert [(change.fee_micros, change.paid_out_micros) for change in shown] == [(usd("17"), usd("1183")), (0, 0)]
    assert shown[0].balance_after_micros == usd("8800")
    given = await ended(chain.seller, year, pay_out="CARD")
    out = (await rows(platform, "SELECT * FROM payment WHERE id = $1", given["paymentId"]))[0]
    posted = (await rows(platform, "SELECT * FROM ledger_transaction WHERE id = $1", out["ledger_transaction_id"]))[0]
    assert (out["method"], out["wallet_id"], posted["type"]) == ("CARD", posted["wallet_id"], "PAY_OUT")
    assert (posted["source_type"], posted["source_id"]) == ("Payment", given["paymentId"])
    assert await balance(chain.reseller) == "10000.00"
    await require_sound_books(platform)


async def test_alerts_about_it_close_with_it(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    year = await a_year(chain)
    async with platform_transaction(platform) as tx:
        await tx.execute(
            "INSERT INTO alert (id, organization_id, path, kind, subject_id, alert_date, details, created_at) "
            "VALUES ('alert_1', $1, $2, 'UNASSIGNED', $3, '2021-04-01', '{}', $4)",
            chain.customer.id, chain.customer.path, year, platform.clock.now(),
        )  # fmt: skip
    await ended(chain.seller, year)
    assert [row["closed_at"] for row in await rows(platform, "SELECT closed_at FROM alert")] == [platform.clock.now()]
