"""Organization: a node of the tenant tree."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from accounts.search_value import SearchMode
from billing.billing_status_sql import billing_status_expression
from billing.subscription_status import BillingStatus
from graph.schema.brand import Brand
from graph.schema.kyc import KycDocument
from graph.schema.member import Member, MemberFilter, MemberOrder
from graph.schema.money import Payment, PaymentFilter, PaymentOrder, Wallet
from graph.schema.number import Number, NumberFilter
from graph.schema.scalars import Connection, CurrencyCode, Node
from graph.schema.stops import Deletion, Suspension
from graph.schema.subscription import Subscription, SubscriptionFilter, SubscriptionOrder
from graph.sql.organization import allowed_actions, clock_now, searched
from graph.sql.reads import (
    column,
    instant,
    order_input,
    part,
    short_list,
    stored_json,
    table_type,
    to_many,
    to_one,
    whole_filter,
)
from graph.sql.seller import brand_column, logo_url
from tenants.kyc.kyc_rules import KycStatus
from tenants.permissions.vocabulary import Area
from tenants.stops.stopped import is_stopped


@strawberry.enum(description="OPERATOR is the root, RESELLER stands at any depth, CUSTOMER is a leaf.")
class OrganizationKind(Enum):
    OPERATOR = "OPERATOR"
    RESELLER = "RESELLER"
    CUSTOMER = "CUSTOMER"


strawberry.enum(BillingStatus, description="How well an organization pays, by its subscriptions (STOP-11).")
strawberry.enum(KycStatus, description="Where an organization's documents stand (KYC-1).")


@strawberry.enum(description="The organization's own status (STOP-1).")
class OrganizationStatus(Enum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    SUSPENDED_FOR_DELETION = "SUSPENDED_FOR_DELETION"
    DELETED = "DELETED"
    DEACTIVATED_BY_USER = "DEACTIVATED_BY_USER"


@strawberry.enum(description="Which organizations are found by their own status (SRCH-5).")
class OrganizationStatusFilter(Enum):
    ANY = "ANY"
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


@strawberry.enum(description="How a customer is billed: by itself, for several, or through another one (ORG-14).")
class BillingKind(Enum):
    NORMAL = "NORMAL"
    CORPORATE = "CORPORATE"
    CHILD = "CHILD"


@strawberry.type(description="What a buyer sees of its seller, and nothing of what is above (VIS-2).")
class SellerCard:
    name: str | None = column(brand_column("{t}.parent_id", "name"), "Its brand's name, else its own (WL-2).")
    logo_url: str | None = column(logo_url("{t}.parent_id"), "A path on any of this platform's hosts.")
    domain: str | None = column(brand_column("{t}.parent_id", "domain"), "Its proven domain; null: the neutral one.")
    support_email: str | None = column(brand_column("{t}.parent_id", "support_email"))


@strawberry.input(description="A text to search for: case never counts, every character is literal (SRCH-3).")
class OrganizationTextSearch:
    value: str
    mode: SearchMode | None = strawberry.field(
        default=strawberry.UNSET,
        description="STARTS_WITH when not given, of a uuid EXACT. CONTAINS and ENDS_WITH need 3 characters.",
    )


@whole_filter(searched)
@strawberry.input(description="Every given condition has to hold (SRCH-1).")
class OrganizationFilter:
    kind: list[OrganizationKind] | None = strawberry.UNSET
    status: list[OrganizationStatusFilter] | None = strawberry.field(
        default=strawberry.UNSET, description="All but DELETED and DEACTIVATED_BY_USER when not given; ANY adds them."
    )
    parent_id: strawberry.ID | None = strawberry.UNSET
    name: OrganizationTextSearch | None = strawberry.UNSET
    billing_number: OrganizationTextSearch | None = strawberry.UNSET
    contact_email: OrganizationTextSearch | None = strawberry.field(
        default=strawberry.UNSET, description="Finds by the contacts of today and the billing e-mail."
    )
    customer_ref: OrganizationTextSearch | None = strawberry.field(
        default=strawberry.UNSET, description="The seller's buyer tag CustomerRef."
    )
    number: OrganizationTextSearch | None = strawberry.field(
        default=strawberry.UNSET, description="The numbers held today; a leading plus is ignored."
    )
    uuid: OrganizationTextSearch | None = strawberry.field(
        default=strawberry.UNSET, description="The organization's id, EXACT only."
    )


@strawberry.enum(description="What organizations are sorted by.")
class OrganizationOrderField(Enum):
    NAME = "{t}.name_folded"
    CREATED_AT = "{t}.created_at"


OrganizationOrder = order_input("OrganizationOrder", OrganizationOrderField)


@table_type(
    "buyer_tag", area=Area.ORG, key=("organization_id", "buyer_id", "key"),
    description="One of the seller's tags on a buyer. They are the seller's: the buyer never sees them (ORG-10).",
)  # fmt: skip
class BuyerTag:
    key: str = column("{t}.key", "CustomerRef, BillingRef or TypeRef.")
    value: str = column("{t}.value")


@table_type(
    "organization", prefix="org", area=Area.ORG, default_order=("{t}.name_folded",),
    description="A node of the tenant tree.",
)  # fmt: skip
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
    path: str = column(
        lambda made: f"substr({{t}}.path, {made.of_actor('path_start')})",
        "Where it stands in the tree, from the viewer's own segment on.",
    )
    billing_number: str = column("{t}.billing_number")
    country: str = column("{t}.country", "ISO 3166, two letters.")
    currency: CurrencyCode = column("{t}.currency")
    timezone: str = column("{t}.timezone", "IANA name; dates and periods are local to it.")
    pricing_model: PricingModel | None = column("{t}.pricing_model")
    managed_by: ManagedBy = column("{t}.managed_by")
    billing_kind: BillingKind = column("{t}.billing_kind")
    billing_group: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.billing_group_id", "The CORPORATE that a CHILD is billed through (ORG-14)."
    )
    billing_name: str = column("{t}.billing_name")
    billing_email: str | None = column("{t}.billing_email")
    address: str | None = column("{t}.address")
    city: str | None = column("{t}.city")
    state_code: str | None = column("{t}.state_code")
    activated_at: datetime = instant("{t}.activated_at", "Where its periods are counted from.")
    clock_now: datetime | None = instant(clock_now, "The time of its sandbox; null where time is real.")
    allowed_actions: list[str] = stored_json(
        allowed_actions,
        "What the viewer's role may do with this row, by the table of rights. An action that hangs on a policy or on "
        "a reason besides is named.",
    )
    buyer_tags: list[BuyerTag] = short_list(
        "{t}.buyer_id = {parent}.id AND {t}.organization_id = {parent}.parent_id", "The seller's tags on it."
    )
    billing_status: BillingStatus = column(
        lambda made: billing_status_expression("{t}.id", made.now, made.row_is_visible),
        "The best of its subscriptions; without any ACTIVE (SUB-112).",
    )
    kyc_status: KycStatus = column("{t}.kyc_status", "Where its documents stand (KYC-1).")
    kyc_reason: str | None = column("{t}.kyc_reason", "What the seller said to its last decision.")
    kyc_decided_at: datetime | None = instant("{t}.kyc_decided_at")
    kyc_documents: list[KycDocument] = short_list("{t}.organization_id = {parent}.id", "What it has handed in.")
    picture: str | None = column(
        lambda made: (
            "(SELECT 'data:' || pic.media_type || ';base64,' || pic.content FROM organization_picture pic "
            f"WHERE pic.organization_id = {{t}}.id AND {made.row_is_visible('pic', 'organization_picture')})"
        ),
        "The picture of the overview as a data URL: 100 x 100 pixels (ORG-17).",
    )
    suspensions: list[Suspension] = short_list(
        "{t}.organization_id = {parent}.id AND {t}.lifted_at IS NULL", "Those that stand, side by side (STOP-2)."
    )
    deletion: Deletion | None = to_one(
        "deletion", "{t}.organization_id = {parent}.id AND {t}.ended_at IS NULL", "The deletion that runs (DEL-3)."
    )
    created_at: datetime = instant("{t}.created_at")
    version: int = column("{t}.version")
    seller: SellerCard = part("The organization directly above, as far as its buyer may know it.")
    brand: Brand | None = to_one(
        "brand", "{t}.organization_id = {parent}.id", "Its own white label, when it has set one (WL-1)."
    )
    parent: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.parent_id", "The organization above, when the viewer sees it."
    )
    children: Connection[Annotated["Organization", strawberry.lazy("graph.schema.organization")]] = to_many(
        "{t}.parent_id = {parent}.id", filter=OrganizationFilter, order=OrganizationOrder,
        description="The organizations directly below.",
    )  # fmt: skip
    owner: Member | None = to_one(
        "member", "{t}.organization_id = {parent}.id AND {t}.role = 'OWNER'", "Every organization has one OWNER."
    )
    members: Connection[Member] = to_many("{t}.organization_id = {parent}.id", filter=MemberFilter, order=MemberOrder)
    wallet: Wallet | None = to_one(
        "wallet", "{t}.organization_id = {parent}.id AND {t}.closed_at IS NULL", "The open wallet with its seller."
    )
    subscriptions: Connection[Subscription] = to_many(
        "{t}.organization_id = {parent}.id", filter=SubscriptionFilter, order=SubscriptionOrder
    )
    numbers: Connection[Number] = to_many(
        "{t}.organization_id = {parent}.id", filter=NumberFilter, description="The phone numbers that it holds."
    )
    payments: Connection[Payment] = to_many(
        "{t}.organization_id = {parent}.id", filter=PaymentFilter, order=PaymentOrder
    )
