"""Under whose name an organization's people are addressed: their seller's (WL-2). Never reads above that one.

What falls back to what is the view `shown_brand` (migration 0009), the one text for both engines."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from core.transaction import Row, Transaction, fetch_one

PLATFORM_NAME = "Tenantry"
LOGO_PATH = "/brand/logo/"


@dataclass(frozen=True, slots=True)
class Brand:
    """What buyers see of their seller; None: the platform's neutral one."""

    name: str
    domain: str | None = None
    support_email: str | None = None
    logo_hash: str | None = None

    @property
    def logo_url(self) -> str | None:
        """Where the logo is served, on every host alike; None without one."""
        return None if self.logo_hash is None else LOGO_PATH + self.logo_hash

    def public_url(self, neutral_url: str) -> str:
        """Where this brand's people go: its domain with the scheme and port of the neutral address, else that one."""
        return neutral_url if self.domain is None else url_of(self.domain, neutral_url)


def url_of(domain: str, neutral_url: str) -> str:
    """The address of a proven domain, which is served as the neutral one is."""
    parts = urlsplit(neutral_url)
    return f"{parts.scheme}://{domain}" + (f":{parts.port}" if parts.port else "")


async def brand_of(tx: Transaction, organization_id: str) -> Brand:
    """The brand that this organization sees: its seller's, the operator's own for itself. `tx` sees as the platform."""
    row = await fetch_one(
        tx,
        "SELECT s.name, s.domain, s.support_email, s.logo_hash FROM organization o "
        "JOIN shown_brand s ON s.organization_id = coalesce(o.parent_id, o.id) WHERE o.id = $1",
        organization_id,
    )
    return Brand(PLATFORM_NAME) if row is None else _brand(row)


async def brand_to_buyers(tx: Transaction, organization_id: str) -> Brand | None:
    """The brand that the buyers of this organization see; None when there is no such one. As the platform."""
    row = await fetch_one(
        tx,
        "SELECT s.name, s.domain, s.support_email, s.logo_hash FROM shown_brand s WHERE s.organization_id = $1",
        organization_id,
    )
    return None if row is None else _brand(row)


def _brand(row: Row) -> Brand:
    return Brand(row["name"], row["domain"], row["support_email"], row["logo_hash"])
