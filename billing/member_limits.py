"""How much one member gives out: credits and refunds together, per transaction and per day (MON-52). Writes nothing."""

from datetime import timedelta

from billing.ledger import MovementType
from core.calendar import local_date, start_of_day
from core.clock import Instant
from core.money import format_amount
from core.refusals import Blockers
from core.transaction import fetch_value
from tenants.policy.policy_resolution import Policies
from tenants.unit_of_work import UnitOfWork

_COUNTED = (MovementType.REFUND.value, MovementType.CREDIT_ISSUED.value)


async def require_within_member_limits(
    uow: UnitOfWork, policies: Policies, seller_id: str, amount_micros: int, currency: str, *, is_preview: bool = False
) -> None:
    """Refused TRANSACTION_LIMIT and DAILY_LIMIT by the actor's role; `policies` are those of the pair's buyer.

    The amount is what the pair of the actor's own organization gives, tax included. Call it in the platform's sight."""
    once = policies.money_by_role("memberRefundPerTransaction").get(uow.actor.role)
    daily = policies.money_by_role("memberRefundPerDay").get(uow.actor.role)
    found = Blockers()
    if once is not None and amount_micros > once:
        _add(found, "TRANSACTION_LIMIT", once, currency)
    if daily is not None and amount_micros:
        if uow.tx.dialect == "postgres" and not is_preview:  # of two at once the second counts the first (MON-7)
            await uow.tx.fetch("SELECT id FROM member WHERE id = $1 FOR NO KEY UPDATE", uow.actor.member_id)
        if amount_micros + await _given_today(uow, seller_id, currency) > daily:
            _add(found, "DAILY_LIMIT", daily, currency)
    found.raise_if_any()


def _add(found: Blockers, code: str, most: int, currency: str) -> None:
    message = "More than a member of this role may give."
    found.add(code, message, most=format_amount(most, currency), currency=currency)


async def _given_today(uow: UnitOfWork, seller_id: str, currency: str) -> int:
    """What the member gave on the local day of its organization, in the currency, to the organization's buyers."""
    start, end = await _today(uow, seller_id)
    total = await fetch_value(
        uow.tx,
        "SELECT coalesce(sum(e.amount_micros), 0) FROM ledger_transaction t "
        "JOIN ledger_entry e ON e.transaction_id = t.id AND e.organization_id = t.organization_id "
        "WHERE t.seller_id = $1 AND t.actor_member_id = $2 AND t.at >= $3 AND t.at < $4 AND t.currency = $5 "
        "AND t.type IN ($6, $7) AND e.ledger_account IN ('WALLET', 'UNBILLED', 'DUE')",
        seller_id, uow.actor.member_id, start, end, currency, *_COUNTED,
    )  # fmt: skip
    return int(total)


async def _today(uow: UnitOfWork, organization_id: str) -> tuple[Instant, Instant]:
    zone = str(await fetch_value(uow.tx, "SELECT timezone FROM organization WHERE id = $1", organization_id))
    today = local_date(uow.now, zone)
    return start_of_day(today, zone), start_of_day(today + timedelta(days=1), zone)
