"""Scenarios of the batch rule book through services and database, on both engines, on fixture B1: search, counters,
refusals, rights, dates and status. Those of the job are in test_batches_job.py."""

from typing import Any

import pytest

from accounts.account_creation import AccountOrder, create_account
from accounts.account_id import AccountRole
from accounts.account_search import filter_condition, parse_account_filter
from accounts.account_sql import around_row, status_expression_of
from accounts.account_status import Lifecycle
from accounts.batch_preview import PreviewOrder, preview_batch_update
from accounts.batches import NewBatch, create_batch
from accounts.counters import Counters, batch_counters
from core.ids import new_id
from core.jobs import run_all_due
from core.refusals import Blockers, Refused
from core.transaction import insert
from tenants.unit_of_work import Platform, platform_transaction, reading
from tests.acting import do, everything, refusal
from tests.makers import Member, Organization, credentials_of
from tests.makers_accounts import (
    FixtureB1,
    a_batch,
    a_card,
    accounts_of,
    confirm,
    fixture_b1,
    job_of,
    preview,
    results_of,
)

JUNE = {"expirationDate": "2026-06-01"}
BLOCK = {"status": {"to": "BLOCKED"}}
UNBLOCK = {"status": {"to": "UNBLOCKED"}}


@pytest.fixture
async def b1(platform: Platform) -> FixtureB1:
    """The fresh fixture that each scenario starts from."""
    return await fixture_b1(platform)


async def counted(who: Member, batch: str, **filters: Any) -> Counters:
    """The counters of a batch as the member reads them."""
    async with reading(who.platform, await credentials_of(who)) as uow:
        return await batch_counters(uow, batch, filters)


def figures(counters: Counters) -> tuple[int, int, int]:
    return counters.selected, counters.started, counters.depleted


async def found(who: Member, request: dict[str, Any]) -> list[str]:
    """The account IDs that the member finds, in the order of their control numbers."""
    blockers = Blockers()
    wanted = parse_account_filter(request, ("filter",), blockers)
    blockers.raise_if_any()
    async with reading(who.platform, await credentials_of(who)) as uow:
        chosen = filter_condition(uow.tx.dialect, wanted, "a", 4)
        rows = await uow.tx.fetch(
            f"SELECT a.account_id FROM account a WHERE {uow.visible('a', 'account')} AND {chosen.text} "
            "ORDER BY a.control_number",
            *uow.scope, *chosen.arguments,
        )  # fmt: skip
    return [row["account_id"] for row in rows]


async def shown(who: Member, batch: str, *numbers: int) -> list[str]:
    """The statuses that the member is shown of these control numbers."""
    async with reading(who.platform, await credentials_of(who)) as uow:
        status = status_expression_of("a", "$5", around_row("a", uow.tx.dialect, "$5", uow.visible))
        rows = await uow.tx.fetch(
            f"SELECT a.control_number, {status} AS status FROM account a WHERE a.batch_id = $4 "
            f"AND {uow.visible('a', 'account')}",
            *uow.scope, batch, uow.now,
        )  # fmt: skip
    by_number = {row["control_number"]: row["status"] for row in rows}
    return [by_number[number] for number in numbers]


async def run(who: Member, batch: str, changes: dict[str, Any], **filters: Any) -> list[tuple[int, str, str | None]]:
    """Preview, confirm and run an update; the results of its rows."""
    previewed = await preview(who, batch, changes, **filters)
    await confirm(who, previewed)
    await run_all_due(who.platform)
    return await results_of(who.platform, previewed)


async def refused_preview(who: Member, account_filter: dict[str, Any], changes: dict[str, Any]) -> tuple[str, ...]:
    """The codes of a preview that changes nothing in any table."""
    order = PreviewOrder(account_filter=account_filter, changes=changes)
    return await refusal(who, lambda uow: preview_batch_update(uow, order))


async def suspended(platform: Platform, organization: Organization, reason: str) -> None:
    """The organization is SUSPENDED by its seller for this reason."""
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE organization SET status = 'SUSPENDED' WHERE id = $1", organization.id)
        await insert(
            tx, "suspension", id=new_id("sus"), organization_id=organization.id, path=organization.path, reason=reason,
            set_by_organization_id=organization.parent_id, started_at=platform.clock.now(),
        )  # fmt: skip


