"""Accounts and batches through the schema: search, counters, making them, and who sees them."""

from typing import Any

import pytest

from accounts.account_id import AccountRole
from accounts.account_status import Lifecycle
from tenants.permissions import Role
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, a_member
from tests.makers_accounts import FixtureB1, a_batch, a_card, a_plan, fixture_b1
from tests.makers_billing import a_price

ACCOUNTS = """query ($filter: AccountFilter, $first: Int, $orderBy: [AccountOrder!]) {
    accounts(filter: $filter, first: $first, orderBy: $orderBy) { totalCount nodes { accountId controlNumber } } }"""
COUNTERS = """query ($batch: ID!, $filter: AccountFilter) { batchCounters(batchId: $batch, filter: $filter) {
    selected started depleted missing { count ranges { first last } } } }"""
CREATE_BATCH = """mutation ($input: CreateBatchInput!) { createBatch(input: $input) {
    errors { code field } replayed batch { id name accountRole lastControlNumber organization { name } } } }"""
CREATE_ACCOUNT = """mutation ($input: CreateAccountInput!) { createAccount(input: $input) { errors { code field }
    account { id accountId accountRole type balanceControl lifecycle status controlNumber batch { name }
        balance { amount currency } } } }"""
BY_CONTROL_NUMBER = [{"field": "CONTROL_NUMBER"}]


@pytest.fixture
async def b1(platform: Platform) -> FixtureB1:
    """The fresh fixture that each scenario starts from."""
    return await fixture_b1(platform)


async def found(who: Member, **filters: Any) -> list[str]:
    """The account IDs that a filter finds, in their order."""
    answer = await asked(who, ACCOUNTS, filter=filters, first=100)
    assert answer.errors == []
    assert answer.data["accounts"]["totalCount"] == len(answer.data["accounts"]["nodes"])
    return [each["accountId"] for each in answer.data["accounts"]["nodes"]]


async def counted(who: Member, batch: str, **filters: Any) -> tuple[int, int, int]:
    """Selected, started and depleted."""
    answer = await asked(who, COUNTERS, batch=batch, filter=filters)
    assert answer.errors == []
    counters = answer.data["batchCounters"]
    return counters["selected"], counters["started"], counters["depleted"]


async def test_b_01_counters_of_the_batch_alone(b1: FixtureB1) -> None:
    assert await counted(b1.abe, b1.b1) == (245, 45, 5)
    without_filter = await asked(b1.abe, COUNTERS, batch=b1.b1)
    assert without_filter.data["batchCounters"]["selected"] == 245


async def test_b_02_counters_by_status(b1: FixtureB1) -> None:
    assert await counted(b1.abe, b1.b1, status="ANY") == (250, 50, 10)
    assert await counted(b1.abe, b1.b1, status="OPEN") == (45, 45, 5)
    assert await counted(b1.abe, b1.b1, status="INACTIVE") == (200, 0, 0)
    assert await counted(b1.abe, b1.b1, status="CLOSED") == (5, 5, 5)


@pytest.mark.parametrize("numbers", ["1,3,8-12", " 1 , 3 ,8-12,10,12"])
async def test_b_03_control_numbers_count_once(b1: FixtureB1, numbers: str) -> None:
    assert await counted(b1.abe, b1.b1, controlNumbers=numbers) == (7, 0, 0)
    given = {"batchIds": [b1.b1], "controlNumbers": numbers}
    answer = await asked(b1.abe, ACCOUNTS, filter=given, orderBy=BY_CONTROL_NUMBER)
    chosen = [each["controlNumber"] for each in answer.data["accounts"]["nodes"]]
    assert chosen == [1, 3, 8, 9, 10, 11, 12]


async def test_b_04_a_range_over_unused_and_used_cards(b1: FixtureB1) -> None:
    assert await counted(b1.abe, b1.b1, controlNumbers="198-203") == (6, 3, 0)


