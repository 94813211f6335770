"""A sale in the ledger: one movement for each level that pays, in the order upward."""

from billing.ledger import Movement, MovementType, post
from billing.sale import LevelSale, Sale
from tenants.unit_of_work import UnitOfWork


async def post_sale(
    uow: UnitOfWork, sale: Sale, kind: MovementType, subscription_id: str, sale_id: str, *, once_by: str
) -> dict[int, str]:
    """Charge every level that costs anything, or is paid elsewhere; answers the LedgerTransaction of each by level.

    `once_by` is the same for every repetition of this sale: a second one posts nothing (MON-6)."""
    charged = [level for level in sale.levels if level.gross_micros or _is_elsewhere(sale, level)]
    movements = [
        Movement(
            sold.level.pair.wallet, kind, sold.entries, "Subscription", subscription_id,
            f"{once_by}:{sold.level.pair.level}", sale_id, opened_micros=sold.opened_micros(uow.now),
            external_number=sale.external_number if _is_elsewhere(sale, sold) else None,
            child_id=sold.level.pair.buyer.id if sold.level.pair.is_of_group else None,
        )
        for sold in charged
    ]  # fmt: skip
    ids = await post(uow, movements) if movements else []
    return {sold.level.pair.level: posted_id for sold, posted_id in zip(charged, ids, strict=True)}


def _is_elsewhere(sale: Sale, sold: LevelSale) -> bool:
    return sold is sale.buyer and sale.external_number is not None
