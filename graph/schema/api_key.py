"""ApiKey: a secret with which a program acts for one organization. The secret itself is never read back (KEY-2)."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from graph.schema.scalars import Node
from graph.sql.compile import Compilation
from graph.sql.conditions import equals, is_true
from graph.sql.reads import column, condition, flag, instant, stored_json, table_type, to_one
from tenants.permissions import Area

if TYPE_CHECKING:
    from graph.schema.organization import Organization


@strawberry.input(description="Every given condition has to hold.")
class ApiKeyFilter:
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))
    is_revoked: bool | None = condition(is_true("{t}.revoked_at IS NOT NULL"))


def is_live(made: Compilation) -> str:
    """The key under `{t}` works now; one that was rotated works a day more (KEY-4)."""
    return f"{{t}}.expires_at > {made.now} AND ({{t}}.revoked_at IS NULL OR {{t}}.revoked_at > {made.now})"


@table_type(
    "api_key", prefix="key", area=Area.KEYS, newest_first=True,
    description="A secret with which a program acts for one organization (KEY-1 to KEY-5).",
)  # fmt: skip
class ApiKey(Node):
    id: strawberry.ID = column("{t}.id")
    name: str = column("{t}.name")
    prefix: str = column("{t}.prefix", "The beginning of the secret, to tell keys apart.")
    scopes: list[str] = stored_json("{t}.scopes", "`<area>:read` or `<area>:write`.")
    maker_name: str = column("{t}.maker_name")
    maker_member_id: strawberry.ID = column("{t}.maker_member_id")
    allowed_addresses: list[str] | None = stored_json(
        "{t}.allowed_addresses", "Addresses and networks that may use it; null: any."
    )
    is_live: bool = flag(is_live, "Works now.")
    created_at: datetime = instant("{t}.created_at")
    expires_at: datetime = instant("{t}.expires_at")
    revoked_at: datetime | None = instant("{t}.revoked_at", "From when on it is refused; after a rotation a day later.")
    last_used_at: datetime | None = instant("{t}.last_used_at", "At most 60 seconds late.")
    last_used_address: str | None = column("{t}.last_used_address")
    version: int = column("{t}.version")
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id", "For which it acts."
    )
