"""What an examiner of refunds, limits and searches found between the literal scenarios, on both engines."""

import asyncio
from collections import Counter
from fractions import Fraction
from typing import Any

import pytest

from core.clock import FixedClock
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import PURCHASE, asked, codes, done
from tests.makers import Member
from tests.makers_accounts import FixtureB1, a_batch, a_card, fixture_b1
from tests.makers_billing import a_plan, balance, entries, require_sound_books, rows
from tests.makers_subscriptions import a_chain, at, set_policy
from tests.rules.test_review_purchases import a_line

ERRORS = "errors { code field details }"
REFUND = f"""mutation ($input: RefundSubscriptionInput!) {{ refundSubscription(input: $input) {{ {ERRORS} replayed
    refund {{ amount }} subscription {{ status }} }} }}"""
PREVIEW_REFUND = """query ($input: PreviewRefundInput!) { previewRefund(input: $input) {
    levels { refund { amount } fee { amount } paidOut { amount } balanceAfter { amount } } } }"""
TRIAL = f"mutation ($input: StartTrialInput!) {{ startTrial(input: $input) {{ {ERRORS} subscription {{ id }} }} }}"
ISSUE = f"mutation ($input: CreditInput!) {{ issueCredit(input: $input) {{ {ERRORS} }} }}"
TAKE_BACK = f"mutation ($input: CreditInput!) {{ takeBackCredit(input: $input) {{ {ERRORS} }} }}"


async def bought(who: Member, organization_id: str, plan: str, key: str = "k", **given: Any) -> str:
    order = {"organizationId": organization_id, "planId": plan, "idempotencyKey": key} | given
    payload = await done(who, PURCHASE, **order)
    assert codes(payload) == []
    return str(payload["subscription"]["id"])


async def test_sub_82_each_level_refunds_by_its_own_window(platform: Platform, clock: FixedClock) -> None:
    """C's seller gives 30 days, its parent 5 and then nothing, the operator's pair whole months (MON-34)."""
    at(clock, "2026-03-01")
    line = await a_line(platform, ["USD"] * 4)
    operator, r1, r2, customer = line
    plan = await a_plan(operator, prices=[(operator, "30"), (r1, "60"), (r2, "90.01")], months=3)
    await set_policy(operator, refundWindowDays=0)
    await set_policy(r1, refundWindowDays=5, refundAfterWindow="NONE")
    await set_policy(r2, refundWindowDays=30, refundAfterWindow="WHOLE_MONTHS")
    ended = []
    for day in ("2026-03-06", "2026-03-07", "2026-03-31", "2026-04-01"):
        at(clock, "2026-03-01")
        subscription = await bought(customer.someone, customer.id, plan, day, cycleMonths=3)
        before = [Fraction(await balance(each)) for each in line[1:]]
        at(clock, day)
        seen = (await done(r2.someone, PREVIEW_REFUND, subscriptionId=subscription))["levels"]
        order = {"subscriptionId": subscription, "version": 1, "reason": "left", "idempotencyKey": day}
        assert codes(await done(r2.someone, REFUND, **order)) == []
        after = [await balance(each) for each in line[1:]]
        assert [level["balanceAfter"]["amount"] for level in seen] == [after[2], after[1]]
        ended.append([str(float(Fraction(now) - was)) for now, was in zip(after, before, strict=True)])
    assert ended == [
        ["20.0", "60.0", "90.01"],
        ["20.0", "0.0", "90.01"],
        ["20.0", "0.0", "90.01"],
        ["10.0", "0.0", "30.0"],
    ]
    await require_sound_books(platform)


