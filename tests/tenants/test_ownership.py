"""Transfers at the same time: exactly one succeeds, and there is one OWNER at every commit (MEM-2, GEN-7)."""

import asyncio

from core.refusals import Refused
from tenants.members.ownership import transfer_ownership
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do
from tests.makers import Member, a_customer, a_member, an_operator


async def test_of_two_transfers_at_once_one_succeeds(platform: Platform) -> None:
    customer = await a_customer(platform, under=await an_operator(platform))
    targets = [await a_member(platform, of=customer) for _ in range(4)]

    async def attempt(target: Member) -> str:
        try:
            await do(customer.someone, lambda uow: transfer_ownership(uow, customer.id, target.id))
        except Refused as refused:
            return refused.codes[0]
        return "done"

    answers = await asyncio.gather(*map(attempt, targets))
    assert sorted(answers) == ["FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "done"]
    async with platform_transaction(platform) as tx:
        owners = await tx.fetch("SELECT id FROM member WHERE organization_id = $1 AND role = 'OWNER'", customer.id)
    assert [row["id"] for row in owners] == [targets[answers.index("done")].id]