async def test_bat_19_numbers_that_are_not_there_come_back_as_ranges(b1: FixtureB1) -> None:
    answer = await asked(b1.abe, COUNTERS, batch=b1.b1, filter={"controlNumbers": "249-260,9999999999"})
    assert answer.data["batchCounters"] == {
        "selected": 0, "started": 0, "depleted": 0,
        "missing": {
            "count": 11, "ranges": [{"first": 251, "last": 260}, {"first": 9_999_999_999, "last": 9_999_999_999}],
        },
    }  # fmt: skip
    capped = await asked(b1.abe, COUNTERS, batch=b1.b1, filter={"controlNumbers": "1-9999999999"})
    assert capped.data["batchCounters"]["missing"]["count"] == 2_147_483_647


@pytest.mark.parametrize(
    ("numbers", "code", "item"),
    [
        ("12-8", "CONTROL_NUMBER_RANGE_REVERSED", "12-8"),
        ("1,,3", "CONTROL_NUMBER_SYNTAX", ""),
        ("0", "CONTROL_NUMBER_SYNTAX", "0"),
        ("1-", "CONTROL_NUMBER_SYNTAX", "1-"),
        ("a", "CONTROL_NUMBER_SYNTAX", "a"),
        ("-5", "CONTROL_NUMBER_SYNTAX", "-5"),
    ],
)
async def test_b_05_what_is_no_list_of_control_numbers(b1: FixtureB1, numbers: str, code: str, item: str) -> None:
    given = {"batchIds": [b1.b1], "controlNumbers": numbers}
    searched = await asked(b1.abe, ACCOUNTS, filter=given)
    counters = await asked(b1.abe, COUNTERS, batch=b1.b1, filter=given)
    for answer in (searched, counters):
        (error,) = answer.errors
        assert error["extensions"]["code"] == code
        assert error["extensions"]["field"] == ["filter", "controlNumbers"]
        assert error["extensions"]["details"]["item"] == item


async def test_b_06_the_four_ways_to_search(b1: FixtureB1) -> None:
    names = ["Eric", "Erica", "Maverick", "American", "Smith", "Hammersmith", "Smithers", "1212", "91212"]
    await a_batch(b1.abe, b1.c2, "Names", [a_card(name) for name in names])

    async def ids(value: str, mode: str | None = None) -> set[str]:
        searched = {"value": value} | ({} if mode is None else {"mode": mode})
        return set(await found(b1.abe, customerId=b1.c2.id, accountId=searched))

    assert await ids("1212") == {"1212"}
    assert await ids("eric", "CONTAINS") == {"Eric", "Erica", "Maverick", "American"}
    assert await ids("smith", "ENDS_WITH") == {"Smith", "Hammersmith"}
    assert await ids("SMITH", "EXACT") == {"Smith"}
    assert await ids("%", "CONTAINS") == set()
    assert await ids(" eric ", "STARTS_WITH") == {"Eric", "Erica"}


async def test_b_67_values_that_cannot_be_searched_for(b1: FixtureB1) -> None:
    blank = await asked(b1.abe, ACCOUNTS, filter={"accountId": {"value": "  "}})
    long = await asked(b1.abe, ACCOUNTS, filter={"accountId": {"value": "1" * 65}})
    page = await asked(b1.abe, ACCOUNTS, first=101)
    items = await asked(b1.abe, ACCOUNTS, filter={"controlNumbers": ",".join(["1"] * 1_001)})
    assert [answer.codes for answer in (blank, long, page, items)] == [
        ["FILTER_VALUE_EMPTY"], ["FILTER_VALUE_TOO_LONG"], ["PAGE_SIZE_INVALID"], ["CONTROL_NUMBER_LIST_TOO_LONG"],
    ]  # fmt: skip
    both = await asked(b1.abe, ACCOUNTS, filter={"accountId": {"value": ""}, "controlNumbers": "0"})
    assert sorted(both.codes) == ["CONTROL_NUMBER_SYNTAX", "FILTER_VALUE_EMPTY"]


