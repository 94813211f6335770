"""Alert: something that somebody of the organization should act on."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from billing.alerts import AlertKind
from graph.schema.scalars import Node
from graph.sql.conditions import equals, is_true, one_of
from graph.sql.reads import column, condition, instant, stored_json, table_type, to_one
from tenants.permissions import Area

if TYPE_CHECKING:
    from graph.schema.organization import Organization

strawberry.enum(AlertKind, name="AlertKind", description="What happened.")


@strawberry.input(description="Every given condition has to hold.")
class AlertFilter:
    kind: list[AlertKind] | None = condition(one_of("{t}.kind"))
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))
    subject_id: strawberry.ID | None = condition(equals("{t}.subject_id"))
    is_open: bool | None = condition(is_true("{t}.closed_at IS NULL"))


@table_type(
    "alert", prefix="alert", area=Area.ALERTS, newest_first=True,
    description="Something to act on: once per subject, kind and local date.",
)  # fmt: skip
class Alert(Node):
    id: strawberry.ID = column("{t}.id")
    kind: AlertKind = column("{t}.kind")
    subject_id: strawberry.ID = column("{t}.subject_id", "What it is about: a wallet, a payment, a subscription.")
    alert_date: date = column("{t}.alert_date", "Local date of the organization that should act.")
    details: JSON = stored_json("{t}.details", "Figures and ids, e.g. `missing` and `currency`.")
    created_at: datetime = instant("{t}.created_at")
    closed_at: datetime | None = instant("{t}.closed_at", "Null while somebody still has to act.")
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id", "Who should act."
    )
