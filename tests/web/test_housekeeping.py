"""What a worker tidies up (web/housekeeping.py), and that it lives through real time (SUB-112), on both engines."""

import asyncio
from dataclasses import replace
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLNonNull, get_named_type

from billing.due import write_due_in_real_time
from billing.money_commands import MONEY_COMMANDS
from core.clock import EXACT_DAY, FixedClock
from core.ids import new_id
from core.periodic import run_steps_once
from core.transaction import insert
from tenants.unit_of_work import Platform, platform_transaction
from tests.makers import Organization, a_customer, an_operator
from tests.makers_billing import a_plan, buy, pay, rows
from web.api import build_api
from web.background import work_until

USD: dict[str, Any] = {"currency": "USD", "timezone": "UTC", "country": "US"}
MONTH = 30 * EXACT_DAY
KEPT_WITH_ITS_JOB = {"confirmBatchUpdate"}


async def a_key(of: Organization, operation: str, *, age: int) -> str:
    key = f"{operation}-{age}"
    async with platform_transaction(of.platform) as tx:
        await insert(
            tx, "idempotency_key", organization_id=of.id, path=of.path, key=key, operation=operation, input_hash="h",
            outcome="{}", created_at=of.platform.clock.now() - age,
        )  # fmt: skip
    return key


async def test_old_keys_go_but_those_of_money_commands(platform: Platform) -> None:
    operator = await an_operator(platform, **USD)
    past = await a_customer(platform, under=operator, sandbox=True, stands_at=platform.clock.now() - 12 * MONTH, **USD)
    async with platform_transaction(platform) as tx:
        await tx.execute("DELETE FROM idempotency_key")
    kept = [
        await a_key(operator, "setPrice", age=MONTH),
        await a_key(operator, "purchaseSubscription", age=100 * MONTH),
        await a_key(past, "createPlan", age=13 * MONTH),
    ]
    await a_key(operator, "createPlan", age=MONTH + 1)
    await a_key(past, "setPrice", age=13 * MONTH + 1)

    assert (await run_steps_once(platform))["idempotency keys"] == 2
    assert (await run_steps_once(platform))["idempotency keys"] == 0
    found = await rows(platform, "SELECT key FROM idempotency_key")
    assert sorted(row["key"] for row in found) == sorted(kept)


def test_the_money_commands_are_those_that_require_a_key() -> None:
    mutations = build_api().schema._schema.mutation_type
    assert mutations is not None
    required = {
        name
        for name, field in mutations.fields.items()
        for argument in field.args.values()
        if isinstance(given := get_named_type(argument.type), GraphQLInputObjectType)
        and "idempotencyKey" in given.fields
        and isinstance(given.fields["idempotencyKey"].type, GraphQLNonNull)
    }
    assert required - KEPT_WITH_ITS_JOB == MONEY_COMMANDS


async def test_messages_done_for_a_month_go(platform: Platform) -> None:
    now, ids = platform.clock.now(), [new_id("obx") for _ in range(3)]
    async with platform_transaction(platform) as tx:
        for message_id, done_at in zip(ids, (now - MONTH - 1, now - MONTH, None), strict=True):
            await insert(
                tx, "outbox", id=message_id, organization_id="org", path="1.", topic="test", subject_id="s",
                payload="{}", created_at=0, due_at=0, done_at=done_at,
            )  # fmt: skip

    assert (await run_steps_once(platform))["delivered messages"] == 1
    assert {row["id"] for row in await rows(platform, "SELECT id FROM outbox")} == set(ids[1:])


async def test_old_links_and_notes_of_mails_go(platform: Platform) -> None:
    now = platform.clock.now()
    async with platform_transaction(platform) as tx:
        await insert(tx, "users", id="usr_1", email="a@b.test", email_folded="a@b.test", created_at=0)
        for link_id, expires_at in (("old", now - EXACT_DAY - 1), ("new", now)):
            await insert(tx, "password_reset", id=link_id, user_id="usr_1", token_hash=link_id, created_at=0,
                         expires_at=expires_at)  # fmt: skip
        for message_id, at in (("old", now - MONTH - 1), ("new", now)):
            await insert(tx, "mail_delivery", message_id=message_id, address_folded="a@b.test", state="SENT", at=at)
    done = await run_steps_once(platform)
    assert (done["reset links"], done["delivered mails"]) == (1, 1)
    assert [row["id"] for row in await rows(platform, "SELECT id FROM password_reset")] == ["new"]


async def test_failed_tries_that_count_no_more_go(platform: Platform) -> None:
    async with platform_transaction(platform) as tx:
        await insert(tx, "sign_in_lock", email_folded="x@example.com", failed_at="[1]")

    assert (await run_steps_once(platform))["sign-in failures"] == 1
    assert await rows(platform, "SELECT * FROM sign_in_lock") == []


async def test_time_passes_for_those_without_a_standing_clock(platform: Platform, clock: FixedClock) -> None:
    operator = await an_operator(platform, **USD)
    plan = await a_plan(operator, prices=[(operator, "30")])
    held: dict[str, str] = {}
    given: dict[str, dict[str, Any]] = {
        "real": {},
        "ticks": {"sandbox": True},
        "stands": {"sandbox": True, "stands_at": clock.now()},
    }
    for name, how in given.items():
        customer = await a_customer(platform, under=operator, **USD, **how)
        await pay(customer, "100")
        held[name] = (await buy(customer.someone, customer, plan))["subscriptionId"]
    clock.advance_to(clock.at + 12 * MONTH)

    other = replace(platform)  # another process
    first, second = await asyncio.gather(*(write_due_in_real_time(each, 0) for each in (platform, other)))
    assert (first + second, await write_due_in_real_time(platform, 0)) == (6, 0)
    entries = await rows(platform, "SELECT subscription_id FROM timeline_entry WHERE from_status IS NOT NULL")
    count = {name: sum(row["subscription_id"] == each for row in entries) for name, each in held.items()}
    assert count == {"real": 3, "ticks": 3, "stands": 0}


async def test_the_worker_lives_through_time_by_itself(platform: Platform, clock: FixedClock) -> None:
    operator = await an_operator(platform, **USD)
    customer = await a_customer(platform, under=operator, **USD)
    await pay(customer, "100")
    await buy(customer.someone, customer, await a_plan(operator, prices=[(operator, "30")]))
    clock.advance_to(clock.at + 12 * MONTH)
    stop = asyncio.Event()
    worker = asyncio.create_task(work_until(platform, stop))
    for _ in range(500):
        if len(await rows(platform, "SELECT id FROM timeline_entry")) == 4:
            break
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(worker, 10)
    assert len(await rows(platform, "SELECT id FROM timeline_entry")) == 4
