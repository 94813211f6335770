"""What a move asks of billing/ and what it does there (MOVE-4, MOVE-6, MOVE-7). Registers itself; billing/ imports it.

Money rows of the old pair stay with it (VIS-6); the paths were rewritten before this is told."""

from collections import Counter
from collections.abc import Mapping

from billing.subscription_sql import status_expression
from billing.subscription_status import BillingStatus, Status, billing_status
from billing.wallets import open_wallet
from core.transaction import fetch_value
from tenants.organization_events import OrganizationMoved, on_organization_moved
from tenants.policy.policy import policies_for
from tenants.questions import PlannedMove, obstacles_to_move
from tenants.unit_of_work import UnitOfWork

ENDED = frozenset({Status.TERMINATED, Status.DEACTIVATED, Status.EXPIRED})
"""What runs no more, so that nobody has to offer its plan."""

_WALLET = """
SELECT w.unbilled_micros <> 0 AS has_unbilled, w.wallet_micros <> 0 OR w.due_micros <> 0 OR w.payable_micros <> 0
    OR w.reserved_micros <> 0 AS has_money
FROM wallet w WHERE w.organization_id = $1 AND w.closed_at IS NULL
"""
_PENDING = """
SELECT count(*) FROM payment p JOIN wallet w ON w.id = p.wallet_id
WHERE p.organization_id = $1 AND p.status = 'PENDING' AND w.closed_at IS NULL
"""
_OFFERED = """
SELECT 1 FROM price_list l JOIN price p ON p.price_list_id = l.id
WHERE l.organization_id = $1 AND l.currency = $2 AND l.is_default AND p.item_id = s.plan_id
"""
_SUBSCRIPTIONS = f"""
SELECT {status_expression("s", "$3")} AS status, EXISTS ({_OFFERED}) AS is_offered
FROM subscription s WHERE s.organization_id = $4
"""


@obstacles_to_move
async def what_stands_in_the_way(uow: UnitOfWork, move: PlannedMove) -> Mapping[str, int]:
    """Counts of the organization's own and of its relation with the old seller (MOVE-5)."""
    counts = await _money_counts(uow, move.organization_id)
    counts.update(await _subscription_counts(uow, move))
    if move.asks_new_seller:
        lists = await fetch_value(
            uow.tx, "SELECT count(*) FROM price_list WHERE organization_id = $1 AND currency = $2",
            move.new_seller_id, move.currency,
        )  # fmt: skip
        counts["CURRENCY_NOT_OFFERED"] = int(not lists)
    return counts


@on_organization_moved
async def move_the_relation(uow: UnitOfWork, moved: OrganizationMoved) -> None:
    """The old Wallet is closed, a new one opens at 0 with the limit of a new pair; the old seller's terms are gone.

    Subscriptions run on to the end of their period; what is renewed then asks the price list of the seller there is."""
    closed = await uow.tx.fetch(
        "UPDATE wallet SET closed_at = $2, version = version + 1 WHERE organization_id = $1 AND closed_at IS NULL "
        "RETURNING id",
        moved.organization_id, moved.at,
    )  # fmt: skip
    policies = await policies_for(uow, moved.organization_id)
    opened_id = await open_wallet(
        uow.tx, organization_id=moved.organization_id, path=moved.path, seller_id=moved.new_seller_id,
        currency=moved.currency, credit_limit_micros=policies.money("creditLimitDefault"), now=moved.at,
    )  # fmt: skip
    for row in closed:
        uow.audit("Wallet", row["id"], organization_id=moved.organization_id, path=moved.old_path,
                  before={"isOpen": True}, after={"isOpen": False})  # fmt: skip
    uow.audit("Wallet", opened_id, organization_id=moved.organization_id, path=moved.path,
              after={"isOpen": True, "currency": moved.currency})  # fmt: skip
    await _forget_terms(uow, moved)
    await uow.tx.execute(
        "UPDATE subscription SET seller_id = $2 WHERE organization_id = $1", moved.organization_id, moved.new_seller_id
    )


async def _money_counts(uow: UnitOfWork, organization_id: str) -> Counter[str]:
    wallets = await uow.tx.fetch(_WALLET, organization_id)  # nobody else writes while a move looks (MOVE-8)
    return Counter(
        {
            "UNBILLED_CHARGES": sum(bool(row["has_unbilled"]) for row in wallets),
            "WALLET_NOT_EMPTY": sum(bool(row["has_money"]) for row in wallets),
            "PAYMENT_PENDING": await fetch_value(uow.tx, _PENDING, organization_id),
        }
    )


async def _subscription_counts(uow: UnitOfWork, move: PlannedMove) -> dict[str, int]:
    rows = await uow.tx.fetch(_SUBSCRIPTIONS, move.new_seller_id, move.currency, uow.now, move.organization_id)
    statuses = [Status(row["status"]) for row in rows]
    running = [row for row, status in zip(rows, statuses, strict=True) if status not in ENDED]
    is_in_dunning = billing_status(statuses) is not BillingStatus.ACTIVE
    return {
        "TRIAL_RUNNING": statuses.count(Status.TRIAL),
        "IN_DUNNING": int(is_in_dunning),
        "PLAN_NOT_OFFERED": sum(not row["is_offered"] for row in running) if move.asks_new_seller else 0,
    }


async def _forget_terms(uow: UnitOfWork, moved: OrganizationMoved) -> None:
    """Price list, discount and contract prices were the old seller's facts, and so is the entry (AUD-2)."""
    gone = 0
    for table in ("buyer_terms", "buyer_price"):
        gone += await uow.tx.execute(
            f"DELETE FROM {table} WHERE organization_id = $1 AND buyer_id = $2",
            moved.old_seller_id, moved.organization_id,
        )  # fmt: skip
    if gone:
        uow.audit("BuyerTerms", moved.organization_id, organization_id=moved.old_seller_id, path=moved.old_seller_path,
                  before={"hasTerms": True}, after={"hasTerms": False})  # fmt: skip
