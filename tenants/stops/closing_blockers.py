"""What stands in the way of an organization's end: read once, then decided for a deletion or a deactivation (DEL-2, 7).

The same facts serve the commands, the preview and the daily check."""

from dataclasses import dataclass

from core.money import format_amount
from core.refusals import Blocker
from core.transaction import fetch_value
from tenants.access import OrganizationFacts
from tenants.questions import OpenBusiness, open_business, open_invoice_count, open_move_count
from tenants.unit_of_work import UnitOfWork

GONE = ("DELETED", "DEACTIVATED_BY_USER")
"""The states without return: IRREVERSIBLE (DEL-5, DEL-6)."""


@dataclass(frozen=True, slots=True)
class ClosingFacts:
    """How much of each kind is still open."""

    children: int
    moves: int
    invoices: int
    business: OpenBusiness


async def closing_facts(uow: UnitOfWork, organization: OrganizationFacts) -> ClosingFacts:
    """As of the unit of work's now; statuses of subscriptions follow from it."""
    answers = await open_business.ask(uow, organization.id)
    return ClosingFacts(
        children=await _children(uow, organization),
        moves=sum(await open_move_count.ask(uow, organization.id)),
        invoices=sum(await open_invoice_count.ask(uow, organization.id)),
        business=answers[0] if answers else OpenBusiness(),
    )


async def _children(uow: UnitOfWork, organization: OrganizationFacts) -> int:
    """Those directly below, and those billed through it, that have not ended (HAS_CHILDREN)."""
    async with uow.as_platform("DEL-2: a CHILD that is billed through it stands beside it"):
        count = await fetch_value(
            uow.tx,
            "SELECT count(*) FROM organization c WHERE (c.parent_id = $1 OR c.billing_group_id = $1) "
            "AND c.status NOT IN ('DELETED', 'DEACTIVATED_BY_USER')",
            organization.id,
        )
    return int(count)


def deletion_blockers(facts: ClosingFacts) -> tuple[Blocker, ...]:
    """Everything against DELETED, sorted by code, each with its count (DEL-2). Pure."""
    business = facts.business
    return _counted(
        ("HAS_CHILDREN", facts.children, "Organizations below it, or billed through it, have not ended."),
        ("MOVE_OPEN", facts.moves, "An offer to move it is open."),
        ("OPEN_INVOICE", facts.invoices, "An invoice is still open."),
        ("PAYMENT_PENDING", business.pending_payments, "A payment is pending."),
        ("SUBSCRIPTION_OPEN", business.open_subscriptions, "A subscription has not ended."),
        ("UNBILLED_CHARGES", business.unbilled_charges, "Charges are not billed yet."),
        ("WALLET_NOT_EMPTY", business.wallets_not_empty, "The wallet is not exactly 0."),
    )


def deactivation_blockers(facts: ClosingFacts, *, is_forfeit_confirmed: bool) -> tuple[Blocker, ...]:
    """Everything against DEACTIVATED_BY_USER, sorted by code (DEL-7). Pure."""
    business = facts.business
    found = _counted(
        ("HAS_CHILDREN", facts.children, "Organizations below it, or billed through it, have not ended."),
        ("OPEN_INVOICE", facts.invoices, "An invoice is still open."),
        ("PAYMENT_PENDING", business.pending_payments, "A payment is pending."),
        ("UNBILLED_CHARGES", business.unbilled_charges, "Charges are not billed yet."),
        ("WALLET_NOT_EMPTY", int(business.balance_micros < 0), "The wallet is below 0."),
    )
    if forfeits(facts) and not is_forfeit_confirmed:
        details: dict[str, object] = {"subscriptions": business.running_subscriptions, "credit": credit_of(facts)}
        message = "Credit and running subscriptions are lost: confirm it."
        found = (*found, Blocker("FORFEIT_NOT_CONFIRMED", message, ("confirmForfeit",), details))
    return tuple(sorted(found, key=lambda blocker: blocker.code))


def forfeits(facts: ClosingFacts) -> bool:
    """Whether a deactivation loses anything: credit, or subscriptions that run."""
    return facts.business.balance_micros > 0 or facts.business.running_subscriptions > 0


def credit_of(facts: ClosingFacts) -> str:
    """The credit that a deactivation forfeits, as text."""
    credit = max(facts.business.balance_micros, 0)
    return format_amount(credit, facts.business.currency) if facts.business.currency else "0"


def _counted(*kinds: tuple[str, int, str]) -> tuple[Blocker, ...]:
    return tuple(Blocker(code, message, None, {"count": count}) for code, count, message in kinds if count)
