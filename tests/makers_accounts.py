"""Fixture B1 of the batch rule book (section 14): its tree, members, plan Easy, batches B1 and B2. All money USD."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from accounts.account_creation import NewAccount, insert_accounts
from accounts.account_id import AccountRole
from accounts.account_status import Lifecycle
from accounts.batch_confirm import ConfirmOrder, confirm_batch_update
from accounts.batch_preview import PreviewOrder, preview_batch_update
from accounts.batches import NewBatch, batch_by_id, create_batch
from accounts.funds import AccountType, BalanceControl
from core.clock import parse_instant
from core.ids import new_id
from core.money import parse_amount
from core.transaction import Row, fetch_one, insert
from tenants.commands import Outcome
from tenants.permissions import Role
from tenants.unit_of_work import Platform, platform_transaction, unit_of_work
from tests.acting import do
from tests.makers import Member, Organization, a_customer, a_member, a_reseller, an_operator, credentials_of

NEW_YORK = "America/New_York"
USED_AT = parse_instant("2026-01-10T15:00:00Z")
_USD: dict[str, Any] = {"country": "US", "currency": "USD", "timezone": NEW_YORK}
_MANAGED: dict[str, Any] = {**_USD, "managed_by": "SERVICE_PROVIDER"}


@dataclass(frozen=True, slots=True)
class FixtureB1:
    """The fixture's parts by the names of the rule book."""

    platform: Platform
    operator: Organization
    r1: Organization
    r2: Organization
    r1a: Organization
    c1: Organization
    c2: Organization
    c4: Organization
    opa: Member
    ann: Member
    abe: Member
    bea: Member
    sam: Member
    cia: Member
    rob: Member
    easy: str
    b1: str
    b2: str


async def fixture_b1(platform: Platform) -> FixtureB1:
    """The whole fixture, fresh; now is the platform's clock (2026-02-02T12:00:00Z in tests)."""
    operator = await an_operator(platform, owner="opa", **_USD)
    r1 = await a_reseller(platform, under=operator, name="R1", owner="ann", **_USD)
    r2 = await a_reseller(platform, under=operator, name="R2", owner="rob", **_USD)
    r1a = await a_reseller(platform, under=r1, name="R1a", **_USD)
    c1, c2 = [await a_customer(platform, under=r1, name=name, **_MANAGED) for name in ("C1", "C2")]
    c4 = await a_customer(platform, under=r2, name="C4", **_MANAGED)
    abe = await a_member(platform, of=r1, role=Role.ADMIN, name="abe")
    easy = await a_plan(platform, of=r1, name="Easy", threshold="0.50")
    b1 = await a_batch(abe, c1, "B1", batch_b1(easy))
    b2 = await a_batch(abe, c1, "B2", batch_b2(easy))
    await a_wallet_of(platform, c1, "2.50")
    return FixtureB1(
        platform, operator, r1, r2, r1a, c1, c2, c4,
        opa=operator.someone, ann=r1.someone, abe=abe,
        bea=await a_member(platform, of=r1, role=Role.BILLING, name="bea"),
        sam=await a_member(platform, of=r1, role=Role.SUPPORT, name="sam"),
        cia=await a_member(platform, of=c1, role=Role.ADMIN, name="cia"),
        rob=r2.someone, easy=easy, b1=b1, b2=b2,
    )  # fmt: skip


def batch_b1(plan_id: str | None) -> list[NewAccount]:
    """The 250 cards of B1 in control-number order."""
    kinds = [
        (200, Lifecycle.INACTIVE, "10.00", False),
        (30, Lifecycle.OPEN, "4.20", False),
        (5, Lifecycle.OPEN, "0.50", False),
        (4, Lifecycle.OPEN, "0.49", False),
        (1, Lifecycle.OPEN, "0.00", False),
        (5, Lifecycle.OPEN, "4.20", True),
        (5, Lifecycle.CLOSED, "0.00", False),
    ]
    states = [(lifecycle, balance, blocked) for count, lifecycle, balance, blocked in kinds for _ in range(count)]
    return [
        a_card(f"1212{number:06d}", plan_id, lifecycle, balance, is_blocked=blocked)
        for number, (lifecycle, balance, blocked) in enumerate(states, start=1)
    ]


def a_card(
    account_id: str,
    plan_id: str | None = None,
    lifecycle: Lifecycle = Lifecycle.INACTIVE,
    balance: str = "10.00",
    *,
    is_blocked: bool = False,
    expiration_date: date | None = None,
) -> NewAccount:
    """A prepaid card of 10.00; once it left INACTIVE it was activated and used on 10 January 2026."""
    used_at = None if lifecycle is Lifecycle.INACTIVE else USED_AT
    return NewAccount(
        account_id=account_id, account_role=AccountRole.PREPAID_CARD, lifecycle=lifecycle, is_blocked=is_blocked,
        activated_at=used_at, first_used_at=used_at, expiration_date=expiration_date, plan_id=plan_id,
        opening_balance_micros=parse_amount("10.00"), balance_micros=parse_amount(balance),
    )  # fmt: skip


