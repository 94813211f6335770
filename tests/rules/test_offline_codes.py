"""Codes that are paid at a counter (MON-45), through the schema."""

import asyncio
from collections import Counter

from tenants.unit_of_work import Platform
from tests.graph.billing_documents import codes, done
from tests.makers import a_customer, a_reseller
from tests.makers_billing import balance, require_sound_books, rows
from tests.makers_subscriptions import a_chain, another_customer

RECORD = """mutation ($input: RecordPaymentInput!) { recordPayment(input: $input) {
    errors { code field details } replayed payment { id status } } }"""
TEN = {"amount": {"amount": "10", "currency": "USD"}, "method": "OFFLINE_CODE"}


async def test_ms_27_an_offline_code_settles_once(platform: Platform) -> None:
    chain = await a_chain(platform, money="100")
    other = await another_customer(chain)
    code = TEN | {"reference": "  9021-77 "}
    own, foreign = {"organizationId": chain.customer.id}, {"organizationId": other.id}
    first = await done(chain.seller, RECORD, **code, **own, idempotencyKey="k1")
    assert (codes(first), first["payment"]["status"]) == ([], "SETTLED")
    again = await done(chain.seller, RECORD, **code | {"reference": "9021-77"}, **own, idempotencyKey="k2")
    elsewhere = await done(chain.seller, RECORD, **code, **foreign, idempotencyKey="k3")
    assert [again["errors"], elsewhere["errors"]] == [
        [{"code": code, "field": ["reference"], "details": None}]
        for code in ("PAYMENT_CODE_ALREADY_SETTLED", "PAYMENT_CODE_SETTLED_ELSEWHERE")
    ]
    replay = await done(chain.seller, RECORD, **code, **own, idempotencyKey="k1")
    assert (replay["replayed"], replay["payment"]) == (True, first["payment"])
    cash = await done(chain.seller, RECORD, **code | {"method": "CASH"}, **own, idempotencyKey="k4")
    unnamed = [await done(chain.seller, RECORD, **TEN, **own, idempotencyKey=f"k{n}") for n in (5, 6)]
    assert [codes(each) for each in (cash, *unnamed)] == [[], [], []]
    assert (await balance(chain.customer), await balance(other)) == ("140.00", "0.00")
    await require_sound_books(platform)


async def test_mon_45_of_one_code_entered_for_eight_at_once_one_counts(platform: Platform) -> None:
    chain = await a_chain(platform, money="100")
    buyers = [await another_customer(chain) for _ in range(8)]
    answers = await asyncio.gather(
        *(
            done(chain.seller, RECORD, **TEN, reference="one", organizationId=each.id, idempotencyKey=each.id)
            for each in buyers
        )
    )
    assert Counter(",".join(codes(each)) for each in answers) == {"": 1, "PAYMENT_CODE_SETTLED_ELSEWHERE": 7}
    assert len(await rows(platform, "SELECT id FROM payment WHERE reference = 'one'")) == 1


async def test_mon_45_another_sellers_codes_are_its_own(platform: Platform) -> None:
    chain = await a_chain(platform, money="100")
    place = {"currency": "USD", "timezone": "UTC", "country": "US"}
    rival = await a_reseller(platform, under=chain.operator, **place)
    stranger = await a_customer(platform, under=rival, **place)
    mine = await done(chain.seller, RECORD, **TEN, reference="x", organizationId=chain.customer.id, idempotencyKey="k")
    theirs = await done(rival.someone, RECORD, **TEN, reference="x", organizationId=stranger.id, idempotencyKey="k")
    assert (codes(mine), codes(theirs)) == ([], [])
