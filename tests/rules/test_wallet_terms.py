"""Scenarios of a Wallet's terms: limits, modes, holds, suspension by the limit and back, Alerts of low money."""

import asyncio
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from billing.credit import set_credit_limit
from billing.due import write_due_in_real_time
from billing.holds import consume_hold, release_hold
from billing.low_money import LowMoneyMarks, set_low_money_alert
from billing.purchase import PurchaseOrder, purchase_subscription
from billing.temporary_limit import TemporaryLimit, grant_temporary_limit
from billing.wallet_figures import WalletMode
from billing.wallet_mode import switch_wallet_mode
from core.clock import FixedClock, parse_instant
from core.money import format_amount, parse_amount
from core.refusals import Refused
from tenants.commands import Outcome
from tenants.sandbox_clock import advance_clock
from tenants.unit_of_work import Platform, UnitOfWork
from tests.acting import do, refusal
from tests.makers import Organization, a_customer, a_member, a_reseller, an_operator
from tests.makers_billing import (
    SIGNER,
    a_plan,
    a_policy_value,
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
from tests.makers_invoices import a_hold, an_open_invoice, invoices, open_amounts, used
from tests.makers_subscriptions import (
    Chain,
    a_chain,
    bought,
    change_subscription,
    ended,
    set_policy,
    status,
    timeline,
)


async def usable(chain: Chain, plan: str) -> str:
    """What a quote of the plan says may be spent."""
    shown = await quote(chain.customer.someone, chain.customer, plan)
    return format_amount(shown.levels[0].usable_before_micros, "USD")


def raised(chain: Chain, last_day: str, **how: Any) -> Any:
    """The command that raises the customer's limit through that day."""
    asked = TemporaryLimit(chain.customer.id, date.fromisoformat(last_day), **how)
    return lambda uow: grant_temporary_limit(uow, asked)


def switched(chain: Chain, mode: str) -> Any:
    """The command that switches the customer's wallet."""
    return lambda uow: switch_wallet_mode(uow, chain.customer.id, WalletMode(mode))


async def alerts(platform: Platform, kind: str) -> list[dict[str, Any]]:
    """The Alerts of a kind, oldest first."""
    return await rows(
        platform, "SELECT organization_id, alert_date, closed_at FROM alert WHERE kind = $1 ORDER BY id", kind
    )


async def test_ms_08_a_raise_ends_at_midnight_after_its_last_day(platform: Platform, clock: FixedClock) -> None:
    clock.at = parse_instant("2026-04-10T10:00:00Z")
    chain = await a_chain(platform, money="1")
    await change_wallet(chain.customer, wallet_micros="0")
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "5")])
    await limit(chain.customer, "100")
    await do(chain.seller, raised(chain, "2026-04-30", percent=Fraction(20)))

    clock.at = parse_instant("2026-04-30T23:59:00Z")
    assert await usable(chain, plan) == "120.00"
    clock.at = parse_instant("2026-05-01T00:00:00Z")
    assert await usable(chain, plan) == "100.00"
    await do(chain.seller, raised(chain, "2026-05-01", amount_micros=parse_amount("7.50"), currency="USD"))
    assert await usable(chain, plan) == "107.50"


async def test_ms_68_a_running_raise_keeps_its_amount_and_admits_no_second(
    platform: Platform, clock: FixedClock
) -> None:
    clock.at = parse_instant("2026-04-10T10:00:00Z")
    chain = await a_chain(platform, money="1")
    await change_wallet(chain.customer, wallet_micros="0")
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "5")])
    await limit(chain.customer, "100")
    await do(chain.seller, raised(chain, "2026-04-30", percent=Fraction(20)))
    await limit(chain.customer, "50")

    assert await usable(chain, plan) == "70.00"
    assert await refusal(chain.seller, raised(chain, "2026-04-30", percent=Fraction(1))) == ("TEMPORARY_LIMIT_RUNNING",)


