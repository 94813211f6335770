"""Subscription: an organization's running purchase of a plan, with its add-ons, paid segments and timeline."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.scalars import JSON

from billing.subscription_sql import status_expression
from billing.subscription_status import Status
from graph.schema.catalogue import Plan, Product
from graph.schema.member import Member
from graph.schema.scalars import Connection, CurrencyCode, Money, Node
from graph.sql.compile import Compilation
from graph.sql.conditions import before_instant, equals, from_instant, status_in
from graph.sql.cost import is_no_hidden_cost
from graph.sql.reads import (
    column,
    condition,
    flag,
    instant,
    money,
    order_input,
    short_list,
    stored_json,
    table_type,
    to_many,
    to_one,
)
from graph.sql.seller import seller_name
from tenants.permissions import Area

if TYPE_CHECKING:
    from graph.schema.organization import Organization

strawberry.enum(Status, name="SubscriptionStatus", description="Computed from stored facts and now (SUB-20).")


def current_status(made: Compilation) -> str:
    """The status of the row under `{t}` at the acting organization's now."""
    return status_expression("{t}", made.now)


def start_of_period(made: Compilation) -> str:
    """The first date of the last period that has begun; time paid ahead follows it (SUB-30, SUB-33)."""
    begun = (
        "SELECT max(begun.first_date) FROM segment begun WHERE begun.subscription_id = {t}.id "
        f"AND begun.kind <> 'BROKEN' AND begun.replaced_date IS NULL AND begun.starts_at <= {made.now}"
    )
    return f"coalesce(({begun}), {{t}}.start_date)"


def assigned_to_reader(made: Compilation) -> str:
    """Whether the reader is assigned to the subscription under `{t}` (VIS-8)."""
    member = made.of_actor("member_id")
    return (
        "EXISTS (SELECT 1 FROM subscription_assignment assigned "
        f"WHERE assigned.subscription_id = {{t}}.id AND assigned.member_id = {member})"
    )


@strawberry.enum(description="How the purchase is paid (SUB-13).")
class PurchaseMethod(Enum):
    NORMAL = "NORMAL"
    CONTRACT = "CONTRACT"
    EXTERNAL_INVOICE = "EXTERNAL_INVOICE"


@strawberry.enum(description="How a stretch of paid time came about (SUB-33).")
class SegmentKind(Enum):
    WHOLE_CYCLE = "WHOLE_CYCLE"
    BROKEN = "BROKEN"
    CALENDAR_PART = "CALENDAR_PART"


@strawberry.input(description="Every given condition has to hold.")
class SubscriptionFilter:
    status: list[Status] | None = condition(status_in(current_status))
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))
    plan_id: strawberry.ID | None = condition(equals("{t}.plan_id"))
    product_id: strawberry.ID | None = condition(equals("{t}.product_id"))
    ends_from: datetime | None = condition(from_instant("{t}.ends_at"))
    ends_before: datetime | None = condition(before_instant("{t}.ends_at"))


@strawberry.enum(description="What subscriptions are sorted by.")
class SubscriptionOrderField(Enum):
    ENDS_AT = "{t}.ends_at"
    CREATED_AT = "{t}.created_at"


SubscriptionOrder = order_input("SubscriptionOrder", SubscriptionOrderField)


@table_type(
    "segment_charge", area=Area.WALLETS, key=("level", "id"), shown_when=is_no_hidden_cost,
    description="What one level was charged for a segment and an item; each level sees those below it, and what it "
    "pays itself with `resellerSeesCost` (VIS-9).",
)  # fmt: skip
class SegmentCharge:
    item_id: strawberry.ID = column("{t}.item_id", "The plan or the add-on.")
    quantity: int = column("{t}.quantity")
    unit_price: Money = money("{t}.unit_price_micros")
    net: Money = money("{t}.net_micros")
    tax: Money = money("{t}.tax_micros")
    refunded_net: Money = money("{t}.refunded_net_micros")
    refunded_tax: Money = money("{t}.refunded_tax_micros")


@table_type(
    "segment", area=Area.SUBSCRIPTIONS, own_row="1 = 1", key=("first_date", "id"),
    description="A stretch of paid time, [firstDate, endDate) (SUB-33).",
)  # fmt: skip
class Segment:
    kind: SegmentKind = column("{t}.kind")
    first_date: date = column("{t}.first_date")
    end_date: date = column("{t}.end_date")
    day_base: int = column("{t}.day_base", "The days of the full cycle that begins on its first day.")
    replaced_date: date | None = column(
        "{t}.replaced_date", "The local day from which another segment stands in its place (SUB-64); null: none does."
    )
    charges: list[SegmentCharge] = short_list("{t}.segment_id = {parent}.id")


