"""IdentityProvider: where members of an organization may sign in besides here. Its secret is never read back."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from graph.schema.scalars import Node
from graph.sql.conditions import equals
from graph.sql.reads import column, condition, instant, stored_json, table_type, to_one
from tenants.permissions import Area

if TYPE_CHECKING:
    from graph.schema.organization import Organization


@strawberry.input(description="Every given condition has to hold.")
class IdentityProviderFilter:
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))


@table_type(
    "identity_provider", prefix="idp", area=Area.ORG, newest_first=True,
    description="An organization's OpenID Connect provider; sign in at /auth/oidc/{organizationId}/start.",
)  # fmt: skip
class IdentityProvider(Node):
    id: strawberry.ID = column("{t}.id")
    issuer: str = column("{t}.issuer")
    client_id: str = column("{t}.client_id")
    email_domains: list[str] = stored_json("{t}.email_domains", "Whose verified addresses it may vouch for.")
    created_at: datetime = instant("{t}.created_at")
    version: int = column("{t}.version")
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id", "Whose members sign in through it."
    )
