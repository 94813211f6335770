"""The truth test: random documents answer alike through a compiled statement and through the reference executor."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tenants.actor import Credentials
from tenants.unit_of_work import Platform
from tests.graph.asking import ask
from tests.graph.random_documents import Documents
from tests.graph.reference import Reference
from tests.makers import a_customer, a_member, a_reseller, an_operator, credentials_of
from tests.makers_accounts import fixture_b1
from tests.makers_billing import a_plan
from tests.makers_subscriptions import a_chain, bought, ended, tried

DOCUMENTS = 30


def without_cursors(value: Any) -> Any:
    """Cursors are opaque and made differently on purpose; that they page is tested apart."""
    if isinstance(value, dict):
        return {key: without_cursors(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_cursors(each) for each in value]
    if isinstance(value, str) and (re.fullmatch(r"5b[0-9a-f]*5d", value) or value.startswith("[")):
        return "<cursor>"
    return value


@dataclass(frozen=True)
class Stage:
    """Somebody who asks, and ids to look up."""

    who: Credentials
    ids: list[tuple[str, str]]


async def a_tree(platform: Platform) -> Stage:
    """Organizations at three levels with their members."""
    operator = await an_operator(platform)
    reseller = await a_reseller(platform, under=operator, name="Northline")
    sub = await a_reseller(platform, under=reseller, name="Sub")
    customers = [await a_customer(platform, under=each, name=f"Customer {n}") for n, each in enumerate((reseller, sub))]
    await a_member(platform, of=customers[0], name="Mia")
    ids = [("organization", each.id) for each in (reseller, sub, *customers)]
    return Stage(await credentials_of(reseller.someone), ids)


async def a_market(platform: Platform) -> Stage:
    """A chain with purchases, a trial, an ending, payments, and the people who see them."""
    chain = await a_chain(platform, preset="b3networks")
    prices = [(chain.operator, "80"), (chain.reseller, "100.50")]
    plan = await a_plan(chain.operator, prices=prices)
    kept, gone = [await bought(chain, plan, quantity=2) for _ in range(2)]
    await ended(chain.seller, gone)
    await tried(chain.seller, chain.customer, await a_plan(chain.operator, prices=prices))
    return Stage(await credentials_of(chain.seller), [("subscription", kept), ("organization", chain.customer.id)])


async def cards(platform: Platform) -> Stage:
    """A batch with accounts in every state."""
    fixture = await fixture_b1(platform)
    return Stage(await credentials_of(fixture.abe), [])


@pytest.mark.parametrize(("make", "seed"), [(a_tree, 1), (a_market, 2), (cards, 3)])
async def test_random_documents_answer_alike(
    platform: Platform, make: Callable[[Platform], Awaitable[Stage]], seed: int
) -> None:
    stage = await make(platform)
    documents, reference = Documents(seed, stage.ids), Reference()
    for _ in range(DOCUMENTS):
        document = documents.draw()
        compiled = await ask(platform, stage.who, document)
        assert compiled.errors == [], document
        expected = await reference.ask(platform, stage.who, document)
        assert without_cursors(compiled.data) == without_cursors(expected), document
