"""The SQL of search, status and funds against the pure rules, on both engines (BAT-3, BAT-8, BAT-9, BAT-16 to 18)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from accounts.account_creation import NewAccount, insert_accounts
from accounts.account_facts import all_facts_of
from accounts.account_id import AccountRole
from accounts.account_search import AccountFilter, StatusFilter, filter_condition
from accounts.account_sql import around_row, depleted_expression, funds_expression, status_expression_of
from accounts.account_status import (
    AccountKind,
    AccountStatus,
    Lifecycle,
    OrganizationFacts,
    Surroundings,
    Verification,
    account_funds,
    is_account_depleted,
    status_line,
)
from accounts.control_numbers import ControlRange, merge_ranges
from accounts.funds import AccountType, BalanceControl
from accounts.search_value import SearchMode, fold_ascii, is_match
from core.clock import HOUR, Instant, parse_instant
from core.ids import new_id
from core.transaction import Transaction, insert
from tenants.access import OrganizationFacts as Organization
from tenants.access import organization_by_id
from tenants.unit_of_work import Platform, platform_transaction, unit_of_work
from tests.makers import credentials_of
from tests.makers_accounts import NEW_YORK, FixtureB1, fixture_b1

NOW = parse_instant("2026-02-02T12:00:00Z")
NEVER = NOW + 1_000 * HOUR

near = st.sampled_from([NOW - 800 * HOUR, NOW - HOUR, NOW, NOW + HOUR])
days = st.sampled_from([date(2026, 1, 1), date(2026, 2, 1), date(2026, 2, 2), date(2026, 2, 3), date(2026, 6, 1)])
amounts = st.sampled_from([-5_000_000, -1, 0, 490_000, 500_000, 500_001, 20_000_000])
statuses = st.sampled_from([*["ACTIVE"] * 12, *["SUSPENDED"] * 3, "SUSPENDED_FOR_DELETION", "DEACTIVATED_BY_USER"])
every_reason = st.sampled_from(["SELLER", "PAYMENT", "POLICY", "FRAUD", "KYC_OVERDUE"])
reasons = st.just(frozenset({"PAYMENT"})) | st.frozensets(every_reason, min_size=1)


@dataclass(frozen=True)
class State:
    """Whatever an account's status is taken from, as it will be stored."""

    account: NewAccount
    hold: str | None
    customer: tuple[str, frozenset[str]]
    seller: tuple[str, frozenset[str]]
    has_usable_subscription: bool | None
    own_subscription: str | None
    wallet_micros: int


@st.composite
def accounts(draw: st.DrawFn) -> NewAccount:
    kind = draw(st.sampled_from([AccountKind.LIVE, AccountKind.LIVE, AccountKind.DEMO]))
    is_debit = draw(st.booleans())
    control = None if is_debit else draw(st.sampled_from(BalanceControl))
    return NewAccount(
        account_id="x",
        account_role=AccountRole.UNIVERSAL,
        kind=kind,
        account_type=AccountType.DEBIT if is_debit else AccountType.CREDIT,
        balance_control=control,
        lifecycle=draw(st.sampled_from([*[Lifecycle.OPEN] * 6, *[Lifecycle.INACTIVE] * 3, Lifecycle.CLOSED])),
        is_blocked=draw(st.sampled_from([*[False] * 7, True])),
        verification=draw(st.sampled_from([*[Verification.NONE] * 6, *Verification])),
        activation_date=draw(st.none() | days),
        expiration_date=draw(st.none() | st.none() | st.none() | days),
        availability_days=draw(st.none() | st.none() | st.sampled_from([1, 30, 40])),
        first_used_at=draw(st.none() | near),
        last_recharged_at=draw(st.none() | near),
        balance_micros=draw(amounts),
        credit_limit_micros=draw(amounts) if control is BalanceControl.INDIVIDUAL else 0,
    )


organizations = st.tuples(statuses, reasons)
states = st.builds(
    State,
    account=accounts(),
    hold=st.none() | st.none() | st.just("DISTRIBUTOR_CREDIT_LIMIT"),
    customer=organizations,
    seller=organizations,
    has_usable_subscription=st.sampled_from([None, None, True, False]),
    own_subscription=st.sampled_from([None, None, "USABLE", "OVER"]),
    wallet_micros=amounts,
)