async def test_mon_14_what_a_raise_is_refused_for(platform: Platform, clock: FixedClock) -> None:
    clock.at = parse_instant("2026-04-10T10:00:00Z")
    chain = await a_chain(platform)
    await limit(chain.customer, "100")
    await set_policy(chain.reseller, temporaryLimitMaxPercent="20")
    for code, last_day, how in (
        ("TEMPORARY_LIMIT_TOO_HIGH", "2026-04-30", {"percent": Fraction(30)}),
        ("TEMPORARY_LIMIT_TOO_HIGH", "2026-04-30", {"amount_micros": parse_amount("20.01"), "currency": "USD"}),
        ("DATE_OUT_OF_RANGE", "2026-04-09", {"percent": Fraction(20)}),
        ("AMOUNT_NOT_POSITIVE", "2026-04-30", {"percent": Fraction(0)}),
        ("AMOUNT_PRECISION", "2026-04-30", {"amount_micros": parse_amount("1.005"), "currency": "USD"}),
        ("CURRENCY_MISMATCH", "2026-04-30", {"amount_micros": parse_amount("1"), "currency": "EUR"}),
        ("FIELD_REQUIRED", "2026-04-30", {}),
    ):
        assert await refusal(chain.seller, raised(chain, last_day, **how)) == (code,)
    await do(chain.seller, raised(chain, "2026-04-30", percent=Fraction(20)))


async def test_ms_39_the_buyer_edits_neither_limit_nor_mode(platform: Platform) -> None:
    chain = await a_chain(platform)
    owner = chain.customer.someone
    for act in (
        lambda uow: set_credit_limit(uow, chain.customer.id, parse_amount("5")),
        raised(chain, "2030-01-01", percent=Fraction(20)),
        switched(chain, "POSTPAID"),
    ):
        assert await refusal(owner, act) == ("CREDIT_LIMIT_NOT_EDITABLE",)
    support = await a_member(platform, of=chain.reseller, role="SUPPORT")
    assert await refusal(support, switched(chain, "POSTPAID")) == ("FORBIDDEN",)


async def test_ms_07_to_postpaid_needs_a_limit_and_takes_the_balance_along(platform: Platform) -> None:
    chain = await a_chain(platform, money="40")
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "5")])
    assert await refusal(chain.seller, switched(chain, "POSTPAID")) == ("CREDIT_LIMIT_REQUIRED",)
    await set_policy(chain.reseller, postpaidRequiresAutopay=True)
    assert await refusal(chain.seller, switched(chain, "POSTPAID")) == ("AUTOPAY_REQUIRED", "CREDIT_LIMIT_REQUIRED")
    await set_policy(chain.reseller, postpaidRequiresAutopay=False)
    await limit(chain.customer, "500")

    await do(chain.seller, switched(chain, "POSTPAID"))

    after = await wallet(chain.customer)
    assert (after["mode"], after["wallet_micros"], after["due_micros"]) == ("POSTPAID", 0, parse_amount("40"))
    assert await usable(chain, plan) == "540.00"
    await do(chain.seller, switched(chain, "POSTPAID"))
    assert len(await rows(platform, "SELECT 1 FROM ledger_transaction WHERE type = 'MODE_CHANGE'")) == 1
    await require_sound_books(platform)


async def test_mon_17_to_prepaid_invoices_what_is_unbilled(platform: Platform) -> None:
    chain = await a_chain(platform, money="1")
    await change_wallet(chain.customer, wallet_micros="0")
    await limit(chain.customer, "100")
    await do(chain.seller, switched(chain, "POSTPAID"))
    await an_open_invoice(chain.customer, "30")
    await used(chain.customer, "70")
    await limit(chain.customer, "99.99")
    assert await refusal(chain.seller, switched(chain, "PREPAID")) == ("SWITCH_EXCEEDS_LIMIT",)
    await limit(chain.customer, "100")

    await do(chain.seller, switched(chain, "PREPAID"))

    after = await wallet(chain.customer)
    assert (after["mode"], after["due_micros"], after["unbilled_micros"]) == ("PREPAID", 0, 0)
    assert await balance(chain.customer) == "-100.00"
    assert [(each["type"], each["total"], each["open"]) for each in await invoices(chain.customer)] == [
        ("TAX", "30.00", "30.00"), ("MONTHLY", "70.00", "70.00"),
    ]  # fmt: skip
    await pay(chain.customer, "50")
    assert await open_amounts(chain.customer) == ["0.00", "50.00"]


