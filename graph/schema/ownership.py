"""What changes about an OWNER in two steps: a new address with its code (OWN-4), a recovery with its days (OWN-5)."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from graph.schema.scalars import Node
from graph.sql.conditions import equals, one_of
from graph.sql.reads import column, condition, instant, table_type, to_one
from tenants.members.owner_contact import Channel
from tenants.permissions import Area

if TYPE_CHECKING:
    from graph.schema.member import Member
    from graph.schema.organization import Organization

strawberry.enum(Channel, name="ContactChannel", description="What of the OWNER changes.")


@strawberry.enum(description="What became of a change that takes a code.")
class ContactChangeState(Enum):
    OPEN = "OPEN"
    USED = "USED"
    REPLACED = "REPLACED"


@strawberry.enum(description="What became of a recovery of ownership.")
class RecoveryState(Enum):
    OPEN = "OPEN"
    STOPPED = "STOPPED"
    DONE = "DONE"
    LAPSED = "LAPSED"


@table_type(
    "owner_contact_change", prefix="occ", area=Area.MEMBERS, newest_first=True,
    description="A new e-mail or phone of the OWNER that waits for the code sent to it (OWN-4). Never the code.",
)  # fmt: skip
class OwnerContactChange(Node):
    id: strawberry.ID = column("{t}.id")
    channel: Channel = column("{t}.channel")
    value: str = column("{t}.value", "The new e-mail or phone.")
    state: ContactChangeState = column("{t}.state")
    created_at: datetime = instant("{t}.created_at")
    expires_at: datetime = instant("{t}.expires_at", "From then on the code is CODE_EXPIRED.")
    member: Annotated["Member", strawberry.lazy("graph.schema.member")] | None = to_one(
        "member", "{t}.id = {parent}.member_id"
    )


@strawberry.input(description="Every given condition has to hold.")
class OwnershipRecoveryFilter:
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))
    state: list[RecoveryState] | None = condition(one_of("{t}.state"))


@table_type(
    "ownership_recovery", prefix="rec", area=Area.OWNERSHIP, newest_first=True,
    description="A new OWNER named by the seller's, who counts when the days are over (OWN-5).",
)  # fmt: skip
class OwnershipRecovery(Node):
    id: strawberry.ID = column("{t}.id")
    reason: str = column("{t}.reason")
    ticket: str = column("{t}.ticket")
    contact_email: str = column("{t}.contact_email", "The contact's e-mail from which it was asked for (CON-4).")
    requested_by_name: str = column("{t}.requested_by_name", "The seller's OWNER, under its own name.")
    state: RecoveryState = column("{t}.state")
    created_at: datetime = instant("{t}.created_at")
    takes_effect_at: datetime = instant("{t}.takes_effect_at", "Until then the OWNER may stop it.")
    ended_at: datetime | None = instant("{t}.ended_at")
    member: Annotated["Member", strawberry.lazy("graph.schema.member")] | None = to_one(
        "member", "{t}.id = {parent}.member_id", "Who is to be the OWNER."
    )
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id"
    )
