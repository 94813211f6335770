"""Handing a subscription to another organization of the same seller: SUB-15, SUB-90, SUB-91."""

import pytest

from billing.buyer_terms import Terms, give_terms
from billing.order import AddOnOrder
from billing.subscription_transfer import TransferOrder, transfer_subscription
from core.clock import FixedClock, parse_instant
from core.refusals import Refused
from tenants.access import row_by_id
from tenants.unit_of_work import Platform, reading
from tests.acting import do, refusal
from tests.billing.test_trial import stop
from tests.makers import Member, a_customer, a_reseller, credentials_of
from tests.makers_billing import (
    a_plan,
    a_price,
    a_price_list,
    a_product,
    an_add_on,
    balance,
    pay,
    require_sound_books,
    rows,
)
from tests.makers_subscriptions import (
    Chain,
    a_chain,
    another_customer,
    at,
    bought,
    change_subscription,
    ended,
    ending_refused,
    previewed,
    status,
    subscription,
    timeline,
    transfer_refused,
    transferred,
)


async def a_monthly(chain: Chain) -> str:
    """Bought now by the customer for 30, at a cost of 20."""
    plan = await a_plan(chain.operator, prices=[(chain.operator, "20"), (chain.reseller, "30")])
    return await bought(chain, plan)


async def sees(who: Member, subscription_id: str) -> bool:
    """Whether the member's organization sees the subscription."""
    async with reading(who.platform, await credentials_of(who)) as uow:
        try:
            await row_by_id(uow, "subscription", subscription_id, ("id",))
        except Refused:
            return False
        return True


@pytest.fixture
def april(clock: FixedClock) -> FixedClock:
    """The clock stands at 2021-04-01."""
    at(clock, "2021-04-01")
    return clock