async def test_ms_67_all_six_decimals_of_what_is_owed(platform: Platform) -> None:
    chain = await a_chain(platform, money="1")
    await change_wallet(chain.customer, mode="POSTPAID", wallet_micros="0", unbilled_micros="65.98",
                        due_micros="-0.000009")  # fmt: skip
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "0")])
    shown = await quote(chain.customer.someone, chain.customer, plan)
    assert shown.levels[0].balance_before_micros == 65_979_991


async def consumed(chain: Chain, hold: str, amount: str) -> None:
    async def act(uow: UnitOfWork) -> Outcome:
        async with uow.as_platform("a test's own hold"):
            await consume_hold(uow, hold, parse_amount(amount))
        return {}

    await do(chain.seller, act)


@pytest.mark.parametrize("is_late", [False, True])
async def test_ms_79_a_hold_lives_until_its_time(platform: Platform, clock: FixedClock, is_late: bool) -> None:
    clock.at = parse_instant("2026-04-10T10:00:00Z")
    chain = await a_chain(platform, money="100")
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "70.01")])
    hold = await a_hold(chain.customer, "30", minutes=60)
    assert await usable(chain, plan) == "70.00"
    with pytest.raises(Refused, match="INSUFFICIENT_CREDIT"):
        await a_hold(chain.customer, "70.01")

    if is_late:
        clock.at = parse_instant("2026-04-10T11:00:00Z")
        with pytest.raises(Refused, match="HOLD_CLOSED"):
            await consumed(chain, hold, "30")
        assert await usable(chain, plan) == "100.00"
        await buy(chain.customer.someone, chain.customer, plan)
        assert (await wallet(chain.customer))["reserved_micros"] == 0
    else:
        clock.at = parse_instant("2026-04-10T10:59:59Z")
        await consumed(chain, hold, "20")
        with pytest.raises(Refused, match="HOLD_CLOSED"):
            await consumed(chain, hold, "1")
        assert await usable(chain, plan) == "100.00"
    await require_sound_books(platform)


async def test_ms_03_and_mon_13_a_released_hold_and_one_that_lapses_by_itself(
    platform: Platform, clock: FixedClock
) -> None:
    clock.at = parse_instant("2026-04-10T10:00:00Z")
    chain = await a_chain(platform, money="100")
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "70.01")])
    hold = await a_hold(chain.customer, "30")
    with pytest.raises(Refused) as refused:
        await buy(chain.customer.someone, chain.customer, plan)
    assert refused.value.blockers[0].details["missing"] == "0.01"

    async def release(uow: UnitOfWork) -> Outcome:
        async with uow.as_platform("a test's own hold"):
            await release_hold(uow, hold)
        return {}

    await do(chain.seller, release)
    assert await usable(chain, plan) == "100.00"
    await a_hold(chain.customer, "40", minutes=5)
    clock.at = parse_instant("2026-04-10T10:05:00Z")
    await write_due_in_real_time(platform, 0)
    assert (await wallet(chain.customer))["reserved_micros"] == 0
    assert [row["state"] for row in await rows(platform, "SELECT state FROM money_hold")] == ["RELEASED"] * 2
    await require_sound_books(platform)


async def a_member_of_m(platform: Platform) -> tuple[Chain, str]:
    """[M]: prepaid 500, a subscription that cost nothing, limit 100."""
    chain = await a_chain(platform, money="500")
    await a_preset(chain.reseller, "myoperator")
    await limit(chain.customer, "100")
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "0")])
    return chain, await bought(chain, plan)


