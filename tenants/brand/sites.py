"""What stands at a host: a proven domain with its brand, or nothing (WL-3, WL-4). Reads as the platform."""

from dataclasses import dataclass

from core.transaction import Row, fetch_one
from tenants.brand.brand import Brand
from tenants.brand.site_cache import BrandSite
from tenants.unit_of_work import Platform, platform_reading

_SITE = (
    "SELECT d.domain, d.organization_id, o.path, s.name, s.support_email, s.logo_hash FROM brand_domain d "
    "JOIN organization o ON o.id = d.organization_id JOIN shown_brand s ON s.organization_id = d.organization_id "
    "WHERE d.domain = $1"
)


@dataclass(frozen=True, slots=True)
class StoredLogo:
    """A logo as it was handed in: its media type and base64 text."""

    media_type: str
    content: str


async def site_at(platform: Platform, host: str) -> BrandSite | None:
    """The proven domain of this name; None when nobody has proved it. Two seconds old at most."""
    is_known, site = platform.sites.get(host)
    if is_known:
        return site
    generation = platform.sites.generation
    async with platform_reading(platform) as tx:
        row = await fetch_one(tx, _SITE, host)
    site = None if row is None else _site(row)
    platform.sites.keep(host, site, generation)
    return site


async def logo_of(platform: Platform, logo_hash: str) -> StoredLogo | None:
    """The image with this SHA-256, whoever shows it."""
    async with platform_reading(platform) as tx:
        sql = "SELECT logo_media_type, logo_content FROM brand WHERE logo_hash = $1 LIMIT 1"
        row = await fetch_one(tx, sql, logo_hash)
    return None if row is None else StoredLogo(row["logo_media_type"], row["logo_content"])


def _site(row: Row) -> BrandSite:
    brand = Brand(row["name"], row["domain"], row["support_email"], row["logo_hash"])
    return BrandSite(row["domain"], row["organization_id"], row["path"], brand)