@pytest.mark.parametrize(
    ("currency", "price", "fee", "refund", "paid"),
    [
        ("JPY", "1000", {"JPY": "100"}, "1000", "900"),
        ("KWD", "10.005", {"KWD": "0.005"}, "10.005", "10.000"),
        ("USD", "16.99", {"USD": "17"}, "16.99", "0.00"),
        ("EUR", "50", {"USD": "17"}, "50.00", "50.00"),
    ],
)
async def test_sub_84_a_pay_out_in_each_currency(
    platform: Platform, currency: str, price: str, fee: dict[str, str], refund: str, paid: str
) -> None:
    chain = await a_chain(platform, currency=currency)
    await set_policy(chain.reseller, payoutFee=fee)
    plan = await a_plan(chain.reseller, prices=[(chain.reseller, price)])
    subscription = await bought(chain.customer.someone, chain.customer.id, plan)
    question = {"subscriptionId": subscription, "payOut": "CARD"}
    (wallet,) = (await done(chain.seller, PREVIEW_REFUND, **question))["levels"]
    assert (wallet["refund"]["amount"], wallet["paidOut"]["amount"]) == (refund, paid)
    ended = await done(chain.seller, REFUND, **question, version=1, reason="left", idempotencyKey="e")
    again = await done(chain.seller, REFUND, **question, version=1, reason="left", idempotencyKey="e")
    stale = await done(chain.seller, REFUND, **question, version=1, reason="left", idempotencyKey="f")
    assert (codes(ended), again["replayed"], codes(stale)) == ([], True, ["VERSION_CONFLICT"])
    posted = [row for row in await entries(chain.customer) if row[0] == "PAY_OUT"]
    assert [row[1] for row in posted][0] == "WALLET"
    assert not any(row[3].startswith("-") for row in posted[1:])
    await require_sound_books(platform)


async def test_ss_65_eight_trials_at_once_through_the_schema(platform: Platform) -> None:
    chain = await a_chain(platform)
    plan = await a_plan(chain.operator, prices=[(chain.operator, "9"), (chain.reseller, "30")])
    order = {"organizationId": chain.customer.id, "planId": plan}
    answers = await asyncio.gather(
        *(done(chain.seller, TRIAL, **order, idempotencyKey=str(number)) for number in range(8))
    )
    assert Counter(",".join(codes(each)) for each in answers) == {"": 1, "TRIAL_ALREADY_USED": 7}
    assert len(await rows(platform, "SELECT id FROM subscription")) == 1


async def test_mon_58_issues_at_once_stay_within_what_the_seller_has(platform: Platform) -> None:
    """R has 100: of ten issues of 30 each stands alone, for its own Wallet is not debited; taken back only once."""
    chain = await a_chain(platform, money="100")
    to = {"organizationId": chain.customer.id}

    def usd(amount: str) -> dict[str, Any]:
        return {"amount": {"amount": amount, "currency": "USD"}}

    over = await done(chain.seller, ISSUE, **to, **usd("100.01"), idempotencyKey="over")
    given = await done(chain.seller, ISSUE, **to, **usd("100"), idempotencyKey="given")
    assert (codes(over), codes(given)) == (["ISSUE_EXCEEDS_USABLE"], [])
    taken = await asyncio.gather(
        *(done(chain.seller, TAKE_BACK, **to, **usd("30"), idempotencyKey=str(n)) for n in range(6))
    )
    assert Counter(",".join(codes(each)) for each in taken) == {"": 3, "TAKE_BACK_EXCEEDS_ISSUED": 3}
    assert (await balance(chain.customer), await balance(chain.reseller)) == ("110.00", "100.00")
    await require_sound_books(platform)


async def test_ms_66_plain_refusals_of_what_exists(platform: Platform) -> None:
    chain = await a_chain(platform, money="100")
    plan = await a_plan(chain.operator, prices=[(chain.operator, "9"), (chain.reseller, "30")])
    order = {"organizationId": chain.customer.id, "planId": plan, "method": "EXTERNAL_INVOICE"}
    not_allowed = await done(chain.customer.someone, PURCHASE, **order, idempotencyKey="k1")
    await set_policy(chain.reseller, invoicing="NONE")
    unnumbered = await done(chain.customer.someone, PURCHASE, **order, idempotencyKey="k2")
    raised = f"mutation ($input: GrantTemporaryLimitInput!) {{ grantTemporaryLimit(input: $input) {{ {ERRORS} }} }}"
    limit = f"mutation ($input: SetCreditLimitInput!) {{ setCreditLimit(input: $input) {{ {ERRORS} }} }}"
    to = {"organizationId": chain.customer.id}
    await set_policy(chain.reseller, temporaryLimitMaxPercent="20")
    hundred = {"amount": "100", "currency": "USD"}
    assert codes(await done(chain.seller, limit, **to, creditLimit=hundred, idempotencyKey="k3")) == []
    too_high = await done(chain.seller, raised, **to, percent="30", lastDay="2026-04-30", idempotencyKey="k4")
    currency = f"mutation ($input: UpdateOrganizationInput!) {{ updateOrganization(input: $input) {{ {ERRORS} }} }}"
    version = (await rows(platform, "SELECT version FROM organization WHERE id = $1", chain.customer.id))[0]["version"]
    changed = await done(chain.seller, currency, id=chain.customer.id, version=version, currency="EUR")
    assert [codes(each) for each in (not_allowed, unnumbered, too_high, changed)] == [
        ["EXTERNAL_INVOICE_NOT_ALLOWED"], ["EXTERNAL_NUMBER_REQUIRED"], ["TEMPORARY_LIMIT_TOO_HIGH"],
        ["CURRENCY_IMMUTABLE"],
    ]  # fmt: skip


