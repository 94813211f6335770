"""Money that comes in: recorded by the seller, settled at once or when the bank confirms (MON-40 to MON-42, MON-57)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.aftermath import follow_up
from billing.alerts import Alert, AlertKind, close_alerts, raise_alert
from billing.amounts import check_amount
from billing.ledger import Movement, MovementType, post
from billing.offline_code import require_unsettled_code
from billing.payment_documents import invoice_payment, taxed_payment
from billing.posting import Owner, payment, payment_taxed
from billing.renewal_on_payment import renew_on_payment
from billing.settlement import Paid
from billing.wallet_figures import WalletMode, prepaid_figures
from billing.wallets import WalletRow, lock_wallets, wallet_of
from core.calendar import local_date
from core.ids import new_id
from core.money import format_amount
from core.refusals import Blockers, refuse
from core.transaction import Row, insert
from tenants.access import OrganizationFacts, allow, organization_by_id, row_by_id
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.policy.policy import policies_for
from tenants.policy.policy_resolution import Policies
from tenants.stops.closing_blockers import GONE
from tenants.unit_of_work import UnitOfWork


class PaymentMethod(StrEnum):
    """How money comes in (MON-40)."""

    CARD = "CARD"
    LINK = "LINK"
    AUTOPAY = "AUTOPAY"
    VIRTUAL_ACCOUNT = "VIRTUAL_ACCOUNT"
    BANK_TRANSFER = "BANK_TRANSFER"
    CHEQUE = "CHEQUE"
    CASH = "CASH"
    OFFLINE_CODE = "OFFLINE_CODE"


class PaymentStatus(StrEnum):
    """Where a payment stands (MON-41)."""

    PENDING = "PENDING"
    SETTLED = "SETTLED"
    DECLINED = "DECLINED"
    REFUNDED = "REFUNDED"


TRANSITIONS: Mapping[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.PENDING: frozenset({PaymentStatus.SETTLED, PaymentStatus.DECLINED}),
    PaymentStatus.SETTLED: frozenset({PaymentStatus.REFUNDED}),
    PaymentStatus.DECLINED: frozenset(),
    PaymentStatus.REFUNDED: frozenset(),
}
"""Nothing else happens: PAYMENT_FINAL (MON-41)."""

CONFIRMED_LATER = frozenset({PaymentMethod.BANK_TRANSFER, PaymentMethod.CHEQUE, PaymentMethod.VIRTUAL_ACCOUNT})
"""PENDING until the bank confirms; all others settle at once (MON-42)."""


class DeclineReason(StrEnum):
    """Why money did not come (MON-43)."""

    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    CARD_EXPIRED = "CARD_EXPIRED"
    LINK_FAULT = "LINK_FAULT"
    SETTLEMENT_FAULT = "SETTLEMENT_FAULT"
    FRAUD_SUSPECTED = "FRAUD_SUSPECTED"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class NewPayment:
    """A payment or top-up that a buyer made; without received_date today in the buyer's time zone."""

    organization_id: str
    amount_micros: int
    currency: str
    method: PaymentMethod
    received_date: date | None = None
    reference: str | None = None
    remark: str | None = None
    product_category: str | None = None
    """What it is for, such as SMS: decides whether the seller's state may differ (MON-86)."""


