"""What every resolver gets: the platform, who asks, and the compiled statements of the schema."""

from dataclasses import dataclass, field
from typing import Any

from strawberry import Info

from core.dns_txt import DnsTxt, TxtLookup
from graph.sql.statement import Statements
from tenants.actor import Credentials
from tenants.unit_of_work import Platform


@dataclass(slots=True)
class Context:
    """One request's context. `settings` are the application's (secrets for quotes and the like)."""

    platform: Platform
    credentials: Credentials
    statements: Statements
    quote_secret: bytes = b""
    account: str | None = None
    may_introspect: bool = False
    allows_plain_http: bool = False
    """Whether an identity provider may stand on this desk; never in production."""
    txt_lookup: TxtLookup = field(default_factory=DnsTxt)
    """Where the proof of a brand's domain is looked for."""
    neutral_host: str | None = None
    """The platform's own host, which no brand has; None on a desk without one."""
    extras: dict[str, Any] = field(default_factory=dict)


RequestInfo = Info[Context, None]