async def test_bat_15_a_page_has_25_rows_and_closed_accounts_come_only_when_asked_for(b1: FixtureB1) -> None:
    listed = (await asked(b1.abe, ACCOUNTS, filter={"batchIds": [b1.b1]})).data["accounts"]
    assert (listed["totalCount"], len(listed["nodes"])) == (245, 25)
    closed = await found(b1.abe, batchIds=[b1.b1], status="CLOSED")
    assert closed == [f"1212{number:06d}" for number in range(246, 251)]
    assert len(await found(b1.abe, planIds=[b1.easy], status="OPEN", batchIds=[b1.b2])) == 10


async def test_an_account_shows_its_status_and_its_batch(b1: FixtureB1) -> None:
    document = """query ($filter: AccountFilter) { accounts(filter: $filter, orderBy: [{field: CONTROL_NUMBER}]) {
        nodes { id controlNumber status lifecycle isBlocked isDepleted kind type verification
            funds { amount currency } batch { name } organization { name } } } }"""
    given = {"batchIds": [b1.b1], "controlNumbers": "1,236,241"}
    nodes = (await asked(b1.abe, document, filter=given)).data["accounts"]["nodes"]
    shown = [(each["controlNumber"], each["status"], each["isDepleted"], each["funds"]["amount"]) for each in nodes]
    assert shown == [(1, "INACTIVE", False, "10.00"), (236, "DEPLETED", True, "0.49"), (241, "BLOCKED", False, "4.20")]
    assert nodes[2] | {"id": "", "funds": None} == {
        "id": "", "controlNumber": 241, "status": "BLOCKED", "lifecycle": "OPEN", "isBlocked": True,
        "isDepleted": False, "kind": "LIVE", "type": "DEBIT", "verification": "NONE", "funds": None,
        "batch": {"name": "B1"}, "organization": {"name": "C1"},
    }  # fmt: skip
    by_id = "query ($id: ID!) { account(id: $id) { accountId } node(id: $id) { __typename id } }"
    answer = await asked(b1.abe, by_id, id=nodes[0]["id"])
    node = {"__typename": "Account", "id": nodes[0]["id"]}
    assert answer.data == {"account": {"accountId": "1212000001"}, "node": node}


async def test_batches_are_listed_and_page_their_accounts(b1: FixtureB1) -> None:
    document = """query ($filter: BatchFilter, $id: ID!) {
        batches(filter: $filter, orderBy: [{field: NAME}]) { nodes { id name accountRole lastControlNumber } }
        batch(id: $id) { name accounts(filter: {controlNumbers: "2-3"}, orderBy: [{field: CONTROL_NUMBER}]) {
            totalCount nodes { controlNumber } } }
        node(id: $id) { __typename } }"""
    given = {"organizationId": b1.c1.id, "accountRole": "PREPAID_CARD"}
    answer = await asked(b1.abe, document, filter=given, id=b1.b1)
    assert answer.errors == []
    assert answer.data == {
        "batches": {"nodes": [
            {"id": b1.b1, "name": "B1", "accountRole": "PREPAID_CARD", "lastControlNumber": 250},
            {"id": b1.b2, "name": "B2", "accountRole": "PREPAID_CARD", "lastControlNumber": 10},
        ]},
        "batch": {"name": "B1", "accounts": {"totalCount": 2, "nodes": [{"controlNumber": 2}, {"controlNumber": 3}]}},
        "node": {"__typename": "Batch"},
    }  # fmt: skip


async def test_a_strangers_batch_is_like_none_at_all(b1: FixtureB1) -> None:
    unknown = b1.b1[:-4] + "zzzz"
    document = "query ($id: ID!) { batch(id: $id) { name } }"
    for batch in (b1.b1, unknown):
        by_id, node = await asked(b1.rob, document, id=batch), "query ($id: ID!) { node(id: $id) { id } }"
        counters = await asked(b1.rob, COUNTERS, batch=batch)
        answers = [by_id, counters, await asked(b1.rob, node, id=batch)]
        assert [answer.codes for answer in answers] == [["NOT_FOUND"]] * 3
        assert by_id.errors[0]["message"] == "There is no such row."
    assert await found(b1.rob, batchIds=[b1.b1]) == []
    assert await found(b1.rob, customerId=b1.c1.id) == []