async def lifted(platform: Platform, organization: Organization) -> None:
    """No suspension of the organization stands any more."""
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE organization SET status = 'ACTIVE' WHERE id = $1", organization.id)
        await tx.execute("UPDATE suspension SET lifted_at = 1 WHERE organization_id = $1", organization.id)


async def test_b_01_the_batch_without_the_closed_ones(b1: FixtureB1) -> None:
    assert figures(await counted(b1.abe, b1.b1)) == (245, 45, 5)


@pytest.mark.parametrize(
    ("status", "expected"),
    [("ANY", (250, 50, 10)), ("OPEN", (45, 45, 5)), ("INACTIVE", (200, 0, 0)), ("CLOSED", (5, 5, 5))],
)
async def test_b_02_the_status_filter_tests_the_lifecycle(
    b1: FixtureB1, status: str, expected: tuple[int, int, int]
) -> None:
    assert figures(await counted(b1.abe, b1.b1, status=status)) == expected


@pytest.mark.parametrize("numbers", ["1,3,8-12", " 1 , 3 ,8-12,10,12"])
async def test_b_03_a_list_of_control_numbers(b1: FixtureB1, numbers: str) -> None:
    assert figures(await counted(b1.abe, b1.b1, controlNumbers=numbers)) == (7, 0, 0)
    ids = [f"1212{number:06d}" for number in (1, 3, 8, 9, 10, 11, 12)]
    assert await found(b1.abe, {"batchIds": [b1.b1], "controlNumbers": numbers}) == ids
    everywhere = await found(b1.abe, {"customerId": b1.c1.id, "controlNumbers": numbers})
    assert sorted(everywhere) == sorted([*ids, *(f"777{number:06d}" for number in (1, 3, 8, 9, 10))])


async def test_b_04_a_range_of_control_numbers(b1: FixtureB1) -> None:
    assert figures(await counted(b1.abe, b1.b1, controlNumbers="198-203")) == (6, 3, 0)