async def test_ms_36_only_beyond_the_limit_suspends(platform: Platform, clock: FixedClock) -> None:
    chain, subscription = await a_member_of_m(platform)
    await used(chain.customer, "490")
    assert await alerts(platform, "LOW_MONEY") == []
    await used(chain.customer, "20")
    assert len(await alerts(platform, "LOW_MONEY")) == 1
    await used(chain.customer, "90")
    assert await status(platform, subscription) == "ACTIVE"

    clock.at += 1_000_000
    await used(chain.customer, "0.01")

    assert await status(platform, subscription) == "SUSPENDED"
    assert (await timeline(platform, subscription))[-1] == (clock.at, "ACTIVE", "SUSPENDED", "CREDIT_LIMIT")
    assert [alert["organization_id"] for alert in await alerts(platform, "SUSPENDED")] == [chain.customer.id]
    notices = await rows(platform, "SELECT topic, organization_id FROM outbox WHERE topic LIKE 'notice.%' ORDER BY id")
    assert [row["topic"] for row in notices] == ["notice.low_money", "notice.subscription_suspended"]
    assert {row["organization_id"] for row in notices} == {chain.customer.id}
    assert len(await alerts(platform, "LOW_MONEY")) == 1


async def test_ms_37_only_enough_money_brings_it_back(platform: Platform, clock: FixedClock) -> None:
    chain, subscription = await a_member_of_m(platform)
    await used(chain.customer, "600.01")
    assert await status(platform, subscription) == "SUSPENDED"
    await pay(chain.customer, "50")
    assert await status(platform, subscription) == "SUSPENDED"

    clock.at += 1_000_000
    await pay(chain.customer, "50.01")

    assert await status(platform, subscription) == "ACTIVE"
    assert (await timeline(platform, subscription))[-1] == (clock.at, "SUSPENDED", "ACTIVE", "REASON_LIFTED")
    assert all(alert["closed_at"] is not None for alert in await alerts(platform, "SUSPENDED"))


async def test_ms_38_current_usage_alone_is_never_compared_with_the_limit(platform: Platform) -> None:
    chain, subscription = await a_member_of_m(platform)
    await pay(chain.customer, "1500")
    await used(chain.customer, "150")
    assert await status(platform, subscription) == "ACTIVE"


async def test_ms_72_an_inclusive_limit_suspends_when_it_is_reached(platform: Platform) -> None:
    chain = await a_chain(platform, money="1")
    await a_preset(chain.reseller, "portabilling")
    await change_wallet(chain.customer, wallet_micros="0", credit_limit_micros="100")
    dear = await a_plan(chain.reseller, prices=[(chain.reseller, "0")])
    subscription = await bought(chain, dear)
    await used(chain.customer, "99.99")
    assert await status(platform, subscription) == "ACTIVE"
    await used(chain.customer, "0.01")
    assert await status(platform, subscription) == "SUSPENDED"
    await limit(chain.customer, "100.01")
    assert await status(platform, subscription) == "ACTIVE"


async def test_mon_62_a_purchase_that_reaches_an_inclusive_limit_suspends_with_it(platform: Platform) -> None:
    chain = await a_chain(platform, money="1")
    await change_wallet(chain.customer, wallet_micros="0", credit_limit_micros="100")
    await set_policy(chain.reseller, creditLimitInclusive=True)
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "100")])
    assert await status(platform, await bought(chain, plan)) == "SUSPENDED"


