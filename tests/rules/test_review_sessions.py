"""Paid sessions need money at every level above (MON-19), and one key confirms one job (BAT-47)."""

import asyncio
from collections import Counter
from typing import Any

from accounts.batch_confirm import confirm_batch_update
from core.refusals import Refused
from tenants.unit_of_work import Platform
from tests.acting import do
from tests.graph.billing_documents import codes, done
from tests.makers import a_customer
from tests.makers_accounts import confirmation, fixture_b1, preview
from tests.makers_billing import change_wallet, limit, pay
from tests.makers_subscriptions import a_chain

CREATE = (
    """mutation ($input: CreateAccountInput!) { createAccount(input: $input) { errors { code } account { id } } }"""
)
USE = "mutation ($input: UseAccountInput!) { useAccount(input: $input) { errors { code message details } } }"


async def test_ms_13_a_seller_that_can_spend_nothing_lets_no_chargeable_session_start(platform: Platform) -> None:
    chain = await a_chain(platform, money="0.01")
    customer = await a_customer(
        platform, under=chain.reseller, currency="USD", timezone="UTC", country="US", managed_by="SERVICE_PROVIDER"
    )
    await pay(customer, "50")
    given = {"accountRole": "PHONE_LINE", "type": "CREDIT", "balanceControl": "SUBORDINATE"}
    made = await done(chain.seller, CREATE, organizationId=customer.id, accountId="6561234", **given)
    account = made["account"]["id"]

    async def used(service: str) -> list[str]:
        return codes(await done(chain.seller, USE, accountId=account, service=service))

    assert (await used("OUTGOING_CALL"), await used("MESSAGE")) == ([], [])
    # All of the seller's own money and its limit are spent.
    await limit(chain.reseller, "100")
    await change_wallet(chain.reseller, wallet_micros="-100")
    assert (await used("OUTGOING_CALL"), await used("INCOMING_CALL")) == (["USABLE_EXHAUSTED"], [])
    refused = await done(chain.seller, USE, accountId=account, service="OUTGOING_CALL")
    assert chain.reseller.name not in str(refused)
    await change_wallet(chain.reseller, wallet_micros="-99.999999")
    assert await used("OUTGOING_CALL") == []
    await change_wallet(customer, wallet_micros="0")
    assert (await used("OUTGOING_CALL"), await used("INCOMING_CALL")) == (["NO_FUNDS"], [])


async def test_bat_47_one_key_for_two_jobs_at_once_confirms_one(platform: Platform) -> None:
    b1 = await fixture_b1(platform)
    block: dict[str, Any] = {"status": {"to": "BLOCKED"}}
    previews = [await preview(b1.abe, batch, block) for batch in (b1.b1, b1.b2)]

    async def told(previewed: dict[str, Any]) -> str:
        order = confirmation(previewed, "one key")
        try:
            outcome = await do(b1.abe, lambda uow: confirm_batch_update(uow, order), operation="confirmBatchUpdate")
        except Refused as refused:
            return refused.codes[0]
        return str(outcome["state"])

    assert Counter(await asyncio.gather(*map(told, previews))) == {"QUEUED": 1, "IDEMPOTENCY_KEY_REUSED": 1}
