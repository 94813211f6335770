"""AuditEntry: one line of who did what to what, before and after, when, from where, and as whom (AUD-1)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import strawberry
from strawberry.scalars import JSON

from core.clock import EXACT_DAY, as_instant
from graph.errors import coded
from graph.schema.scalars import Node
from graph.sql import dialect as sql
from graph.sql.compile import Compilation
from graph.sql.conditions import before_instant, equals, equals_computed, from_instant, is_true
from graph.sql.reads import Condition, column, instant, stored_json, table_type, whole_filter
from tenants.permissions import Area, Role

DEFAULT_DAYS = 30
"""How far back a search reaches that names no time (AUD-8)."""
PERSONAL = ("givenName", "familyName", "email", "phone")
"""What of a member is masked for everybody but OWNER and ADMIN (AUD-7)."""


def _is_inside(made: Compilation) -> str:
    inside = made.row_is_visible("acting", "organization")
    return f"EXISTS (SELECT 1 FROM organization acting WHERE acting.id = {{t}}.actor_organization_id AND {inside})"


def seen(sql: str) -> Callable[[Compilation], str]:
    """Seen from below, people above the viewer have a name at most (AUD-7): null for an actor out of sight."""
    return lambda made: f"CASE WHEN {_is_inside(made)} THEN {sql} END"


_CONDITIONS: dict[str, Condition] = {
    "entityType": equals("{t}.entity_type"),
    "entityId": equals("{t}.entity_id"),
    "action": equals("{t}.action"),
    "memberId": equals_computed(seen("{t}.actor_member_id")),
    "organizationId": equals("{t}.organization_id"),
    "address": equals_computed(seen("{t}.address")),
    "isRefused": is_true("{t}.result_code IS NOT NULL"),
    "from": from_instant("{t}.at"),
    "to": before_instant("{t}.at"),
}


def searched(made: Compilation, alias: str, given: dict[str, Any]) -> str:
    """The condition of a search. Refused: TIME_RANGE_INVALID when `from` is not before `to` (AUD-8)."""
    parts = [_CONDITIONS[name](made, alias, tree) for name, tree in given.items()]
    times = {name: given[name] for name in ("from", "to") if given.get(name) is not None}
    if not times:
        parts.append(f"{alias}.at >= {made.now} - {DEFAULT_DAYS * EXACT_DAY}")
    if len(times) == 2:
        parts.append(f"{alias}.at >= {made.bind_computed(times, _start)}")
    return " AND ".join(parts) or "1 = 1"


def _start(times: dict[str, datetime]) -> int:
    if times["from"] >= times["to"]:
        raise coded("TIME_RANGE_INVALID", "`from` has to be before `to`.", ("filter", "from"))
    return as_instant(times["from"])


@whole_filter(searched)
@strawberry.input(description="Every given condition has to hold. Without `from` and `to`: the last 30 days (AUD-8).")
class AuditEntryFilter:
    entity_type: str | None = strawberry.UNSET
    entity_id: strawberry.ID | None = strawberry.UNSET
    action: str | None = strawberry.UNSET
    member_id: strawberry.ID | None = strawberry.UNSET
    organization_id: strawberry.ID | None = strawberry.UNSET
    address: str | None = strawberry.UNSET
    is_refused: bool | None = strawberry.UNSET
    from_: datetime | None = strawberry.field(name="from", default=strawberry.UNSET, description="Inclusive.")
    to: datetime | None = strawberry.field(default=strawberry.UNSET, description="Exclusive.")


def actor_name(made: Compilation) -> str:
    """The seller's members appear by name, anyone higher as "Support" (AUD-7, SUP-13)."""
    mine = made.row_is_visible("mine", "organization")
    seller = f"SELECT mine.parent_id FROM organization mine WHERE mine.id = {made.own_organization} AND {mine}"
    return (
        f"CASE WHEN {{t}}.actor_organization_id IS NULL OR {_is_inside(made)} "
        f"OR {{t}}.actor_organization_id = ({seller}) THEN {{t}}.actor_name ELSE 'Support' END"
    )


def masked(column: str) -> Callable[[Compilation], str]:
    """The JSON of changed fields, with personal ones as *** unless the reader is OWNER or ADMIN (AUD-7)."""

    def build(made: Compilation) -> str:
        if made.sight.role in (Role.OWNER, Role.ADMIN):
            return column
        return sql.masked_json(made.dialect, column, PERSONAL)

    return build


def of_buyer(made: Compilation) -> str:
    """The entry belongs to an organization directly below the reader: all that the table gives SUPPORT."""
    inside = made.row_is_visible("buyer", "organization")
    buyer = f"SELECT 1 FROM organization buyer WHERE buyer.id = {{t}}.organization_id AND {inside}"
    return f"EXISTS ({buyer} AND buyer.parent_id = {made.own_organization})"


@table_type(
    "audit_entry", prefix="aud", area=Area.AUDIT, newest_first=True, own_row=of_buyer,
    description="One line of who did what to what. Nobody changes or deletes it (AUD-5).",
)  # fmt: skip
class AuditEntry(Node):
    id: strawberry.ID = column("{t}.id")
    at: datetime = instant("{t}.at")
    action: str = column("{t}.action", "The mutation's name.")
    entity_type: str = column("{t}.entity_type")
    entity_id: strawberry.ID | None = column("{t}.entity_id")
    result_code: str | None = column("{t}.result_code", "The codes of a refused command; null when it was carried out.")
    actor_name: str = column(actor_name, 'Who acted; anyone above your seller is "Support".')
    actor_member_id: strawberry.ID | None = column(seen("{t}.actor_member_id"))
    api_key_id: strawberry.ID | None = column(seen("{t}.api_key_id"))
    address: str | None = column(seen("{t}.address"), "Where the request came from.")
    client: str | None = column(seen("{t}.client"))
    before: JSON | None = stored_json(masked("{t}.before_values"))
    after: JSON | None = stored_json(masked("{t}.after_values"))
    reason: str | None = column("{t}.reason")
    ticket: str | None = column("{t}.ticket")
    request_id: str | None = column("{t}.request_id")
