"""Renewing by hand through GraphQL: recover, extend, reactivate, who may (SUB-50 to SUB-54, A-40, A-41)."""

from typing import Any

import pytest

from billing.alerts import Alert, AlertKind, raise_alert
from core.clock import FixedClock, parse_instant
from core.ids import new_id
from core.transaction import insert
from tenants.permissions import Role
from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.billing_documents import codes, done
from tests.makers import a_member
from tests.makers_billing import (
    a_plan,
    a_policy_value,
    a_price,
    balance,
    change_wallet,
    pay,
    require_sound_books,
    rows,
)
from tests.makers_renewals import MANY, charged, quote_codes, quoted, refused, renewed
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
    tried,
)
from tests.rules.fixture_organizations import the_fixture

LOW_MONEY = """mutation ($input: SetLowMoneyAlertInput!) { setLowMoneyAlert(input: $input) { errors { code } } }"""


async def monthly(chain: Chain, price: str, cost: str = "0", **order: Any) -> str:
    """The customer buys a plan of that monthly price now; the reseller pays that cost."""
    plan = await a_plan(chain.operator, prices=[(chain.operator, cost), (chain.reseller, price)])
    return await bought(chain, plan, **order)


async def failed(chain: Chain, held: str, when: str) -> None:
    """A renewal failed then: the mark, and the Alert that stands for it."""
    platform = chain.customer.platform
    failed_at = parse_instant(f"{when}:00Z")
    await change_subscription(platform, held, renewal_failed_at=failed_at)
    of = chain.customer
    async with platform_transaction(platform) as tx:
        await raise_alert(tx, Alert(of.id, of.path, "UTC", AlertKind.RENEWAL_FAILED, held), failed_at)


