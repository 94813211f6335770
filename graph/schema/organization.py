"""Organization: a node of the tenant tree."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from graph.schema.member import Member, MemberFilter, MemberOrder
from graph.schema.money import Payment, PaymentFilter, PaymentOrder, Wallet
from graph.schema.scalars import Connection, CurrencyCode, Node
from graph.schema.subscription import Subscription, SubscriptionFilter, SubscriptionOrder
from graph.sql.conditions import equals, one_of
from graph.sql.reads import column, condition, instant, order_input, part, table_type, to_many, to_one
from graph.sql.seller import own_seller_name
from tenants.permissions.vocabulary import Area
from tenants.stopped import is_stopped


@strawberry.enum(description="OPERATOR is the root, RESELLER stands at any depth, CUSTOMER is a leaf.")
class OrganizationKind(Enum):
    OPERATOR = "OPERATOR"
    RESELLER = "RESELLER"
    CUSTOMER = "CUSTOMER"


@strawberry.enum(description="The organization's own status (STOP-1).")
class OrganizationStatus(Enum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    SUSPENDED_FOR_DELETION = "SUSPENDED_FOR_DELETION"
    DELETED = "DELETED"
    DEACTIVATED_BY_USER = "DEACTIVATED_BY_USER"


@strawberry.enum(description="Who manages an organization: itself, or its seller (ORG-7).")
class ManagedBy(Enum):
    CUSTOMER = "CUSTOMER"
    SERVICE_PROVIDER = "SERVICE_PROVIDER"


@strawberry.enum(description="Separate products, or one bundle with license types (ORG-8).")
class PricingModel(Enum):
    APP = "APP"
    LICENSE = "LICENSE"


@strawberry.type(description="What a buyer sees of its seller, and nothing of what is above (VIS-2).")
class SellerCard:
    name: str | None = column(own_seller_name)


@strawberry.input(description="Every given condition has to hold.")
class OrganizationFilter:
    kind: list[OrganizationKind] | None = condition(one_of("{t}.kind"))
    status: list[OrganizationStatus] | None = condition(one_of("{t}.status"))
    parent_id: strawberry.ID | None = condition(equals("{t}.parent_id"))
    billing_number: str | None = condition(equals("{t}.billing_number"))


@strawberry.enum(description="What organizations are sorted by.")
class OrganizationOrderField(Enum):
    NAME = "{t}.name_folded"
    CREATED_AT = "{t}.created_at"


OrganizationOrder = order_input("OrganizationOrder", OrganizationOrderField)


@table_type("organization", prefix="org", area=Area.ORG, description="A node of the tenant tree.")
class Organization(Node):
    id: strawberry.ID = column("{t}.id")
    name: str = column("{t}.name")
    kind: OrganizationKind = column("{t}.kind")
    status: OrganizationStatus = column("{t}.status")
    effective_status: OrganizationStatus = column(
        lambda made: (
            f"CASE WHEN {{t}}.status = 'ACTIVE' AND {is_stopped(made.dialect, '{t}.parent_id')} "
            "THEN 'SUSPENDED' ELSE {t}.status END"
        ),
        "SUSPENDED also while an organization above is not ACTIVE.",
    )
    billing_number: str = column("{t}.billing_number")
    country: str = column("{t}.country", "ISO 3166, two letters.")
    currency: CurrencyCode = column("{t}.currency")
    timezone: str = column("{t}.timezone", "IANA name; dates and periods are local to it.")
    pricing_model: PricingModel | None = column("{t}.pricing_model")
    managed_by: ManagedBy = column("{t}.managed_by")
    billing_name: str = column("{t}.billing_name")
    billing_email: str | None = column("{t}.billing_email")
    address: str | None = column("{t}.address")
    city: str | None = column("{t}.city")
    created_at: datetime = instant("{t}.created_at")
    version: int = column("{t}.version")
    seller: SellerCard = part("The organization directly above, as far as its buyer may know it.")
    parent: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.parent_id", "The organization above, when the viewer sees it."
    )
    children: Connection[Annotated["Organization", strawberry.lazy("graph.schema.organization")]] = to_many(
        "{t}.parent_id = {parent}.id", filter=OrganizationFilter, order=OrganizationOrder,
        description="The organizations directly below.",
    )  # fmt: skip
    members: Connection[Member] = to_many("{t}.organization_id = {parent}.id", filter=MemberFilter, order=MemberOrder)
    wallet: Wallet | None = to_one(
        "wallet", "{t}.organization_id = {parent}.id AND {t}.closed_at IS NULL", "The open wallet with its seller."
    )
    subscriptions: Connection[Subscription] = to_many(
        "{t}.organization_id = {parent}.id", filter=SubscriptionFilter, order=SubscriptionOrder
    )
    payments: Connection[Payment] = to_many(
        "{t}.organization_id = {parent}.id", filter=PaymentFilter, order=PaymentOrder
    )
