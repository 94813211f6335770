"""Under whose name an organization's people are addressed: their seller's (WL-2). Never reads above that one."""

from dataclasses import dataclass

from core.transaction import Transaction, fetch_one

PLATFORM_NAME = "Tenantry"


@dataclass(frozen=True, slots=True)
class Brand:
    """What buyers see of their seller; None: the platform's neutral one."""

    name: str
    domain: str | None = None
    support_email: str | None = None


async def brand_of(tx: Transaction, organization_id: str) -> Brand:
    """The brand that this organization sees: its seller's, the operator's own for itself. `tx` sees as the platform."""
    row = await fetch_one(
        tx,
        "SELECT coalesce(s.name, o.name) AS name FROM organization o LEFT JOIN organization s ON s.id = o.parent_id "
        "WHERE o.id = $1",
        organization_id,
    )
    return Brand(PLATFORM_NAME if row is None else row["name"])
