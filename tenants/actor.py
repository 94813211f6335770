"""Who is asking: an actor with a role in one organization, known by a session or an API key. Reads no database."""

from dataclasses import dataclass

from core.clock import Instant
from tenants.permissions.vocabulary import Role, Via
from tenants.row_scope import RowScope


@dataclass(frozen=True, slots=True)
class Credentials:
    """What came with a request: the secret, the organization it chose, and where it came from."""

    token: str | None
    organization_id: str | None = None
    address: str | None = None
    client: str | None = None
    request_id: str | None = None
    site_path: str | None = None
    """At a reseller's domain its path: only who is a member there or below signs in and acts (WL-4)."""


@dataclass(frozen=True, slots=True)
class SupportFacts:
    """Who really acts in a support session, on whose behalf and for how long (SUP-1, SUP-14)."""

    session_id: str
    kind: str
    is_pending: bool
    supporter_user_id: str | None
    supporter_member_id: str
    supporter_organization_id: str
    on_behalf_of_id: str
    on_behalf_of_name: str
    access: str
    areas: tuple[str, ...]
    ends_at: Instant | None
    reason: str
    ticket: str


@dataclass(frozen=True, slots=True)
class Actor:
    """A member (or a program with an API key) standing in one organization."""

    organization_id: str
    organization_name: str
    organization_kind: str
    path: str
    role: Role
    via: Via
    name: str
    user_id: str | None
    member_id: str | None
    session_id: str | None = None
    api_key_id: str | None = None
    password_at: Instant | None = None
    clock_id: str | None = None
    clock_stands_at: Instant | None = None
    support: SupportFacts | None = None
    """In a support session: who really acts; everything else here is the target's, but the name (SUP-1)."""
    has_moved: bool = False
    """The session stood in another organization until this request (AUTH-6)."""
    may_audit_reads: bool = False
    """Somebody above has set `auditReads` (AUD-6), so it has to be looked at; False: its default counts."""

    @property
    def acting_user_id(self) -> str | None:
        """The User who really acts, in a support session the supporter (BAT-48)."""
        return self.user_id if self.support is None else self.support.supporter_user_id

    @property
    def scope(self) -> RowScope:
        """What this actor sees (VIS-1)."""
        return RowScope(self.path, self.organization_id)
