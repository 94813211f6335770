"""The truth test: random documents answer alike through a compiled statement and through the reference executor."""

import re
from typing import Any

from tenants.unit_of_work import Platform
from tests.graph.asking import ask
from tests.graph.random_documents import Documents
from tests.graph.reference import Reference
from tests.makers import a_customer, a_member, a_reseller, an_operator, credentials_of

DOCUMENTS = 60


def without_cursors(value: Any) -> Any:
    """Cursors are opaque and made differently on purpose; that they page is tested apart."""
    if isinstance(value, dict):
        return {key: without_cursors(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_cursors(each) for each in value]
    if isinstance(value, str) and (re.fullmatch(r"5b[0-9a-f]*5d", value) or value.startswith("[")):
        return "<cursor>"
    return value


async def test_random_documents_answer_alike(platform: Platform) -> None:
    operator = await an_operator(platform)
    reseller = await a_reseller(platform, under=operator, name="Northline")
    sub = await a_reseller(platform, under=reseller, name="Sub")
    customers = [
        await a_customer(platform, under=seller, name=f"Customer {n}") for n, seller in enumerate((reseller, sub, sub))
    ]
    await a_member(platform, of=customers[0], name="Mia")
    assert reseller.owner is not None
    owner = await credentials_of(reseller.owner)
    documents = Documents(2026, [("organization", each.id) for each in (reseller, sub, *customers)])
    reference = Reference()
    for _ in range(DOCUMENTS):
        document = documents.draw()
        compiled = await ask(platform, owner, document)
        assert compiled.errors == [], document
        expected = await reference.ask(platform, owner, document)
        assert without_cursors(compiled.data) == without_cursors(expected), document