async def test_b_11_billing_reads_the_counters_and_a_mere_member_does_not(b1: FixtureB1) -> None:
    assert await counted(b1.bea, b1.b1) == (245, 45, 5)
    assert await counted(b1.opa, b1.b1) == (245, 45, 5)
    mia = await a_member(b1.platform, of=b1.c1, role=Role.MEMBER, name="mia")
    assert (await asked(mia, COUNTERS, batch=b1.b1)).codes == ["FORBIDDEN"]
    assert await found(mia) == []


async def test_b_68_a_batch_has_its_name_once_per_customer(b1: FixtureB1) -> None:
    given = {"organizationId": b1.c1.id, "name": "b1", "accountRole": "PREPAID_CARD"}
    taken = await done(b1.abe, CREATE_BATCH, **given)
    assert (taken["errors"], taken["batch"]) == ([{"code": "BATCH_NAME_TAKEN", "field": ["name"]}], None)
    made = await done(b1.abe, CREATE_BATCH, **given | {"organizationId": b1.c2.id, "idempotencyKey": "k"})
    assert made["batch"] | {"id": ""} == {
        "id": "", "name": "b1", "accountRole": "PREPAID_CARD", "lastControlNumber": 0, "organization": {"name": "C2"}
    }  # fmt: skip
    again = await done(b1.abe, CREATE_BATCH, **given | {"organizationId": b1.c2.id, "idempotencyKey": "k"})
    assert (again["replayed"], again["batch"]) == (True, made["batch"])
    assert codes(await done(b1.rob, CREATE_BATCH, **given)) == ["NOT_FOUND"]
    assert codes(await done(b1.bea, CREATE_BATCH, **given)) == ["FORBIDDEN"]


async def test_bat_23_a_card_starts_inactive_and_takes_the_next_number(b1: FixtureB1) -> None:
    given = {"organizationId": b1.c1.id, "accountId": " 99 ", "accountRole": "PREPAID_CARD", "batchId": b1.b1}
    made = await done(b1.abe, CREATE_ACCOUNT, **given)
    assert made["errors"] == []
    assert made["account"] | {"id": ""} == {
        "id": "", "accountId": "99", "accountRole": "PREPAID_CARD", "type": "DEBIT", "balanceControl": None,
        "lifecycle": "INACTIVE", "status": "INACTIVE", "controlNumber": 251, "batch": {"name": "B1"},
        "balance": {"amount": "0.00", "currency": "USD"},
    }  # fmt: skip
    phone = {"organizationId": b1.c1.id, "accountId": "15551234", "accountRole": "PHONE_LINE", "type": "CREDIT"}
    opened = (await done(b1.abe, CREATE_ACCOUNT, **phone, balanceControl="SUBORDINATE"))["account"]
    assert (opened["lifecycle"], opened["controlNumber"], opened["batch"]) == ("OPEN", None, None)


async def test_b_16_the_form_of_an_account_id_and_who_has_it(b1: FixtureB1) -> None:
    async def refused(customer: str, account_id: str, **given: Any) -> list[str]:
        asked_for = {"organizationId": customer, "accountId": account_id, "accountRole": "PREPAID_CARD"} | given
        payload = await done(b1.abe if customer != b1.c4.id else b1.rob, CREATE_ACCOUNT, **asked_for)
        assert (payload["account"] is None) is bool(payload["errors"])
        return codes(payload)

    assert await refused(b1.c1.id, "1" * 65) == ["ACCOUNT_ID_TOO_LONG"]
    assert await refused(b1.c1.id, "1" * 64) == []
    assert await refused(b1.c1.id, "12-34") == ["ACCOUNT_ID_FORMAT"]
    assert await refused(b1.c2.id, "1212000001") == ["ACCOUNT_ID_TAKEN"]
    assert await refused(b1.c4.id, "1212000001") == []
    assert await refused(b1.c2.id, "777", batchId=b1.b1) == ["REFERENCE_INVALID"]
    phone = {"accountRole": AccountRole.PHONE_LINE.value, "batchId": b1.b1}
    assert await refused(b1.c1.id, "12-34", **phone) == ["ACCOUNT_ID_FORMAT", "BATCH_ROLE_MISMATCH"]


