"""`setLowMoneyAlert`: the marks below which the buyer wants to hear, and the top-up it is offered (MON-15, MON-66)."""

from dataclasses import dataclass

from billing.aftermath import follow_up
from billing.purchase import require_chain_active
from core.money import is_whole_minor
from core.refusals import Blockers, refuse
from core.transaction import fetch_one
from tenants.access import allow, organization_by_id
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.unit_of_work import UnitOfWork

COLUMNS = ("alert_threshold_micros", "min_balance_micros", "top_up_micros")


@dataclass(frozen=True, slots=True)
class LowMoneyMarks:
    """Each in micros; None takes the seller's policy again (`alertThreshold`, `minBalance`), or no amount."""

    organization_id: str
    currency: str | None = None
    alert_threshold_micros: int | None = None
    min_balance_micros: int | None = None
    top_up_micros: int | None = None


async def set_low_money_alert(uow: UnitOfWork, marks: LowMoneyMarks) -> Outcome:
    """Set all three. Answers walletId. By the buyer's OWNER, ADMIN and BILLING (MON-15).

    Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED, WALLET_MISSING, and at once AMOUNT_NOT_POSITIVE (a top-up),
    AMOUNT_PRECISION, CURRENCY_MISMATCH; then ORGANIZATION_NOT_ACTIVE, UPSTREAM_SUSPENDED (ORG-16)."""
    buyer = await organization_by_id(uow, marks.organization_id, ("organizationId",))
    allow(uow, Action.SET_LOW_MONEY_ALERT, buyer)
    values = [getattr(marks, name) for name in COLUMNS]
    _check(marks, values, buyer.currency)
    require_chain_active(buyer)
    changed = await fetch_one(
        uow.tx,
        "UPDATE wallet SET alert_threshold_micros = $4, min_balance_micros = $5, top_up_micros = $6, "
        "version = version + 1 WHERE organization_id = $7 AND closed_at IS NULL "
        f"AND {uow.visible('wallet', 'wallet')} RETURNING id, path",
        *uow.scope, *values, buyer.id,
    )  # fmt: skip
    if changed is None:
        refuse("WALLET_MISSING", "There is no open wallet with the seller.")
    await follow_up(uow, [changed["id"]])
    after = {"alertThresholdMicros": values[0], "minBalanceMicros": values[1], "topUpMicros": values[2]}
    uow.audit("Wallet", changed["id"], organization_id=buyer.id, path=changed["path"], after=after)
    return {"walletId": changed["id"]}


def _check(marks: LowMoneyMarks, values: list[int | None], currency: str) -> None:
    found = Blockers()
    if marks.currency is not None and marks.currency != currency:
        found.add("CURRENCY_MISMATCH", "The wallet has another currency.", currency=currency)
    if any(value is not None and not is_whole_minor(value, currency) for value in values):
        found.add("AMOUNT_PRECISION", "The amount has more decimals than the currency.")
    if marks.top_up_micros is not None and marks.top_up_micros <= 0:
        found.add("AMOUNT_NOT_POSITIVE", "The amount must be above zero.", ("topUp",))
    found.raise_if_any()
