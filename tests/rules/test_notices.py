"""Notices of things that end: A-61, A-70, ALR-1, SUP-4 (organizations rule book, section 15), on both engines."""

import asyncio
import json
from typing import Any

from billing.low_money import LowMoneyMarks, set_low_money_alert
from core.clock import HOUR, FixedClock, format_instant, parse_instant
from core.jobs import run_all_due
from core.money import parse_amount
from core.periodic import run_steps_once
from tenants.notices.notices import Span, due_notices, send_due, send_in_real_time
from tenants.platform_work import platform_work
from tenants.unit_of_work import Platform, platform_reading
from tests.acting import do
from tests.makers import Organization, a_customer, a_member, a_reseller, an_api_key, an_operator
from tests.makers_billing import rows
from tests.makers_support import GIVE, codes
from tests.rules.fixture_organizations import the_fixture
from tests.rules.stop_documents import advance, deleted, notices, stand, taken_back
from tests.tenants.test_mail_delivery import KeptMails, mailing

COMING = "notice.deletion_coming"
KEY_ENDS = "notice.api_key_ends"


async def hourly(platform: Platform, clock: FixedClock, first: str, last: str) -> None:
    """The job runs at every full hour from one local time of Singapore to another."""
    stand(clock, first)
    end = parse_instant(f"{last}:00+08:00")
    while clock.now() <= end:
        await send_in_real_time(platform, clock.now() - HOUR)
        clock.advance_to(clock.now() + HOUR)


async def sent_at(organization: Organization, topic: str) -> list[str]:
    """When the notices were put into the outbox, in UTC, without seconds."""
    found = await rows(
        organization.platform,
        "SELECT created_at FROM outbox WHERE organization_id = $1 AND topic = $2 ORDER BY created_at, id",
        organization.id, topic,
    )  # fmt: skip
    return [minute(each["created_at"]) for each in found]


def minute(at: int) -> str:
    """`2026-02-02T01:00`."""
    return format_instant(at)[:16]


async def test_a_70_a_deletion_that_is_reversed_is_told_of_no_more(platform: Platform, clock: FixedClock) -> None:
    # given C1 deleted on 2026-01-10
    stand(clock, "2026-01-10T14:00")
    tree = await the_fixture(platform)
    await deleted(tree.ben, tree.c1)
    assert len(await notices(tree.c1, "notice.deletion_requested")) == 1
    # when the job runs hourly, and the deletion is reversed on 02-05
    await hourly(platform, clock, "2026-01-10T14:00", "2026-01-11T14:00")
    await hourly(platform, clock, "2026-02-01T22:00", "2026-02-03T00:00")
    stand(clock, "2026-02-05T10:00")
    await taken_back(tree.ben, tree.c1)
    await hourly(platform, clock, "2026-02-07T22:00", "2026-02-09T00:00")
    # then one notice left on 01-10, one on 02-02 at nine, none on 02-08
    assert await sent_at(tree.c1, COMING) == ["2026-02-02T01:00"]
    [notice] = await notices(tree.c1, COMING)
    assert (notice["daysLeft"], notice["lastDay"], notice["to"]) == (7, "2026-02-09", [tree.cora.email])
    assert await sent_at(tree.c1, "notice.deletion_requested") == ["2026-01-10T06:00"]


async def test_alr_1_a_deletion_that_stands_is_told_of_7_and_1_days_before(
    platform: Platform, clock: FixedClock
) -> None:
    stand(clock, "2026-01-10T14:00")
    tree = await the_fixture(platform)
    accounts = await a_member(platform, of=tree.c1, name="acc", email="acc@c1.test")
    await rows(platform, "UPDATE member SET is_accounts_contact = $2 WHERE id = $1 RETURNING id", accounts.id, True)
    await deleted(tree.ben, tree.c1)
    for day in ("2026-02-01", "2026-02-02", "2026-02-08", "2026-02-09"):
        await hourly(platform, clock, f"{day}T08:00", f"{day}T10:00")
    assert await sent_at(tree.c1, COMING) == ["2026-02-02T01:00", "2026-02-08T01:00"]
    for notice in await notices(tree.c1, COMING):
        assert sorted(notice["to"]) == ["acc@c1.test", tree.cora.email]