async def set_stop(tx: Transaction, organization_id: str, stop: tuple[str, frozenset[str]]) -> None:
    status, given_reasons = stop
    await tx.execute("UPDATE organization SET status = $2 WHERE id = $1", organization_id, status)
    await tx.execute("DELETE FROM suspension WHERE organization_id = $1", organization_id)
    standing = given_reasons if status == "SUSPENDED" else ()
    for reason in sorted(standing):
        await tx.execute(
            "INSERT INTO suspension (id, organization_id, path, reason, set_by_organization_id, started_at) "
            "SELECT $2, o.id, o.path, $3, o.parent_id, 1 FROM organization o WHERE o.id = $1",
            organization_id, new_id("sus"), reason,
        )  # fmt: skip


async def add_subscription(tx: Transaction, b1: FixtureB1, ends_at: Instant) -> str:
    subscription_id = new_id("sub")
    await insert(
        tx, "subscription", id=subscription_id, organization_id=b1.c1.id, path=b1.c1.path, seller_id=b1.r1.id,
        product_id=await product_of(tx, b1.easy), plan_id=b1.easy, product_name="Cards", plan_name="Easy", quantity=1,
        cycle_months=1, currency="USD", is_trial=False, is_auto_renew=True, method="NORMAL", anchor_date="2026-01-01",
        start_date="2026-01-01", end_date="2026-02-01", started_at=1, activated_at=1, ends_at=ends_at,
        grace_ends_at=ends_at, ladder_ends_at=NEVER, final_state="DEACTIVATED", settings="{}", created_at=1,
    )  # fmt: skip
    return subscription_id


async def product_of(tx: Transaction, plan_id: str) -> str:
    (row,) = await tx.fetch("SELECT product_id FROM plan WHERE id = $1", plan_id)
    return str(row["product_id"])


async def store(tx: Transaction, b1: FixtureB1, customer: Organization, state: State) -> str:
    """Put the state into the tables; the id of the account."""
    await tx.execute("DELETE FROM subscription WHERE organization_id = $1", b1.c1.id)
    await set_stop(tx, b1.c1.id, state.customer)
    await set_stop(tx, b1.r1.id, state.seller)
    await tx.execute("UPDATE wallet SET wallet_micros = $2 WHERE organization_id = $1", b1.c1.id, state.wallet_micros)
    if state.has_usable_subscription is not None:
        await add_subscription(tx, b1, NEVER if state.has_usable_subscription else NOW)
    own = None
    if state.own_subscription is not None:
        own = await add_subscription(tx, b1, NEVER if state.own_subscription == "USABLE" else NOW)
    account = replace(state.account, account_id=new_id("x"), subscription_id=own, plan_id=b1.easy)
    (account_id,) = await insert_accounts(tx, customer, [account], NOW)
    await tx.execute("UPDATE account SET activation_hold = $2 WHERE id = $1", account_id, state.hold)
    return account_id


def surroundings(state: State) -> Surroundings:
    """The same state for the pure rule; the billing status is the best of the subscriptions (SUB-112)."""
    usable = [state.has_usable_subscription, {"USABLE": True, "OVER": False, None: None}[state.own_subscription]]
    stored = [each for each in usable if each is not None]
    return Surroundings(
        zone=NEW_YORK,
        customer=OrganizationFacts(
            status=state.customer[0],
            suspension_reasons=state.customer[1],
            billing_status="INACTIVE" if stored and not any(stored) else "ACTIVE",
        ),
        above=(OrganizationFacts(status=state.seller[0], suspension_reasons=state.seller[1]), OrganizationFacts()),
        is_subscription_usable=state.own_subscription != "OVER",
        wallet_usable_micros=state.wallet_micros,
        availability_threshold_micros=500_000,
    )


class Undo(Exception):
    """Ends a transaction without keeping it."""