async def record_payment(uow: UnitOfWork, new: NewPayment) -> Outcome:
    """Record it; what settles at once is posted with it. Answers paymentId, status, ledgerTransactionId (or None).

    By the seller's OWNER, ADMIN, BILLING, also while the buyer is suspended (ORG-16). Refused: NOT_FOUND, FORBIDDEN,
    IRREVERSIBLE (it has ended, STOP-9), WALLET_MISSING, AMOUNT_NOT_POSITIVE, AMOUNT_PRECISION, CURRENCY_MISMATCH,
    TOP_UP_BELOW_MINIMUM; of an offline code PAYMENT_CODE_ALREADY_SETTLED, PAYMENT_CODE_SETTLED_ELSEWHERE (MON-45)."""
    buyer = await organization_by_id(uow, new.organization_id, ("organizationId",))
    allow(uow, Action.RECORD_PAYMENT, buyer)
    _require_not_gone(buyer)
    wallet = await wallet_of(uow, buyer.id)
    policies = await policies_for(uow, buyer.id)
    _check(new, wallet, policies, uow)
    if new.method is PaymentMethod.OFFLINE_CODE:
        await require_unsettled_code(uow, wallet, new.reference)
    payment_id, is_pending = new_id("pay"), new.method in CONFIRMED_LATER
    status = PaymentStatus.PENDING if is_pending else PaymentStatus.SETTLED
    received = new.received_date or local_date(uow.now, buyer.timezone)
    values = {
        "kind": "PAYMENT", "amount_micros": new.amount_micros, "currency": wallet.currency,
        "method": new.method.value, "status": status.value, "received_date": received.isoformat(),
        "reference": new.reference, "remark": new.remark, "product_category": new.product_category,
    }  # fmt: skip
    posted = None
    if not is_pending:
        posted = await _post(uow, payment_id, wallet, policies, new.amount_micros, new.method.value)
    await insert(
        uow.tx, "payment", id=payment_id, organization_id=buyer.id, path=wallet.path, seller_id=wallet.seller_id,
        wallet_id=wallet.id, **values, ledger_transaction_id=posted, created_at=uow.now,
        settled_at=None if is_pending else uow.now,
    )  # fmt: skip
    if is_pending and buyer.status == "SUSPENDED":
        await _tell_seller(uow, payment_id, new, wallet, buyer)
    uow.audit("Payment", payment_id, organization_id=buyer.id, path=wallet.path, after=values)
    _send(uow, status, payment_id, buyer.id, wallet.path)
    return {"paymentId": payment_id, "status": status.value, "ledgerTransactionId": posted}


async def confirm_payment(uow: UnitOfWork, payment_id: str) -> Outcome:
    """The bank confirmed: PENDING becomes SETTLED and is posted. Answers as record_payment.

    Refused: NOT_FOUND, FORBIDDEN, PAYMENT_FINAL (MON-41)."""
    row = await _take_pending(uow, payment_id, PaymentStatus.SETTLED)
    async with uow.as_platform("MON-42: the pair's Wallet and its seller's side"):
        wallet = (await lock_wallets(uow, [row["wallet_id"]]))[row["wallet_id"]]
    policies = await policies_for(uow, row["organization_id"])
    posted = await _post(uow, payment_id, wallet, policies, row["amount_micros"], row["method"],
                         row["seller_state"])  # fmt: skip
    await uow.tx.execute(
        "UPDATE payment SET settled_at = $4, ledger_transaction_id = $5 "
        f"WHERE id = $6 AND {uow.visible('payment', 'payment')}",
        *uow.scope, uow.now, posted, payment_id,
    )  # fmt: skip
    return _ended(uow, row, PaymentStatus.SETTLED, posted)


async def decline_payment(uow: UnitOfWork, payment_id: str, reason: DeclineReason) -> Outcome:
    """The money did not come: PENDING becomes DECLINED, nothing is posted. Refused: as confirm_payment (MON-43)."""
    row = await _take_pending(uow, payment_id, PaymentStatus.DECLINED)
    await uow.tx.execute(
        f"UPDATE payment SET decline_reason = $4 WHERE id = $5 AND {uow.visible('payment', 'payment')}",
        *uow.scope, reason.value, payment_id,
    )  # fmt: skip
    return _ended(uow, row, PaymentStatus.DECLINED, None)


def _check(new: NewPayment, wallet: WalletRow, policies: Policies, uow: UnitOfWork) -> None:
    found = Blockers()
    check_amount(found, new.amount_micros, new.currency, wallet.currency)
    found.raise_if_any()
    minimum = policies.money_or_none("minTopUp")
    if minimum is None or wallet.mode is not WalletMode.PREPAID or new.amount_micros >= minimum:
        return
    # Paying back what is owed is no top-up: MS-37 pays 50 where a top-up is 1,500 at least.
    if new.amount_micros > -prepaid_figures(wallet.sums(uow.now)).net_balance_micros:
        least = format_amount(minimum, wallet.currency)
        refuse("TOP_UP_BELOW_MINIMUM", "The top-up is below the minimum.", ("amount",), minimum=least)


