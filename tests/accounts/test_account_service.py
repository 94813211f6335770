"""Accounts and batches as rows: what creation refuses, control numbers, a change of the billing zone."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from accounts.account_creation import AccountOrder, NewAccount, create_account
from accounts.account_id import AccountRole
from accounts.account_status import AccountKind, Lifecycle
from accounts.batches import NewBatch, create_batch
from accounts.billing_zone import move_to_zone
from accounts.funds import AccountType, BalanceControl
from core.clock import parse_instant
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do, refusal
from tests.makers_accounts import FixtureB1, a_batch, a_card, accounts_of, fixture_b1

CREDIT: dict[str, Any] = {"account_type": AccountType.CREDIT, "balance_control": BalanceControl.INDIVIDUAL}
LINE: dict[str, Any] = {"account_role": AccountRole.PHONE_LINE, "opening_balance_micros": 0}


@pytest.fixture
async def b1(platform: Platform) -> FixtureB1:
    """The fresh fixture."""
    return await fixture_b1(platform)


def order(b1: FixtureB1, *, batch_id: str | None = None, starts_inactive: bool = False, **facts: Any) -> AccountOrder:
    """A card for C2 with other facts."""
    account = replace(a_card("5551234"), **facts)
    whose = b1.c1.id if batch_id in (b1.b1, b1.b2) else b1.c2.id
    return AccountOrder(organization_id=whose, account=account, batch_id=batch_id, starts_inactive=starts_inactive)


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        ({"credit_limit_micros": 1}, ("CREDIT_LIMIT_NOT_ALLOWED",)),
        ({**CREDIT, "balance_control": BalanceControl.SUBORDINATE, "opening_balance_micros": 0,
          "credit_limit_micros": 1}, ("CREDIT_LIMIT_NOT_ALLOWED",)),
        (CREDIT, ("NOT_A_DEBIT_ACCOUNT",)),
        ({"kind": AccountKind.DEMO}, ("DEMO_HAS_NO_MONEY",)),
        ({"account_id": "a b", "credit_limit_micros": 1}, ("ACCOUNT_ID_FORMAT", "CREDIT_LIMIT_NOT_ALLOWED")),
    ],
)  # fmt: skip
async def test_creation_names_all_that_is_wrong(b1: FixtureB1, facts: dict[str, Any], codes: tuple[str, ...]) -> None:
    wrong = order(b1, **facts)
    assert await refusal(b1.abe, lambda uow: create_account(uow, wrong)) == codes


async def test_a_demo_account_is_in_no_batch(b1: FixtureB1) -> None:
    demo = order(b1, batch_id=b1.b1, kind=AccountKind.DEMO, opening_balance_micros=0)
    assert await refusal(b1.abe, lambda uow: create_account(uow, demo)) == ("DEMO_NOT_IN_BATCH",)


async def test_only_customers_have_accounts_and_batches_of_their_own(b1: FixtureB1) -> None:
    account = order(b1).account
    for_reseller = AccountOrder(organization_id=b1.r1.id, account=account)
    assert await refusal(b1.abe, lambda uow: create_account(uow, for_reseller)) == ("REFERENCE_INVALID",)
    of_another = AccountOrder(organization_id=b1.c2.id, account=account, batch_id=b1.b1)
    assert await refusal(b1.abe, lambda uow: create_account(uow, of_another)) == ("REFERENCE_INVALID",)
    batch = NewBatch(b1.r1.id, "Cards", AccountRole.PREPAID_CARD)
    assert await refusal(b1.abe, lambda uow: create_batch(uow, batch)) == ("REFERENCE_INVALID",)


async def test_a_batch_has_a_name_and_at_most_100_000_accounts(b1: FixtureB1) -> None:
    for name in (" ", "n" * 101):
        nameless = NewBatch(b1.c2.id, name, AccountRole.PREPAID_CARD)
        with pytest.raises(Exception, match="NAME_LENGTH"):
            await do(b1.abe, lambda uow, nameless=nameless: create_batch(uow, nameless))  # type: ignore[misc]
    async with platform_transaction(b1.platform) as tx:
        await tx.execute("UPDATE batch SET last_control_number = 100000 WHERE id = $1", b1.b1)
    one_more = order(b1, batch_id=b1.b1)
    assert await refusal(b1.abe, lambda uow: create_account(uow, one_more)) == ("BATCH_TOO_LARGE",)


@pytest.mark.parametrize(
    ("facts", "starts_inactive", "lifecycle"),
    [
        ({}, False, "INACTIVE"),
        (LINE, False, "OPEN"),
        (LINE, True, "INACTIVE"),
        ({**LINE, "activation_date": date(2026, 3, 8)}, False, "INACTIVE"),
        ({**CREDIT, "opening_balance_micros": 0}, False, "OPEN"),
    ],
)
async def test_which_accounts_start_inactive(
    b1: FixtureB1, facts: dict[str, Any], starts_inactive: bool, lifecycle: str
) -> None:
    made = await do(b1.abe, lambda uow: create_account(uow, order(b1, starts_inactive=starts_inactive, **facts)))
    async with platform_transaction(b1.platform) as tx:
        (row,) = await tx.fetch("SELECT * FROM account WHERE id = $1", made["accountId"])
    activated_at = b1.platform.clock.now() if lifecycle == "OPEN" else None
    assert (row["lifecycle"], row["activated_at"], row["seller_id"]) == (lifecycle, activated_at, b1.r1.id)


async def test_a_closed_account_frees_its_id(b1: FixtureB1) -> None:
    closed = replace(a_card("5550001"), lifecycle=Lifecycle.CLOSED)
    batch = await a_batch(b1.abe, b1.c2, "Again", [closed, closed, a_card("5550001")])
    assert [row["account_id"] for row in (await accounts_of(b1.platform, batch)).values()] == 3 * ["5550001"]


async def test_another_billing_zone_moves_the_instants_that_are_ahead(b1: FixtureB1) -> None:
    dated: NewAccount = replace(
        a_card("5550002"), activation_date=date(2026, 3, 8), expiration_date=date(2026, 6, 1), availability_days=30,
        first_used_at=parse_instant("2026-02-01T12:00:00Z"),
    )  # fmt: skip
    past = replace(a_card("5550003"), activation_date=date(2026, 1, 1), expiration_date=date(2026, 2, 1))
    batch = await a_batch(b1.abe, b1.c2, "Zones", [dated, past, a_card("5550004")])
    before = (await accounts_of(b1.platform, batch))[2]
    async with platform_transaction(b1.platform) as tx:
        assert await move_to_zone(tx, b1.c2.id, "Asia/Kathmandu", b1.platform.clock.now()) == 2
    accounts = await accounts_of(b1.platform, batch)
    ahead = [accounts[1][name] for name in ("activates_at", "expires_at", "availability_ends_at")]
    assert ahead == [
        parse_instant("2026-03-07T18:15:00Z"), parse_instant("2026-05-31T18:15:00Z"),
        parse_instant("2026-03-02T18:15:00Z"),
    ]  # fmt: skip
    assert dict(accounts[2]) == dict(before)