async def test_paid_time_and_charges_go_along(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    other = await another_customer(chain)
    product = await a_product(chain.operator)
    prices = [(chain.operator, "20"), (chain.reseller, "30")]
    plan = await a_plan(chain.operator, product=product, prices=prices)
    add_on = await an_add_on(chain.operator, product, prices=prices)
    held = await bought(chain, plan, add_ons=(AddOnOrder(add_on, 2),))
    await transferred(chain.seller, held, other)
    for table in ("subscription_add_on", "segment"):
        found = await rows(platform, f"SELECT organization_id, path FROM {table} WHERE subscription_id = $1", held)
        assert found == [{"organization_id": other.id, "path": other.path}]
    holders = await rows(platform, "SELECT organization_id, path, level FROM segment_charge ORDER BY level, id")
    assert [(row["organization_id"], row["path"]) for row in holders] == [
        (other.id, other.path), (other.id, other.path),
        (chain.reseller.id, chain.reseller.path), (chain.reseller.id, chain.reseller.path),
    ]  # fmt: skip
    assert not await sees(chain.customer.someone, held)
    assert await sees(other.someone, held)
    assert await sees(chain.seller, held)


async def test_a_later_refund_reaches_the_one_who_holds_it(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    other = await another_customer(chain)
    held = await a_monthly(chain)
    await transferred(chain.seller, held, other)
    shown = (await previewed(chain.seller, held)).wallets
    assert [change.organization_id for change in shown] == [other.id, chain.reseller.id]
    await ended(chain.seller, held)
    assert (await balance(chain.customer), await balance(other)) == ("9970.00", "30.00")
    assert await balance(chain.reseller) == "10000.00"
    await require_sound_books(platform)


async def test_nobody_is_assigned_and_somebody_is_told(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    other = await another_customer(chain)
    held = await a_monthly(chain)
    await transferred(chain.seller, held, other)
    assert await rows(platform, "SELECT 1 FROM subscription_assignment") == []
    alerts = await rows(platform, "SELECT organization_id, kind, subject_id FROM alert")
    assert alerts == [{"organization_id": other.id, "kind": "UNASSIGNED", "subject_id": held}]
    sent = await rows(platform, "SELECT organization_id, payload FROM outbox WHERE topic = 'subscription.transferred'")
    assert {message["organization_id"] for message in sent} == {chain.customer.id, other.id}
    told = [row for row in await rows(platform, "SELECT * FROM audit_entry WHERE entity_id = $1", held)
            if row["organization_id"] == other.id]  # fmt: skip
    assert len(told) == 1
    assert chain.customer.id not in str(told[0]) + str(sent[0]["payload"]) + str(sent[1]["payload"])


async def test_an_expired_one_goes_too_with_its_timeline_complete(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    other = await another_customer(chain)
    held = await a_monthly(chain)
    at(april, "2021-05-09")
    assert await status(platform, held) == "EXPIRED"
    await transferred(chain.seller, held, other)
    assert await status(platform, held) == "EXPIRED"
    assert [after for _, _, after, _ in await timeline(platform, held)] == ["ACTIVE", "GRACE", "EXPIRED"]
    assert await rows(platform, "SELECT kind FROM alert WHERE closed_at IS NULL") == []


async def test_dates_are_those_of_the_new_holders_zone(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    other = await another_customer(chain, timezone="Asia/Kolkata")
    held = await a_monthly(chain)
    await transferred(chain.seller, held, other)
    row = await subscription(platform, held)
    assert (row["end_date"], row["ends_at"]) == ("2021-05-01", parse_instant("2021-04-30T18:30:00Z"))
    assert row["grace_ends_at"] == parse_instant("2021-05-08T18:30:00Z")


async def test_all_that_stands_in_the_way_is_named_at_once(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    held = await a_monthly(chain)
    elsewhere = await a_reseller(platform, under=chain.reseller, currency="EUR", country="DE", timezone="UTC")
    euro = await a_customer(platform, under=elsewhere, currency="EUR", country="DE", timezone="UTC")
    await stop(euro)
    await change_subscription(platform, held, method="CONTRACT", renewal_failed_at=1)
    assert await transfer_refused(chain.seller, held, euro) == (
        "CONTRACT_BOUND", "CURRENCY_MISMATCH", "IN_DUNNING", "ORGANIZATION_NOT_ACTIVE", "SELLER_MISMATCH",
    )  # fmt: skip


async def test_states_that_stay(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    other = await another_customer(chain)
    held = await a_monthly(chain)
    at(april, "2021-05-02")
    assert await transfer_refused(chain.seller, held, other) == ("IN_DUNNING",)
    await change_subscription(platform, held, suspension_reasons="POLICY")
    assert await transfer_refused(chain.seller, held, other) == ("SUBSCRIPTION_NOT_ACTIVE",)
    await change_subscription(platform, held, suspension_reasons="")
    await ended(chain.seller, held)
    assert await transfer_refused(chain.seller, held, other) == ("SUBSCRIPTION_NOT_ACTIVE",)


async def test_without_a_price_for_the_other(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    other = await another_customer(chain)
    held = await a_monthly(chain)
    empty = await a_price_list(chain.reseller, is_default=False)
    await do(chain.seller, lambda uow: give_terms(uow, Terms(other.id, price_list_id=empty)))
    assert await transfer_refused(chain.seller, held, other) == ("PRICE_MISSING",)
    row = await subscription(platform, held)
    await a_price(chain.reseller, row["plan_id"], "99", price_list=empty)
    await transferred(chain.seller, held, other)


async def test_who_may_and_to_whom(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    held = await a_monthly(chain)
    beside = await a_customer(platform, under=chain.operator, currency="USD", country="US")
    assert await transfer_refused(chain.seller, held, beside) == ("NOT_FOUND",)
    assert await transfer_refused(chain.customer.someone, held, beside) == ("NOT_FOUND",)
    assert await transfer_refused(chain.customer.someone, held, chain.customer) == ("FORBIDDEN",)
    assert await transfer_refused(beside.someone, held, beside) == ("NOT_FOUND",)
    assert await transfer_refused(chain.seller, held, chain.customer) == ("REFERENCE_INVALID",)
    assert await transfer_refused(chain.seller, held, chain.reseller) == ("SELLER_MISMATCH",)


async def test_a_stale_version_is_refused(platform: Platform, april: FixedClock) -> None:
    chain = await a_chain(platform)
    other = await another_customer(chain)
    held = await a_monthly(chain)
    order = TransferOrder(held, 1, other.id)
    await transferred(chain.seller, held, other)
    back = TransferOrder(held, order.version, chain.customer.id)
    assert await refusal(chain.seller, lambda uow: transfer_subscription(uow, back)) == ("VERSION_CONFLICT",)
    assert await ending_refused(chain.customer.someone, held) == ("NOT_FOUND",)
    await pay(other, "1")
