"""The words of the permission table (section 6): areas, reaches, relations, ways in, conditions. Decides nothing."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """The five fixed roles of a member (MEM-1)."""

    OWNER = "OWNER"
    ADMIN = "ADMIN"
    BILLING = "BILLING"
    SUPPORT = "SUPPORT"
    MEMBER = "MEMBER"


class Area(StrEnum):
    """What a permission is about; the value is the scope name of keys and sessions (KEY-1)."""

    ORG = "org"
    MOVE = "move"
    STOP = "stop"
    MEMBERS = "members"
    OWNERSHIP = "ownership"
    DEMO = "demo"
    KYC = "kyc"
    SUPPORT = "support"
    KEYS = "keys"
    SIGNIN = "signin"
    POLICY = "policy"
    BRAND = "brand"
    AUDIT = "audit"
    CATALOGUE = "catalogue"
    PRICES = "prices"
    SUBSCRIPTIONS = "subscriptions"
    NUMBERS = "numbers"
    WALLETS = "wallets"
    PAYMENTS = "payments"
    INVOICES = "invoices"
    ACCOUNTS = "accounts"
    BATCHES = "batches"
    SITES = "sites"
    DISTRIBUTORS = "distributors"
    ALERTS = "alerts"
    WEBHOOKS = "webhooks"
    REPORTS = "reports"
    CLOCK = "clock"


class Reach(StrEnum):
    """Whose rows a cell of the table reaches; the value is the table's letter."""

    OWN = "S"
    BUYERS = "B"
    MANAGED_BUYERS = "P"
    BELOW = "D"


class Relation(StrEnum):
    """Where the organization of a row stands, seen from the one the actor stands in."""

    OWN = "OWN"
    BUYER_MANAGED_BY_CUSTOMER = "BUYER_MANAGED_BY_CUSTOMER"
    BUYER_MANAGED_BY_SERVICE_PROVIDER = "BUYER_MANAGED_BY_SERVICE_PROVIDER"
    BELOW_BUYER = "BELOW_BUYER"
    OUTSIDE = "OUTSIDE"


REACHES_OF_RELATION: dict[Relation, frozenset[Reach]] = {
    Relation.OWN: frozenset({Reach.OWN}),
    Relation.BUYER_MANAGED_BY_CUSTOMER: frozenset({Reach.BUYERS, Reach.BELOW}),
    Relation.BUYER_MANAGED_BY_SERVICE_PROVIDER: frozenset({Reach.BUYERS, Reach.MANAGED_BUYERS, Reach.BELOW}),
    Relation.BELOW_BUYER: frozenset({Reach.BELOW}),
    Relation.OUTSIDE: frozenset(),
}
"""Which letters of the table cover a row in that relation."""


class Condition(StrEnum):
    """What has to hold besides role and reach where a cell says so; the caller reads it and passes it in."""

    ADMIN_EDITS_ORGANIZATION = "ADMIN_EDITS_ORGANIZATION"
    """Policy `adminEditsOrganization` of the organization is on."""
    ROLE_IN_RENEW_ROLES = "ROLE_IN_RENEW_ROLES"
    """The actor's role is in Policy `renewRoles` of the organization."""
    PAYMENT_SUSPENSION = "PAYMENT_SUSPENSION"
    """The suspension is set, lifted or delayed for the reason PAYMENT."""
    OWN_ACCOUNT_SETTINGS = "OWN_ACCOUNT_SETTINGS"
    """The account is the member's own and only its settings change."""


class Access(StrEnum):
    """The two halves of a scope."""

    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """What a key or a support session may touch: `accounts:read` (KEY-1, SUP-7)."""

    area: Area
    access: Access

    def __str__(self) -> str:
        return f"{self.area}:{self.access}"


class ViaKind(StrEnum):
    """By what an actor is known."""

    SESSION = "SESSION"
    API_KEY = "API_KEY"
    SUPPORT_SESSION = "SUPPORT_SESSION"
    PAY_ONLY = "PAY_ONLY"
    """A member's session in an organization that is suspended for want of payment (STOP-5)."""


@dataclass(frozen=True, slots=True)
class Via:
    """The way in; `scopes` bind everybody but a member's full session."""

    kind: ViaKind
    scopes: frozenset[Scope] = frozenset()

    def covers(self, area: Area, access: Access) -> bool:
        """Whether the scopes allow this access; writing includes reading in the same area."""
        if self.kind is ViaKind.SESSION:
            return True
        return Scope(area, access) in self.scopes or Scope(area, Access.WRITE) in self.scopes


SIGNED_IN = Via(ViaKind.SESSION)
"""A member's own session: no scope binds it."""

PAYING = Via(
    ViaKind.PAY_ONLY, frozenset(Scope(area, Access.READ) for area in (Area.INVOICES, Area.PAYMENTS, Area.WALLETS))
)
"""A member that may read what is owed and pay it, nothing else (STOP-5)."""
