"""Offers of a move between two sellers (MOVE-2): opened by the new seller, accepted or refused by the old one.

An offer is a row of each of the two, who do not see each other; both rows change together."""

from core.ids import new_id
from core.refusals import Refused, refuse
from core.transaction import Row, fetch_value, insert_many
from tenants.access import OrganizationFacts, allow, not_found, organization_by_id, require_active, row_by_id
from tenants.commands import Outcome
from tenants.moves.move_blockers import as_blockers, move_blockers, place_counts, read_facts, refuse_blocked
from tenants.moves.move_tokens import offer_end, open_token, require_living, use_token
from tenants.moves.moves import carry_out
from tenants.permissions import Action, Relation, decide
from tenants.questions import open_move_count
from tenants.tree_lock import lock_tree
from tenants.unit_of_work import UnitOfWork

OPENED_TOPIC, REFUSED_TOPIC = "notice.move_opened", "notice.move_refused"
SIDES = ("OLD_SELLER", "NEW_SELLER")


async def open_move(uow: UnitOfWork, token: str) -> Outcome:
    """Offer, as the new seller, to take over the organization whose OWNER made the token. Answers moveOfferId.

    Refused: NOT_FOUND (unknown or used token), FORBIDDEN, MOVE_EXPIRED; all at once MOVE_ALREADY_OPEN,
    MOVE_UNDER_SELF, ORGANIZATION_NOT_ACTIVE, PARENT_KIND_INVALID, PARENT_NOT_ACTIVE, SAME_PARENT. What else stands in
    the way is told by the move itself."""
    await lock_tree(uow.tx)
    new_seller = await organization_by_id(uow, uow.actor.organization_id)
    async with uow.as_platform("MOVE-2: the organization stands elsewhere until it is moved"):
        found = await open_token(uow, token)
        decide(Action.OPEN_MOVE, uow.actor.role, Relation.BUYER_MANAGED_BY_CUSTOMER, uow.actor.via).enforce()
        require_living(uow, found)
        organization = await read_facts(uow, found.organization_id)
        await _refuse_impossible(uow, organization, new_seller)
        await use_token(uow, found, organization)
        await end_offers(uow, organization.id, "EXPIRED")
        offer_id = await _store(uow, organization, new_seller)
        await _tell(uow, OPENED_TOPIC, organization, new_seller)
    return {"moveOfferId": offer_id}


async def accept_move(uow: UnitOfWork, offer_id: str) -> Outcome:
    """Give the organization over, as the old seller: it moves at once. Answers moveOfferId and organizationId.

    Run it alone (`Command.moves_rows`). Refused: NOT_FOUND, FORBIDDEN, MOVE_EXPIRED, then all blockers of MOVE-4."""
    await lock_tree(uow.tx)
    offer, organization = await _open_offer(uow, Action.ACCEPT_MOVE, offer_id)
    async with uow.as_platform("MOVE-2: the new seller is not seen by the old one"):
        new_seller = await read_facts(uow, offer["new_seller_id"])
        refuse_blocked(await move_blockers(uow, organization, new_seller))
        await end_offers(uow, organization.id, "ACCEPTED")
        await carry_out(uow, organization, new_seller)
    return {"moveOfferId": offer_id, "organizationId": organization.id}


async def refuse_move(uow: UnitOfWork, offer_id: str) -> Outcome:
    """Keep the organization, as the old seller. Answers moveOfferId.

    Refused: NOT_FOUND, FORBIDDEN, MOVE_EXPIRED, ORGANIZATION_NOT_ACTIVE."""
    await lock_tree(uow.tx)
    offer, organization = await _open_offer(uow, Action.REFUSE_MOVE, offer_id)
    require_active(organization)
    async with uow.as_platform("MOVE-2: the new seller's row of the offer"):
        await end_offers(uow, organization.id, "REFUSED")
        await _tell(uow, REFUSED_TOPIC, organization, await read_facts(uow, offer["new_seller_id"]))
    return {"moveOfferId": offer_id}