def batch_b2(plan_id: str | None) -> list[NewAccount]:
    """The ten accounts of B2."""
    debit = replace(a_card("", plan_id, Lifecycle.OPEN), first_used_at=None)
    credit = replace(debit, account_type=AccountType.CREDIT, opening_balance_micros=0, balance_micros=0)
    individual = replace(credit, balance_control=BalanceControl.INDIVIDUAL)
    shared = replace(credit, balance_control=BalanceControl.SUBORDINATE)
    accounts = [
        _money(debit, "3.00", "18.00"),
        replace(_money(debit, "0.00", "4.00"), first_used_at=USED_AT),
        replace(individual, credit_limit_micros=parse_amount("20.00"), balance_micros=parse_amount("10.00")),
        replace(individual, balance_micros=parse_amount("-5.00")),
        shared, shared, shared,
        _money(debit, "200.00", "200.00"),
        _money(debit, "100.00", "100.00"),
        _money(debit, "10.00", "10.00"),
    ]  # fmt: skip
    return [replace(account, account_id=f"777000{number:03d}") for number, account in enumerate(accounts, start=1)]


async def a_plan(platform: Platform, *, of: Organization, name: str, threshold: str = "0.00") -> str:
    """A plan for prepaid cards with an availability threshold, without a price."""
    product_id, plan_id, now = new_id("prod"), new_id("plan"), platform.clock.now()
    whose: dict[str, Any] = {"organization_id": of.id, "path": of.path, "name": name, "created_at": now}
    async with platform_transaction(platform) as tx:
        await insert(tx, "product", id=product_id, kind="SERVICE", category="Cards", **whose)
        await insert(
            tx, "plan", id=plan_id, product_id=product_id, is_taxable=False, features="{}",
            account_role=AccountRole.PREPAID_CARD.value, availability_threshold_micros=parse_amount(threshold), **whose,
        )  # fmt: skip
    return plan_id


async def a_batch(
    maker: Member,
    customer: Organization,
    name: str,
    accounts: Sequence[NewAccount] = (),
    role: AccountRole = AccountRole.PREPAID_CARD,
) -> str:
    """A batch made by a member, with these accounts as they stand; its id."""
    async with unit_of_work(maker.platform, await credentials_of(maker), "createBatch") as uow:
        batch_id: str = (await create_batch(uow, NewBatch(customer.id, name, role)))["batchId"]
        batch = await batch_by_id(uow, batch_id)
        await insert_accounts(uow.tx, batch.customer, accounts, uow.now, batch)
    return batch_id


async def a_wallet_of(platform: Platform, customer: Organization, amount: str) -> None:
    """Put this much into the customer's PREPAID Wallet, as the fixture has it."""
    async with platform_transaction(platform) as tx:
        await tx.execute(
            "UPDATE wallet SET mode = 'PREPAID', wallet_micros = $2, credit_limit_micros = 0 "
            "WHERE organization_id = $1",
            customer.id, parse_amount(amount),
        )  # fmt: skip


async def preview(
    who: Member, batch: str, changes: Mapping[str, Any], chunk_rows: int | None = None, **filters: Any
) -> Outcome:
    """The member previews an update of a batch; `filters` are further ones, such as controlNumbers."""
    order = PreviewOrder(account_filter={"batchIds": [batch], **filters}, changes=changes, chunk_rows=chunk_rows)
    return await do(who, lambda uow: preview_batch_update(uow, order), operation="previewBatchUpdate")


def confirmation(previewed: Outcome, key: str = "k-1", **given: Any) -> ConfirmOrder:
    """What confirms a preview just as it was seen."""
    seen = {
        "batch_update_id": previewed["batchUpdateId"],
        "snapshot_hash": previewed["snapshotHash"],
        "expected_selected": previewed["selected"],
        "idempotency_key": key,
    }
    return ConfirmOrder(**{**seen, **given})


async def confirm(who: Member, previewed: Outcome, key: str | None = None, **given: Any) -> Outcome:
    """The member confirms a preview."""
    order = confirmation(previewed, key or f"key-{previewed['batchUpdateId']}", **given)
    return await do(who, lambda uow: confirm_batch_update(uow, order), operation="confirmBatchUpdate")


async def job_of(platform: Platform, previewed: Outcome) -> Row:
    """The row of the job as it is stored now."""
    async with platform_transaction(platform) as tx:
        row = await fetch_one(tx, "SELECT * FROM batch_update WHERE id = $1", previewed["batchUpdateId"])
    assert row is not None
    return row


async def results_of(platform: Platform, previewed: Outcome) -> list[tuple[int, str, str | None]]:
    """Control number, result and code of each row, in order."""
    async with platform_transaction(platform) as tx:
        rows = await tx.fetch(
            "SELECT control_number, result, code FROM batch_update_row WHERE batch_update_id = $1 "
            "ORDER BY control_number",
            previewed["batchUpdateId"],
        )
    return [(row["control_number"], row["result"], row["code"]) for row in rows]


async def accounts_of(platform: Platform, batch: str) -> dict[int, Row]:
    """The accounts of a batch by control number."""
    async with platform_transaction(platform) as tx:
        rows = await tx.fetch("SELECT * FROM account WHERE batch_id = $1", batch)
    return {row["control_number"]: row for row in rows}


def read_json(stored: Any) -> Any:
    """A JSON column of either engine."""
    return None if stored is None else json.loads(stored)


def _money(account: NewAccount, opening: str, balance: str) -> NewAccount:
    return replace(account, opening_balance_micros=parse_amount(opening), balance_micros=parse_amount(balance))
