"""The contacts of an organization as rows: who counts as one, and whose e-mail proves a request (CON-1, 2, 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tenants.names import folded_email, normalized
from tenants.unit_of_work import UnitOfWork

FLAGS = ("is_tech_contact", "is_accounts_contact", "is_general_contact")


@dataclass(frozen=True, slots=True)
class Contact:
    """A member with an e-mail that is a contact."""

    member_id: str
    email: str


def is_contact(member: Mapping[str, Any]) -> bool:
    """Whether a row of `member` is a contact: it holds a category, or as OWNER what nobody holds (CON-2)."""
    return member["role"] == "OWNER" or any(member[name] for name in FLAGS)


async def contacts_of(uow: UnitOfWork, organization_id: str) -> list[Contact]:
    """The organization's contacts that have an e-mail, the OWNER first."""
    rows = await uow.tx.fetch(
        f"SELECT m.id, m.email, m.role, {', '.join(f'm.{name}' for name in FLAGS)} FROM member m "
        f"WHERE m.organization_id = $4 AND m.email IS NOT NULL AND {uow.visible('m', 'member')} "
        "ORDER BY CASE WHEN m.role = 'OWNER' THEN 0 ELSE 1 END, m.id",
        *uow.scope, organization_id,
    )  # fmt: skip
    return [Contact(row["id"], row["email"]) for row in rows if is_contact(row)]


async def contact_by_email(uow: UnitOfWork, organization_id: str, email: str | None) -> Contact | None:
    """The contact from whose e-mail a request came, or None: it is no proof (CON-4)."""
    if email is None or not normalized(email):
        return None
    searched = folded_email(normalized(email))
    return next(
        (each for each in await contacts_of(uow, organization_id) if folded_email(each.email) == searched), None
    )