@pytest.mark.parametrize("path", ["limit", "switch", "refund"])
async def test_mon_62_every_path_that_lowers_limit_or_money_suspends(platform: Platform, path: str) -> None:
    chain = await a_chain(platform, money="1")
    await change_wallet(chain.customer, wallet_micros="0", credit_limit_micros="100")
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "0")])
    kept = await bought(chain, plan)
    await used(chain.customer, "90")
    if path == "limit":
        await limit(chain.customer, "89.99")
    elif path == "switch":
        await do(chain.seller, switched(chain, "POSTPAID"))
        assert await status(platform, kept) == "ACTIVE"
        await used(chain.customer, "100.01")
    else:
        bound = await a_plan(chain.reseller)
        await a_price_with_a_term(chain.reseller, bound)
        await ended(chain.seller, await bought(chain, bound))
    assert await status(platform, kept) == "SUSPENDED"
    await pay(chain.customer, "300")
    assert await status(platform, kept) == "ACTIVE"


async def a_price_with_a_term(seller: Organization, plan: str) -> None:
    await a_price(seller, plan, "5", min_term_months=12, early_end_percent="100")


async def test_ss_76_other_reasons_stay_when_the_debt_is_paid(platform: Platform) -> None:
    chain, subscription = await a_member_of_m(platform)
    await used(chain.customer, "600.01")
    await change_subscription(platform, subscription, suspension_reasons="CREDIT_LIMIT,POLICY")
    await pay(chain.customer, "100.01")
    (row,) = await rows(platform, "SELECT suspension_reasons FROM subscription")
    assert row["suspension_reasons"] == "POLICY"
    assert await status(platform, subscription) == "SUSPENDED"


async def test_mon_14_the_end_of_a_raise_suspends_at_that_instant_in_a_sandbox(platform: Platform) -> None:
    start = parse_instant("2026-04-10T10:00:00Z")
    place: dict[str, Any] = {"currency": "USD", "timezone": "UTC", "country": "US"}
    operator = await an_operator(platform, sandbox=True, stands_at=start, **place)
    reseller = await a_reseller(platform, under=operator, **place)
    customer = await a_customer(platform, under=reseller, **place)
    chain = Chain(operator, reseller, customer)
    await limit(customer, "100")
    subscription = await bought(chain, await a_plan(reseller, prices=[(reseller, "0")], months=12), cycle_months=12)
    await do(chain.seller, raised(chain, "2026-04-30", percent=Fraction(20)))
    await used(customer, "110")
    assert await status(platform, subscription, "2026-04-10T10:00") == "ACTIVE"

    to = parse_instant("2026-06-01T00:00:00Z")
    await do(operator.someone, lambda uow: advance_clock(uow, operator.id, to))

    at = parse_instant("2026-05-01T00:00:00Z")
    assert (await timeline(platform, subscription))[-1] == (at, "ACTIVE", "SUSPENDED", "CREDIT_LIMIT")
    await do(operator.someone, lambda uow: advance_clock(uow, operator.id, to + 1))
    assert len(await timeline(platform, subscription)) == 2


async def test_mon_66_one_alert_a_day_by_the_buyers_own_mark(platform: Platform, clock: FixedClock) -> None:
    clock.at = parse_instant("2026-04-10T10:00:00Z")
    chain = await a_chain(platform, money="100")
    marks = LowMoneyMarks(chain.customer.id, "USD", parse_amount("20"), parse_amount("10"), None)
    assert await refusal(chain.seller, lambda uow: set_low_money_alert(uow, marks)) == ("CONSENT_REQUIRED",)
    await do(chain.customer.someone, lambda uow: set_low_money_alert(uow, marks))
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "40")])
    await buy(chain.customer.someone, chain.customer, plan)
    assert await alerts(platform, "LOW_MONEY") == []
    await buy(chain.customer.someone, chain.customer, plan)
    await used(chain.customer, "1")
    assert [alert["alert_date"] for alert in await alerts(platform, "LOW_MONEY")] == ["2026-04-10"]
    clock.at = parse_instant("2026-04-11T00:00:00Z")
    await used(chain.customer, "1")
    assert len(await alerts(platform, "LOW_MONEY")) == 2
    await pay(chain.customer, "100")
    assert all(alert["closed_at"] == clock.at for alert in await alerts(platform, "LOW_MONEY"))
    wrong = LowMoneyMarks(chain.customer.id, "EUR", None, None, -1)
    codes = await refusal(chain.customer.someone, lambda uow: set_low_money_alert(uow, wrong))
    assert codes == ("AMOUNT_NOT_POSITIVE", "AMOUNT_PRECISION", "CURRENCY_MISMATCH")


