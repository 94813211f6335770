"""Brand: an organization's own white label; what its buyers see of it is SellerCard (WL-1 to WL-3)."""

from datetime import datetime

import strawberry

from graph.schema.scalars import Node
from graph.sql.compile import Compilation
from graph.sql.reads import column, instant, table_type
from graph.sql.seller import brand_column, logo_url
from tenants.brand.brand_domains import RECORD_BEGINNING, RECORD_LABEL
from tenants.permissions import Area, ViaKind


def _domain(made: Compilation) -> str:
    visible = made.row_is_visible("proven", "brand_domain")
    return (
        f"(SELECT proven.domain FROM brand_domain proven WHERE proven.organization_id = {{t}}.organization_id "
        f"AND {visible})"
    )


def _claim_record_value(made: Compilation) -> str:
    """The token of a proof: nothing of it while acting in a support session (SUP-9)."""
    is_shown = "1 = 0" if made.sight.via.kind is ViaKind.SUPPORT_SESSION else "1 = 1"
    return f"CASE WHEN {is_shown} THEN '{RECORD_BEGINNING}' || {{t}}.claim_token END"


@table_type(
    "brand", prefix="brd", area=Area.BRAND,
    description="The white label of a reseller or the operator: what it has set itself; null falls back (WL-2).",
)  # fmt: skip
class Brand(Node):
    id: strawberry.ID = column("{t}.id")
    brand_name: str | None = column("{t}.brand_name", "Unset: the organization's name.")
    logo_url: str | None = column("'/brand/logo/' || {t}.logo_hash", "A path on any of this platform's hosts.")
    logo_media_type: str | None = column("{t}.logo_media_type")
    support_email: str | None = column("{t}.support_email")
    domain: str | None = column(_domain, "The proven one (WL-3). Unset: the platform's neutral domain.")
    claimed_domain: str | None = column("{t}.claimed_domain", "A domain that waits for its proof.")
    claim_record_name: str | None = column(
        f"CASE WHEN {{t}}.claimed_domain IS NOT NULL THEN '{RECORD_LABEL}.' || {{t}}.claimed_domain END",
        "Where the TXT record has to stand.",
    )
    claim_record_value: str | None = column(_claim_record_value, "What it has to say.")
    claim_expires_at: datetime | None = instant("{t}.claim_expires_at", "From then on the record proves nothing.")
    changed_at: datetime = instant("{t}.changed_at")
    version: int = column("{t}.version")


@strawberry.type(description="The seller's brand on a document (WL-2); who is bound by it is in `seller` (MON-71).")
class DocumentBrand:
    name: str | None = column(brand_column("{t}.seller_id", "name"))
    logo_url: str | None = column(logo_url("{t}.seller_id"), "A path on any of this platform's hosts.")
    domain: str | None = column(brand_column("{t}.seller_id", "domain"))
    support_email: str | None = column(brand_column("{t}.seller_id", "support_email"))
