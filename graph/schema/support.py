"""SupportSession and SupportConsent: who acts or may act inside whose organization, and what was done (SUP-13)."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from core.clock import as_datetime
from graph.schema.audit import AuditEntry
from graph.schema.scalars import Connection, Node
from graph.sql.compile import Compilation
from graph.sql.conditions import equals, is_true, status_in
from graph.sql.reads import column, condition, flag, instant, stored_json, table_type, to_many, to_one
from graph.sql.seller import shown_brand
from tenants.actor import Actor
from tenants.permissions import Area
from tenants.support.support_rules import SupportAccess, SupportKind

if TYPE_CHECKING:
    from graph.schema.organization import Organization

strawberry.enum(SupportKind, description="As a chosen member, or as the organization with the rights of an ADMIN.")
strawberry.enum(SupportAccess, description="Reading alone, or writing in named areas too (SUP-7).")


@strawberry.enum(description="How far a support session has come.")
class SupportSessionStatus(Enum):
    PENDING = "PENDING"
    OPEN = "OPEN"
    ENDED = "ENDED"
    REFUSED = "REFUSED"
    LAPSED = "LAPSED"


def status(made: Compilation) -> str:
    """What time has ended is over before its row says so (SUP-2, SUP-6)."""
    return (
        f"CASE WHEN {{t}}.state = 'OPEN' AND {{t}}.ends_at <= {made.now} THEN 'ENDED' "
        f"WHEN {{t}}.state = 'PENDING' AND {{t}}.approval_ends_at <= {made.now} THEN 'LAPSED' ELSE {{t}}.state END"
    )


def _ended_at(made: Compilation) -> str:
    return (
        f"CASE WHEN {{t}}.ended_at IS NULL AND {{t}}.state = 'OPEN' AND {{t}}.ends_at <= {made.now} "
        "THEN {t}.ends_at ELSE {t}.ended_at END"
    )


def _is_running(made: Compilation) -> str:
    return f"{{t}}.ended_at IS NULL AND {{t}}.ends_at > {made.now}"


class _Supporter:
    """Expressions about an organization above the target, as the viewer may know it (SUP-13, VIS-2)."""

    def __init__(self, column: str) -> None:
        self.column = column

    def inside(self, made: Compilation) -> str:
        visible = made.row_is_visible("helper", "organization")
        return f"EXISTS (SELECT 1 FROM organization helper WHERE helper.id = {self.column} AND {visible})"

    def own_seller(self, made: Compilation) -> str:
        mine = made.row_is_visible("mine", "organization")
        return f"(SELECT mine.parent_id FROM organization mine WHERE mine.id = {made.own_organization} AND {mine})"

    def named(self, made: Compilation) -> str:
        """The member's name for its own organization and those above it, and for an own buyer; else "Support"."""
        known = f"{self.inside(made)} OR {self.column} = {self.own_seller(made)}"
        return f"CASE WHEN {known} THEN {{t}}.supporter_name ELSE 'Support' END"

    def brand(self, made: Compilation) -> str:
        """The brand of an organization in sight; everybody above stands under the own seller's."""
        visible = made.row_is_visible("helper", "organization")
        name = f"SELECT helper.name FROM organization helper WHERE helper.id = {self.column} AND {visible}"
        return f"coalesce(({name}), {shown_brand(made, self.own_seller(made), 'name')})"

    def seen(self, sql: str) -> "_Seen":
        return _Seen(self, sql)


class _Seen:
    """A column that only those see who see the supporter's organization."""

    def __init__(self, supporter: _Supporter, sql: str) -> None:
        self.supporter, self.sql = supporter, sql

    def __call__(self, made: Compilation) -> str:
        return f"CASE WHEN {self.supporter.inside(made)} THEN {self.sql} END"


_SUPPORTER = _Supporter("{t}.supporter_organization_id")
_GRANTEE = _Supporter("{t}.grantee_organization_id")


@strawberry.input(description="Every given condition has to hold.")
class SupportSessionFilter:
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))
    status: list[SupportSessionStatus] | None = condition(status_in(status))
    ticket: str | None = condition(equals("{t}.ticket"))


@strawberry.input(description="Every given condition has to hold.")
class SupportConsentFilter:
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))
    has_ended: bool | None = condition(is_true("{t}.ended_at IS NOT NULL"))


