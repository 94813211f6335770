"""Wallets as rows: one opens with each organization, chains are read whole and in order (MON-10, MON-14)."""

import pytest

from billing.credit import set_credit_limit
from billing.wallets import WalletRow, lock_chain, wallet_of
from core.clock import FixedClock, parse_instant
from core.money import format_amount
from core.refusals import Refused
from tenants.unit_of_work import Platform, reading, unit_of_work
from tests.acting import do, refusal
from tests.makers import Organization, a_customer, a_member, a_reseller, an_operator, credentials_of
from tests.makers_billing import a_preset, change_wallet, rows, wallet


async def test_an_organization_is_born_with_its_wallet(platform: Platform) -> None:
    operator = await an_operator(platform)
    await a_preset(operator, "myoperator")
    customer = await a_customer(platform, under=operator, currency="EUR")

    row = await wallet(customer)

    assert (row["seller_id"], row["path"], row["currency"], row["mode"]) == (
        operator.id, customer.path, "EUR", "PREPAID",
    )  # fmt: skip
    assert (row["wallet_micros"], format_amount(row["credit_limit_micros"], "EUR")) == (0, "100.00")
    assert await rows(platform, "SELECT id FROM wallet WHERE organization_id = $1", operator.id) == []


async def chain_of(buyer: Organization, owner: Organization, *, asker: Organization) -> list[str]:
    async with reading(asker.platform, await credentials_of(asker.someone)) as uow, uow.as_platform("test"):
        pairs = await lock_chain(uow, buyer.id, owner.id, is_preview=True)
    return [f"{pair.level}:{pair.buyer.name}<{pair.seller.name}" for pair in pairs]


async def test_a_chain_goes_from_the_buyer_up_to_the_owner_of_the_product(platform: Platform) -> None:
    operator = await an_operator(platform, name="Top")
    r1 = await a_reseller(platform, under=operator, name="R1")
    r2 = await a_reseller(platform, under=r1, name="R2")
    customer = await a_customer(platform, under=r2, name="C1")

    assert await chain_of(customer, operator, asker=customer) == ["0:C1<R2", "1:R2<R1", "2:R1<Top"]
    assert await chain_of(customer, r2, asker=customer) == ["0:C1<R2"]
    stranger = await a_reseller(platform, under=operator)
    assert await chain_of(customer, stranger, asker=customer) == []


async def test_a_broken_chain_sells_nothing(platform: Platform) -> None:
    operator = await an_operator(platform)
    r1 = await a_reseller(platform, under=operator)
    customer = await a_customer(platform, under=r1)
    await change_wallet(r1, closed_at=1)

    with pytest.raises(Refused, match="WALLET_MISSING"):
        await chain_of(customer, operator, asker=customer)


async def test_a_temporary_raise_counts_through_its_last_day(platform: Platform, clock: FixedClock) -> None:
    operator = await an_operator(platform)
    customer = await a_customer(platform, under=operator)
    ends = parse_instant("2026-05-01T00:00:00Z")
    await change_wallet(customer, credit_limit_micros="100", temporary_limit_micros="20", temporary_limit_until_at=ends)

    async def usable() -> str:
        async with unit_of_work(platform, await credentials_of(operator.someone), "test") as uow:
            row: WalletRow = await wallet_of(uow, customer.id)
            return format_amount(row.usable(uow.now), row.currency)

    clock.advance_to(ends - 1)
    assert await usable() == "120.00"
    clock.advance_to(ends)
    assert await usable() == "100.00"


async def test_who_sets_a_credit_limit(platform: Platform) -> None:
    operator = await an_operator(platform)
    r1 = await a_reseller(platform, under=operator)
    customer = await a_customer(platform, under=r1)
    support = await a_member(platform, of=r1, role="SUPPORT")
    billing = await a_member(platform, of=r1, role="BILLING")
    asked = lambda uow: set_credit_limit(uow, customer.id, 5_000_000)  # noqa: E731

    assert await refusal(support, asked) == ("FORBIDDEN",)
    assert await refusal(operator.someone, asked) == ("FORBIDDEN",)
    assert await refusal(billing, lambda uow: set_credit_limit(uow, customer.id, -1)) == ("AMOUNT_NOT_POSITIVE",)
    assert await refusal(billing, lambda uow: set_credit_limit(uow, customer.id, 1)) == ("AMOUNT_PRECISION",)
    euros = lambda uow: set_credit_limit(uow, customer.id, 5_000_000, "XTS")  # noqa: E731
    assert await refusal(billing, euros) == ("CURRENCY_MISMATCH",)
    await do(billing, asked)
    assert (await wallet(customer))["credit_limit_micros"] == 5_000_000
