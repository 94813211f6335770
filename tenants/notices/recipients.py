"""To which addresses a notice about an organization goes (CON-2, CON-3), one mail per address. Sends nothing.

Every function gets a transaction that sees as the platform: a category may fall to the seller's contact."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from core.transaction import Row, Transaction, fetch_one
from tenants.members.member_rules import ContactCategory
from tenants.names import folded_email


class Audience(StrEnum):
    """Whom a notice is for."""

    MONEY = "MONEY"
    """The billing e-mail and ACCOUNTS."""
    SERVICE = "SERVICE"
    """TECH and the OWNER: service and security."""
    GENERAL = "GENERAL"
    OWNER = "OWNER"
    OWNER_AND_ACCOUNTS = "OWNER_AND_ACCOUNTS"
    LEADERS = "LEADERS"
    """OWNER and ADMINs."""
    OWNER_AND_CONTACTS = "OWNER_AND_CONTACTS"


_CATEGORIES: dict[Audience, tuple[ContactCategory, ...]] = {
    Audience.MONEY: (ContactCategory.ACCOUNTS,),
    Audience.SERVICE: (ContactCategory.TECH,),
    Audience.GENERAL: (ContactCategory.GENERAL,),
    Audience.OWNER_AND_ACCOUNTS: (ContactCategory.ACCOUNTS,),
    Audience.OWNER_AND_CONTACTS: tuple(ContactCategory),
}
_ROLES: dict[Audience, tuple[str, ...]] = {
    Audience.SERVICE: ("OWNER",),
    Audience.OWNER: ("OWNER",),
    Audience.OWNER_AND_ACCOUNTS: ("OWNER",),
    Audience.LEADERS: ("OWNER", "ADMIN"),
    Audience.OWNER_AND_CONTACTS: ("OWNER",),
}


async def addresses(tx: Transaction, organization_id: str, audience: Audience) -> tuple[str, ...]:
    """The addresses, each once however it is written, in a fixed order: roles, billing e-mail, contacts."""
    members = await _members(tx, organization_id)
    found = [row["email"] for row in members if row["role"] in _ROLES.get(audience, ())]
    if audience is Audience.MONEY:
        organization = await fetch_one(tx, "SELECT billing_email FROM organization WHERE id = $1", organization_id)
        found += [] if organization is None else [organization["billing_email"]]
    for category in _CATEGORIES.get(audience, ()):
        found += await contacts(tx, organization_id, category, members)
    return once_each(found)


async def contacts(
    tx: Transaction, organization_id: str, category: ContactCategory, members: Sequence[Row] | None = None
) -> tuple[str, ...]:
    """Who holds the category; what nobody holds falls to the OWNER, and without an e-mail there to the seller's contact
    of the same category (CON-2)."""
    rows = await _members(tx, organization_id) if members is None else members
    held = [row["email"] for row in rows if row[f"is_{category.lower()}_contact"] and row["email"] is not None]
    if not held:
        held = [row["email"] for row in rows if row["role"] == "OWNER" and row["email"] is not None]
    if held:
        return once_each(held)
    above = await fetch_one(tx, "SELECT parent_id FROM organization WHERE id = $1", organization_id)
    if above is None or above["parent_id"] is None:
        return ()
    return await contacts(tx, above["parent_id"], category)


def once_each(emails: Iterable[str | None]) -> tuple[str, ...]:
    """Each address once, as it is written first (CON-3)."""
    found: dict[str, str] = {}
    for email in emails:
        if email:
            found.setdefault(folded_email(email), email)
    return tuple(found.values())


async def _members(tx: Transaction, organization_id: str) -> Sequence[Row]:
    return await tx.fetch(
        "SELECT m.email, m.role, m.is_tech_contact, m.is_accounts_contact, m.is_general_contact FROM member m "
        "WHERE m.organization_id = $1 ORDER BY m.id",
        organization_id,
    )
