"""Moving an organization, with everything below it, to another seller (MOVE-1 to MOVE-8). Offers are move_offers.py.

One transaction, under the tree lock, while nobody else writes: every reader sees the old tree or the new one."""

import json
from dataclasses import dataclass

from core.refusals import refuse
from core.transaction import fetch_value
from tenants.access import OrganizationFacts, allow, organization_by_id
from tenants.brand.brand_domains import forget_brand
from tenants.commands import Outcome
from tenants.moves.move_blockers import MoveBlocker, move_blockers, read_facts, refuse_blocked
from tenants.moves.move_tokens import open_token, require_living, use_token
from tenants.moves.moved_rows import rewrite_paths
from tenants.organization_events import OrganizationMoved, on_organization_moved
from tenants.paths import moved_path, parent_path, path_range
from tenants.permissions import Action
from tenants.row_scope import within
from tenants.tree_lock import lock_tree
from tenants.unit_of_work import UnitOfWork

MOVED_TOPIC = "notice.organization_moved"
KEPT = (
    "UUID", "BILLING_NUMBER", "MEMBERS", "ROLES", "CONTACTS", "ACCOUNTS", "BATCHES", "SITES", "NUMBERS",
    "OWN_POLICY_VALUES", "SUBSCRIPTIONS_UNTIL_PERIOD_END", "EVERYTHING_BELOW",
)  # fmt: skip
"""MOVE-6."""
NOT_KEPT = (
    "BUYER_TAGS", "CREDIT_LIMIT", "PRICE_LIST", "WALLET_WITH_OLD_SELLER", "CONSENTS_OF_OLD_SELLERS",
    "SUPPORT_SESSIONS_OF_OLD_SELLERS", "BRAND",
)  # fmt: skip
"""MOVE-7."""


@dataclass(frozen=True, slots=True)
class MovePreview:
    """What a move would do now; nothing was written."""

    organization_id: str
    new_seller_id: str
    organization_count: int
    """How many would move: the organization and everything below it."""
    blockers: tuple[MoveBlocker, ...]
    kept: tuple[str, ...] = KEPT
    not_kept: tuple[str, ...] = NOT_KEPT


async def preview_move(uow: UnitOfWork, organization_id: str, new_seller_id: str) -> MovePreview:
    """All blockers of a move at once; it needs no token (MOVE-3, MOVE-4). Refused: NOT_FOUND, FORBIDDEN."""
    organization, new_seller = await _both(uow, organization_id, new_seller_id)
    async with uow.as_platform("MOVE-4: what stands in the way at the seller's"):
        blockers = await move_blockers(uow, organization, new_seller)
        count = await fetch_value(
            uow.tx,
            f"SELECT count(*) FROM organization o WHERE {within('o.path', uow.tx.dialect, '$1', '$2')}",
            *path_range(organization.path),
        )
    return MovePreview(organization.id, new_seller.id, count, tuple(blockers))


async def move_organization(
    uow: UnitOfWork, organization_id: str, new_seller_id: str, token: str | None = None
) -> Outcome:
    """Move it DIRECT, as an organization that is or stands above both sellers (MOVE-1). Answers organizationId.

    Run it alone (`Command.moves_rows`). Refused: NOT_FOUND (also a token that is unknown, used or another's),
    FORBIDDEN, CONSENT_REQUIRED (managed by CUSTOMER, without its OWNER's token: MOVE-3), MOVE_EXPIRED, then all
    blockers of MOVE-4 at once."""
    await lock_tree(uow.tx)
    organization, new_seller = await _both(uow, organization_id, new_seller_id)
    if token is None and organization.managed_by == "CUSTOMER":
        refuse("CONSENT_REQUIRED", "Its OWNER's token is needed.", ("token",))
    async with uow.as_platform("MOVE-4, MOVE-8: every row of what moves, and what stands at its seller's"):
        found = None if token is None else await open_token(uow, token, organization.id)
        if found is not None:
            require_living(uow, found)
        refuse_blocked(await move_blockers(uow, organization, new_seller))
        if found is not None:
            await use_token(uow, found, organization)
        await carry_out(uow, organization, new_seller)
    return {"organizationId": organization.id}