async def end_offers(uow: UnitOfWork, organization_id: str, state: str) -> None:
    """Both rows of the open offer about the organization get the state; EXPIRED only those whose time is over.

    Call it in `as_platform`."""
    rows = await uow.tx.fetch(
        "UPDATE move_offer SET state = $2, ended_at = $3 WHERE moving_id = $1 AND state = 'OPEN' "
        "AND ($2 <> 'EXPIRED' OR expires_at <= $3) RETURNING id, organization_id, path",
        organization_id, state, uow.now,
    )  # fmt: skip
    for row in rows:
        uow.audit("MoveOffer", row["id"], organization_id=row["organization_id"], path=row["path"],
                  before={"state": "OPEN"}, after={"state": state})  # fmt: skip


@open_move_count
async def count_open_offers(uow: UnitOfWork, organization_id: str) -> int:
    """Offers about the organization that are still open (DEL-2 `MOVE_OPEN`)."""
    async with uow.as_platform("DEL-2: an offer is a row of the two sellers"):
        return int(
            await fetch_value(
                uow.tx,
                "SELECT count(*) FROM move_offer WHERE moving_id = $1 AND side = 'OLD_SELLER' AND state = 'OPEN' "
                "AND expires_at > $2",
                organization_id,
                uow.now,
            )  # fmt: skip
        )


async def _refuse_impossible(uow: UnitOfWork, organization: OrganizationFacts, new_seller: OrganizationFacts) -> None:
    counts = place_counts(organization, new_seller)
    if organization.is_stopped:
        counts["ORGANIZATION_NOT_ACTIVE"] = 1
    if open_offers := await count_open_offers(uow, organization.id):
        counts["MOVE_ALREADY_OPEN"] = open_offers
    if counts:
        raise Refused(as_blockers(counts))


async def _open_offer(uow: UnitOfWork, action: Action, offer_id: str) -> tuple[Row, OrganizationFacts]:
    """The offer as the old seller's row; a used one is NOT_FOUND like a used token (MOVE-2)."""
    offer = await row_by_id(uow, "move_offer", offer_id, ("moveOfferId",))
    if offer["side"] != "OLD_SELLER":
        refuse("FORBIDDEN", "The old seller answers an offer.")
    if offer["state"] not in ("OPEN", "EXPIRED"):
        not_found(("moveOfferId",))
    organization = await organization_by_id(uow, offer["moving_id"], ("moveOfferId",))
    allow(uow, action, organization)
    if offer["state"] == "EXPIRED" or uow.now >= offer["expires_at"]:
        refuse("MOVE_EXPIRED", "The offer is too old; a new one has to be opened.")
    return offer, organization


async def _store(uow: UnitOfWork, organization: OrganizationFacts, new_seller: OrganizationFacts) -> str:
    """A row for each of the two; answers the new seller's."""
    assert organization.parent_id is not None, "the operator makes no tokens"
    old_seller = await read_facts(uow, organization.parent_id)
    ids = {side: new_id("mvo") for side in SIDES}
    known = {
        "moving_id": organization.id, "moving_name": organization.name,
        "moving_billing_number": organization.billing_number, "new_seller_id": new_seller.id,
        "new_seller_name": new_seller.name, "state": "OPEN", "opened_at": uow.now,
        "expires_at": await offer_end(uow, organization),
    }  # fmt: skip
    rows = []
    for side, other, seller in zip(SIDES, reversed(SIDES), (old_seller, new_seller), strict=True):
        own = {"organization_id": seller.id, "path": seller.path}
        rows.append({"id": ids[side], **own, "side": side, "twin_id": ids[other], **known})
        after = {"state": "OPEN", "organization": organization.name, "expiresAt": known["expires_at"]}
        uow.audit("MoveOffer", ids[side], organization_id=seller.id, path=seller.path, after=after)
    await insert_many(uow.tx, "move_offer", rows)
    return ids["NEW_SELLER"]


async def _tell(uow: UnitOfWork, topic: str, organization: OrganizationFacts, new_seller: OrganizationFacts) -> None:
    """A notice to each of the three (section 15: those concerned), none naming who is not known to it."""
    assert organization.parent_id is not None, "the operator never moves"
    old_seller = await read_facts(uow, organization.parent_id)
    known = {"organization": organization.name, "billingNumber": organization.billing_number}
    for to, extra in (
        (organization, {"newSeller": new_seller.name, "link": "/organization"}),
        (old_seller, {"newSeller": new_seller.name, "link": "/moves"}),
        (new_seller, {"link": "/moves"}),
    ):
        uow.send(topic, organization.id, known | extra, organization_id=to.id, path=to.path)
