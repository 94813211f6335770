"""The tags that a seller puts on a buyer (ORG-10). They are the seller's rows: the buyer never sees them."""

from collections.abc import Mapping

from core.transaction import insert_many
from tenants.access import OrganizationFacts
from tenants.names import BuyerTagKey, folded
from tenants.unit_of_work import UnitOfWork


async def store_buyer_tags(uow: UnitOfWork, buyer: OrganizationFacts, tags: Mapping[BuyerTagKey, str]) -> None:
    """Replace all tags of the buyer; the acting organization is its seller. Input is checked by `read_buyer_tags`."""
    seller = uow.actor
    rows = await uow.tx.fetch(
        f"SELECT t.key, t.value FROM buyer_tag t WHERE t.organization_id = $4 AND t.buyer_id = $5 "
        f"AND {uow.visible('t', 'buyer_tag')}",
        *uow.scope, seller.organization_id, buyer.id,
    )  # fmt: skip
    before = {row["key"]: row["value"] for row in rows}
    after = {key.value: value for key, value in tags.items()}
    if before == after:
        return
    await uow.tx.execute(
        f"DELETE FROM buyer_tag AS t WHERE t.organization_id = $4 AND t.buyer_id = $5 "
        f"AND {uow.visible('t', 'buyer_tag')}",
        *uow.scope, seller.organization_id, buyer.id,
    )  # fmt: skip
    of = {"organization_id": seller.organization_id, "path": seller.path, "buyer_id": buyer.id}
    await insert_many(
        uow.tx, "buyer_tag", [{**of, "key": k, "value": v, "value_folded": folded(v)} for k, v in after.items()]
    )
    uow.audit("BuyerTags", buyer.id, organization_id=seller.organization_id, path=seller.path,
              before=before, after=after)  # fmt: skip