async def _post(
    uow: UnitOfWork,
    payment_id: str,
    wallet: WalletRow,
    policies: Policies,
    amount_micros: int,
    method: str,
    seller_state: str | None = None,
) -> str:
    taxed = await taxed_payment(uow, wallet, policies, amount_micros, seller_state)
    if taxed.taxes:
        taxes = {tax.component: tax.amount_micros for tax in taxed.taxes}
        entries = payment_taxed(amount_micros, taxes, method)
    else:
        entries = payment(wallet.terms(policies), amount_micros, method)
    key = f"payment:{payment_id}"
    posted = await post(uow, [Movement(wallet, MovementType.PAYMENT, entries, "Payment", payment_id, key)])
    arrived = sum(entry.amount_micros for entry in entries if entry.owner is Owner.BUYER)
    await invoice_payment(uow, wallet, policies, payment_id, taxed, seller_state)
    await follow_up(uow, [wallet.id], {wallet.id: Paid(payment_id, arrived)})
    await renew_on_payment(uow, wallet.organization_id)
    return posted[0]


async def _take_pending(uow: UnitOfWork, payment_id: str, target: PaymentStatus) -> Row:
    """Move the payment on, if it still may; of two at once one gets PAYMENT_FINAL."""
    row = await row_by_id(uow, "payment", payment_id, ("id",))
    buyer = await organization_by_id(uow, row["organization_id"])
    allow(uow, Action.RECORD_PAYMENT, buyer)
    if target is PaymentStatus.SETTLED:
        _require_not_gone(buyer)
    sources = [status.value for status, targets in TRANSITIONS.items() if target in targets]
    taken = await uow.tx.fetch(
        "UPDATE payment SET status = $4, version = version + 1 "
        f"WHERE id = $5 AND status = $6 AND {uow.visible('payment', 'payment')} RETURNING seller_state",
        *uow.scope, target.value, payment_id, sources[0],
    )  # fmt: skip
    if not taken:
        refuse("PAYMENT_FINAL", "The payment's state does not change any more.", ("id",))
    await close_alerts(uow.tx, AlertKind.PAYMENT_PENDING_WHILE_SUSPENDED, payment_id, uow.now)
    return {**dict(row), "seller_state": taken[0]["seller_state"]}  # the state in force now (MON-86)


def _require_not_gone(buyer: OrganizationFacts) -> None:
    """A payment after the end brings nothing back (STOP-9). Refused: IRREVERSIBLE."""
    if buyer.status in GONE:
        refuse("IRREVERSIBLE", "The organization has ended for good.", ("organizationId",))


def _ended(uow: UnitOfWork, row: Row, status: PaymentStatus, posted: str | None) -> Outcome:
    payment_id, owner_id, path = row["id"], row["organization_id"], row["path"]
    before, after = {"status": row["status"]}, {"status": status.value}
    uow.audit("Payment", payment_id, organization_id=owner_id, path=path, before=before, after=after)
    _send(uow, status, payment_id, owner_id, path)
    return {"paymentId": payment_id, "status": status.value, "ledgerTransactionId": posted}


def _send(uow: UnitOfWork, status: PaymentStatus, payment_id: str, organization_id: str, path: str) -> None:
    payload = {"paymentId": payment_id}
    uow.send(f"payment.{status.value.lower()}", payment_id, payload, organization_id=organization_id, path=path)


async def _tell_seller(
    uow: UnitOfWork, payment_id: str, new: NewPayment, wallet: WalletRow, buyer: OrganizationFacts
) -> None:
    """PAYMENT_PENDING_WHILE_SUSPENDED with amount and reference, to the seller, who can confirm it (MON-42)."""
    details = {"amount": format_amount(new.amount_micros, wallet.currency), "currency": wallet.currency,
               "reference": new.reference}  # fmt: skip
    alert = Alert(wallet.seller_id, wallet.seller_path, buyer.timezone, AlertKind.PAYMENT_PENDING_WHILE_SUSPENDED,
                  payment_id, details)  # fmt: skip
    await raise_alert(uow.tx, alert, uow.now)
