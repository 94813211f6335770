"""Renewals that come by themselves: when, once, together, after a failure, on a payment (SUB-40 to SUB-44, MON-65)."""

import asyncio
from typing import Any

import pytest

from billing import renewal_writing
from billing.due import write_due_in_real_time
from billing.renewals_due import renew_in_real_time
from core.clock import FixedClock, parse_instant
from tenants.sandbox_clock import advance_clock
from tenants.unit_of_work import Platform
from tests.acting import do
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, a_customer, a_member, a_reseller, an_operator
from tests.makers_billing import (
    a_plan,
    a_policy_value,
    a_preset,
    balance,
    change_wallet,
    pay,
    require_sound_books,
    rows,
    wallet,
)
from tests.makers_renewals import charged, renewed, standing
from tests.makers_subscriptions import (
    Chain,
    a_chain,
    at,
    bought,
    change_subscription,
    set_policy,
    status,
    subscription,
    timeline,
)
from tests.rules.stop_documents import lifted, stopped

SWITCH = """mutation ($input: SetAutoRenewInput!) { setAutoRenew(input: $input) {
    errors { code } replayed subscription { id isAutoRenew version } } }"""
CRASHES = ("write_paid_time", "_write_subscription", "take_effect", "issue_invoices", "follow_up")


async def monthly(chain: Chain, price: str, cost: str = "0", **order: Any) -> str:
    """The customer buys a plan of that monthly price now; the reseller pays that cost."""
    plan = await a_plan(chain.operator, prices=[(chain.operator, cost), (chain.reseller, price)])
    return await bought(chain, plan, **order)


async def due_at(platform: Platform, clock: FixedClock, when: str) -> int:
    """The worker comes by at that instant; how many renewals it looked at."""
    at(clock, when)
    return await renew_in_real_time(platform)


async def ends(platform: Platform, *held: str) -> list[str]:
    """The stored ends."""
    return [(await subscription(platform, each))["end_date"] for each in held]


async def alerts(platform: Platform, kind: str = "RENEWAL_FAILED") -> list[tuple[str, str, bool]]:
    """Whose, of which local date, and whether it stands open."""
    found = await rows(
        platform,
        "SELECT o.name, a.alert_date, a.closed_at FROM alert a JOIN organization o ON o.id = a.organization_id "
        "WHERE a.kind = $1 ORDER BY a.alert_date, o.id",
        kind,
    )
    return [(row["name"], row["alert_date"], row["closed_at"] is None) for row in found]


async def a_sandbox(platform: Platform, when: str, zone: str = "UTC", preset: str | None = None) -> Chain:
    """OPERATOR > reseller > customer that live by a clock of their own, with 1,000,000 each."""
    place: dict[str, Any] = {"currency": "USD", "timezone": zone, "country": "US"}
    operator = await an_operator(platform, sandbox=True, stands_at=parse_instant(when), **place)
    if preset is not None:
        await a_preset(operator, preset)
    reseller = await a_reseller(platform, under=operator, **place)
    customer = await a_customer(platform, under=reseller, **place)
    for buyer in (reseller, customer):
        await pay(buyer, "1000000")
    return Chain(operator, reseller, customer)


async def advance(chain: Chain, to: str) -> None:
    """The sandbox lives through everything up to then."""
    operator = chain.operator
    await do(operator.someone, lambda uow: advance_clock(uow, operator.id, parse_instant(to)))


@pytest.mark.parametrize(("start", "before", "day", "end"), [
    ("2021-10-16", "2021-11-08T23:59", "2021-11-09", "2022-01-01"),
    ("2020-03-16", "2020-04-08T23:59", "2020-04-09", "2020-06-01"),
])  # fmt: skip
async def test_ss_16_seven_days_before_the_end(
    platform: Platform, clock: FixedClock, start: str, before: str, day: str, end: str
) -> None:
    at(clock, start)
    chain = await a_chain(platform, preset="b3networks")
    held = await monthly(chain, "31")
    assert await due_at(platform, clock, before) == 0
    assert await due_at(platform, clock, day) == 1
    assert await ends(platform, held) == [end]


