"""What stands in the way of a move, all of it at once and counted (MOVE-4, MOVE-5). Changes nothing.

What lies above tenants/ in the import order is asked by questions.py."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.refusals import Blocker, Blockers
from core.transaction import fetch_value
from tenants.access import OrganizationFacts, organization_facts
from tenants.paths import is_within
from tenants.questions import PlannedMove, obstacles_to_move, open_invoice_count
from tenants.stops.stopped import is_stopped
from tenants.unit_of_work import UnitOfWork

SELLING_KINDS = ("OPERATOR", "RESELLER")

MESSAGES: Mapping[str, str] = {
    "ACCOUNT_ID_TAKEN": "The new seller has accounts with the same ids.",
    "BATCH_UPDATE_RUNNING": "A batch update is running in what moves.",
    "BILLING_GROUP_OPEN": "It is billed through another organization, or others through it.",
    "CURRENCY_NOT_OFFERED": "The new seller has no price list in its currency.",
    "IN_DUNNING": "A subscription is unpaid.",
    "MOVE_ALREADY_OPEN": "Somebody has an open offer for it.",
    "MOVE_UNDER_SELF": "An organization cannot move below itself.",
    "OPEN_INVOICE": "An invoice is still open.",
    "ORGANIZATION_NOT_ACTIVE": "The organization is not active.",
    "PARENT_KIND_INVALID": "A customer has nothing below it.",
    "PARENT_NOT_ACTIVE": "The new seller is not active.",
    "PAYMENT_PENDING": "A payment is pending.",
    "PLAN_NOT_OFFERED": "The new seller does not offer the plan of a running subscription.",
    "SAME_PARENT": "It is the seller already.",
    "TRIAL_RUNNING": "A trial is running.",
    "UNBILLED_CHARGES": "There are charges that were not billed yet.",
    "WALLET_NOT_EMPTY": "The wallet is not exactly 0.",
}


@dataclass(frozen=True, slots=True)
class MoveBlocker:
    """One thing that stands in the way, and how many of it there are."""

    code: str
    message: str
    count: int


async def move_blockers(
    uow: UnitOfWork, organization: OrganizationFacts, new_seller: OrganizationFacts
) -> list[MoveBlocker]:
    """Everything that stands in the way, sorted by code; empty when it may move. Call it in `as_platform`.

    BATCH_UPDATE_RUNNING counts in everything that moves, the others for the organization and its relation with the old
    seller (MOVE-5). A seller that can never be one is not asked what it offers."""
    counts = place_counts(organization, new_seller) | await _tree_counts(uow, organization)
    offers = not counts.keys() & {"MOVE_UNDER_SELF", "PARENT_KIND_INVALID", "SAME_PARENT"}
    counts["OPEN_INVOICE"] = sum(await open_invoice_count.ask(uow, organization.id))
    planned = PlannedMove(organization.id, organization.path, organization.currency, new_seller.id, offers)
    counts |= await obstacles_to_move.ask(uow, planned)
    return [MoveBlocker(code, MESSAGES[code], count) for code, count in sorted(counts.items()) if count > 0]


def place_counts(organization: OrganizationFacts, new_seller: OrganizationFacts) -> dict[str, int]:
    """What the two places in the tree alone forbid (ORG-1, MOVE-4)."""
    holding = {
        "MOVE_UNDER_SELF": is_within(new_seller.path, organization.path),
        "PARENT_KIND_INVALID": new_seller.kind not in SELLING_KINDS,
        "SAME_PARENT": organization.parent_id == new_seller.id,
        "PARENT_NOT_ACTIVE": new_seller.is_stopped,
    }
    return {code: 1 for code, holds in holding.items() if holds}


def refuse_blocked(blockers: list[MoveBlocker]) -> None:
    """Raises Refused with all of them, each with its count; does nothing when there are none (GEN-2)."""
    found = Blockers()
    for each in blockers:
        found.add(each.code, each.message, count=each.count)
    found.raise_if_any()


def as_blockers(counts: Mapping[str, int]) -> list[Blocker]:
    """Counts as blockers, sorted by code."""
    return [Blocker(code, MESSAGES[code], details={"count": count}) for code, count in sorted(counts.items())]


async def read_facts(uow: UnitOfWork, organization_id: str) -> OrganizationFacts:
    """The facts of an organization that the actor may not see. Call it in `as_platform`."""
    names = ", ".join(f"o.{name}" for name in OrganizationFacts.__dataclass_fields__ if name != "is_stopped")
    rows = await uow.tx.fetch(
        f"SELECT {names}, {is_stopped(uow.tx.dialect, 'o.id')} AS is_stopped FROM organization o WHERE o.id = $1",
        organization_id,
    )
    return organization_facts(rows[0])


async def _tree_counts(uow: UnitOfWork, organization: OrganizationFacts) -> dict[str, int]:
    kind = await fetch_value(uow.tx, "SELECT billing_kind FROM organization WHERE id = $1", organization.id)
    billed_through = await fetch_value(
        uow.tx,
        "SELECT count(*) FROM organization WHERE billing_group_id = $1 "
        "AND status NOT IN ('DELETED', 'DEACTIVATED_BY_USER')",
        organization.id,
    )
    return {
        "ORGANIZATION_NOT_ACTIVE": int(organization.is_stopped),
        "BILLING_GROUP_OPEN": 1 if kind == "CHILD" else billed_through if kind == "CORPORATE" else 0,
    }