async def test_b_04_numbers_that_the_batch_does_not_have_come_back(b1: FixtureB1) -> None:
    counters = await counted(b1.abe, b1.b1, controlNumbers="249-252,300,9999999999", status="ANY")
    assert (counters.selected, counters.missing.count) == (2, 4)
    assert [(each.first, each.last) for each in counters.missing.ranges] == [
        (251, 252), (300, 300), (9_999_999_999, 9_999_999_999)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("12-8", "CONTROL_NUMBER_RANGE_REVERSED"),
        ("1,,3", "CONTROL_NUMBER_SYNTAX"),
        ("0", "CONTROL_NUMBER_SYNTAX"),
        ("1-", "CONTROL_NUMBER_SYNTAX"),
        ("a", "CONTROL_NUMBER_SYNTAX"),
        ("-5", "CONTROL_NUMBER_SYNTAX"),
    ],
)
async def test_b_05_a_wrong_control_number_selects_nothing(b1: FixtureB1, text: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        await counted(b1.abe, b1.b1, controlNumbers=text)
    assert refused.value.codes == (code,)
    assert await refused_preview(b1.abe, {"batchIds": [b1.b1], "controlNumbers": text}, JUNE) == (code,)


async def test_b_06_the_four_modes(b1: FixtureB1) -> None:
    ids = ["Eric", "Erica", "Maverick", "American", "Smith", "Hammersmith", "Smithers", "1212", "91212"]
    batch = await a_batch(b1.abe, b1.c2, "Names", [a_card(each) for each in ids])

    async def search(value: str, mode: str | None = None) -> list[str]:
        return await found(b1.abe, {"batchIds": [batch], "accountId": {"value": value, "mode": mode}})

    assert await search("1212") == ["1212"]
    assert await search("eric", "CONTAINS") == ["Eric", "Erica", "Maverick", "American"]
    assert await search("smith", "ENDS_WITH") == ["Smith", "Hammersmith"]
    assert await search("SMITH", "EXACT") == ["Smith"]


async def test_b_07_exactly_one_batch(b1: FixtureB1) -> None:
    assert await refused_preview(b1.abe, {"status": "OPEN"}, JUNE) == ("BATCH_REQUIRED",)
    assert await refused_preview(b1.abe, {"batchIds": [b1.b1, b1.b2]}, JUNE) == ("EXACTLY_ONE_BATCH",)


async def test_b_08_no_custom_field_filter_in_an_update(b1: FixtureB1) -> None:
    asked = {"batchIds": [b1.b1], "customFields": [{"name": "Shop", "value": "12"}]}
    assert await refused_preview(b1.abe, asked, JUNE) == ("CUSTOM_FIELD_FILTER_NOT_SUPPORTED",)


async def test_b_09_nothing_set_and_null(b1: FixtureB1) -> None:
    assert await refused_preview(b1.abe, {"batchIds": [b1.b1]}, {}) == ("NOTHING_TO_UPDATE",)
    assert await refused_preview(b1.abe, {"batchIds": [b1.b1]}, {"expirationDate": None}) == ("VALUE_REQUIRED",)


async def test_b_10_an_empty_selection(b1: FixtureB1) -> None:
    asked = {"batchIds": [b1.b1], "controlNumbers": "246-250"}
    assert await refused_preview(b1.abe, asked, JUNE) == ("EMPTY_SELECTION",)


async def test_b_11_a_foreign_batch_is_like_one_that_does_not_exist(b1: FixtureB1) -> None:
    with pytest.raises(Refused) as foreign:
        await preview(b1.rob, b1.b1, JUNE)
    with pytest.raises(Refused) as unknown:
        await preview(b1.rob, new_id("batch"), JUNE)
    assert foreign.value.blockers == unknown.value.blockers
    assert foreign.value.codes == ("NOT_FOUND",)
    entries = [row for row in (await everything(b1.platform))["audit_entry"] if "previewBatchUpdate" in row]
    assert len(entries) == 2
    assert all(f'"organization_id": "{b1.r2.id}"' in row for row in entries)


async def test_b_11_billing_reads_the_counters_and_previews_nothing(b1: FixtureB1) -> None:
    assert figures(await counted(b1.bea, b1.b1)) == (245, 45, 5)
    assert await refused_preview(b1.bea, {"batchIds": [b1.b1]}, JUNE) == ("FORBIDDEN",)


async def test_b_12_support_previews_and_an_admin_confirms(b1: FixtureB1) -> None:
    previewed = await preview(b1.sam, b1.b1, JUNE)
    with pytest.raises(Refused) as refused:
        await confirm(b1.sam, previewed)
    assert refused.value.codes == ("FORBIDDEN",)
    assert (await confirm(b1.abe, previewed))["state"] == "QUEUED"


async def test_b_12_the_customer_blocks_its_own(b1: FixtureB1) -> None:
    assert [result for _, result, _ in await run(b1.cia, b1.b1, BLOCK, controlNumbers="201-210")] == 10 * ["SUCCEEDED"]


async def test_b_12_a_customer_that_manages_itself_must_consent(b1: FixtureB1) -> None:
    async with platform_transaction(b1.platform) as tx:
        await tx.execute("UPDATE organization SET managed_by = 'CUSTOMER' WHERE id = $1", b1.c1.id)
    assert await refused_preview(b1.abe, {"batchIds": [b1.b1]}, BLOCK) == ("CONSENT_REQUIRED",)
    assert (await preview(b1.cia, b1.b1, BLOCK))["selected"] == 245


async def test_b_12_an_organization_above_the_seller_does_not_update(b1: FixtureB1) -> None:
    assert figures(await counted(b1.opa, b1.b1)) == (245, 45, 5)
    assert await refused_preview(b1.opa, {"batchIds": [b1.b1]}, BLOCK) == ("FORBIDDEN",)


async def test_b_16_an_account_id_is_unique_per_seller(b1: FixtureB1) -> None:
    def order(organization: Organization, account_id: str) -> AccountOrder:
        return AccountOrder(organization_id=organization.id, account=a_card(account_id))

    taken = order(b1.c2, "1212000001")
    assert await refusal(b1.abe, lambda uow: create_account(uow, taken)) == ("ACCOUNT_ID_TAKEN",)
    await do(b1.rob, lambda uow: create_account(uow, order(b1.c4, "1212000001")))
    await do(b1.abe, lambda uow: create_account(uow, order(b1.c2, "1212000250")))
    await do(b1.abe, lambda uow: create_account(uow, order(b1.c2, "1" * 64)))
    too_long, wrong = order(b1.c2, "1" * 65), order(b1.c2, "12-34")
    assert await refusal(b1.abe, lambda uow: create_account(uow, too_long)) == ("ACCOUNT_ID_TOO_LONG",)
    assert await refusal(b1.abe, lambda uow: create_account(uow, wrong)) == ("ACCOUNT_ID_FORMAT",)


async def test_b_13_control_numbers_go_on_and_cards_start_inactive(b1: FixtureB1) -> None:
    card = a_card("1300000001", lifecycle=Lifecycle.OPEN)
    order = AccountOrder(organization_id=b1.c1.id, account=card, batch_id=b1.b1)
    await do(b1.abe, lambda uow: create_account(uow, order))
    made = (await accounts_of(b1.platform, b1.b1))[251]
    assert (made["account_id"], made["lifecycle"], made["balance_micros"]) == ("1300000001", "INACTIVE", 10_000_000)


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("2026-13-01", "DATE_INVALID"),
        ("2026-02-30", "DATE_INVALID"),
        ("08/03/2026", "DATE_INVALID"),
        ("2100-01-01", "DATE_OUT_OF_RANGE"),
    ],
)
async def test_b_30_a_date_must_exist_and_lie_in_the_century(b1: FixtureB1, day: str, code: str) -> None:
    assert await refused_preview(b1.abe, {"batchIds": [b1.b1]}, {"expirationDate": day}) == (code,)