SEARCH = """query ($filter: AccountFilter!) { accounts(filter: $filter, first: 100) { totalCount
    nodes { accountId } } }"""


@pytest.fixture
async def b1(platform: Platform) -> FixtureB1:
    """The fresh fixture."""
    return await fixture_b1(platform)


async def test_bat_16_every_character_is_literal_and_only_ascii_is_folded(b1: FixtureB1) -> None:
    names = ["a%b", "a_b", "a\\b", "axb", "A%B2", "İx", "ix", "ÄB", "äb", "100%", "\\", "_", "%%"]
    cards = [a_card(name) for name in names]
    batch = await a_batch(b1.abe, b1.c2, "Odd", cards)
    wanted = {
        ("a%b", "STARTS_WITH"): {"a%b", "A%B2"},
        ("A_B", "EXACT"): {"a_b"},
        ("_", "CONTAINS"): {"a_b", "_"},
        ("%", "ENDS_WITH"): {"100%", "%%"},
        ("\\", "CONTAINS"): {"a\\b", "\\"},
        ("\\b", "ENDS_WITH"): {"a\\b"},
        ("äb", "STARTS_WITH"): {"äb"},
        ("Äb", "EXACT"): {"ÄB"},
        ("ix", "CONTAINS"): {"ix"},
        ("%%", "STARTS_WITH"): {"%%"},
        ("a'b", "CONTAINS"): set(),
    }
    for (value, mode), found in wanted.items():
        filters = {"batchIds": [batch], "accountId": {"value": f"  {value} ", "mode": mode}}
        answer = (await asked(b1.abe, SEARCH, filter=filters)).data["accounts"]
        assert {node["accountId"] for node in answer["nodes"]} == found, (value, mode)
        assert answer["totalCount"] == len(found)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1 - 3", 3), ("0001,00002", 2), ("9999999999", 0), ("1-9999999999", 245), ("245,245-245, 244 -245", 2),
        ("250-251", 0), ("\t1\t", 1),
    ],
)  # fmt: skip
async def test_bat_18_control_numbers_in_plain_search_and_counters_agree(
    b1: FixtureB1, text: str, numbers: int
) -> None:
    filters = {"batchIds": [b1.b1], "controlNumbers": text}
    found = (await asked(b1.abe, SEARCH, filter=filters)).data["accounts"]["totalCount"]
    document = "query ($id: ID!, $f: AccountFilter) { batchCounters(batchId: $id, filter: $f) { selected } }"
    counted = (await asked(b1.abe, document, id=b1.b1, f={"controlNumbers": text})).data["batchCounters"]["selected"]
    assert (found, counted) == (numbers, numbers)


@pytest.mark.parametrize("text", ["", " ", ",", "1,", "+1", "1-2-3", "1 2", "٣", "12345678901", "0-5", "5-0", "1–3"])
async def test_bat_18_what_is_no_list_selects_nothing_and_previews_nothing(b1: FixtureB1, text: str) -> None:
    answer = await asked(b1.abe, SEARCH, filter={"batchIds": [b1.b1], "controlNumbers": text})
    assert answer.codes == ["CONTROL_NUMBER_SYNTAX"] * max(1, text.count(",") + (text == ","))