async def test_the_id_of_a_closed_account_is_free_again(b1: FixtureB1) -> None:
    await a_batch(b1.abe, b1.c2, "Old", [a_card("5550001", lifecycle=Lifecycle.CLOSED)])
    given = {"organizationId": b1.c2.id, "accountId": "5550001", "accountRole": "PREPAID_CARD"}
    assert (await done(b1.abe, CREATE_ACCOUNT, **given))["errors"] == []
    assert await found(b1.abe, customerId=b1.c2.id, status="ANY") == ["5550001", "5550001"]


async def test_what_a_new_account_names_is_looked_up_with_the_actors_sight(b1: FixtureB1) -> None:
    document = """mutation ($input: CreateAccountInput!) { createAccount(input: $input) { errors { code field }
        account { lifecycle status activationDate expirationDate availabilityDays member { id } plan { name } } } }"""
    mia, of_c2 = [await a_member(b1.platform, of=each) for each in (b1.c1, b1.c2)]
    flat, in_euro = [await a_plan(b1.platform, of=b1.r1, name=name) for name in ("Flat", "Euro")]
    await a_price(b1.r1, flat, "1")
    await a_price(b1.r1, in_euro, "1", currency="EUR")
    given = {"organizationId": b1.c1.id, "accountRole": "PHONE_LINE"}

    async def refused(who: Member = b1.abe, /, **fields: Any) -> list[str]:
        return codes(await done(who, document, **given, accountId="15550000", **fields))

    assert await refused(memberId=b1.rob.id) == ["NOT_FOUND"]
    assert await refused(memberId=of_c2.id) == ["REFERENCE_INVALID"]
    assert await refused(planId=b1.easy[:-4] + "zzzz") == ["NOT_FOUND"]
    assert await refused(planId=b1.easy) == ["PLAN_NOT_OFFERED", "PLAN_ROLE_MISMATCH"]
    assert await refused(planId=flat) == ["PLAN_ROLE_MISMATCH"]
    card = given | {"accountRole": "PREPAID_CARD", "accountId": "15550000"}
    assert codes(await done(b1.abe, document, **card, planId=b1.easy)) == ["PLAN_NOT_OFFERED"]
    assert codes(await done(b1.abe, document, **card, planId=in_euro)) == ["PRICE_MISSING"]
    assert await refused(b1.bea, expirationDate="never") == ["FORBIDDEN"]
    wrong = {"expirationDate": "2026-02-30", "activationDate": "2100-01-01", "availabilityDays": 3651}
    assert await refused(**wrong) == ["AVAILABILITY_DAYS_OUT_OF_RANGE", "DATE_INVALID", "DATE_OUT_OF_RANGE"]
    same_day = {"expirationDate": "2026-02-02"}
    assert await refused(**same_day) == ["EXPIRATION_NOT_AFTER_ACTIVATION"]
    assert await refused(type="CREDIT") == ["FIELD_REQUIRED"]
    assert await refused(balanceControl="INDIVIDUAL") == ["CONFLICTING_ATTRIBUTES"]
    fields = {"planId": flat, "memberId": mia.id, "activationDate": "2026-03-08", "expirationDate": "2026-06-01"}
    made = await done(b1.abe, document, **card, availabilityDays=30, **fields)
    assert made == {"errors": [], "account": {
        "lifecycle": "INACTIVE", "status": "NOT_YET_ACTIVE", "activationDate": "2026-03-08",
        "expirationDate": "2026-06-01", "availabilityDays": 30, "member": {"id": mia.id}, "plan": {"name": "Flat"},
    }}  # fmt: skip
    begun = await done(b1.abe, document, **given, accountId="15550002", activationDate="2026-02-02")
    assert begun["account"]["lifecycle"] == "OPEN"