@pytest.mark.parametrize(("price", "first"), [("31", "16.00"), ("50", "25.81")])
async def test_ss_17_the_first_renewal_aligns(platform: Platform, clock: FixedClock, price: str, first: str) -> None:
    at(clock, "2020-03-16")
    chain = await a_chain(platform, preset="b3networks")
    held = await monthly(chain, price)
    await due_at(platform, clock, "2020-04-09")
    await due_at(platform, clock, "2020-05-25")
    assert [each[:3] + each[4:] for each in await charged(chain, held) if each[3] == 0][1:] == [
        ("2020-04-16", "2020-05-16", "WHOLE_CYCLE", f"{price}.00"), ("2020-05-16", "2020-06-01", "BROKEN", first),
        ("2020-06-01", "2020-07-01", "WHOLE_CYCLE", f"{price}.00"),
    ]  # fmt: skip
    assert await status(platform, held) == "ACTIVE"
    await require_sound_books(platform)


async def test_ss_18_too_little_and_no_card_is_a_failure(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="45")
    held = await monthly(chain, "40")
    books = (await standing(platform))[1:6]

    assert await due_at(platform, clock, "2025-05-25") == 1

    assert (await standing(platform))[1:6] == books
    row = await subscription(platform, held)
    assert (row["renewal_failed_at"], row["end_date"]) == (clock.now(), "2025-06-01")
    names = {chain.customer.name, chain.reseller.name}
    assert {each[0] for each in await alerts(platform)} == names
    sent = await rows(platform, "SELECT organization_id FROM outbox WHERE topic = 'notice.renewal_failed'")
    assert {each["organization_id"] for each in sent} == {chain.customer.id, chain.reseller.id}
    # the same day nothing more
    assert await due_at(platform, clock, "2025-05-25T10:00") == 0


async def test_sub_43_tried_again_on_the_days_after_the_first(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="45")
    await set_policy(chain.reseller, renewOnPayment=False)
    held = await monthly(chain, "40")
    tried = [day for day in range(25, 32) if await due_at(platform, clock, f"2025-05-{day}")]
    assert tried == [25, 27, 29, 31]
    assert {each[1] for each in await alerts(platform)} == {f"2025-05-{day}" for day in tried}
    assert (await subscription(platform, held))["renewal_failed_at"] == parse_instant("2025-05-25T00:00:00Z")
    # before the end only: then the ladder runs
    assert await due_at(platform, clock, "2025-06-02") == 0
    assert await status(platform, held) == "GRACE"


async def test_sub_43_a_later_try_that_succeeds_ends_the_failure(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="45")
    await set_policy(chain.reseller, renewOnPayment=False)
    held = await monthly(chain, "40")
    await due_at(platform, clock, "2025-05-25")
    await pay(chain.customer, "35")
    assert await ends(platform, held) == ["2025-06-01"]
    assert await due_at(platform, clock, "2025-05-27") == 1
    row = await subscription(platform, held)
    assert (row["end_date"], row["renewal_failed_at"]) == ("2025-07-01", None)
    assert [each[2] for each in await alerts(platform)] == [False, False]
    assert row["renews_at"] == parse_instant("2025-06-24T00:00:00Z")