async def test_alr_1_one_mail_however_often_and_parallel_the_job_runs(platform: Platform, clock: FixedClock) -> None:
    stand(clock, "2026-01-10T14:00")
    tree = await the_fixture(platform)
    await rows(
        platform, "UPDATE organization SET billing_email = $2 WHERE id = $1 RETURNING id", tree.c1.id, "x@y.test"
    )
    await deleted(tree.ben, tree.c1)
    port = KeptMails()
    ready = mailing(platform, port)
    await run_all_due(ready)
    port.mails.clear()
    stand(clock, "2026-02-02T09:00")
    answers = await asyncio.gather(*(send_in_real_time(ready, 0) for _ in range(6)))
    assert sum(answers) == 1
    await asyncio.gather(*(run_all_due(ready) for _ in range(3)))
    await run_steps_once(platform)
    await run_all_due(ready)
    assert [mail.to for mail in port.mails] == [tree.cora.email]
    assert "C1 will be deleted soon" in port.mails[0].subject
    # an address that comes later the same day is told nothing
    late = await a_member(platform, of=tree.c1, name="late", email="late@c1.test")
    await rows(platform, "UPDATE member SET is_accounts_contact = $2 WHERE id = $1 RETURNING id", late.id, True)
    clock.advance_to(clock.now() + HOUR)
    assert await send_in_real_time(platform, 0) == 0


async def test_alr_1_what_a_killed_job_claimed_is_claimed_again(platform: Platform, clock: FixedClock) -> None:
    # given a job that dies after the claim and before the commit
    stand(clock, "2026-01-10T14:00")
    tree = await the_fixture(platform)
    await deleted(tree.ben, tree.c1)
    stand(clock, "2026-02-02T09:00")
    span = Span(clock.now() - HOUR, clock.now())
    try:
        async with platform_work(platform, "test") as uow:
            assert uow is not None
            assert await send_due(uow, span) == 1
            await uow.flush()
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert await notices(tree.c1, COMING) == []
    # then the next one sends it
    assert await send_in_real_time(platform, 0) == 1
    assert len(await rows(platform, "SELECT id FROM notice")) == 1


async def test_alr_1_in_a_sandbox_a_jump_leaves_what_days_leave(platform: Platform) -> None:
    # given two sandboxes with the same customer, one walked day by day, one in one jump
    operator = await an_operator(platform)
    found: list[list[tuple[str, str]]] = []
    for name in ("walked", "jumped"):
        start = parse_instant("2026-01-10T06:00:00Z")
        seller = await a_reseller(platform, under=operator, sandbox=True, stands_at=start, name=name)
        buyer = await a_customer(platform, under=seller)
        assert buyer.owner is not None
        await deleted(seller.someone, buyer)
        days = [f"2026-01-{day:02}" for day in range(11, 32)] + [f"2026-02-{day:02}" for day in range(1, 13)]
        for day in days if name == "walked" else days[-1:]:
            await advance(seller.someone, seller, f"{day}T12:00")
        sent = await rows(
            platform, "SELECT topic, created_at FROM outbox WHERE organization_id = $1 AND topic LIKE 'notice.%' "
            "ORDER BY created_at, id", buyer.id,
        )  # fmt: skip
        found.append([(each["topic"], minute(each["created_at"])) for each in sent])
    assert found[0] == found[1] == [
        ("notice.deletion_requested", "2026-01-10T06:00"), (COMING, "2026-02-02T01:00"),
        (COMING, "2026-02-08T01:00"), ("notice.organization_ended", "2026-02-09T16:00"),
    ]  # fmt: skip


async def test_alr_1_an_api_key_ends_30_7_and_1_days_before(platform: Platform, clock: FixedClock) -> None:
    stand(clock, "2026-01-01T10:00")
    tree = await the_fixture(platform)
    await an_api_key(tree.dan)  # 90 days: ends on 2026-04-01
    [key] = await rows(platform, "SELECT id, prefix FROM api_key")
    for day in ("2026-03-01", "2026-03-02", "2026-03-25", "2026-03-31", "2026-04-01"):
        await hourly(platform, clock, f"{day}T08:00", f"{day}T10:00")
    assert await sent_at(tree.c1, KEY_ENDS) == ["2026-03-02T01:00", "2026-03-25T01:00", "2026-03-31T01:00"]
    found = await notices(tree.c1, KEY_ENDS)
    assert [(each["daysLeft"], each["prefix"]) for each in found] == [
        (30, key["prefix"]), (7, key["prefix"]), (1, key["prefix"]),
    ]  # fmt: skip
    assert sorted(found[0]["to"]) == sorted([str(tree.cora.email), str(tree.dan.email)])
    # none of a key that was revoked
    await an_api_key(tree.dan)
    await rows(platform, "UPDATE api_key SET revoked_at = 1 RETURNING id")
    stand(clock, "2026-06-01T12:00")
    await send_in_real_time(platform, 0)
    assert len(await notices(tree.c1, KEY_ENDS)) == 3


