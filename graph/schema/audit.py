"""AuditEntry: one line of who did what to what, before and after, when, from where, and as whom (AUD-1)."""

from collections.abc import Callable
from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from graph.schema.scalars import Node
from graph.sql.compile import Compilation
from graph.sql.conditions import before_instant, equals, equals_computed, from_instant, is_true
from graph.sql.reads import column, condition, instant, stored_json, table_type
from tenants.permissions import Area


def seen(sql: str) -> Callable[[Compilation], str]:
    """Seen from below, people above the viewer have a name at most (AUD-7): null for an actor out of sight."""

    def build(made: Compilation) -> str:
        inside = made.row_is_visible("acting", "organization")
        actor = f"SELECT 1 FROM organization acting WHERE acting.id = {{t}}.actor_organization_id AND {inside}"
        return f"CASE WHEN EXISTS ({actor}) THEN {sql} END"

    return build


@strawberry.input(description="Every given condition has to hold.")
class AuditEntryFilter:
    entity_type: str | None = condition(equals("{t}.entity_type"))
    entity_id: strawberry.ID | None = condition(equals("{t}.entity_id"))
    action: str | None = condition(equals("{t}.action"))
    member_id: strawberry.ID | None = condition(equals_computed(seen("{t}.actor_member_id")))
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))
    address: str | None = condition(equals_computed(seen("{t}.address")))
    is_refused: bool | None = condition(is_true("{t}.result_code IS NOT NULL"))
    from_: datetime | None = condition(from_instant("{t}.at"))
    to: datetime | None = condition(before_instant("{t}.at"))


@table_type(
    "audit_entry", prefix="aud", area=Area.AUDIT, newest_first=True,
    description="One line of who did what to what. Nobody changes or deletes it (AUD-5).",
)  # fmt: skip
class AuditEntry(Node):
    id: strawberry.ID = column("{t}.id")
    at: datetime = instant("{t}.at")
    action: str = column("{t}.action", "The mutation's name.")
    entity_type: str = column("{t}.entity_type")
    entity_id: strawberry.ID | None = column("{t}.entity_id")
    result_code: str | None = column("{t}.result_code", "The codes of a refused command; null when it was carried out.")
    actor_name: str = column("{t}.actor_name")
    actor_member_id: strawberry.ID | None = column(seen("{t}.actor_member_id"))
    api_key_id: strawberry.ID | None = column(seen("{t}.api_key_id"))
    address: str | None = column(seen("{t}.address"), "Where the request came from.")
    client: str | None = column(seen("{t}.client"))
    before: JSON | None = stored_json("{t}.before_values")
    after: JSON | None = stored_json("{t}.after_values")
    reason: str | None = column("{t}.reason")
    ticket: str | None = column("{t}.ticket")
    request_id: str | None = column("{t}.request_id")
