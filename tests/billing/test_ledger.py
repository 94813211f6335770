"""The ledger's one way in: sealed, balanced, once per key, with the wallets' sums moved along (MON-20 to MON-24)."""

import json
from collections.abc import Sequence

import pytest

from billing.doctor import check_books
from billing.ledger import Movement, MovementType, post
from billing.posting import Entry, LedgerAccount, Owner, WalletTerms, charge, payment
from billing.wallets import wallet_of
from core.money import parse_amount
from core.refusals import Refused
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction
from tests.acting import do
from tests.makers import Organization, a_customer, an_operator
from tests.makers_billing import balance, change_wallet, pay, require_sound_books, rows


async def posted(buyer: Organization, seller: Organization, entries: Sequence[Entry], key: str = "k") -> list[str]:
    async def act(uow: UnitOfWork) -> dict[str, object]:
        wallet = await wallet_of(uow, buyer.id)
        movement = Movement(wallet, MovementType.PAYMENT, tuple(entries), "Payment", "pay_1", key, comment="by hand")
        return {"ids": await post(uow, [movement])}

    ids: list[str] = (await do(seller.someone, act))["ids"]
    return ids


async def a_pair(platform: Platform) -> tuple[Organization, Organization]:
    seller = await an_operator(platform)
    return seller, await a_customer(platform, under=seller)


async def test_entries_belong_to_their_side_of_the_pair(platform: Platform) -> None:
    seller, buyer = await a_pair(platform)

    (transaction_id,) = await posted(buyer, seller, payment(WalletTerms(), parse_amount("10"), "CASH"))

    entries = await rows(platform, "SELECT organization_id, path, ledger_account FROM ledger_entry ORDER BY line")
    assert entries == [
        {"organization_id": seller.id, "path": seller.path, "ledger_account": "CASH"},
        {"organization_id": buyer.id, "path": buyer.path, "ledger_account": "WALLET"},
    ]
    (transaction,) = await rows(platform, "SELECT * FROM ledger_transaction")
    assert (transaction["id"], transaction["organization_id"]) == (transaction_id, buyer.id)
    assert transaction["actor_member_id"] == seller.owner_id
    assert transaction["comment"] == "by hand"
    assert await balance(buyer) == "10.00"


async def test_unbalanced_entries_are_refused_and_nothing_is_written(platform: Platform) -> None:
    seller, buyer = await a_pair(platform)

    with pytest.raises(Refused, match="LEDGER_UNBALANCED"):
        await posted(buyer, seller, [Entry(LedgerAccount.WALLET, Owner.BUYER, 5)])

    assert await rows(platform, "SELECT transaction_id FROM ledger_entry") == []


async def test_a_posting_key_is_used_once_for_ever(platform: Platform) -> None:
    seller, buyer = await a_pair(platform)
    entries = payment(WalletTerms(), parse_amount("10"), "CASH")
    await posted(buyer, seller, entries)

    with pytest.raises(Exception, match=r"(?i)unique.*posting_key|posting_key.*unique"):
        await posted(buyer, seller, entries)

    assert await balance(buyer) == "10.00"


async def test_a_sealed_transaction_takes_no_further_entry(platform: Platform) -> None:
    seller, buyer = await a_pair(platform)
    (transaction_id,) = await posted(buyer, seller, payment(WalletTerms(), parse_amount("10"), "CASH"))

    with pytest.raises(Exception, match="LEDGER_IMMUTABLE"):
        async with platform_transaction(platform) as tx:
            await tx.execute(
                "INSERT INTO ledger_entry (transaction_id, line, organization_id, path, ledger_account, amount_micros, "
                "currency) VALUES ($1, 3, $2, $3, 'WALLET', 5, 'SGD')",
                transaction_id, buyer.id, buyer.path,
            )  # fmt: skip


async def test_several_movements_of_one_wallet_move_its_sums_together(platform: Platform) -> None:
    seller, buyer = await a_pair(platform)

    async def act(uow: UnitOfWork) -> dict[str, object]:
        wallet = await wallet_of(uow, buyer.id)
        both = (payment(WalletTerms(), 50_000_000, "CASH"), charge(WalletTerms(), 20_000_000, {"GST": 2_000_000}))
        made = [Movement(wallet, "PURCHASE", entries, "Test", "t", f"key{place}") for place, entries in enumerate(both)]
        return {"ids": await post(uow, made)}

    await do(seller.someone, act)

    assert await balance(buyer) == "28.00"
    await require_sound_books(platform)


async def test_the_doctor_finds_a_wallet_that_is_not_its_entries(platform: Platform) -> None:
    _, buyer = await a_pair(platform)
    await pay(buyer, "10")
    await change_wallet(buyer, due_micros="3")

    async with platform_transaction(platform) as tx:
        (fault,) = await check_books(tx)
    assert fault.endswith("a wallet's DUE is not the sum of its entries (MON-20): found 3000000, expected 0")


async def test_a_payment_is_in_the_log_with_its_values(platform: Platform) -> None:
    _, buyer = await a_pair(platform)
    await pay(buyer, "10")

    (entry,) = await rows(
        platform, "SELECT after_values, organization_id FROM audit_entry WHERE entity_type = 'Payment'"
    )

    assert json.loads(entry["after_values"])["amount_micros"] == 10_000_000
    assert entry["organization_id"] == buyer.id
