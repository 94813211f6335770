"""UserSession and Membership: what of a person runs and where it may stand. Computed, never read across users."""

from datetime import datetime

import strawberry

from core.clock import as_datetime
from graph.schema.organization import OrganizationKind
from tenants.permissions import Role
from tenants.sign_in.own_sessions import OwnMembership, OwnSession


@strawberry.type(description="One running session of the viewer.")
class UserSession:
    id: strawberry.ID
    created_at: datetime
    last_used_at: datetime = strawberry.field(description="At most a minute late.")
    ends_at: datetime = strawberry.field(description="At the latest; it ends earlier when it is not used.")
    address: str | None
    client: str | None
    is_current: bool = strawberry.field(description="The one that asks.")


@strawberry.type(description="An organization the viewer may stand in: name it in the header Tenantry-Organization.")
class Membership:
    member_id: strawberry.ID
    organization_id: strawberry.ID
    organization_name: str
    organization_kind: OrganizationKind
    role: Role
    is_current: bool
    is_pay_only: bool = strawberry.field(description="Suspended: invoices can be read and paid, nothing else (STOP-5).")


def shown_session(own: OwnSession) -> UserSession:
    """The session as the API shows it."""
    return UserSession(
        id=strawberry.ID(own.id),
        created_at=as_datetime(own.created_at),
        last_used_at=as_datetime(own.last_used_at),
        ends_at=as_datetime(own.ends_at),
        address=own.address,
        client=own.client,
        is_current=own.is_current,
    )


def shown_membership(own: OwnMembership) -> Membership:
    """The membership as the API shows it."""
    return Membership(
        member_id=strawberry.ID(own.member_id),
        organization_id=strawberry.ID(own.organization_id),
        organization_name=own.organization_name,
        organization_kind=OrganizationKind(own.organization_kind),
        role=own.role,
        is_current=own.is_current,
        is_pay_only=own.is_pay_only,
    )
