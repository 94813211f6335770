"""Price lists, their rows, and what one buyer is given (SUB-2, SUB-3, SUB-4)."""

import json
from datetime import date
from fractions import Fraction
from typing import Any

from billing.buyer_terms import ContractPrice, Terms, give_contract_price, give_terms
from billing.percent_text import percent_text
from billing.price_lists import NewPrice, NewPriceList, create_price_list, set_price
from core.clock import FixedClock, parse_instant
from core.money import format_amount
from tenants.unit_of_work import Platform
from tests.acting import do, refusal
from tests.makers import Organization, a_customer, a_member, a_reseller, an_operator
from tests.makers_billing import a_plan, a_price, a_price_list, give_discount, quote, rows

USD: dict[str, Any] = {"currency": "USD", "timezone": "UTC", "country": "US"}
TOMORROW = date(2026, 2, 3)


async def a_seller_with_a_plan(platform: Platform) -> tuple[Organization, str, str]:
    seller = await an_operator(platform, **USD)
    return seller, await a_plan(seller), await a_price_list(seller)


async def test_a_row_starts_tomorrow_at_the_earliest(platform: Platform) -> None:
    seller, plan, price_list = await a_seller_with_a_plan(platform)

    async def priced(starts: date) -> tuple[str, ...]:
        new = NewPrice(price_list, plan, 1, starts, 50_000_000)
        return await refusal(seller.someone, lambda uow: set_price(uow, new))

    assert await priced(date(2026, 2, 2)) == ("PRICE_BACKDATED",)
    assert await priced(date(2025, 1, 1)) == ("PRICE_BACKDATED",)
    made = await do(seller.someone, lambda uow: set_price(uow, NewPrice(price_list, plan, 1, TOMORROW, 50_000_000)))
    assert made["amountMicros"] == 50_000_000


async def test_a_row_of_several_months_is_computed_when_it_is_made(platform: Platform) -> None:
    seller, plan, price_list = await a_seller_with_a_plan(platform)
    await a_price(seller, plan, "30")
    new = NewPrice(price_list, plan, 6, TOMORROW, percent_off=Fraction(20))

    made = await do(seller.someone, lambda uow: set_price(uow, new))
    await a_price(seller, plan, "40", starts="2026-02-04")

    assert format_amount(made["amountMicros"], "USD") == "144.00"
    (row,) = await rows(platform, "SELECT amount_micros FROM price WHERE cycle_months = 6")
    assert row["amount_micros"] == 144_000_000


async def test_percentages_are_stored_as_decimal_text(platform: Platform) -> None:
    seller, plan, price_list = await a_seller_with_a_plan(platform)
    buyer = await a_customer(platform, under=seller, **USD)
    half, eighth = Fraction(25, 2), Fraction(1, 8)
    new = NewPrice(price_list, plan, 1, TOMORROW, 50_000_000, min_term_months=12, early_end_percent=half)
    await do(seller.someone, lambda uow: set_price(uow, new))
    await do(seller.someone, lambda uow: give_terms(uow, Terms(buyer.id, discount_percent=eighth)))

    assert await rows(platform, "SELECT early_end_percent FROM price") == [{"early_end_percent": "12.5"}]
    assert await rows(platform, "SELECT discount_percent FROM buyer_terms") == [{"discount_percent": "0.125"}]
    (entry,) = await rows(platform, "SELECT after_values FROM audit_entry WHERE entity_type = 'BuyerTerms'")
    assert json.loads(entry["after_values"])["discountPercent"] == "0.125"


def test_a_percentage_as_text_is_what_was_given() -> None:
    given = ("0", "9", "12.5", "0.005", "100", "33.333333")
    assert tuple(percent_text(Fraction(text)) for text in given) == given


async def test_a_percentage_needs_a_monthly_row(platform: Platform) -> None:
    seller, plan, price_list = await a_seller_with_a_plan(platform)
    new = NewPrice(price_list, plan, 6, TOMORROW, percent_off=Fraction(20))

    assert await refusal(seller.someone, lambda uow: set_price(uow, new)) == ("PRICE_MISSING",)


async def test_rows_that_make_no_sense(platform: Platform) -> None:
    seller, plan, price_list = await a_seller_with_a_plan(platform)

    async def codes(**wrong: Any) -> tuple[str, ...]:
        values: dict[str, Any] = {"cycle_months": 1, "valid_from": TOMORROW, "amount_micros": 1} | wrong
        return await refusal(seller.someone, lambda uow: set_price(uow, NewPrice(price_list, plan, **values)))

    assert await codes(cycle_months=-1) == ("CYCLE_TOO_SHORT",)
    assert await codes(amount_micros=None) == ("FIELD_REQUIRED",)
    assert await codes(amount_micros=None, percent_off=Fraction(101)) == ("PERCENT_INVALID",)
    assert await codes(percent_off=Fraction(10)) == ("CONFLICTING_ATTRIBUTES",)
    assert await codes(cycle_months=1_201) == ("CYCLE_TOO_LONG",)
    for months in (-1, 0, 1_201, 2**62):
        assert await codes(min_term_months=months) == ("TERM_OUT_OF_RANGE",)
    assert await codes(currency="EUR") == ("CURRENCY_MISMATCH",)
    assert await codes(cycle_months=-1, amount_micros=-1) == ("AMOUNT_NOT_POSITIVE", "CYCLE_TOO_SHORT")


async def test_a_percentage_of_many_months_has_a_bound_like_any_amount(platform: Platform) -> None:
    seller, plan, price_list = await a_seller_with_a_plan(platform)
    await a_price(seller, plan, "9999999999")
    new = NewPrice(price_list, plan, 1_200, TOMORROW, percent_off=Fraction(0))

    assert await refusal(seller.someone, lambda uow: set_price(uow, new)) == ("AMOUNT_TOO_LARGE",)


