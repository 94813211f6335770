"""A batch of 250 prepaid cards in every state a card can be in."""

from accounts.account_creation import NewAccount, insert_accounts
from accounts.account_id import AccountRole
from accounts.account_status import Lifecycle
from accounts.batches import NewBatch, batch_by_id, create_batch
from core.clock import EXACT_DAY
from core.money import parse_amount
from core.transaction import fetch_one
from tenants.access import organization_by_id
from tenants.commands import Outcome
from tenants.unit_of_work import UnitOfWork
from web.demo.people import Person, Stage

CARDS = (
    (200, Lifecycle.INACTIVE, False, "10.00"),
    (30, Lifecycle.OPEN, False, "4.20"),
    (5, Lifecycle.OPEN, False, "0.50"),
    (4, Lifecycle.OPEN, False, "0.49"),
    (1, Lifecycle.OPEN, False, "0.00"),
    (5, Lifecycle.OPEN, True, "4.20"),
    (5, Lifecycle.CLOSED, False, "0.00"),
)
"""How many, in which lifecycle, blocked or not, with what left; every opened one was used."""


async def lay_out_cards(stage: Stage, seller: Person) -> None:
    """The batch belongs to a customer that the card seller manages itself."""
    row = await fetch_one(
        stage.tx,
        "SELECT id FROM organization WHERE parent_id = $1 AND managed_by = 'SERVICE_PROVIDER' ORDER BY id LIMIT 1",
        seller.organization_id,
    )
    assert row is not None
    customer_id: str = row["id"]
    await stage.act(seller, stage.now - 30 * EXACT_DAY, "createBatch", lambda uow: _batch(uow, stage, customer_id))


async def _batch(uow: UnitOfWork, stage: Stage, customer_id: str) -> Outcome:
    made = await create_batch(uow, NewBatch(customer_id, "Spring cards", AccountRole.PREPAID_CARD))
    plan = await fetch_one(uow.tx, "SELECT id FROM plan WHERE account_role = $1", "PREPAID_CARD")
    assert plan is not None
    customer = await organization_by_id(uow, customer_id)
    batch = await batch_by_id(uow, made["batchId"])
    cards: list[NewAccount] = []
    for count, lifecycle, is_blocked, left in CARDS:
        for _ in range(count):
            opened = None if lifecycle is Lifecycle.INACTIVE else uow.now + EXACT_DAY
            cards.append(
                NewAccount(
                    account_id=f"{1212000001 + len(cards)}",
                    account_role=AccountRole.PREPAID_CARD,
                    lifecycle=lifecycle,
                    is_blocked=is_blocked,
                    activated_at=opened,
                    first_used_at=opened,
                    plan_id=plan["id"],
                    opening_balance_micros=parse_amount("10.00"),
                    balance_micros=parse_amount(left),
                )  # fmt: skip
            )
    await insert_accounts(uow.tx, customer, cards, uow.now, batch)
    return made
