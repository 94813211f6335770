"""Suspension and Deletion: what stops an organization, as far as the viewer may know (STOP-2, DEL-3)."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING

import strawberry

from graph.sql.reads import column, flag, instant, table_type
from tenants.permissions.vocabulary import Area
from tenants.stops.suspension_rows import SuspensionReason

if TYPE_CHECKING:
    from graph.sql.compile import Compilation

strawberry.enum(SuspensionReason, description="Why an organization is suspended; several stand side by side (STOP-2).")


@strawberry.enum(description="Who set it, seen from the viewer: those below know no more than ABOVE (STOP-2).")
class SuspensionSetBy(Enum):
    ABOVE = "ABOVE"
    OWN = "OWN"
    BELOW = "BELOW"


def _setter_is_seen(made: "Compilation") -> str:
    seen = made.row_is_visible("sb", "organization")
    return f"EXISTS (SELECT 1 FROM organization sb WHERE sb.id = {{t}}.set_by_organization_id AND {seen})"


@table_type(
    "suspension", area=Area.ORG, default_order=("{t}.started_at",),
    description="One reason why an organization is suspended; the status is SUSPENDED while one stands (STOP-2).",
)  # fmt: skip
class Suspension:
    reason: SuspensionReason | None = column(
        lambda made: f"CASE WHEN {_setter_is_seen(made)} THEN {{t}}.reason END",
        "Null where an organization above the viewer has set it.",
    )
    set_by: SuspensionSetBy = column(
        lambda made: (
            f"CASE WHEN {{t}}.set_by_organization_id = {made.own_organization} THEN 'OWN' "
            f"WHEN {_setter_is_seen(made)} THEN 'BELOW' ELSE 'ABOVE' END"
        )
    )
    is_by_platform: bool = flag("{t}.is_by_platform", "Set by itself: unpaid, or documents missing (STOP-3).")
    started_at: datetime = instant("{t}.started_at")
    delayed_until_date: date | None = column("{t}.delayed_until_date", "The last day with service (STOP-8).")
    ends_at: datetime | None = instant("{t}.ends_at", "When it ends in DELETED if nothing is paid (STOP-9).")


@strawberry.enum(description="Who asked for the deletion (DEL-1, DEL-6).")
class DeletionAskedBy(Enum):
    SELLER = "SELLER"
    OWNER = "OWNER"


@table_type(
    "deletion", area=Area.ORG, default_order=("{t}.asked_at",),
    description="A deletion that runs: until when it may be taken back (DEL-3).",
)  # fmt: skip
class Deletion:
    asked_by: DeletionAskedBy = column("{t}.asked_by")
    asked_at: datetime = instant("{t}.asked_at")
    reversible_until: datetime = instant(
        "{t}.reversible_until_at", "From then on it is checked daily, and final once nothing stands in its way (DEL-4)."
    )
    next_check_at: datetime = instant("{t}.next_check_at", "When it is looked at next.")
