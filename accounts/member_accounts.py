"""A member who left has no accounts any more: they stay with the organization, assigned to nobody (MEM-8)."""

from tenants.organization_events import MemberLeft, on_member_left
from tenants.unit_of_work import UnitOfWork


@on_member_left
async def clear_assignments(uow: UnitOfWork, left: MemberLeft) -> None:
    """Each account that was the member's is nobody's now, and the audit log says so."""
    rows = await uow.tx.fetch(
        "UPDATE account AS a SET member_id = NULL, version = version + 1 WHERE a.member_id = $4 "
        f"AND a.organization_id = $5 AND {uow.visible('a', 'account')} RETURNING id",
        *uow.scope, left.member_id, left.organization_id,
    )  # fmt: skip
    for row in sorted(rows, key=lambda each: str(each["id"])):
        uow.audit(
            "Account", row["id"], organization_id=left.organization_id, path=left.path,
            before={"memberId": left.member_id}, after={"memberId": None},
        )  # fmt: skip
