"""`approveSellerState` and `changeSellerState`: the seller's tax state for one payment (MON-86, ORG-13).

Before the payment is processed alone: the invoice uses the state in force then."""

from core.refusals import refuse
from core.transaction import Row, fetch_value
from tenants.access import OrganizationFacts, allow, organization_by_id, require_active, row_by_id
from tenants.commands import Outcome
from tenants.permissions import Action, Role
from tenants.policy.policy import policies_for
from tenants.unit_of_work import UnitOfWork


async def approve_seller_state(uow: UnitOfWork, payment_id: str, seller_state: str | None) -> Outcome:
    """A BILLING member of the seller lets somebody else use that state for the payment. Answers paymentId.

    Refused: NOT_FOUND, FORBIDDEN (another role), then as change_seller_state but FINANCE_APPROVAL_REQUIRED;
    ORGANIZATION_NOT_ACTIVE (ORG-16)."""
    row, buyer = await _payment(uow, payment_id)
    if uow.actor.role is not Role.BILLING:
        refuse("FORBIDDEN", "Only a BILLING member approves it.")
    state = await _wanted(uow, row, buyer, seller_state)
    require_active(buyer)
    await uow.tx.execute(
        "UPDATE payment SET wanted_seller_state = $4, approved_by_member_id = $5, version = version + 1 "
        f"WHERE id = $6 AND {uow.visible('payment', 'payment')}",
        *uow.scope, state, uow.actor.member_id, payment_id,
    )  # fmt: skip
    after = {"approvedSellerState": state}
    uow.audit("Payment", payment_id, organization_id=buyer.id, path=row["path"], after=after)
    return {"paymentId": payment_id}


async def change_seller_state(uow: UnitOfWork, payment_id: str, seller_state: str | None) -> Outcome:
    """Use that state for the payment. Answers paymentId.

    Refused: NOT_FOUND, FORBIDDEN, and in this order SELLER_STATE_NOT_ALLOWED_FOR_PRODUCT, INVOICE_ALREADY_ISSUED,
    SELLER_STATE_MISSING, ORGANIZATION_NOT_ACTIVE (ORG-16), FINANCE_APPROVAL_REQUIRED (no other BILLING member approved
    this state)."""
    row, buyer = await _payment(uow, payment_id)
    state = await _wanted(uow, row, buyer, seller_state)
    require_active(buyer)
    approver = row["approved_by_member_id"]
    is_approved = approver is not None and approver != uow.actor.member_id and row["wanted_seller_state"] == state
    if not is_approved or not await _is_billing(uow, approver):
        refuse("FINANCE_APPROVAL_REQUIRED", "Another BILLING member has to approve it first.")
    await uow.tx.execute(
        "UPDATE payment SET seller_state = $4, wanted_by_member_id = $5, version = version + 1 "
        f"WHERE id = $6 AND {uow.visible('payment', 'payment')}",
        *uow.scope, state, uow.actor.member_id, payment_id,
    )  # fmt: skip
    before, after = {"sellerState": row["seller_state"]}, {"sellerState": state}
    uow.audit("Payment", payment_id, organization_id=buyer.id, path=row["path"], before=before, after=after)
    return {"paymentId": payment_id}


async def _payment(uow: UnitOfWork, payment_id: str) -> tuple[Row, OrganizationFacts]:
    lock = "FOR NO KEY UPDATE" if uow.tx.dialect == "postgres" else ""
    row = await row_by_id(uow, "payment", payment_id, ("paymentId",))
    buyer = await organization_by_id(uow, row["organization_id"], ("paymentId",))
    allow(uow, Action.CHANGE_SELLER_STATE, buyer)
    if lock:
        sql = f"SELECT t.* FROM payment t WHERE t.id = $4 AND {uow.visible('t', 'payment')} {lock}"
        (row,) = await uow.tx.fetch(sql, *uow.scope, payment_id)
    return row, buyer


async def _wanted(uow: UnitOfWork, row: Row, buyer: OrganizationFacts, seller_state: str | None) -> str:
    """The checks of MON-86 before the approval, in their order; answers the state."""
    policies = await policies_for(uow, buyer.id)
    if row["product_category"] not in policies.names("sellerStateProducts"):
        refuse("SELLER_STATE_NOT_ALLOWED_FOR_PRODUCT", "Not for what this payment is for.", ("paymentId",))
    if row["status"] != "PENDING" or await _is_invoiced(uow, row["id"]):
        refuse("INVOICE_ALREADY_ISSUED", "The payment was processed already.", ("paymentId",))
    state = (seller_state or "").strip()
    if not state:
        refuse("SELLER_STATE_MISSING", "Name the state.", ("sellerState",))
    return state


async def _is_invoiced(uow: UnitOfWork, payment_id: str) -> bool:
    sql = f"SELECT 1 FROM invoice i WHERE i.payment_id = $4 AND {uow.visible('i', 'invoice')}"
    return await fetch_value(uow.tx, sql, *uow.scope, payment_id) is not None


async def _is_billing(uow: UnitOfWork, member_id: str) -> bool:
    """Still a BILLING member of the acting seller (GEN-7)."""
    role = await fetch_value(
        uow.tx, f"SELECT m.role FROM member m WHERE m.id = $4 AND {uow.visible('m', 'member')}", *uow.scope, member_id
    )
    return bool(role == "BILLING")