async def test_ss_22_b3_does_nothing_by_itself_when_money_comes(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2020-03-16")
    chain = await a_chain(platform, preset="b3networks", money="40")
    held = await monthly(chain, "31")
    await due_at(platform, clock, "2020-04-09")
    at(clock, "2020-04-12")
    await pay(chain.customer, "100")
    for day in ("2020-04-12", "2020-04-13", "2020-04-15"):
        assert await due_at(platform, clock, day) == 0
    answer = await renewed("recover", chain.customer.someone, held)
    assert (answer["subscription"]["endDate"], await balance(chain.customer)) == ("2020-06-01", "62.00")


async def test_sub_43_a_payment_renews_what_failed(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="45")
    held = await monthly(chain, "40", "4")
    await due_at(platform, clock, "2025-05-25")
    at(clock, "2025-05-26T10:00")
    await pay(chain.customer, "34.99")
    assert await ends(platform, held) == ["2025-06-01"]
    await pay(chain.customer, "0.01")
    assert await ends(platform, held) == ["2025-07-01"]
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("0.00", "37.00")
    # in GRACE too, from the day it was due
    await write_due_in_real_time(platform, 0)
    at(clock, "2025-07-03T10:00")
    await write_due_in_real_time(platform, 0)
    assert await status(platform, held) == "GRACE"
    await pay(chain.customer, "40")
    assert (await status(platform, held), await ends(platform, held)) == ("ACTIVE", ["2025-08-01"])
    assert [entry[1:] for entry in await timeline(platform, held)][1:] == [
        ("ACTIVE", "GRACE", "END_REACHED_UNPAID"), ("GRACE", "ACTIVE", "PAID"),
    ]  # fmt: skip
    await require_sound_books(platform)


async def test_ss_19_a_group_renews_together_or_not_at_all(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2020-06-01")
    chain = await a_chain(platform, preset="b3networks", money="100")
    one, two = await monthly(chain, "30"), await monthly(chain, "30")
    assert await due_at(platform, clock, "2020-06-24") == 2
    assert await balance(chain.customer) == "40.00"
    assert [each["renewal_failed_at"] for each in [await subscription(platform, held) for held in (one, two)]] == [
        clock.now(), clock.now(),
    ]  # fmt: skip


async def test_sub_42_one_charge_and_one_invoice(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2020-06-01")
    chain = await a_chain(platform, preset="b3networks", money="1000")
    held = [await monthly(chain, "30", "10"), await monthly(chain, "40", "20")]
    books = len(await rows(platform, "SELECT 1 FROM ledger_transaction"))
    assert await due_at(platform, clock, "2020-06-24") == 2
    assert await ends(platform, *held) == ["2020-08-01"] * 2
    charges = await rows(platform, "SELECT * FROM ledger_transaction WHERE type = 'RENEWAL'")
    assert len(await rows(platform, "SELECT 1 FROM ledger_transaction")) == books + 2
    assert len({each["sale_id"] for each in charges}) == 1
    invoices = await rows(platform, "SELECT * FROM invoice WHERE sale_id = $1 ORDER BY total_micros",
                          charges[0]["sale_id"])  # fmt: skip
    assert [each["total_micros"] for each in invoices] == [30_000_000, 70_000_000]
    for invoice in invoices:
        lines = await rows(platform, "SELECT subscription_id FROM invoice_line WHERE invoice_id = $1", invoice["id"])
        assert {line["subscription_id"] for line in lines} == set(held)
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("860.00", "940.00")
    await require_sound_books(platform)


async def test_sub_42_without_it_each_alone_the_earlier_end_first(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-06-01")
    chain = await a_chain(platform, money="140")
    await set_policy(chain.reseller, renewGroupAtomic=False, renewDaysBefore=0)
    first, second, third = [await monthly(chain, price) for price in ("30", "40", "30")]
    # 40 is left: the lower number of one end takes 30, the others fail
    await due_at(platform, clock, "2025-07-01")
    assert await ends(platform, first, second, third) == ["2025-08-01", "2025-07-01", "2025-07-01"]
    assert await balance(chain.customer) == "10.00"
    await require_sound_books(platform)


async def test_ss_20_not_while_the_organization_is_suspended(platform: Platform, clock: FixedClock) -> None:
    chain = await a_sandbox(platform, "2020-06-01T00:00:00Z", preset="b3networks")
    held = await monthly(chain, "30")
    await advance(chain, "2020-06-21T00:00:00Z")
    assert codes(await stopped(chain.seller, chain.customer)) == []
    await advance(chain, "2020-06-30T23:59:00Z")
    assert (await ends(platform, held), await alerts(platform)) == (["2020-07-01"], [])
    await advance(chain, "2020-07-01T00:00:00Z")
    assert (await timeline(platform, held))[-1][1:] == ("ACTIVE", "EXPIRED", "END_REACHED_UNPAID")
    # and nothing makes up for it once the end has passed
    assert codes(await lifted(chain.seller, chain.customer)) == []
    await advance(chain, "2020-07-05T00:00:00Z")
    assert await ends(platform, held) == ["2020-07-01"]


async def test_sub_40_made_up_at_once_when_the_hindrance_goes(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform)
    for hindrance, gone in (
        ({"suspension_reasons": "POLICY"}, {"suspension_reasons": ""}),
        ({"is_auto_renew": False}, {"is_auto_renew": True}),
    ):
        at(clock, "2025-05-01")
        held = await monthly(chain, "30")
        await change_subscription(platform, held, **hindrance)
        await due_at(platform, clock, "2025-05-25")
        await due_at(platform, clock, "2025-05-30")
        assert (await ends(platform, held), await alerts(platform)) == (["2025-06-01"], [])
        await change_subscription(platform, held, **gone)
        assert await due_at(platform, clock, "2025-05-30T10:00") == 1
        assert await ends(platform, held) == ["2025-07-01"]
        await change_subscription(platform, held, is_auto_renew=False)


async def test_sub_40_made_up_within_the_command_that_lifts_the_stop(platform: Platform, clock: FixedClock) -> None:
    chain = await a_sandbox(platform, "2020-06-01T00:00:00Z", preset="b3networks")
    held = await monthly(chain, "30")
    assert codes(await stopped(chain.seller, chain.customer)) == []
    await advance(chain, "2020-06-26T00:00:00Z")
    assert await ends(platform, held) == ["2020-07-01"]
    assert codes(await lifted(chain.seller, chain.customer)) == []
    assert await ends(platform, held) == ["2020-08-01"]


async def test_ss_21_the_job_twice_and_twice_at_once(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform)
    held = [await monthly(chain, "30") for _ in range(3)]
    at(clock, "2025-05-25")
    await asyncio.gather(*(renew_in_real_time(platform) for _ in range(4)))
    await renew_in_real_time(platform)
    assert await ends(platform, *held) == ["2025-07-01"] * 3
    assert await balance(chain.customer) == "9820.00"
    segments = await rows(platform, "SELECT subscription_id, first_date FROM segment")
    assert len(segments) == len({(each["subscription_id"], each["first_date"]) for each in segments}) == 6
    assert len(await rows(platform, "SELECT 1 FROM invoice WHERE sale_id IN "
                          "(SELECT sale_id FROM ledger_transaction WHERE type = 'RENEWAL')")) == 1  # fmt: skip
    await require_sound_books(platform)


async def test_sub_44_by_hand_against_the_job(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform)
    held = [await monthly(chain, "30") for _ in range(3)]
    at(clock, "2025-05-25")
    answers = await asyncio.gather(
        *(renewed("renew", chain.customer.someone, each, version=1) for each in held),
        renew_in_real_time(platform), renew_in_real_time(platform),
    )  # fmt: skip
    for answer in answers[:3]:
        assert isinstance(answer, dict)
        assert [error["code"] for error in answer["errors"]] in ([], ["VERSION_CONFLICT"])
    await renew_in_real_time(platform)
    assert await ends(platform, *held) == ["2025-07-01"] * 3
    assert await balance(chain.customer) == "9820.00"
    await require_sound_books(platform)


async def test_sub_44_a_payment_against_the_job(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="70")
    held = await monthly(chain, "40", "5")
    await due_at(platform, clock, "2025-05-25")
    at(clock, "2025-05-27")
    await asyncio.gather(renew_in_real_time(platform), pay(chain.customer, "100"), renew_in_real_time(platform))
    await renew_in_real_time(platform)
    assert (await ends(platform, held), await balance(chain.customer)) == (["2025-07-01"], "90.00")
    await require_sound_books(platform)


@pytest.mark.parametrize("where", CRASHES)
async def test_sub_44_a_crash_on_the_way_leaves_nothing(
    platform: Platform, clock: FixedClock, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform)
    held = [await monthly(chain, "30") for _ in range(2)]
    before = await standing(platform)

    async def crash(*given: object, **named: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(renewal_writing, where, crash)
        assert await due_at(platform, clock, "2025-05-25") == 0
        assert await standing(platform) == before
    assert await renew_in_real_time(platform) == 2
    assert await ends(platform, *held) == ["2025-07-01"] * 2
    assert await balance(chain.customer) == "9880.00"


async def test_sub_32_the_anchor_day_comes_back_in_the_local_zone(platform: Platform) -> None:
    chain = await a_sandbox(platform, "2025-01-30T20:00:00Z", zone="Asia/Kolkata")
    await a_policy_value(chain.reseller, "renewDaysBefore", 0)
    held = await monthly(chain, "30", "20")
    row = await subscription(platform, held)
    assert (row["start_date"], row["end_date"]) == ("2025-01-31", "2025-02-28")
    await advance(chain, "2025-02-27T18:29:59Z")
    assert await ends(platform, held) == ["2025-02-28"]
    await advance(chain, "2025-02-27T18:30:00Z")
    assert await ends(platform, held) == ["2025-03-31"]
    await advance(chain, "2025-06-15T00:00:00Z")
    assert [each[1] for each in await charged(chain, held) if each[3] == 0] == [
        "2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31", "2025-06-30",
    ]  # fmt: skip
    charges = await rows(platform, "SELECT at FROM ledger_transaction WHERE type = 'RENEWAL' AND organization_id = $1 "
                         "ORDER BY at", chain.customer.id)  # fmt: skip
    assert [each["at"] for each in charges] == [
        parse_instant(f"2025-{day}T18:30:00Z") for day in ("02-27", "03-30", "04-29", "05-30")
    ]
    # renewed at the end itself, it never left ACTIVE
    assert [entry[2] for entry in await timeline(platform, held)] == ["ACTIVE"]
    await require_sound_books(platform)


async def test_sub_115_postpaid_limit_is_free_again_after_each_billing_day(platform: Platform) -> None:
    chain = await a_sandbox(platform, "2025-01-15T00:00:00Z")
    await a_policy_value(chain.reseller, "invoicing", "CONSOLIDATED_MONTHLY")
    await a_policy_value(chain.reseller, "renewDaysBefore", 0)
    await change_wallet(chain.customer, mode="POSTPAID", wallet_micros="0", credit_limit_micros="40")
    one = await monthly(chain, "30")
    await advance(chain, "2025-05-20T00:00:00Z")
    # one jump: each month's charge was invoiced before the next one came
    assert await ends(platform, one) == ["2025-06-15"]
    money = await wallet(chain.customer)
    assert (money["unbilled_micros"], money["due_micros"]) == (-30_000_000, -120_000_000)
    found = await rows(platform, "SELECT total_micros, issue_date FROM invoice WHERE organization_id = $1 "
                       "AND type = 'MONTHLY' ORDER BY issued_at", chain.customer.id)  # fmt: skip
    assert [(each["issue_date"], each["total_micros"]) for each in found] == [
        (f"2025-0{month}-01", 30_000_000) for month in (2, 3, 4, 5)
    ]


async def test_ms_65_a_line_per_subscription_renewed_in_the_month(platform: Platform) -> None:
    chain = await a_sandbox(platform, "2025-01-15T00:00:00Z")
    await a_policy_value(chain.reseller, "invoicing", "CONSOLIDATED_MONTHLY")
    held = [await monthly(chain, "30", "7") for _ in range(3)]
    await advance(chain, "2025-03-02T00:00:00Z")
    (_, renewed_in_february) = await rows(platform, "SELECT id, total_micros FROM invoice WHERE organization_id = $1 "
                                          "AND type = 'MONTHLY' ORDER BY issued_at", chain.customer.id)  # fmt: skip
    lines = await rows(platform, "SELECT subscription_id, net_micros FROM invoice_line WHERE invoice_id = $1",
                       renewed_in_february["id"])  # fmt: skip
    assert {(line["subscription_id"], line["net_micros"]) for line in lines} == {(of, 30_000_000) for of in held}


@pytest.mark.parametrize(("paid", "expected"), [("3000", "ACTIVE"), ("2999", "EXPIRED")])
async def test_ms_40_a_payment_brings_an_expired_one_back(
    platform: Platform, clock: FixedClock, paid: str, expected: str
) -> None:
    at(clock, "2024-06-01")
    chain = await a_chain(platform, preset="myoperator", money="3000")
    plan = await a_plan(chain.operator, months=12, prices=[(chain.operator, "0"), (chain.reseller, "3000")])
    held = await bought(chain, plan, cycle_months=12)
    at(clock, "2025-06-20")
    await write_due_in_real_time(platform, 0)
    assert await status(platform, held) == "EXPIRED"
    await pay(chain.customer, paid, method="LINK")
    assert await status(platform, held) == expected
    assert await ends(platform, held) == ["2026-06-01" if expected == "ACTIVE" else "2025-06-01"]


@pytest.mark.parametrize("reason", ["FRAUD", "POLICY", "USER_OFF"])
async def test_ms_40_not_what_somebody_switched_off(platform: Platform, clock: FixedClock, reason: str) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, preset="myoperator", money="3000")
    held = await monthly(chain, "3000")
    at(clock, "2025-06-12")
    await write_due_in_real_time(platform, 0)
    await change_subscription(platform, held, suspension_reasons=reason)
    await pay(chain.customer, "3000")
    assert (await status(platform, held), await balance(chain.customer)) == ("EXPIRED", "3000.00")


@pytest.mark.parametrize(("day", "expected"), [("2025-09-08T23:59", "ACTIVE"), ("2025-09-09", "TERMINATED")])
async def test_ss_48_heyo_expires_at_once_and_comes_back_when_paid(
    platform: Platform, clock: FixedClock, day: str, expected: str
) -> None:
    at(clock, "2025-08-01")
    chain = await a_chain(platform, preset="heyo", money="30")
    held = await monthly(chain, "30")
    at(clock, "2025-09-01")
    await write_due_in_real_time(platform, 0)
    assert await status(platform, held) == "EXPIRED"
    at(clock, day)
    await pay(chain.customer, "30")
    assert await status(platform, held) == expected


async def test_sub_40_a_renewal_at_the_end_itself_comes_before_dunning(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, preset="myoperator")
    held = await monthly(chain, "30")
    at(clock, "2025-06-01T00:00")
    clock.at += 20_000_000  # the worker comes some seconds late
    await write_due_in_real_time(platform, 0)
    assert await ends(platform, held) == ["2025-07-01"]
    assert [entry[2] for entry in await timeline(platform, held)] == ["ACTIVE"]
    (charge,) = await rows(platform, "SELECT at FROM ledger_transaction WHERE type = 'RENEWAL' AND wallet_id IN "
                           "(SELECT id FROM wallet WHERE organization_id = $1)", chain.customer.id)  # fmt: skip
    assert charge["at"] == parse_instant("2025-06-01T00:00:00Z")


async def switched(who: Member, held: str, is_auto_renew: bool) -> list[str]:
    """The codes of `setAutoRenew` for the stored version."""
    version = (await subscription(who.platform, held))["version"]
    return codes(await done(who, SWITCH, subscriptionId=held, version=version, isAutoRenew=is_auto_renew))


async def test_ss_33_unsubscribed_it_is_usable_to_the_end_and_then_expires(
    platform: Platform, clock: FixedClock
) -> None:
    at(clock, "2020-03-16")
    chain = await a_chain(platform)
    held = await monthly(chain, "31")
    at(clock, "2020-04-05")
    assert await switched(chain.customer.someone, held, False) == []
    for day in ("2020-04-09", "2020-04-15T23:59"):
        assert await due_at(platform, clock, day) == 0
    assert (await status(platform, held), await balance(chain.customer)) == ("ACTIVE", "9969.00")
    at(clock, "2020-04-16")
    await write_due_in_real_time(platform, 0)
    assert await status(platform, held) == "EXPIRED"
    assert (await timeline(platform, held))[-1][1:] == ("ACTIVE", "EXPIRED", "END_REACHED_UNPAID")
    assert await switched(chain.customer.someone, held, True) == ["SUBSCRIPTION_NOT_ACTIVE"]
    await pay(chain.customer, "50")
    assert await status(platform, held) == "EXPIRED"


async def test_sub_80_taken_back_while_active_and_made_up_at_once(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2020-03-16")
    chain = await a_chain(platform)
    held = await monthly(chain, "31")
    assert await switched(chain.customer.someone, held, False) == []
    assert await due_at(platform, clock, "2020-04-10") == 0
    member = await a_member(platform, of=chain.customer, role="MEMBER")
    assert await switched(member, held, True) == ["FORBIDDEN"]
    assert await switched(chain.seller, held, True) == ["CONSENT_REQUIRED"]
    assert await switched(chain.customer.someone, held, True) == []
    assert (await ends(platform, held), await balance(chain.customer)) == (["2020-05-16"], "9938.00")
    row = await subscription(platform, held)
    assert row["grace_ends_at"] > row["ends_at"]
    await require_sound_books(platform)


async def test_sub_30_the_current_period_is_the_one_that_has_begun(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2020-03-16")
    chain = await a_chain(platform, preset="b3networks")
    held = await monthly(chain, "31")
    await due_at(platform, clock, "2020-04-09")
    found = []
    for day in ("2020-04-15T23:59", "2020-04-16", "2020-05-20", "2020-06-01"):
        await due_at(platform, clock, day)
        answer = await asked(chain.customer.someone, f'{{ subscription(id: "{held}") {{ startDate endDate }} }}')
        found.append((answer.data["subscription"]["startDate"], answer.data["subscription"]["endDate"]))
    assert found == [
        ("2020-03-16", "2020-06-01"), ("2020-04-16", "2020-06-01"), ("2020-04-16", "2020-06-01"),
        ("2020-06-01", "2020-07-01"),
    ]  # fmt: skip
