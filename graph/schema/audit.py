"""AuditEntry: one line of who did what to what, before and after, when, from where, and as whom (AUD-1)."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.scalars import JSON

from core.clock import EXACT_DAY, as_instant
from graph.errors import coded
from graph.schema.scalars import Node
from graph.sql import dialect as sql
from graph.sql.compile import Compilation
from graph.sql.conditions import before_instant, equals, equals_computed, from_instant, is_true
from graph.sql.reads import Condition, column, instant, stored_json, table_type, to_one, whole_filter
from graph.sql.seller import shown_brand
from tenants.permissions import Area, Role

if TYPE_CHECKING:
    from graph.schema.organization import Organization

DEFAULT_DAYS = 30
"""How far back a search reaches that names no time (AUD-8)."""
PERSONAL = ("givenName", "familyName", "email", "phone", "billingEmail", "ownerEmail", "contactEmail", "to")
"""What of a person is masked for everybody but OWNER and ADMIN (AUD-7)."""


def _is_visible(made: Compilation, organization_id: str) -> str:
    inside = made.row_is_visible("acting", "organization")
    return f"EXISTS (SELECT 1 FROM organization acting WHERE acting.id = {organization_id} AND {inside})"


def _is_inside(made: Compilation) -> str:
    return _is_visible(made, "{t}.actor_organization_id")


def seen(sql: str) -> Callable[[Compilation], str]:
    """Seen from below, people above the viewer have a name at most (AUD-7): null for an actor out of sight."""
    return lambda made: f"CASE WHEN {_is_inside(made)} THEN {sql} END"


def seen_session(sql: str) -> Callable[[Compilation], str]:
    """What tells of a support session: null unless the viewer sees the organization for which it was held."""
    return lambda made: f"CASE WHEN {_is_visible(made, '{t}.on_behalf_of_organization_id')} THEN {sql} END"


def _has_code(made: Compilation, alias: str, tree: Any) -> str:
    """One of the codes of a refused command, to the letter; null asks for what was carried out."""
    if tree is None:
        return f"{alias}.result_code IS NULL"
    place = "instr" if made.dialect == "sqlite" else "strpos"
    return f"{place}(',' || {alias}.result_code || ',', ',' || {made.bind(tree)} || ',') > 0"


_CONDITIONS: dict[str, Condition] = {
    "entityType": equals("{t}.entity_type"),
    "entityId": equals("{t}.entity_id"),
    "action": equals("{t}.action"),
    "userId": equals_computed(seen("{t}.actor_user_id")),
    "memberId": equals_computed(seen("{t}.actor_member_id")),
    "apiKeyId": equals_computed(seen("{t}.api_key_id")),
    "onBehalfOfId": equals_computed(seen_session("{t}.on_behalf_of_id")),
    "onBehalfOfOrganizationId": equals_computed(seen_session("{t}.on_behalf_of_organization_id")),
    "supportSessionId": equals_computed(seen_session("{t}.support_session_id")),
    "organizationId": equals("{t}.organization_id"),
    "address": equals_computed(seen("{t}.address")),
    "resultCode": _has_code,
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
    action: str | None = strawberry.field(default=strawberry.UNSET, description="The mutation's name.")
    user_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Who acted, in any place.")
    member_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Who acted, in that place."
    )
    api_key_id: strawberry.ID | None = strawberry.UNSET
    on_behalf_of_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The member as whom a supporter acted."
    )
    on_behalf_of_organization_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The organization for which a supporter acted."
    )
    support_session_id: strawberry.ID | None = strawberry.UNSET
    organization_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="Whose changed row it is."
    )
    address: str | None = strawberry.UNSET
    result_code: str | None = strawberry.field(
        default=strawberry.UNSET, description="One of the codes of a refusal, exactly; null: what was carried out."
    )
    is_refused: bool | None = strawberry.UNSET
    from_: datetime | None = strawberry.field(name="from", default=strawberry.UNSET, description="Inclusive.")
    to: datetime | None = strawberry.field(default=strawberry.UNSET, description="Exclusive.")


def _own_seller(made: Compilation) -> str:
    mine = made.row_is_visible("mine", "organization")
    return f"(SELECT mine.parent_id FROM organization mine WHERE mine.id = {made.own_organization} AND {mine})"


def actor_name(made: Compilation) -> str:
    """The seller's members appear by name, anyone higher as "Support" (AUD-7, SUP-13)."""
    return (
        f"CASE WHEN {{t}}.actor_organization_id IS NULL OR {_is_inside(made)} "
        f"OR {{t}}.actor_organization_id = {_own_seller(made)} THEN {{t}}.actor_name ELSE 'Support' END"
    )


def actor_organization_name(made: Compilation) -> str:
    """Where the actor stands; everybody above the viewer stands under the seller's brand (AUD-7, SUP-13)."""
    inside = made.row_is_visible("acting", "organization")
    name = f"SELECT acting.name FROM organization acting WHERE acting.id = {{t}}.actor_organization_id AND {inside}"
    brand = shown_brand(made, _own_seller(made), "name")
    return f"CASE WHEN {{t}}.actor_organization_id IS NOT NULL THEN coalesce(({name}), {brand}) END"


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
    "audit_entry", prefix="aud", area=Area.AUDIT, newest_first=True, own_row=of_buyer, default_order=("{t}.at",),
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
    actor_organization_name: str | None = column(
        actor_organization_name, "Where the actor stands; for anyone above you your seller's brand."
    )
    actor_organization_id: strawberry.ID | None = column(seen("{t}.actor_organization_id"))
    actor_user_id: strawberry.ID | None = column(seen("{t}.actor_user_id"))
    actor_member_id: strawberry.ID | None = column(seen("{t}.actor_member_id"))
    on_behalf_of_id: strawberry.ID | None = column(
        seen_session("{t}.on_behalf_of_id"), "The member as whom a supporter acted."
    )
    on_behalf_of_name: str | None = column(seen_session("{t}.on_behalf_of_name"))
    on_behalf_of_organization_id: strawberry.ID | None = column(seen_session("{t}.on_behalf_of_organization_id"))
    on_behalf_of_organization_name: str | None = column(seen_session("{t}.on_behalf_of_organization_name"))
    support_session_id: strawberry.ID | None = column(seen_session("{t}.support_session_id"))
    api_key_id: strawberry.ID | None = column(seen("{t}.api_key_id"))
    address: str | None = column(seen("{t}.address"), "Where the request came from.")
    client: str | None = column(seen("{t}.client"))
    before: JSON | None = stored_json(masked("{t}.before_values"))
    after: JSON | None = stored_json(masked("{t}.after_values"))
    reason: str | None = column("{t}.reason")
    ticket: str | None = column("{t}.ticket")
    request_id: str | None = column("{t}.request_id")
    organization_id: strawberry.ID = column("{t}.organization_id", "Whose changed row it is (AUD-2).")
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id"
    )