async def test_status_and_funds_in_sql_are_those_of_the_rules(platform: Platform) -> None:
    b1 = await fixture_b1(platform)
    credentials = await credentials_of(b1.opa)
    async with unit_of_work(platform, credentials, "read") as uow:
        customer = await organization_by_id(uow, b1.c1.id)
    seen: set[str] = set()

    async def compare(state: State) -> None:
        with pytest.raises(Undo):
            async with platform_transaction(platform) as tx:
                account_id = await store(tx, b1, customer, state)
                around = around_row("a", tx.dialect, "$2", lambda alias, table: "1 = 1")
                (row,) = await tx.fetch(
                    f"SELECT a.*, {status_expression_of('a', '$2', around)} AS status, "
                    f"{funds_expression('a', around)} AS funds, {depleted_expression('a', around)} AS is_depleted "
                    "FROM account a WHERE a.id = $1",
                    account_id, NOW,
                )  # fmt: skip
                facts, pure = all_facts_of(row), surroundings(state)
                seen.add(row["status"])
                assert (row["status"], row["funds"], bool(row["is_depleted"])) == (
                    status_line(facts, pure, NOW).status.value,
                    account_funds(facts, pure),
                    is_account_depleted(facts, pure),
                )
                raise Undo

    await examples(states, compare, 400)
    assert seen == {each.value for each in AccountStatus}


async def examples(strategy: st.SearchStrategy[Any], check: Any, most: int) -> None:
    """Hypothesis draws, this loop runs what it drew: a coroutine cannot be given to it on a running loop."""
    drawn: list[Any] = []

    @settings(max_examples=most, deadline=None, derandomize=True, database=None, phases=(Phase.generate,))
    @given(strategy)
    def draw(example: Any) -> None:
        drawn.append(example)

    draw()
    for example in drawn:
        await check(example)


TEXTS = ["Eric", "Erica", "a_b", "a%b", "a.b", "AB@x", "ab-1", "zz", "Z", "1212", "91212", "+1", "b_a%"]
values = st.text(alphabet="abeERIc_%.\\@-1z+2\U0010ffffé", min_size=1, max_size=4).map(fold_ascii)
ranges = st.lists(
    st.tuples(st.integers(1, 20), st.integers(0, 6)).map(lambda pair: ControlRange(pair[0], pair[0] + pair[1]))
)


async def test_search_in_sql_is_that_of_the_rules(platform: Platform) -> None:
    b1 = await fixture_b1(platform)
    async with unit_of_work(platform, await credentials_of(b1.abe), "read") as uow:
        customer = await organization_by_id(uow, b1.c2.id)
    lifecycles = [*Lifecycle] * 5
    made = [
        NewAccount(account_id=text, account_role=AccountRole.UNIVERSAL, lifecycle=lifecycle)
        for text, lifecycle in zip(TEXTS, lifecycles, strict=False)
    ]
    async with platform_transaction(platform) as tx:
        await insert_accounts(tx, customer, made, NOW)

    async def compare(case: tuple[str, SearchMode, StatusFilter]) -> None:
        value, mode, status = case
        wanted = AccountFilter(account_id=value, account_id_mode=mode, status=status, customer_id=customer.id)
        assert await found(platform, wanted) == sorted(
            account.account_id
            for account in made
            if is_match(account.account_id, value, mode) and is_wanted(account.lifecycle, status)
        )

    await examples(st.tuples(values, st.sampled_from(SearchMode), st.sampled_from(StatusFilter)), compare, 200)


async def test_control_numbers_in_sql_are_those_of_the_ranges(platform: Platform) -> None:
    b1 = await fixture_b1(platform)

    async def compare(case: tuple[list[ControlRange], bool]) -> None:
        asked, within_batch = merge_ranges(case[0]), case[1]
        batches = (b1.b2,) if within_batch else ()
        wanted = AccountFilter(control_numbers=asked, batch_ids=batches, status=StatusFilter.ANY)
        numbers = [number for each in asked for number in range(each.first, each.last + 1)]
        ids = [f"777000{number:03d}" for number in numbers if number <= 10]
        others = [] if within_batch else [f"1212{number:06d}" for number in numbers]
        assert await found(platform, wanted) == sorted(ids + others)

    await examples(st.tuples(ranges, st.booleans()), compare, 60)


async def found(platform: Platform, wanted: AccountFilter) -> Sequence[str]:
    async with platform_transaction(platform) as tx:
        chosen = filter_condition(tx.dialect, wanted, "a", 1)
        rows = await tx.fetch(f"SELECT a.account_id FROM account a WHERE {chosen.text}", *chosen.arguments)
    return sorted(row["account_id"] for row in rows)


def is_wanted(lifecycle: Lifecycle, status: StatusFilter) -> bool:
    if status is StatusFilter.ANY:
        return True
    if status is StatusFilter.ALL_EXCEPT_CLOSED:
        return lifecycle is not Lifecycle.CLOSED
    return lifecycle.value == status.value
