"""What an examiner of purchases found between the literal scenarios, asked through the schema on both engines."""

import asyncio
from collections import Counter
from datetime import date
from typing import Any

import pytest

from core.clock import FixedClock
from tenants.permissions import Role
from tenants.unit_of_work import Platform
from tests.acting import everything
from tests.graph.billing_documents import PURCHASE, QUOTE, codes, done
from tests.makers import Organization, a_customer, a_member, a_reseller, an_operator, credentials_of
from tests.makers_billing import a_plan, a_price, balance, pay, require_sound_books, rows
from tests.makers_subscriptions import at


async def a_line(platform: Platform, currencies: list[str], *, money: str = "1000") -> list[Organization]:
    """OPERATOR > resellers > customer in these currencies from above, each buyer with money."""
    place: dict[str, Any] = {"timezone": "UTC", "country": "US"}
    line = [await an_operator(platform, currency=currencies[0], **place)]
    for level, currency in enumerate(currencies[1:], 1):
        make = a_customer if level == len(currencies) - 1 else a_reseller
        line.append(await make(platform, under=line[-1], name=f"Level {level}", currency=currency, **place))
        await pay(line[-1], money)
    return line


@pytest.mark.parametrize("depth", [1, 2, 6])
async def test_mon_30_every_pair_pays_in_its_own_currency_at_any_depth(platform: Platform, depth: int) -> None:
    currencies = ["USD", "EUR", "JPY", "KWD", "SGD", "INR"][:depth] + ["GBP"]
    line = await a_line(platform, currencies)
    plan = await a_plan(line[0])
    for level, seller in enumerate(line[:-1]):
        await a_price(seller, plan, f"{10 * (level + 1)}", currency=line[level + 1].currency)
    customer = line[-1]
    order = {"organizationId": customer.id, "planId": plan}
    quote = await done(line[0].someone, QUOTE, **order)
    assert [level["total"]["amount"] for level in quote["levels"]] == [
        f"{10 * level}.{'0' * {'JPY': 0, 'KWD': 3}.get(line[level].currency, 2)}".rstrip(".")
        for level in range(depth, 0, -1)
    ]
    bought = await done(customer.someone, PURCHASE, **order, idempotencyKey="k")
    assert codes(bought) == []
    left = [await balance(each) for each in line[1:]]
    assert [float(amount) for amount in left] == [1000.0 - 10 * level for level in range(1, depth + 1)]
    await require_sound_books(platform)


async def test_sub_11_the_role_comes_before_a_price_that_is_missing(platform: Platform) -> None:
    line = await a_line(platform, ["USD", "USD", "USD"])
    plan = await a_plan(line[0], prices=[(line[0], "5")])
    await a_price(line[1], plan, "10", currency="EUR")
    support = await a_member(platform, of=line[2], role=Role.SUPPORT)
    order = {"organizationId": line[2].id, "planId": plan}
    by_support = await done(support, PURCHASE, **order, idempotencyKey="k1")
    by_seller = await done(line[1].someone, PURCHASE, **order, idempotencyKey="k2")
    by_owner = await done(line[2].someone, PURCHASE, **order, idempotencyKey="k3")
    found = [codes(each) for each in (by_support, by_seller, by_owner)]
    assert found == [["FORBIDDEN"], ["CONSENT_REQUIRED"], ["PRICE_MISSING"]]


async def test_gen_06_one_key_at_once_buys_once(platform: Platform) -> None:
    line = await a_line(platform, ["USD", "USD", "USD"])
    plan = await a_plan(line[0], prices=[(line[0], "5"), (line[1], "10")])
    order = {"organizationId": line[2].id, "planId": plan, "idempotencyKey": "same"}
    answers = await asyncio.gather(*(done(line[2].someone, PURCHASE, **order) for _ in range(8)))
    assert {each["saleId"] for each in answers} == {answers[0]["saleId"]}
    assert Counter(each["replayed"] for each in answers) == {False: 1, True: 7}
    assert (await balance(line[2]), await balance(line[1])) == ("990.00", "995.00")
    others = await asyncio.gather(*(done(line[2].someone, PURCHASE, **order | {"quantity": n}) for n in range(2, 6)))
    assert {code for each in others for code in codes(each)} == {"IDEMPOTENCY_KEY_REUSED"}
    for key in ("", "k" * 256):
        refused = await done(line[2].someone, PURCHASE, **order | {"idempotencyKey": key})
        assert codes(refused) == ["FIELD_REQUIRED"]
    assert len(await rows(platform, "SELECT id FROM subscription")) == 1


