"""Phone numbers: search by what is held (A-18), KYC before a number (A-54), release and restoring (A-77, STOP-12)."""

import asyncio
from typing import Any

import pytest

from core.clock import FixedClock, parse_instant
from core.periodic import run_steps_once
from tenants.permissions import Role
from tenants.policy_parameters.tables import HoldCause
from tenants.unit_of_work import Platform
from tests.acting import everything
from tests.graph.asking import ask
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, Organization, a_customer, a_member, an_api_key
from tests.makers_billing import a_plan, a_preset, rows
from tests.makers_subscriptions import set_policy
from tests.rules.fixture_organizations import Fixture, the_fixture
from tests.rules.stop_documents import advance, deleted, stand, stopped

_NUMBER = "errors { code field } replayed number { id number state heldUntil account { id } organization { name } }"
ADD = f"mutation ($input: AddNumberInput!) {{ answer: addNumber(input: $input) {{ {_NUMBER} }} }}"
ASSIGN = f"mutation ($input: AssignNumberInput!) {{ answer: assignNumber(input: $input) {{ {_NUMBER} }} }}"
RELEASE = f"mutation ($input: ReleaseNumberInput!) {{ answer: releaseNumber(input: $input) {{ {_NUMBER} }} }}"
RESTORE = """mutation ($input: RestoreAccountInput!) { answer: restoreAccount(input: $input) {
    errors { code } account { id isBlocked } } }"""
ACCOUNT = """mutation ($input: CreateAccountInput!) { createAccount(input: $input) {
    errors { code } account { id organization { billingNumber } } } }"""
DEMO = "mutation ($input: CreateDemoInput!) { createDemo(input: $input) { errors { code } account { id } } }"
MOVE = "mutation ($input: MoveOrganizationInput!) { moveOrganization(input: $input) { errors { code } } }"
FOUND = """query ($number: OrganizationTextSearch!) { organizations(filter: { number: $number }) {
    totalCount nodes { name numbers { nodes { number state } } } } }"""
LISTED = "query { numbers { totalCount nodes { number state organization { name } } } }"
DIGITS = "+6531580001"


async def a_number(who: Member, number: str = DIGITS) -> str:
    """In the pool of the member's organization; answers its id."""
    added = await done(who, ADD, number=number)
    assert codes(added) == []
    return str(added["number"]["id"])


async def an_account(who: Member, of: Organization, name: str = "desk1") -> str:
    """A LIVE account; answers its id."""
    made = await done(who, ACCOUNT, organizationId=of.id, accountId=name, accountRole="UNIVERSAL")
    assert codes(made) == []
    return str(made["account"]["id"])


async def found(who: Member, value: str, mode: str | None = None) -> tuple[list[str], int]:
    """The names that a search by number answers, and the total."""
    answer = await asked(who, FOUND, number={"value": value, "mode": mode})
    assert answer.errors == []
    page = answer.data["organizations"]
    return [node["name"] for node in page["nodes"]], page["totalCount"]


async def assigned(tree: Fixture) -> tuple[str, str]:
    """C2's account with the number of R1's pool; answers the ids of both."""
    number, account = await a_number(tree.ada), await an_account(tree.ben, tree.c2)
    assert codes(await done(tree.sue, ASSIGN, accountId=account, number=DIGITS)) == []
    return number, account


