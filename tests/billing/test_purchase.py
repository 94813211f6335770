"""What a purchase costs the database: a number of statements that does not grow with the levels (design, section 8)."""

from typing import Any

import pytest

from core.transaction import PostgresTransaction, SqliteTransaction
from tenants.unit_of_work import Platform
from tests.makers import a_customer, a_reseller, an_operator
from tests.makers_billing import a_plan, buy, pay, require_sound_books

USD: dict[str, Any] = {"currency": "USD", "timezone": "UTC", "country": "US"}
MOST = {"sqlite": 21, "postgres": 26}
"""Everything from sign-in to the stored outcome, a last look at who acts (GEN-7) and invoices included, whatever the
number of levels."""


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements sent from here on."""
    sent: list[str] = []
    for engine in (PostgresTransaction, SqliteTransaction):
        for name in ("fetch", "execute"):
            monkeypatch.setattr(engine, name, _counting(getattr(engine, name), sent))
    return sent


def _counting(send: Any, sent: list[str]) -> Any:
    async def counted(self: Any, sql: str, *arguments: object) -> Any:
        sent.append(sql)
        return await send(self, sql, *arguments)

    return counted


@pytest.mark.parametrize("levels", [1, 3])
async def test_the_number_of_statements_does_not_grow_with_the_levels(
    platform: Platform, statements: list[str], levels: int
) -> None:
    sellers = [await an_operator(platform, **USD)]
    while len(sellers) < levels:
        sellers.append(await a_reseller(platform, under=sellers[-1], **USD))
    customer = await a_customer(platform, under=sellers[-1], **USD)
    plan = await a_plan(sellers[0], prices=[(seller, "10") for seller in sellers])
    for buyer in (*sellers[1:], customer):
        await pay(buyer, "100")
    statements.clear()

    await buy(customer.someone, customer, plan)

    sign_in = 1  # the test's own session
    assert len(statements) <= MOST[platform.database.dialect] + sign_in
    await require_sound_books(platform)
