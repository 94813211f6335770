"""The contacts of an organization as rows: who counts as one, and whose e-mail proves a request (CON-1, 2, 4)."""

from dataclasses import dataclass

from core.transaction import Row
from tenants.names import folded_email, normalized
from tenants.unit_of_work import UnitOfWork

FLAGS = ("is_tech_contact", "is_accounts_contact", "is_general_contact")


@dataclass(frozen=True, slots=True)
class Contact:
    """A member with an e-mail that is a contact."""

    member_id: str
    email: str


async def is_contact(uow: UnitOfWork, organization_id: str, member_id: str) -> bool:
    """Whether that member is a contact of the organization, with an e-mail or without."""
    return any(row["id"] == member_id for row in await _contact_rows(uow, organization_id))


async def contacts_of(uow: UnitOfWork, organization_id: str) -> list[Contact]:
    """The organization's contacts that have an e-mail, the OWNER first."""
    rows = await _contact_rows(uow, organization_id)
    return [Contact(row["id"], row["email"]) for row in rows if row["email"] is not None]


async def contact_by_email(uow: UnitOfWork, organization_id: str, email: str | None) -> Contact | None:
    """The contact from whose e-mail a request came, or None: it is no proof (CON-4)."""
    if email is None or not normalized(email):
        return None
    searched = folded_email(normalized(email))
    return next(
        (each for each in await contacts_of(uow, organization_id) if folded_email(each.email) == searched), None
    )


async def _contact_rows(uow: UnitOfWork, organization_id: str) -> list[Row]:
    """Who holds a category, and the OWNER also for what nobody holds (CON-2)."""
    rows = await uow.tx.fetch(
        f"SELECT m.id, m.email, m.role, {', '.join(f'm.{name}' for name in FLAGS)} FROM member m "
        f"WHERE m.organization_id = $4 AND (m.role = 'OWNER' OR {' OR '.join(f'm.{name}' for name in FLAGS)}) "
        f"AND {uow.visible('m', 'member')} ORDER BY CASE WHEN m.role = 'OWNER' THEN 0 ELSE 1 END, m.id",
        *uow.scope, organization_id,
    )  # fmt: skip
    is_left = any(not any(row[name] for row in rows) for name in FLAGS)
    return [row for row in rows if is_left or any(row[name] for name in FLAGS)]