async def test_a_18_a_number_finds_who_holds_it_today(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await a_number(tree.ada)
    account = await an_account(tree.cora, tree.c1)
    assert await found(tree.ben, "80001", "ENDS_WITH") == ([], 0)  # in the pool nobody holds it
    assert codes(await done(tree.cora, ASSIGN, accountId=account, number=DIGITS)) == []

    amy = await a_member(platform, of=tree.r2, role=Role.ADMIN, name="amy")
    for value, mode in (("80001", "ENDS_WITH"), ("+6531", None), ("6531580001", "EXACT"), ("+6531580001", "EXACT")):
        assert await found(tree.ben, value, mode) == (["C1"], 1)
        assert await found(amy, value, mode) == ([], 0)
    assert await found(tree.ben, "3158", None) == ([], 0)
    answer = await asked(tree.cora, FOUND, number={"value": "6531580001", "mode": "EXACT"})
    assert answer.data["organizations"]["nodes"][0]["numbers"]["nodes"] == [{"number": DIGITS, "state": "ASSIGNED"}]
    # a MEMBER reads no numbers, and neither does a key without their scope
    assert (await asked(tree.mia, FOUND, number={"value": DIGITS})).codes == ["FORBIDDEN"]
    key = await an_api_key(tree.ada, scopes=("org:read",))
    assert (await ask(platform, key, FOUND, number={"value": DIGITS})).codes == ["SCOPE_MISSING"]


async def test_a_54_no_number_without_kyc(platform: Platform) -> None:
    # given preset myoperator, a LIVE account, no KYC
    tree = await the_fixture(platform)
    await a_preset(tree.o, "myoperator")
    await a_number(tree.ada)
    account = await an_account(tree.cora, tree.c1)
    before = (await everything(platform))["number"]

    # when a number is to be assigned, also one that is not to be had
    assert codes(await done(tree.cora, ASSIGN, accountId=account, number=DIGITS)) == ["KYC_REQUIRED"]
    both = await done(tree.cora, ASSIGN, accountId=account, number="+6500")
    assert codes(both) == ["KYC_REQUIRED", "NUMBER_NOT_AVAILABLE"]
    assert (await everything(platform))["number"] == before

    # then with it the number is the account's
    await rows(platform, "UPDATE organization SET kyc_status = 'APPROVED' WHERE id = $1 RETURNING id", tree.c1.id)
    made = await done(tree.cora, ASSIGN, accountId=account, number=DIGITS)
    assert (codes(made), made["number"]["state"], made["number"]["account"]["id"]) == ([], "ASSIGNED", account)


async def test_a_77_a_released_number_is_never_restored(platform: Platform, clock: FixedClock) -> None:
    # given an account of C2 whose number is given back; it is held for 28 days (2026-02-02 in Singapore)
    tree = await the_fixture(platform)
    number, account = await assigned(tree)
    held = await done(tree.sue, RELEASE, numberId=number)
    assert (held["number"]["state"], held["number"]["heldUntil"]) == ("RESERVED", "2026-03-01T16:00:00.000Z")
    assert codes(await done(tree.sue, RELEASE, numberId=number)) == ["NUMBER_NOT_ASSIGNED"]

    # when the account is restored meanwhile, it has the number again
    assert codes(await done(tree.ben, RESTORE, accountId=account)) == []
    [row] = await rows(platform, "SELECT state, held_until_at FROM number WHERE id = $1", number)
    assert (row["state"], row["held_until_at"]) == ("ASSIGNED", None)

    # when it is given back again and the time is over, it is in the pool
    await done(tree.sue, RELEASE, numberId=number)
    stand(clock, "2026-03-01T23:59")
    await run_steps_once(platform)
    assert await found(tree.ben, DIGITS) == (["C2"], 1)
    stand(clock, "2026-03-02T00:00")
    await run_steps_once(platform)
    assert await found(tree.ben, DIGITS) == ([], 0)
    listed = (await asked(tree.ben, LISTED)).data["numbers"]["nodes"]
    assert listed == [{"number": DIGITS, "state": "AVAILABLE", "organization": {"name": "R1"}}]

    # then the account is never restored, and a demo on 5002 for its contact is made
    before = await everything(platform)
    refused = await done(tree.ben, RESTORE, accountId=account)
    assert codes(refused) == ["NUMBER_RELEASED_NEW_ACCOUNT_REQUIRED"]
    assert (await everything(platform))["account"] == before["account"]
    demo = await done(tree.sue, DEMO, billingNumber="5002", contactId=tree.c2.owner_id)
    assert codes(demo) == []


async def test_sub_100_whose_number_it_is(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await a_number(tree.rob)  # of R2's pool
    account = await an_account(tree.cora, tree.c1)
    for number in (DIGITS, "+6599999999"):  # another pool's and nobody's: alike
        taken = await done(tree.cora, ASSIGN, accountId=account, number=number)
        assert taken["errors"] == [{"code": "NUMBER_NOT_AVAILABLE", "field": ["number"]}]
    for number in ("", "0123", "+", "12a", "1" * 16, "++1234"):
        assert codes(await done(tree.cora, ASSIGN, accountId=account, number=number)) == ["NUMBER_INVALID"]
    assert codes(await done(tree.ada, ADD, number="6531580001")) == ["NUMBER_NOT_AVAILABLE"]
    # GEN-1: who may not hears that before anything about the number
    assert codes(await done(tree.mia, ASSIGN, accountId=account, number="x")) == ["FORBIDDEN"]
    assert codes(await done(tree.ben, ASSIGN, accountId=account, number="x")) == ["CONSENT_REQUIRED"]
    assert codes(await done(tree.rob, ASSIGN, accountId=account, number="x")) == ["NOT_FOUND"]
    assert codes(await done(tree.dan, ADD, number="x")) == ["NUMBER_INVALID"]
    assert codes(await done(tree.cora, RESTORE, accountId=account)) == ["FORBIDDEN"]
    assert codes(await done(tree.bill, RELEASE, numberId=account)) == ["NOT_FOUND"]


async def test_org_16_and_stop_12_of_a_stopped_buyer(platform: Platform) -> None:
    tree = await the_fixture(platform)
    number, account = await assigned(tree)
    await stopped(tree.ben, tree.c2)
    assert codes(await done(tree.sue, RELEASE, numberId=number)) == ["ORGANIZATION_NOT_ACTIVE"]
    assert codes(await done(tree.ben, RESTORE, accountId=account)) == ["ORGANIZATION_NOT_ACTIVE"]
    refused = await done(tree.sue, ASSIGN, accountId=account, number="+6511")
    assert codes(refused) == ["NUMBER_NOT_AVAILABLE", "ORGANIZATION_NOT_ACTIVE"]


async def test_del_5_the_numbers_of_what_has_ended_are_in_the_pool(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await set_policy(tree.o, deletionReverseDays=0)
    number, _ = await assigned(tree)
    assert (await deleted(tree.ben, tree.c2))["organization"]["status"] == "DELETED"
    [row] = await rows(platform, "SELECT organization_id, path, state, account_id FROM number WHERE id = $1", number)
    assert (row["organization_id"], row["path"], row["state"], row["account_id"]) == (
        tree.r1.id, tree.r1.path, "AVAILABLE", None,
    )  # fmt: skip


async def test_gen_7_of_two_who_want_it_one_gets_it(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await a_number(tree.ada)
    other = await a_customer(platform, under=tree.r1, name="C9", owner="nina")
    wanting = [
        (tree.cora, await an_account(tree.cora, tree.c1)),
        (other.someone, await an_account(other.someone, other, "desk2")),
    ]
    answers: list[dict[str, Any]] = await asyncio.gather(
        *(done(who, ASSIGN, accountId=account, number=DIGITS) for who, account in wanting)
    )
    assert sorted(map(codes, answers)) == [[], ["NUMBER_NOT_AVAILABLE"]]


@pytest.mark.parametrize("key", ["one"])
async def test_gen_6_the_same_assignment_twice_is_one(platform: Platform, key: str) -> None:
    tree = await the_fixture(platform)
    await a_number(tree.ada)
    account = await an_account(tree.cora, tree.c1)
    given = {"accountId": account, "number": DIGITS, "idempotencyKey": key}
    first, again = await done(tree.cora, ASSIGN, **given), await done(tree.cora, ASSIGN, **given)
    assert (first["replayed"], again["replayed"], again["number"]) == (False, True, first["number"])
    assert codes(await done(tree.cora, ASSIGN, **given | {"number": "+6512"})) == ["IDEMPOTENCY_KEY_REUSED"]


def hold_days(days: int) -> dict[str, dict[str, int]]:
    """`numberHoldDays`, alike for every cause."""
    return {cause: {"own": days, "portedIn": days} for cause in HoldCause}


async def test_move_6_numbers_go_along(platform: Platform) -> None:
    tree = await the_fixture(platform)
    await a_plan(tree.o, prices=[(tree.o, "0"), (tree.r2, "60")])
    number, account = await assigned(tree)
    moved = await done(tree.olga, MOVE, organizationId=tree.c2.id, newSellerId=tree.r2.id)
    assert codes(moved) == []
    assert (await found(tree.rob, DIGITS), await found(tree.ben, DIGITS)) == ((["C2"], 1), ([], 0))
    # given back it is its pool's, and the seller of today sees it no more
    await set_policy(tree.o, numberHoldDays=hold_days(0))
    assert codes(await done(tree.rob, RELEASE, numberId=number)) == []
    assert (await found(tree.rob, DIGITS), (await asked(tree.rob, LISTED)).data["numbers"]["totalCount"]) == (
        ([], 0),
        0,
    )
    assert (await asked(tree.ben, LISTED)).data["numbers"]["nodes"][0]["state"] == "AVAILABLE"
    assert codes(await done(tree.rob, RESTORE, accountId=account)) == ["NUMBER_RELEASED_NEW_ACCOUNT_REQUIRED"]


@pytest.mark.parametrize("steps", [["2026-03-01T23:59", "2026-03-02"], ["2026-09-01"]])
async def test_sub_101_a_hold_ends_with_the_sandbox_clock(platform: Platform, steps: list[str]) -> None:
    tree = await the_fixture(platform, sandbox=True, stands_at="2026-02-02T10:00")
    number, _ = await assigned(tree)
    await done(tree.sue, RELEASE, numberId=number)
    # POL-4: what is held keeps its values
    await set_policy(tree.o, numberAfterHold="ARCHIVED", numberHoldDays=hold_days(500))
    for step in steps[:-1]:
        await advance(tree.olga, tree.o, step)
        assert await found(tree.ben, DIGITS) == (["C2"], 1)
    await advance(tree.olga, tree.o, steps[-1])
    assert await found(tree.ben, DIGITS) == ([], 0)
    [row] = await rows(platform, "SELECT state FROM number WHERE id = $1", number)
    [release] = await rows(platform, "SELECT released_at FROM number_release")
    assert (row["state"], release["released_at"]) == ("AVAILABLE", parse_instant("2026-03-01T16:00:00Z"))