async def carry_out(uow: UnitOfWork, organization: OrganizationFacts, new_seller: OrganizationFacts) -> None:
    """The move itself, when nothing stands in its way. Call it in `as_platform`, under the tree lock."""
    assert organization.parent_id is not None, "the operator never moves"
    old_seller = await read_facts(uow, organization.parent_id)
    path = moved_path(organization.path, parent_path(organization.path) or "", new_seller.path)
    await _forget_terms(uow, organization, old_seller)
    await _end_offers(uow, organization)
    await _take_clock(uow, organization, old_seller, new_seller)
    await rewrite_paths(uow, organization.path, path)
    await uow.tx.execute(
        "UPDATE organization SET parent_id = $2, version = version + 1 WHERE id = $1", organization.id, new_seller.id
    )
    moved = OrganizationMoved(
        organization.id, path, organization.path, organization.currency, old_seller.id, old_seller.path,
        new_seller.id, uow.now,
    )  # fmt: skip
    await forget_brand(uow, organization.id, path)
    await on_organization_moved.tell(uow, moved)
    uow.audit("Organization", organization.id, organization_id=organization.id, path=path,
              after={"seller": new_seller.name})  # fmt: skip
    uow.audit("Organization", organization.id, organization_id=old_seller.id, path=old_seller.path,
              before={"isBuyer": True}, after={"isBuyer": False})  # fmt: skip
    _send_notices(uow, organization, path, old_seller, new_seller)


async def _both(
    uow: UnitOfWork, organization_id: str, new_seller_id: str
) -> tuple[OrganizationFacts, OrganizationFacts]:
    """What moves and where to: the actor's organization stands above the one and is or stands above the other."""
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    new_seller = await organization_by_id(uow, new_seller_id, ("newSellerId",))
    allow(uow, Action.MOVE_DIRECT, organization)
    return organization, new_seller


async def _forget_terms(uow: UnitOfWork, organization: OrganizationFacts, old_seller: OrganizationFacts) -> None:
    """What the old seller kept about this buyer, logged where it belonged: at the seller's (AUD-2)."""
    own = {"organization_id": old_seller.id, "path": old_seller.path}
    tags = await uow.tx.fetch(
        "DELETE FROM buyer_tag WHERE organization_id = $1 AND buyer_id = $2 RETURNING key, value",
        old_seller.id, organization.id,
    )  # fmt: skip
    if tags:
        uow.audit("BuyerTags", organization.id, **own, before={row["key"]: row["value"] for row in tags}, after={})
    values = await uow.tx.fetch(
        "DELETE FROM policy_value WHERE organization_id = $1 AND buyer_id = $2 RETURNING parameter, value",
        old_seller.id, organization.id,
    )  # fmt: skip
    if values:
        before = {row["parameter"]: json.loads(row["value"]) for row in values}
        uow.audit("Policy", organization.id, **own, before=before, after={})


async def _end_offers(uow: UnitOfWork, organization: OrganizationFacts) -> None:
    """An offer that was still open is overtaken by a direct move."""
    rows = await uow.tx.fetch(
        "UPDATE move_offer SET state = 'SUPERSEDED', ended_at = $2 WHERE moving_id = $1 AND state = 'OPEN' "
        "RETURNING id, organization_id, path",
        organization.id, uow.now,
    )  # fmt: skip
    for row in rows:
        uow.audit("MoveOffer", row["id"], organization_id=row["organization_id"], path=row["path"],
                  before={"state": "OPEN"}, after={"state": "SUPERSEDED"})  # fmt: skip


async def _take_clock(
    uow: UnitOfWork, organization: OrganizationFacts, old_seller: OrganizationFacts, new_seller: OrganizationFacts
) -> None:
    """What lived by the old seller's sandbox clock lives by the new one's; a clock of its own goes along."""
    if organization.clock_id != old_seller.clock_id or old_seller.clock_id == new_seller.clock_id:
        return
    lives_by = "clock_id IS NULL AND $3 = ''" if old_seller.clock_id is None else "clock_id = $3"
    await uow.tx.execute(
        f"UPDATE organization SET clock_id = $4 WHERE {within('path', uow.tx.dialect, '$1', '$2')} AND {lives_by}",
        *path_range(organization.path), old_seller.clock_id or "", new_seller.clock_id,
    )  # fmt: skip


def _send_notices(
    uow: UnitOfWork, organization: OrganizationFacts, path: str, old_seller: OrganizationFacts,
    new_seller: OrganizationFacts,
) -> None:  # fmt: skip
    """To those concerned (section 15), none naming who is not known to it."""
    known = {"organization": organization.name, "billingNumber": organization.billing_number}
    sellers = {"newSeller": new_seller.name}
    for to, stands, extra in (
        (organization.id, path, sellers | {"link": "/organization"}),
        (old_seller.id, old_seller.path, {"link": "/organizations"}),
        (new_seller.id, new_seller.path, {"link": f"/organizations/{organization.id}"}),
    ):
        uow.send(MOVED_TOPIC, organization.id, known | extra, organization_id=to, path=stands)