async def test_alr_1_a_key_that_just_began_is_not_told_of_a_morning_before(
    platform: Platform, clock: FixedClock
) -> None:
    stand(clock, "2026-01-01T10:00")
    tree = await the_fixture(platform)
    await an_api_key(tree.dan, lives=7 * 24 * HOUR)
    for day in ("2026-01-01", "2026-01-07"):
        await hourly(platform, clock, f"{day}T11:00" if day.endswith("01-01") else f"{day}T08:00", f"{day}T12:00")
    assert await sent_at(tree.c1, KEY_ENDS) == ["2026-01-07T01:00"]


async def test_a_61_a_revoked_consent_is_told_of_no_more(platform: Platform, clock: FixedClock) -> None:
    clock.at = parse_instant("2026-01-01T02:00:00Z")
    tree = await the_fixture(platform)
    assert await codes(tree.cora, GIVE, platform, organizationId=tree.c1.id, kinds=["REMOTE_SUPPORT"], days=90) == []
    await hourly(platform, clock, "2026-03-02T08:00", "2026-03-02T10:00")
    await rows(platform, "UPDATE support_consent SET ended_at = $1, end_reason = 'REVOKED' RETURNING id", clock.now())
    await hourly(platform, clock, "2026-03-25T08:00", "2026-03-25T10:00")
    topic = "notice.support_consent_ends"
    assert await sent_at(tree.c1, topic) == ["2026-03-02T01:00"]
    assert sorted((await notices(tree.c1, topic))[0]["to"]) == sorted([str(tree.cora.email), str(tree.dan.email)])


async def test_alr_1_nine_oclock_of_each_organization(platform: Platform, clock: FixedClock) -> None:
    # given organizations in several zones, one of which puts its clocks forward that very morning
    operator = await an_operator(platform)
    clock.at = parse_instant("2026-03-01T00:00:00Z")
    zones = {
        "America/New_York": "2026-03-08T13:00",
        "Asia/Kolkata": "2026-03-08T03:30",
        "Pacific/Apia": "2026-03-07T20:00",
    }
    made: dict[str, Any] = {}
    for zone in zones:
        made[zone] = await a_reseller(platform, under=operator, timezone=zone)
        ends = (
            parse_instant("2026-03-09T18:00:00Z") if zone != "Pacific/Apia" else parse_instant("2026-03-09T08:00:00Z")
        )
        await an_api_key(made[zone].someone, lives=ends - clock.now())
    async with platform_reading(platform) as tx:
        due = await due_notices(tx, Span(parse_instant("2026-03-07T12:00:00Z"), parse_instant("2026-03-08T23:00:00Z")))
    leaves = {each.organization_id: minute(each.at) for each in due}
    assert leaves == {made[zone].id: at for zone, at in zones.items()}
    assert [each.at for each in due] == sorted(each.at for each in due)


async def test_every_payload_says_what_stops_and_how_to_come_back(platform: Platform, clock: FixedClock) -> None:
    stand(clock, "2026-01-10T14:00")
    tree = await the_fixture(platform)
    await deleted(tree.ben, tree.c1)
    await an_api_key(tree.dan)
    async with platform_reading(platform) as tx:
        due = await due_notices(tx, Span(clock.now(), clock.now() + 100 * 24 * HOUR))
    assert {each.event.value for each in due} == {"DELETION", "API_KEY_ENDS"}
    for each in due:
        shown = json.loads(json.dumps(dict(each.payload)))
        assert shown["whatStops"] and shown["wayBack"] and shown["link"].startswith("/")


async def test_a_47_money_that_is_low_is_one_mail_to_one_address(platform: Platform) -> None:
    # given the billing e-mail FIN@c1.test and the ACCOUNTS contact fin@c1.test
    tree = await the_fixture(platform)
    fin = await a_member(platform, of=tree.c1, name="fin", email="fin@c1.test")
    await rows(platform, "UPDATE organization SET billing_email = 'FIN@c1.test' WHERE id = $1 RETURNING id", tree.c1.id)
    is_contact = "UPDATE member SET is_accounts_contact = (id = $2) WHERE organization_id = $1 RETURNING id"
    if platform.database.dialect == "sqlite":
        is_contact = is_contact.replace("(id = $2)", "CASE WHEN id = $2 THEN 1 ELSE 0 END")
    await rows(platform, is_contact, tree.c1.id, fin.id)
    port = KeptMails()
    ready = mailing(platform, port)
    await run_all_due(ready)
    port.mails.clear()
    # when money is low, found out twice
    marks = LowMoneyMarks(tree.c1.id, None, parse_amount("50"))
    await do(tree.cora, lambda uow: set_low_money_alert(uow, marks))
    await do(tree.cora, lambda uow: set_low_money_alert(uow, marks))
    await run_all_due(ready)
    # then one mail goes there
    assert [mail.to for mail in port.mails] == ["FIN@c1.test"]
    assert port.mails[0].subject == "Money is low"