@table_type(
    "support_session", prefix="sup", area=Area.SUPPORT, newest_first=True,
    description="A member of an organization acting inside one below it, with reason, consent, scope and end.",
)  # fmt: skip
class SupportSession(Node):
    id: strawberry.ID = column("{t}.id")
    kind: SupportKind = column("{t}.kind")
    status: SupportSessionStatus = column(status)
    access: SupportAccess = column("{t}.access")
    areas: list[str] = stored_json("{t}.areas", "The areas to write in; without any it reads.")
    reason: str = column("{t}.reason")
    ticket: str = column("{t}.ticket")
    minutes: int = column("{t}.minutes", "How long it is open, from the opening or approval on.")
    asked_at: datetime = instant("{t}.asked_at")
    approval_ends_at: datetime | None = instant("{t}.approval_ends_at", "Until when it may be approved.")
    opened_at: datetime | None = instant("{t}.opened_at", "Its begin; null while nobody has approved it.")
    ends_at: datetime | None = instant("{t}.ends_at", "When it ends at the latest.")
    ended_at: datetime | None = instant(_ended_at, "When it did end.")
    end_reason: str | None = column("{t}.end_reason")
    target_member_id: strawberry.ID | None = column("{t}.target_member_id", "LOGIN_AS: as which member.")
    target_name: str = column("{t}.target_name", "On whose behalf: the member's name, or the organization's.")
    supporter_name: str = column(_SUPPORTER.named, 'Who acts; for anyone above your seller "Support".')
    supporter_brand: str | None = column(_SUPPORTER.brand, "The brand of who acts; above you your seller's.")
    supporter_member_id: strawberry.ID | None = column(_SUPPORTER.seen("{t}.supporter_member_id"))
    supporter_organization_id: strawberry.ID | None = column(_SUPPORTER.seen("{t}.supporter_organization_id"))
    approved_by_name: str | None = column("{t}.approved_by_name", "Null where a standing consent or none was needed.")
    version: int = column("{t}.version")
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id", "Inside which it acts."
    )
    operations: Connection[AuditEntry] = to_many(
        "{t}.support_session_id = {parent}.id", description="Everything done in it, reads included (SUP-15)."
    )


@table_type(
    "support_consent", prefix="sco", area=Area.SUPPORT, newest_first=True,
    description="A standing consent: one organization may open support sessions without asking (SUP-4).",
)  # fmt: skip
class SupportConsent(Node):
    id: strawberry.ID = column("{t}.id")
    kinds: list[SupportKind] = stored_json("{t}.kinds")
    access: SupportAccess = column("{t}.access")
    areas: list[str] = stored_json("{t}.areas")
    days: int = column("{t}.days")
    started_at: datetime = instant("{t}.started_at")
    last_day: date = column("{t}.last_date", "The last day on which it serves, in the organization's time zone.")
    ends_at: datetime = instant("{t}.ends_at", "The first instant after the last day.")
    ended_at: datetime | None = instant("{t}.ended_at", "When it was revoked.")
    end_reason: str | None = column("{t}.end_reason")
    is_running: bool = flag(_is_running, "It serves now; ended or revoked it never does again.")
    given_by_name: str = column("{t}.given_by_name")
    supporter_brand: str | None = column(_GRANTEE.brand, "Whom it serves; above you your seller's brand.")
    supporter_organization_id: strawberry.ID | None = column(_GRANTEE.seen("{t}.grantee_organization_id"))
    version: int = column("{t}.version")
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id", "Inside which it lets."
    )


@strawberry.type(description="The banner of who acts in a support session (SUP-14).")
class ViewerSupportSession:
    id: strawberry.ID
    kind: SupportKind
    organization_id: strawberry.ID = strawberry.field(description="On whose behalf.")
    organization_name: str
    member_id: strawberry.ID | None = strawberry.field(description="LOGIN_AS: as which member.")
    member_name: str | None
    access: SupportAccess
    areas: list[str]
    ends_at: datetime | None


def banner(actor: Actor) -> ViewerSupportSession | None:
    """What the viewer's session is about; None for who acts for itself."""
    support = actor.support
    if support is None:
        return None
    is_login = support.kind == SupportKind.LOGIN_AS
    return ViewerSupportSession(
        id=strawberry.ID(support.session_id),
        kind=SupportKind(support.kind),
        organization_id=strawberry.ID(actor.organization_id),
        organization_name=actor.organization_name,
        member_id=strawberry.ID(support.on_behalf_of_id) if is_login else None,
        member_name=support.on_behalf_of_name if is_login else None,
        access=SupportAccess(support.access),
        areas=list(support.areas),
        ends_at=None if support.ends_at is None else as_datetime(support.ends_at),
    )