@table_type(
    "subscription_add_on", area=Area.SUBSCRIPTIONS, own_row="1 = 1", key=("add_on_id",),
    description="An add-on of a subscription with its quantity.",
)  # fmt: skip
class SubscriptionAddOn:
    add_on_id: strawberry.ID = column("{t}.add_on_id")
    name: str = column("{t}.name")
    quantity: int = column("{t}.quantity")


@table_type(
    "subscription_assignment", area=Area.SUBSCRIPTIONS, own_row="1 = 1", key=("member_id",),
    description="A member who uses the subscription (SUB-91).",
)  # fmt: skip
class SubscriptionAssignment:
    assigned_at: datetime = instant("{t}.assigned_at")
    member_id: strawberry.ID = column("{t}.member_id")
    member: Member | None = to_one("member", "{t}.id = {parent}.member_id")


@table_type(
    "timeline_entry", area=Area.SUBSCRIPTIONS, own_row="1 = 1",
    description="One change of a subscription's status (SUB-112).",
)  # fmt: skip
class TimelineEntry:
    at: datetime = instant("{t}.at")
    from_status: Status | None = column("{t}.from_status")
    to_status: Status = column("{t}.to_status")
    reason: str | None = column("{t}.reason")


@table_type(
    "queued_change", area=Area.SUBSCRIPTIONS, own_row="1 = 1", key=("subscription_id",),
    description="A change that waits for the first period that is not charged yet; null is what stays (SUB-63).",
)  # fmt: skip
class QueuedChange:
    plan_id: strawberry.ID | None = column("{t}.plan_id")
    plan_name: str | None = column("{t}.plan_name")
    quantity: int | None = column("{t}.quantity")
    cycle_months: int | None = column("{t}.cycle_months")
    add_ons: JSON = stored_json("{t}.add_ons", "`set`: add-ons with the quantity that they will have; `remove`: ids.")
    applies_date: date = column("{t}.applies_date", "The local day from which on it holds.")
    queued_at: datetime = instant("{t}.queued_at")


@table_type(
    "subscription", prefix="sub", area=Area.SUBSCRIPTIONS, own_row=assigned_to_reader, newest_first=True,
    description="An organization's running purchase of a plan.",
)  # fmt: skip
class Subscription(Node):
    id: strawberry.ID = column("{t}.id")
    status: Status = column(current_status)
    product_name: str = column("{t}.product_name", "As it was sold.")
    plan_name: str = column("{t}.plan_name", "As it was sold.")
    quantity: int = column("{t}.quantity")
    cycle_months: int = column("{t}.cycle_months")
    currency: CurrencyCode = column("{t}.currency")
    method: PurchaseMethod = column("{t}.method")
    external_number: str | None = column("{t}.external_number", "Of an invoice written elsewhere (MON-90).")
    is_trial: bool = flag("{t}.is_trial")
    is_auto_renew: bool = flag("{t}.is_auto_renew")
    anchor_date: date = column("{t}.anchor_date")
    start_date: date = column(start_of_period, "First local day of the current period.")
    end_date: date = column("{t}.end_date", "The day after the last one: periods are half-open.")
    started_at: datetime = instant("{t}.started_at")
    activated_at: datetime = instant("{t}.activated_at")
    ends_at: datetime = instant("{t}.ends_at")
    renewal_failed_at: datetime | None = instant("{t}.renewal_failed_at")
    terminated_at: datetime | None = instant("{t}.terminated_at")
    termination_reason: str | None = column("{t}.termination_reason")
    settings: JSON = stored_json("{t}.settings")
    created_at: datetime = instant("{t}.created_at")
    version: int = column("{t}.version", "Commands name the version they saw (SUB-15).")
    seller_name: str | None = column(lambda made: seller_name(made, "{t}.seller_id"))
    plan: Plan | None = to_one("plan", "{t}.id = {parent}.plan_id", "Null when it is no longer offered to the viewer.")
    product: Product | None = to_one("product", "{t}.id = {parent}.product_id")
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id"
    )
    add_ons: list[SubscriptionAddOn] = short_list("{t}.subscription_id = {parent}.id")
    segments: list[Segment] = short_list("{t}.subscription_id = {parent}.id")
    queued_change: QueuedChange | None = to_one("queued_change", "{t}.subscription_id = {parent}.id")
    assignments: list[SubscriptionAssignment] = short_list("{t}.subscription_id = {parent}.id")
    timeline: Connection[TimelineEntry] = to_many("{t}.subscription_id = {parent}.id")