async def test_b_31_a_later_expiration_revives_with_the_balance_kept(b1: FixtureB1) -> None:
    await run(b1.abe, b1.b1, {"expirationDate": "2026-01-15"}, controlNumbers="201")
    assert await shown(b1.abe, b1.b1, 201) == ["EXPIRED"]
    assert await run(b1.abe, b1.b1, JUNE, controlNumbers="201") == [(201, "SUCCEEDED", None)]
    assert await shown(b1.abe, b1.b1, 201) == ["OK"]
    assert (await accounts_of(b1.platform, b1.b1))[201]["balance_micros"] == 4_200_000


async def test_b_36_an_expiration_before_the_activation_fails_its_row(b1: FixtureB1) -> None:
    """The card #201 was activated on 10 January; the day itself is not after it (BAT-32)."""
    rows = await run(b1.abe, b1.b1, {"expirationDate": "2026-01-10"}, controlNumbers="200-201")
    assert rows == [(200, "SUCCEEDED", None), (201, "FAILED", "EXPIRATION_NOT_AFTER_ACTIVATION")]


async def test_b_37_block_and_unblock(b1: FixtureB1) -> None:
    assert await run(b1.abe, b1.b1, BLOCK, controlNumbers="201-210") == [
        (number, "SUCCEEDED", None) for number in range(201, 211)
    ]
    assert await shown(b1.abe, b1.b1, 201, 210, 211) == ["BLOCKED", "BLOCKED", "OK"]


async def test_b_37_unblocking_what_has_no_block_is_no_change(b1: FixtureB1) -> None:
    rows = await run(b1.abe, b1.b1, UNBLOCK, controlNumbers="201-210,241-245")
    assert [result for _, result, _ in rows] == 10 * ["NO_CHANGE"] + 5 * ["SUCCEEDED"]
    assert await shown(b1.abe, b1.b1, 241, 245) == ["OK", "OK"]
    assert (await accounts_of(b1.platform, b1.b1))[241]["balance_micros"] == 4_200_000


async def test_b_38_a_customer_suspended_by_its_seller(b1: FixtureB1) -> None:
    await suspended(b1.platform, b1.c1, "SELLER")
    assert await shown(b1.abe, b1.b1, 201, 241) == ["CUSTOMER_BLOCKED", "CUSTOMER_BLOCKED"]
    assert await refused_preview(b1.abe, {"batchIds": [b1.b1]}, JUNE) == ("ORGANIZATION_NOT_ACTIVE",)
    await lifted(b1.platform, b1.c1)
    assert await shown(b1.abe, b1.b1, 201, 241) == ["OK", "BLOCKED"]