async def test_ss_22_a_failed_renewal_is_recovered_for_its_own_period(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2020-03-16")
    chain = await a_chain(platform, preset="b3networks")
    held = await monthly(chain, "31", "20")
    at(clock, "2020-04-12")
    assert await refused("recover", chain.customer.someone, held) == ["NOTHING_TO_RECOVER"]
    await failed(chain, held, "2020-04-09T00:00")

    shown = await quoted("recover", chain.seller, held)
    answer = await renewed("recover", chain.customer.someone, held)

    # then the period from 16 April, as the renewal would have given it: with the part to the 1st of June
    assert codes(answer) == []
    assert (shown["startDate"], shown["endDate"], shown["total"]["amount"]) == ("2020-04-16", "2020-06-01", "47.00")
    got = answer["subscription"]
    assert (got["endDate"], got["anchorDate"], got["status"]) == ("2020-06-01", "2020-06-01", "ACTIVE")
    assert got["renewalFailedAt"] is None
    assert (await charged(chain, held))[2:] == [
        ("2020-04-16", "2020-05-16", "WHOLE_CYCLE", 0, "31.00"),
        ("2020-04-16", "2020-05-16", "WHOLE_CYCLE", 1, "20.00"),
        ("2020-05-16", "2020-06-01", "BROKEN", 0, "16.00"), ("2020-05-16", "2020-06-01", "BROKEN", 1, "10.32"),
    ]  # fmt: skip
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("9922.00", "9949.68")
    assert answer["ledgerTransaction"]["type"] == "RECOVERY"
    (alert,) = await rows(platform, "SELECT closed_at FROM alert WHERE kind = 'RENEWAL_FAILED'")
    assert alert["closed_at"] == clock.now()
    # and a second time nothing has failed any more
    assert await refused("recover", chain.customer.someone, held) == ["NOTHING_TO_RECOVER"]
    await require_sound_books(platform)


async def test_sub_50_recovered_in_grace_from_the_end_on(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, preset="myoperator")
    held = await monthly(chain, "3000")
    at(clock, "2025-06-05T10:00")
    assert await status(platform, held) == "GRACE"

    answer = await renewed("recover", chain.customer.someone, held)

    assert (answer["subscription"]["status"], answer["subscription"]["endDate"]) == ("ACTIVE", "2025-07-01")
    assert [entry[1:] for entry in await timeline(platform, held)][1:] == [
        ("ACTIVE", "GRACE", "END_REACHED_UNPAID"), ("GRACE", "ACTIVE", "PAID"),
    ]  # fmt: skip
    row = await subscription(platform, held)
    assert row["grace_ends_at"] == parse_instant("2025-07-09T00:00:00Z")


async def test_ss_23_extended_by_two_cycles(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2020-11-16")
    chain = await a_chain(platform)
    held = await monthly(chain, "50", "40")

    answer = await renewed("extend", chain.customer.someone, held, cycles=2)

    assert (codes(answer), answer["subscription"]["endDate"]) == ([], "2021-02-16")
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("9850.00", "9880.00")
    assert [each for each in await charged(chain, held) if each[3] == 0][1:] == [
        ("2020-12-16", "2021-01-16", "WHOLE_CYCLE", 0, "50.00"),
        ("2021-01-16", "2021-02-16", "WHOLE_CYCLE", 0, "50.00"),
    ]  # fmt: skip
    (row,) = await rows(platform, "SELECT * FROM invoice WHERE organization_id = $1 AND sale_id = $2",
                        chain.customer.id, answer["saleId"])  # fmt: skip
    assert (row["type"], row["total_micros"]) == ("TAX", 100_000_000)
    assert len(await rows(platform, "SELECT 1 FROM invoice_line WHERE invoice_id = $1", row["id"])) == 2


async def test_sub_51_each_cycle_costs_what_is_in_force_on_its_first_day(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-01-31")
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "0"), (chain.reseller, "50")])
    held = await bought(chain, plan)
    await a_price(chain.reseller, plan, "60", starts="2025-03-31")

    answer = await renewed("extend", chain.customer.someone, held, cycles=3)

    # then boundaries are counted from the anchor itself, whose day comes back
    assert answer["subscription"]["endDate"] == "2025-05-31"
    assert [(each[0], each[1], each[4]) for each in await charged(chain, held) if each[3] == 0][1:] == [
        ("2025-02-28", "2025-03-31", "50.00"), ("2025-03-31", "2025-04-30", "60.00"),
        ("2025-04-30", "2025-05-31", "60.00"),
    ]  # fmt: skip


