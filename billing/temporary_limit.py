"""`grantTemporaryLimit`: a raise of a buyer's credit limit through a last day (MON-14, MON-15)."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from billing.aftermath import follow_up
from billing.amounts import check_amount, require_currency
from billing.purchase import require_chain_active
from billing.wallet_figures import check_raise, raise_of_percent
from billing.wallets import WalletRow, wallet_of
from core.calendar import local_date, start_of_day
from core.refusals import Blockers, refuse
from tenants.access import OrganizationFacts, allow, organization_by_id
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.policy.policy import policies_for
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class TemporaryLimit:
    """An amount, or a percentage of the permanent limit, valid through last_day in the buyer's time zone."""

    organization_id: str
    last_day: date
    amount_micros: int | None = None
    currency: str | None = None
    percent: Fraction | None = None


async def grant_temporary_limit(uow: UnitOfWork, asked: TemporaryLimit) -> Outcome:
    """Raise the limit; a percentage becomes an amount now. It ends at 00:00 after the last day. Answers walletId.

    By the seller; the buyer's own attempt: CREDIT_LIMIT_NOT_EDITABLE (MON-15). Refused: NOT_FOUND, FORBIDDEN,
    ORGANIZATION_NOT_ACTIVE, UPSTREAM_SUSPENDED, WALLET_MISSING, FIELD_REQUIRED, AMOUNT_NOT_POSITIVE,
    AMOUNT_PRECISION, CURRENCY_MISMATCH, DATE_OUT_OF_RANGE, TEMPORARY_LIMIT_RUNNING, TEMPORARY_LIMIT_TOO_HIGH."""
    buyer = await organization_by_id(uow, asked.organization_id, ("organizationId",))
    allow(uow, Action.SET_CREDIT_LIMIT, buyer)
    require_chain_active(buyer)
    wallet = await wallet_of(uow, buyer.id)
    amount = _amount(asked, wallet)
    if asked.last_day < local_date(uow.now, buyer.timezone):
        refuse("DATE_OUT_OF_RANGE", "The last day is today or later.", ("lastDay",))
    policies = await policies_for(uow, buyer.id)
    most = policies.percent_or_none("temporaryLimitMaxPercent")
    check_raise(amount, wallet.credit_limit_micros, most, wallet.temporary_raise, uow.now)
    await _store(uow, wallet, buyer, amount, asked.last_day)
    await follow_up(uow, [wallet.id])
    return {"walletId": wallet.id}


def _amount(asked: TemporaryLimit, wallet: WalletRow) -> int:
    """The raise in micros; exactly one of amount and percentage is given."""
    if (asked.amount_micros is None) == (asked.percent is None):
        refuse("FIELD_REQUIRED", "Give an amount or a percentage, not both.", ("amount",))
    if asked.percent is not None:
        if asked.percent <= 0:
            refuse("AMOUNT_NOT_POSITIVE", "The percentage must be above zero.", ("percent",))
        return raise_of_percent(wallet.credit_limit_micros, asked.percent, wallet.currency)
    require_currency(asked.currency, wallet.currency, ("amount",))
    found = Blockers()
    check_amount(found, asked.amount_micros or 0, wallet.currency, wallet.currency)
    found.raise_if_any()
    return asked.amount_micros or 0


async def _store(
    uow: UnitOfWork, wallet: WalletRow, buyer: OrganizationFacts, amount_micros: int, last_day: date
) -> None:
    until = start_of_day(last_day + timedelta(days=1), buyer.timezone)
    await uow.tx.execute(
        "UPDATE wallet SET temporary_limit_micros = $4, temporary_limit_until_at = $5, version = version + 1 "
        f"WHERE id = $6 AND {uow.visible('wallet', 'wallet')}",
        *uow.scope, amount_micros, until, wallet.id,
    )  # fmt: skip
    after = {"temporaryLimitMicros": amount_micros, "lastDay": last_day.isoformat()}
    uow.audit("Wallet", wallet.id, organization_id=buyer.id, path=wallet.path, after=after)