async def test_mon_07_eight_clients_empty_a_wallet_and_the_seller_runs_short(platform: Platform) -> None:
    """The buyer has money for 9, its seller for 7: the seller is short first, and nothing is charged half."""
    line = await a_line(platform, ["USD", "USD", "USD", "USD"], money="0.01")
    for buyer, amount in zip(line[1:], ("700", "69.99", "89.99"), strict=True):
        await pay(buyer, amount)
    plan = await a_plan(line[0], prices=[(line[0], "1"), (line[1], "10"), (line[2], "10")])
    order = {"organizationId": line[3].id, "planId": plan}

    async def client(number: int) -> list[str]:
        answers = [await done(line[3].someone, PURCHASE, **order, idempotencyKey=f"{number}-{n}") for n in range(2)]
        return [",".join(codes(answer)) for answer in answers]

    found = Counter(code for each in await asyncio.gather(*map(client, range(8))) for code in each)
    assert found == {"": 7, "UPSTREAM_CREDIT_INSUFFICIENT": 9}
    assert [await balance(each) for each in line[1:]] == ["693.01", "0.00", "20.00"]
    (total,) = await rows(platform, "SELECT sum(amount_micros) AS total, count(*) AS entries FROM ledger_entry")
    assert int(total["total"]) == 0
    assert len(await rows(platform, "SELECT id FROM subscription")) == 7
    assert len(await rows(platform, "SELECT id FROM alert WHERE kind = 'UPSTREAM_SHORT'")) == 1
    await require_sound_books(platform)


async def test_gen_02_a_refused_purchase_leaves_one_line_in_the_log_and_an_alert(platform: Platform) -> None:
    line = await a_line(platform, ["USD", "USD", "USD"], money="5")
    plan = await a_plan(line[0], prices=[(line[0], "6"), (line[1], "5")])
    order = {"organizationId": line[2].id, "planId": plan, "idempotencyKey": "k"}
    await credentials_of(line[2].someone)
    before = await everything(platform)
    assert codes(await done(line[2].someone, PURCHASE, **order)) == ["UPSTREAM_CREDIT_INSUFFICIENT"]
    after = await everything(platform)
    grown = {table: len(after[table]) - len(before[table]) for table in after if after[table] != before[table]}
    assert {table: count for table, count in grown.items() if table != "session"} == {"alert": 1, "audit_entry": 1}
    await pay(line[1], "1")
    assert codes(await done(line[2].someone, PURCHASE, **order)) == []


@pytest.mark.parametrize(
    ("today", "months", "end"),
    [
        ("2024-01-31", 1, "2024-02-29"),
        ("2023-08-31", 6, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2025-12-31", 2, "2026-02-28"),
    ],
)
async def test_sub_32_month_ends_and_leap_years(
    platform: Platform, clock: FixedClock, today: str, months: int, end: str
) -> None:
    line = await a_line(platform, ["USD", "USD"])
    plan = await a_plan(line[0], prices=[(line[0], "5")], months=months)
    at(clock, today)
    order = {"organizationId": line[1].id, "planId": plan, "cycleMonths": months}
    quote = await done(line[1].someone, QUOTE, **order)
    assert (quote["startDate"], quote["endDate"], quote["total"]["amount"]) == (today, end, "5.00")
    bought = await done(line[1].someone, PURCHASE, **order, idempotencyKey="k")
    assert bought["subscription"]["endDate"] == end


@pytest.mark.parametrize(
    ("zone", "now", "start", "end", "ends_at"),
    [
        # Midnight of the end is missing: the first instant of that date (MON-5).
        ("America/Santiago", "2026-08-06T12:00", "2026-08-06", "2026-09-06", "2026-09-06T04:00:00"),
        ("America/New_York", "2026-02-08T04:59", "2026-02-07", "2026-03-07", "2026-03-07T05:00:00"),
        ("America/New_York", "2026-02-08T05:00", "2026-02-08", "2026-03-08", "2026-03-08T05:00:00"),
        ("Asia/Kathmandu", "2026-04-30T18:15", "2026-05-01", "2026-06-01", "2026-05-31T18:15:00"),
        ("America/Havana", "2026-10-01T12:00", "2026-10-01", "2026-11-01", "2026-11-01T04:00:00"),
    ],
)
async def test_mon_05_periods_are_days_of_the_buyers_zone(
    platform: Platform, clock: FixedClock, zone: str, now: str, start: str, end: str, ends_at: str
) -> None:
    operator = await an_operator(platform, currency="USD", timezone="UTC", country="US")
    customer = await a_customer(platform, under=operator, currency="USD", timezone=zone, country="US")
    await pay(customer, "100")
    plan = await a_plan(operator, prices=[(operator, "5")])
    at(clock, now)
    quote = await done(customer.someone, QUOTE, organizationId=customer.id, planId=plan)
    assert (quote["startDate"], quote["endDate"]) == (start, end)
    assert quote["endsAt"].startswith(ends_at)
    assert date.fromisoformat(quote["lastDay"]).toordinal() == date.fromisoformat(end).toordinal() - 1