async def test_ss_24_extended_to_a_last_day(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2020-03-16")
    chain = await a_chain(platform)
    held = await monthly(chain, "31")
    who = chain.customer.someone

    assert await refused("extend", who, held, lastDay="2020-05-14") == ["EXTENSION_TOO_SHORT"]
    assert await refused("extend", who, held) == ["FIELD_REQUIRED"]
    assert await refused("extend", who, held, lastDay="2020-05-31", cycles=1) == ["FIELD_REQUIRED"]
    assert await refused("extend", who, held, cycles=0) == ["CYCLE_TOO_SHORT"]
    assert await refused("extend", who, held, cycles=1201) == ["CYCLE_NOT_OFFERED"]
    one = await quoted("extend", who, held, lastDay="2020-05-15")
    assert (one["total"]["amount"], one["endDate"]) == ("31.00", "2020-05-16")
    answer = await renewed("extend", who, held, lastDay="2020-05-31")
    got = answer["subscription"]
    assert (got["endDate"], got["anchorDate"], await balance(chain.customer)) == ("2020-06-01", "2020-06-01", "9922.00")


@pytest.mark.parametrize(("day", "end"), [("2021-02-23", "2021-03-06"), ("2021-03-06T23:59", "2021-04-06")])
async def test_ss_25_reactivated_for_the_cycle_that_contains_today(
    platform: Platform, clock: FixedClock, day: str, end: str
) -> None:
    at(clock, "2021-01-06")
    chain = await a_chain(platform, preset="b3networks")
    held = await monthly(chain, "31")
    at(clock, "2021-02-05T23:59")
    assert await refused("reactivate", chain.customer.someone, held) == ["SUBSCRIPTION_NOT_ACTIVE"]
    at(clock, day)
    shown = await quoted("reactivate", chain.customer.someone, held)
    assert (shown["endDate"], shown["total"]["amount"]) == (end, "31.00")

    answer = await renewed("reactivate", chain.customer.someone, held)

    assert (answer["subscription"]["status"], answer["subscription"]["endDate"]) == ("ACTIVE", end)
    assert (answer["subscription"]["anchorDate"], await balance(chain.customer)) == ("2021-01-06", "9938.00")
    assert (await timeline(platform, held))[-1][1:] == ("EXPIRED", "ACTIVE", "REACTIVATED")


async def test_ss_25_the_ladder_is_over(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2021-01-06")
    chain = await a_chain(platform, preset="b3networks")
    held = await monthly(chain, "31")
    at(clock, "2021-03-07")
    for operation in ("renew", "recover", "reactivate"):
        assert await refused(operation, chain.seller, held) == ["SUBSCRIPTION_TERMINATED"]
    assert await quote_codes("reactivate", chain.seller, held) == ["SUBSCRIPTION_TERMINATED"]


async def test_ss_67_lost_cycles_are_not_charged(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, preset="myoperator")
    held = await monthly(chain, "3000", "2000")
    at(clock, "2025-07-02")
    answer = await renewed("reactivate", chain.seller, held)
    assert answer["subscription"]["endDate"] == "2025-08-01"
    assert (await charged(chain, held))[2:] == [
        ("2025-07-01", "2025-08-01", "WHOLE_CYCLE", 0, "3000.00"),
        ("2025-07-01", "2025-08-01", "WHOLE_CYCLE", 1, "2000.00"),
    ]


async def test_ss_68_a_year_counts_from_the_day_it_was_due(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2024-06-01")
    chain = await a_chain(platform, preset="myoperator")
    plan = await a_plan(chain.operator, months=12, prices=[(chain.operator, "0"), (chain.reseller, "3000")])
    held = await bought(chain, plan, cycle_months=12)
    at(clock, "2025-06-20")
    answer = await renewed("reactivate", chain.customer.someone, held)
    assert answer["subscription"]["endDate"] == "2026-06-01"


async def test_ss_63_a_deactivated_one_is_restored_by_the_seller_alone(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, preset="myoperator")
    held = await monthly(chain, "3000")
    at(clock, "2025-07-08")
    assert await status(platform, held) == "DEACTIVATED"
    assert await refused("reactivate", chain.customer.someone, held) == ["RESTORE_BY_SELLER"]
    assert await refused("reactivate", chain.operator.someone, held) == ["FORBIDDEN"]
    answer = await renewed("reactivate", chain.seller, held)
    assert (answer["subscription"]["status"], answer["subscription"]["endDate"]) == ("ACTIVE", "2025-08-01")
    assert (await timeline(platform, held))[-1][1:] == ("DEACTIVATED", "ACTIVE", "RESTORED_BY_SELLER")


async def test_ss_63_not_once_its_number_is_gone(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, preset="myoperator")
    held = await monthly(chain, "3000")
    of = {"organization_id": chain.customer.id, "path": chain.customer.path}
    account_id = new_id("acct")
    async with platform_transaction(platform) as tx:
        await insert(
            tx, "account", **of, id=account_id, account_id="1001", account_id_folded="1001", kind="LIVE",
            seller_id=chain.reseller.id, subscription_id=held, account_role="PHONE_LINE", type="DEBIT",
            lifecycle="OPEN", is_blocked=False, verification="NONE", created_at=clock.now(),
        )  # fmt: skip
        await insert(
            tx, "number_release", **of, id=new_id("nrl"), digits="6561234567", account_id=account_id,
            released_at=clock.now(),
        )  # fmt: skip
    at(clock, "2025-07-08")
    assert await refused("reactivate", chain.seller, held) == ["NUMBER_RELEASED_NEW_ACCOUNT_REQUIRED"]


async def test_sub_40_states_that_do_not_renew(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform)
    held = await monthly(chain, "30")
    await change_subscription(platform, held, suspension_reasons="POLICY")
    for operation, given in (("renew", {}), ("recover", {}), ("extend", {"cycles": 1}), ("reactivate", {})):
        assert await refused(operation, chain.customer.someone, held, **given) == ["SUBSCRIPTION_NOT_ACTIVE"]
    await set_policy(chain.reseller, renewWhileSuspended=True)
    answer = await renewed("renew", chain.seller, held)
    assert (answer["subscription"]["status"], answer["subscription"]["endDate"]) == ("SUSPENDED", "2025-07-01")
    # expired while it is stopped by the seller: no payment of the buyer brings it back (SUB-22)
    at(clock, "2025-07-20")
    assert await refused("reactivate", chain.customer.someone, held) == ["SUSPENDED_BY_POLICY"]
    trial = await tried(chain.seller, chain.customer, await a_plan(chain.operator, prices=[
        (chain.operator, "0"), (chain.reseller, "30")]))  # fmt: skip
    assert await refused("renew", chain.customer.someone, trial) == ["SUBSCRIPTION_NOT_ACTIVE"]


async def test_mon_32_short_of_money_nothing_is_charged(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform, money="100")
    held = await monthly(chain, "60", "55")
    shown = await quoted("renew", chain.customer.someone, held)
    assert [(each["code"], each["details"]) for each in shown["blockers"]] == [
        ("INSUFFICIENT_CREDIT", {"missing": "20.00", "currency": "USD"})
    ]
    assert await refused("renew", chain.customer.someone, held) == ["INSUFFICIENT_CREDIT"]
    await pay(chain.customer, "20")
    assert await refused("renew", chain.customer.someone, held) == ["UPSTREAM_CREDIT_INSUFFICIENT"]
    (alert,) = await rows(platform, "SELECT organization_id FROM alert WHERE kind = 'UPSTREAM_SHORT'")
    assert alert["organization_id"] == chain.reseller.id
    await pay(chain.reseller, "10")
    answer = await renewed("renew", chain.customer.someone, held)
    assert (codes(answer), await balance(chain.customer), await balance(chain.reseller)) == ([], "0.00", "0.00")
    assert answer["ledgerTransaction"]["entries"][0] == {"ledgerAccount": "WALLET", "amount": {"amount": "-60.00"}}


async def test_ms_41_what_was_borrowed_stays_open(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform)
    held = await monthly(chain, "30")
    await change_wallet(chain.customer, wallet_micros="10", credit_limit_micros="50")
    answer = await renewed("renew", chain.customer.someone, held)
    assert (codes(answer), await balance(chain.customer)) == ([], "-20.00")
    (row,) = await rows(platform, "SELECT * FROM invoice WHERE sale_id = $1 AND organization_id = $2",
                        answer["saleId"], chain.customer.id)  # fmt: skip
    assert (row["total_micros"], row["open_micros"]) == (30_000_000, 20_000_000)


async def test_sub_10_a_stale_quote_and_a_stale_version(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform)
    held = await monthly(chain, "30")
    who = chain.customer.someone
    shown = await quoted("renew", who, held)
    usd = {"amount": "30.00", "currency": "USD"}
    assert await refused("renew", who, held, quoteId=shown["quoteId"], total=usd | {"amount": "29"}) == ["QUOTE_STALE"]
    assert await refused("renew", who, held, total=usd | {"currency": "EUR"}) == ["CURRENCY_MISMATCH"]
    assert await refused("extend", who, held, cycles=1, quoteId=shown["quoteId"]) == ["QUOTE_STALE"]
    assert await refused("renew", who, held, version=7) == ["VERSION_CONFLICT"]
    first = await renewed("renew", who, held, quoteId=shown["quoteId"], total=usd, idempotencyKey="k", version=1)
    again = await renewed("renew", who, held, quoteId=shown["quoteId"], total=usd, idempotencyKey="k", version=1)
    assert (codes(first), again["replayed"], again["saleId"]) == ([], True, first["saleId"])
    assert await balance(chain.customer) == "9940.00"
    assert await refused("renew", who, held, quoteId=shown["quoteId"]) == ["QUOTE_STALE"]


async def test_sub_54_several_at_once_give_a_result_per_row(platform: Platform, clock: FixedClock) -> None:
    at(clock, "2025-05-01")
    chain = await a_chain(platform)
    first, second = await monthly(chain, "30"), await monthly(chain, "40")
    given = [
        {"subscriptionId": first, "version": 1, "operation": "RENEW"},
        {"subscriptionId": second, "version": 1, "operation": "RECOVER"},
        {"subscriptionId": second, "version": 1, "operation": "EXTEND", "cycles": 2},
        {"subscriptionId": second, "version": 1, "operation": "RENEW"},
    ]

    answer = await done(chain.customer.someone, MANY, subscriptions=given, idempotencyKey="k")
    again = await done(chain.customer.someone, MANY, subscriptions=given, idempotencyKey="k")

    assert [[error["code"] for error in row["errors"]] for row in answer["results"]] == [
        [], ["NOTHING_TO_RECOVER"], [], ["VERSION_CONFLICT"],
    ]  # fmt: skip
    assert {each["id"]: each["endDate"] for each in answer["subscriptions"]} == {
        first: "2025-07-01", second: "2025-08-01",
    }  # fmt: skip
    assert (again["replayed"], again["results"]) == (True, answer["results"])
    assert await balance(chain.customer) == "9820.00"
    none = await done(chain.customer.someone, MANY, subscriptions=[], idempotencyKey="k2")
    assert codes(none) == ["TOO_MANY_ROWS"]
    await require_sound_books(platform)


async def test_a_40_who_renews_and_sets_the_alert(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    plan = await a_plan(tree.o, prices=[(tree.o, "0"), (tree.r1, "30")])
    chain = Chain(tree.o, tree.r1, tree.c1)
    await pay(tree.c1, "1000")
    held = await bought(chain, plan)
    alert = {"organizationId": tree.c1.id, "alertThreshold": {"amount": "5", "currency": "SGD"}}
    for role, expected in ((Role.MEMBER, ["FORBIDDEN"]), (Role.SUPPORT, ["FORBIDDEN"]), (Role.BILLING, [])):
        who = await a_member(platform, of=tree.c1, role=role)
        assert codes(await renewed("renew", who, held)) == expected
        assert codes(await done(who, LOW_MONEY, **alert)) == expected
        for operation, code in (("recover", "NOTHING_TO_RECOVER"), ("reactivate", "SUBSCRIPTION_NOT_ACTIVE")):
            assert await refused(operation, who, held) == (expected or [code])
    assert (await subscription(platform, held))["end_date"] == "2026-04-02"


async def test_a_41_renew_roles_bind_the_buyers_members(platform: Platform, clock: FixedClock) -> None:
    tree = await the_fixture(platform)
    plan = await a_plan(tree.o, prices=[(tree.o, "0"), (tree.r1, "30")])
    await pay(tree.c1, "1000")
    held = await bought(Chain(tree.o, tree.r1, tree.c1), plan)
    await a_policy_value(tree.r1, "renewRoles", ["OWNER", "ADMIN"])
    billing = await a_member(platform, of=tree.c1, role=Role.BILLING)

    assert await refused("renew", billing, held) == ["FORBIDDEN"]
    assert (await quoted("renew", billing, held))["blockers"][0]["code"] == "FORBIDDEN"
    # extending is another row of the table; the seller's BILLING renews all the same
    assert codes(await renewed("extend", billing, held, cycles=1)) == []
    assert codes(await renewed("renew", tree.dan, held)) == []
    assert codes(await renewed("renew", tree.bill, held)) == []
    assert await refused("renew", tree.rob, held) == ["NOT_FOUND"]
    assert await refused("renew", tree.olga, held) == ["FORBIDDEN"]