async def test_b_38_a_reseller_above_stops_the_service_too(b1: FixtureB1) -> None:
    await suspended(b1.platform, b1.r1, "FRAUD")
    assert await shown(b1.opa, b1.b1, 201) == ["SELLER_BLOCKED"]
    await lifted(b1.platform, b1.r1)
    await suspended(b1.platform, b1.r1, "PAYMENT")
    assert await shown(b1.opa, b1.b1, 201, 241) == ["SELLER_SUSPENDED", "SELLER_SUSPENDED"]


async def test_b_39_a_suspension_for_payment_comes_before_a_block(b1: FixtureB1) -> None:
    await run(b1.abe, b1.b1, BLOCK, controlNumbers="201")
    await suspended(b1.platform, b1.c1, "PAYMENT")
    assert await shown(b1.abe, b1.b1, 201) == ["CUSTOMER_SUSPENDED"]
    await lifted(b1.platform, b1.c1)
    assert await shown(b1.abe, b1.b1, 201) == ["BLOCKED"]
    await run(b1.abe, b1.b1, UNBLOCK, controlNumbers="201")
    assert await shown(b1.abe, b1.b1, 201) == ["OK"]


async def test_b_40_a_closed_account_takes_no_change(b1: FixtureB1) -> None:
    previewed = await preview(b1.abe, b1.b1, BLOCK, controlNumbers="245-250", status="ANY")
    await confirm(b1.abe, previewed)
    await run_all_due(b1.platform)
    closed = [(number, "FAILED", "ACCOUNT_TERMINATED") for number in range(246, 251)]
    assert await results_of(b1.platform, previewed) == [(245, "NO_CHANGE", None), *closed]
    assert (await job_of(b1.platform, previewed))["state"] == "COMPLETED_WITH_ERRORS"


async def test_b_66_every_wrong_field_is_named_at_once(b1: FixtureB1) -> None:
    wrong = {"expirationDate": "2026-02-30", "status": None}
    asked = {"batchIds": [b1.b1], "controlNumbers": "0", "accountId": {"value": " "}}
    with pytest.raises(Refused) as refused:
        order = PreviewOrder(account_filter=asked, changes=wrong, chunk_rows=5_001)
        await do(b1.abe, lambda uow: preview_batch_update(uow, order))
    assert [(each.code, each.field) for each in refused.value.blockers] == [
        ("CHUNK_ROWS_OUT_OF_RANGE", ("chunkRows",)),
        ("CONTROL_NUMBER_SYNTAX", ("filter", "controlNumbers")),
        ("DATE_INVALID", ("changes", "expirationDate")),
        ("FILTER_VALUE_EMPTY", ("filter", "accountId")),
        ("VALUE_REQUIRED", ("changes", "status")),
    ]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"accountId": {"value": "   "}}, "FILTER_VALUE_EMPTY"),
        ({"accountId": {"value": "1" * 65}}, "FILTER_VALUE_TOO_LONG"),
        ({"controlNumbers": ",".join(["1"] * 1_001)}, "CONTROL_NUMBER_LIST_TOO_LONG"),
    ],
)
async def test_b_67_values_of_a_search_that_are_refused(b1: FixtureB1, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        await counted(b1.abe, b1.b1, **asked)
    assert refused.value.codes == (code,)


async def test_b_67_a_thousand_items_are_compared_not_expanded(b1: FixtureB1) -> None:
    items = ",".join(str(number) for number in range(1, 2_000, 2))
    assert figures(await counted(b1.abe, b1.b1, controlNumbers=items)) == (123, 23, 2)


async def test_b_68_names_and_roles_of_batches(b1: FixtureB1) -> None:
    same = NewBatch(b1.c1.id, "b1", AccountRole.PREPAID_CARD)
    assert await refusal(b1.abe, lambda uow: create_batch(uow, same)) == ("BATCH_NAME_TAKEN",)
    await do(b1.abe, lambda uow: create_batch(uow, NewBatch(b1.c2.id, "b1", AccountRole.PREPAID_CARD)))
    phone = a_card("5551234")
    line = AccountOrder(
        organization_id=b1.c1.id, batch_id=b1.b1,
        account=type(phone)(account_id="5551234", account_role=AccountRole.PHONE_LINE),
    )  # fmt: skip
    assert await refusal(b1.abe, lambda uow: create_account(uow, line)) == ("BATCH_ROLE_MISMATCH",)
