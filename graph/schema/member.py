"""Member: a person's place in one organization."""

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from graph.schema.scalars import Node
from graph.sql import dialect as sql
from graph.sql.compile import Compilation
from graph.sql.conditions import equals, one_of
from graph.sql.reads import column, condition, flag, instant, order_input, stored_json, table_type, to_one
from tenants.members.member_rules import ContactCategory
from tenants.permissions.vocabulary import Area, Role

if TYPE_CHECKING:
    from graph.schema.organization import Organization

strawberry.enum(ContactCategory, description="What a member is a contact for (CON-1).")

strawberry.enum(Role, name="MemberRole", description="The five fixed roles (MEM-1).")


@strawberry.enum(description="Whether the person has taken up the place (MEM-7).")
class InvitationState(Enum):
    NONE = "NONE"
    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"


@strawberry.input(description="Every given condition has to hold.")
class MemberFilter:
    role: list[Role] | None = condition(one_of("{t}.role"))
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))


@strawberry.enum(description="What members are sorted by.")
class MemberOrderField(Enum):
    CREATED_AT = "{t}.created_at"
    GIVEN_NAME = "{t}.given_name"


MemberOrder = order_input("MemberOrder", MemberOrderField)


def contact_for(made: Compilation) -> str:
    """The JSON list of the categories of the member under `{t}`."""
    named = " || ".join(
        f"CASE WHEN {{t}}.is_{each.lower()}_contact THEN ',\"{each}\"' ELSE '' END" for each in ContactCategory
    )
    return sql.json_of_text(f"'[' || substr({named}, 2) || ']'")


@table_type(
    "member", prefix="mem", area=Area.MEMBERS, own_row=lambda made: "{t}.id = " + made.of_actor("member_id"),
    description="A person's place in one organization.",
)  # fmt: skip
class Member(Node):
    id: strawberry.ID = column("{t}.id")
    given_name: str = column("{t}.given_name")
    family_name: str | None = column("{t}.family_name")
    email: str | None = column("{t}.email")
    phone: str | None = column("{t}.phone")
    role: Role = column("{t}.role")
    has_portal_access: bool = flag("{t}.has_portal_access", "May sign in (once the invitation is accepted).")
    invitation: InvitationState = column("{t}.invitation")
    contact_for: list[ContactCategory] = stored_json(contact_for, "What the member is a contact for.")
    is_tech_contact: bool = flag("{t}.is_tech_contact")
    is_accounts_contact: bool = flag("{t}.is_accounts_contact")
    is_general_contact: bool = flag("{t}.is_general_contact")
    created_at: datetime = instant("{t}.created_at")
    version: int = column("{t}.version")
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id"
    )