async def test_alr_2_upstream_short_closes_when_the_wallet_covers_what_it_was_short_for(platform: Platform) -> None:
    chain = await a_chain(platform, money="100")
    await change_wallet(chain.reseller, wallet_micros="50")
    plan = await a_plan(chain.operator, prices=[(chain.operator, "80"), (chain.reseller, "90")])
    with pytest.raises(Refused, match="UPSTREAM_CREDIT_INSUFFICIENT"):
        await buy(chain.customer.someone, chain.customer, plan)
    await pay(chain.reseller, "29.99")
    assert [alert["closed_at"] for alert in await alerts(platform, "UPSTREAM_SHORT")] == [None]
    await pay(chain.reseller, "0.01")
    assert all(alert["closed_at"] is not None for alert in await alerts(platform, "UPSTREAM_SHORT"))
    await buy(chain.customer.someone, chain.customer, plan)


async def test_sub_120_a_refund_goes_by_the_policy_of_its_own_period(platform: Platform, clock: FixedClock) -> None:
    clock.at = parse_instant("2026-04-01T10:00:00Z")
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "60"), (chain.reseller, "100")])
    before = await bought(chain, plan)
    await set_policy(chain.reseller, allowRefund=False)
    after = await bought(chain, plan)
    await set_policy(chain.reseller, allowRefund=True)
    await set_policy(chain.operator, refundWindowDays=0, refundAfterWindow="NONE")
    clock.at = parse_instant("2026-04-10T10:00:00Z")

    assert (await ended(chain.seller, before))["refundMicros"] == parse_amount("100")
    assert (await ended(chain.seller, after))["refundMicros"] == 0
    given = await rows(platform, "SELECT refunded_net_micros FROM segment_charge WHERE level = 1 ORDER BY id")
    assert [row["refunded_net_micros"] for row in given] == [parse_amount("60")] * 2


async def test_mon_7_two_purchases_for_the_last_money_by_one_hold(platform: Platform) -> None:
    chain = await a_chain(platform, money="100")
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, "70")])
    order = PurchaseOrder(chain.customer.id, plan)
    two = [do(chain.customer.someone, lambda uow: purchase_subscription(uow, order, SIGNER)) for _ in range(2)]
    done = await asyncio.gather(*two, return_exceptions=True)
    assert sum(isinstance(each, Refused) for each in done) == 1
    assert [entry for entry in await entries(chain.customer) if entry[0] == "PURCHASE"][0][3] == "-70.00"
    await a_policy_value(chain.reseller, "holdMinutes", 5, buyer=chain.customer)
    await require_sound_books(platform)


async def test_mon_14_and_mon_13_of_two_at_once_only_one_counts(platform: Platform, clock: FixedClock) -> None:
    clock.at = parse_instant("2026-04-10T10:00:00Z")
    chain = await a_chain(platform, money="100")
    await limit(chain.customer, "100")
    hold = await a_hold(chain.customer, "30")

    raises = [do(chain.seller, raised(chain, "2026-04-30", percent=Fraction(20))) for _ in range(2)]
    uses = [consumed(chain, hold, "30") for _ in range(2)]
    done = await asyncio.gather(*raises, *uses, return_exceptions=True)

    refused = [each.codes for each in done if isinstance(each, Refused)]
    assert sorted(refused) == [("HOLD_CLOSED",), ("TEMPORARY_LIMIT_RUNNING",)]
    assert (await wallet(chain.customer))["temporary_limit_micros"] == parse_amount("20")
