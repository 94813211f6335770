"""What stands in the way of a new OWNER, and what becomes of the old one (OWN-1, OWN-2). Reads no table and no clock.

Who may ask is the permission table's row TRANSFER_OWNERSHIP."""

from dataclasses import dataclass

from core.clock import MINUTE, Instant
from core.refusals import Blocker, Blockers
from tenants.permissions import Role

REAUTHENTICATION_MINUTES = 10
"""How long a password given counts for acts that ask for it again (OWN-1, AUTH-7)."""


@dataclass(frozen=True, slots=True)
class TransferTarget:
    """The member who is to become OWNER, as it stands now."""

    is_member_here: bool
    role: Role
    is_invitation_pending: bool
    has_portal_access: bool


@dataclass(frozen=True, slots=True)
class TransferFacts:
    """What a transfer depends on; the count is of invoices with more than 0 open, due or not."""

    is_effectively_active: bool
    open_invoice_count: int
    needs_paid_invoices: bool
    """Policy `ownerTransferNeedsPaidInvoices`."""


def is_password_fresh(given_at: Instant | None, now: Instant) -> bool:
    """Whether the password was given within 10 minutes, at exactly 10 no longer (GEN-4); else `REAUTH_REQUIRED`."""
    return given_at is not None and now < given_at + REAUTHENTICATION_MINUTES * MINUTE


def transfer_blockers(facts: TransferFacts, target: TransferTarget) -> tuple[Blocker, ...]:
    """Everything that stands in the way of the transfer, sorted by code (OWN-2); empty when it may happen.

    Codes: `OPEN_INVOICE` (details: count), `ORGANIZATION_NOT_ACTIVE`, `TARGET_INVITATION_PENDING`, `TARGET_IS_OWNER`,
    `TARGET_NOT_MEMBER`, `TARGET_NO_PORTAL_ACCESS`. Of a member of another organization nothing else is told.
    """
    found: list[Blocker] = []
    if facts.needs_paid_invoices and facts.open_invoice_count > 0:
        details: dict[str, object] = {"count": facts.open_invoice_count}
        found.append(Blocker("OPEN_INVOICE", "An invoice is still open.", details=details))
    if not facts.is_effectively_active:
        found.append(Blocker("ORGANIZATION_NOT_ACTIVE", "The organization is not active."))
    found.extend(target_blockers(target))
    return tuple(sorted(found, key=lambda blocker: blocker.code))


def refuse_blocked_transfer(facts: TransferFacts, target: TransferTarget) -> None:
    """Raises Refused with all blockers of `transfer_blockers`; does nothing when there are none (OWN-2)."""
    blockers = Blockers()
    for blocker in transfer_blockers(facts, target):
        blockers.add(blocker.code, blocker.message, blocker.field, **blocker.details)
    blockers.raise_if_any()


def role_of_former_owner(*, has_portal_access: bool) -> Role:
    """ADMIN, or MEMBER for a login-less OWNER (OWN-1)."""
    return Role.ADMIN if has_portal_access else Role.MEMBER


def target_blockers(target: TransferTarget) -> list[Blocker]:
    """What about the target alone stands in the way; empty when it may be OWNER."""
    if not target.is_member_here:
        return [Blocker("TARGET_NOT_MEMBER", "This person is a member of another organization.")]
    found: list[Blocker] = []
    if target.is_invitation_pending:
        found.append(Blocker("TARGET_INVITATION_PENDING", "This member has not accepted the invitation yet."))
    if target.role is Role.OWNER:
        found.append(Blocker("TARGET_IS_OWNER", "This member is the OWNER already."))
    if not target.has_portal_access:
        found.append(Blocker("TARGET_NO_PORTAL_ACCESS", "This member cannot sign in."))
    return found