async def test_a_contract_price_is_in_the_buyers_currency(platform: Platform) -> None:
    seller, plan, _ = await a_seller_with_a_plan(platform)
    buyer = await a_customer(platform, under=seller, **USD)
    euros = ContractPrice(buyer.id, plan, 1, 70_000_000, "EUR")

    assert await refusal(seller.someone, lambda uow: give_contract_price(uow, euros)) == ("CURRENCY_MISMATCH",)


async def test_a_row_for_the_same_day_is_replaced_before_it_starts(platform: Platform) -> None:
    seller, plan, price_list = await a_seller_with_a_plan(platform)
    first = await do(seller.someone, lambda uow: set_price(uow, NewPrice(price_list, plan, 1, TOMORROW, 50_000_000)))
    second = await do(seller.someone, lambda uow: set_price(uow, NewPrice(price_list, plan, 1, TOMORROW, 60_000_000)))

    assert first["priceId"] == second["priceId"]
    assert await rows(platform, "SELECT amount_micros FROM price") == [{"amount_micros": 60_000_000}]


async def test_a_seller_prices_what_it_owns_or_is_offered_and_nothing_else(platform: Platform) -> None:
    operator = await an_operator(platform, **USD)
    seller = await a_reseller(platform, under=operator, **USD)
    below = await a_reseller(platform, under=seller, **USD)
    price_list = await a_price_list(seller)
    offered, unseen = await a_plan(operator, prices=[(operator, "80")]), await a_plan(operator)
    of_below = await a_plan(below)

    async def codes(plan: str) -> tuple[str, ...]:
        new = NewPrice(price_list, plan, 1, TOMORROW, 1_000_000)
        return await refusal(seller.someone, lambda uow: set_price(uow, new))

    assert await codes(unseen) == ("NOT_FOUND",)
    assert await codes(of_below) == ("REFERENCE_INVALID",)
    await do(seller.someone, lambda uow: set_price(uow, NewPrice(price_list, offered, 1, TOMORROW, 1_000_000)))


async def test_one_default_list_per_currency(platform: Platform) -> None:
    seller = await an_operator(platform, **USD)
    old, euro = await a_price_list(seller), await a_price_list(seller, currency="EUR")
    new = await a_price_list(seller)

    defaults = await rows(platform, "SELECT id FROM price_list WHERE is_default ORDER BY id")
    assert [row["id"] for row in defaults] == sorted([euro, new])
    assert old not in [row["id"] for row in defaults]
    wrong = NewPriceList(seller.id, " ", "dollars")
    codes = await refusal(seller.someone, lambda uow: create_price_list(uow, wrong))
    assert codes == ("CURRENCY_INVALID", "FIELD_REQUIRED")


async def test_contract_price_before_discount_before_list(platform: Platform, clock: FixedClock) -> None:
    seller = await an_operator(platform, **USD)
    buyer = await a_customer(platform, under=seller, **USD)
    plan = await a_plan(seller, prices=[(seller, "100")])

    async def price() -> tuple[str, str]:
        (line,) = (await quote(buyer.someone, buyer, plan)).levels[0].lines
        return format_amount(line.unit_price_micros, "USD"), line.source.value

    assert await price() == ("100.00", "LIST")
    await give_discount(buyer, "12.5")
    assert await price() == ("87.50", "DISCOUNT")
    agreed = ContractPrice(buyer.id, plan, 1, 70_000_000)
    await do(seller.someone, lambda uow: give_contract_price(uow, agreed))
    assert await price() == ("70.00", "CONTRACT")
    clock.advance_to(parse_instant("2027-02-02T12:00:00Z"))
    assert await price() == ("70.00", "CONTRACT")


async def test_a_list_of_its_own_takes_the_place_of_the_default(platform: Platform) -> None:
    seller = await an_operator(platform, **USD)
    buyer = await a_customer(platform, under=seller, **USD)
    plan = await a_plan(seller, prices=[(seller, "100")])
    own = await a_price_list(seller, is_default=False)
    await a_price(seller, plan, "90", price_list=own)

    await do(seller.someone, lambda uow: give_terms(uow, Terms(buyer.id, own)))

    assert (await quote(buyer.someone, buyer, plan)).total_micros == 90_000_000


async def test_terms_are_the_sellers_to_give(platform: Platform) -> None:
    operator = await an_operator(platform, **USD)
    seller = await a_reseller(platform, under=operator, **USD)
    buyer = await a_customer(platform, under=seller, **USD)
    support = await a_member(platform, of=seller, role="SUPPORT")
    euro = await a_price_list(seller, currency="EUR", is_default=False)
    others = await a_price_list(operator)
    plain = lambda uow: give_terms(uow, Terms(buyer.id))  # noqa: E731

    assert await refusal(buyer.someone, plain) == ("FORBIDDEN",)
    assert await refusal(support, plain) == ("FORBIDDEN",)
    assert await refusal(seller.someone, lambda uow: give_terms(uow, Terms(buyer.id, euro))) == ("CURRENCY_MISMATCH",)
    assert await refusal(seller.someone, lambda uow: give_terms(uow, Terms(buyer.id, others))) == ("NOT_FOUND",)
    assert await refusal(operator.someone, lambda uow: give_terms(uow, Terms(buyer.id, others))) == (
        "REFERENCE_INVALID",
    )
    half = Terms(buyer.id, discount_percent=Fraction(201, 2))
    assert await refusal(seller.someone, lambda uow: give_terms(uow, half)) == ("PERCENT_INVALID",)
    entries = await rows(platform, "SELECT organization_id FROM audit_entry WHERE entity_type = 'BuyerTerms'")
    assert entries == []
