"""MoveOffer and MovePreview: an organization that is to get another seller. Only shape."""

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from graph.schema.organization import Organization
from graph.schema.scalars import Node
from graph.sql.compile import Compilation
from graph.sql.conditions import one_of
from graph.sql.reads import column, condition, instant, table_type, to_one
from tenants.permissions import Area


@strawberry.enum(description="As what the viewer sees this row of an offer. MOVING: it is about the viewer itself.")
class MoveSide(Enum):
    OLD_SELLER = "OLD_SELLER"
    NEW_SELLER = "NEW_SELLER"
    MOVING = "MOVING"


@strawberry.enum(description="What became of an offer. SUPERSEDED: the organization was moved directly meanwhile.")
class MoveOfferState(Enum):
    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"


def _side(made: Compilation) -> str:
    return f"CASE WHEN {{t}}.moving_id = {made.own_organization} THEN 'MOVING' ELSE {{t}}.side END"


def _one_of_sides(made: Compilation, alias: str, tree: Any) -> str:
    return one_of(_side(made))(made, alias, tree)


@strawberry.input(description="Every given condition has to hold.")
class MoveOfferFilter:
    side: list[MoveSide] | None = condition(_one_of_sides)


@table_type(
    "move_offer", prefix="mvo", area=Area.MOVE, newest_first=True,
    description="An offer to take an organization over. Each of the two sellers has a row of its own (MOVE-2); the "
    "organization itself sees the old seller's.",
)  # fmt: skip
class MoveOffer(Node):
    id: strawberry.ID = column("{t}.id")
    side: MoveSide = column(_side)
    state: MoveOfferState = column(
        lambda made: (
            f"CASE WHEN {{t}}.state = 'OPEN' AND {made.now} >= {{t}}.expires_at THEN 'EXPIRED' ELSE {{t}}.state END"
        )
    )
    organization_name: str = column("{t}.moving_name", "What is to move, as it was called when the offer was opened.")
    organization_billing_number: str = column("{t}.moving_billing_number")
    new_seller_name: str = column("{t}.new_seller_name")
    opened_at: datetime = instant("{t}.opened_at")
    expires_at: datetime = instant("{t}.expires_at", "`moveOfferDays` after it was opened.")
    ended_at: datetime | None = instant("{t}.ended_at")
    organization: Organization | None = to_one(
        "organization", "{t}.id = {parent}.moving_id", "What is to move, while the viewer sees it."
    )


@strawberry.type(description="One thing that stands in the way of a move (MOVE-4).")
class MoveBlocker:
    code: str
    message: str
    count: int


@strawberry.type(description="What a move would do now; nothing was written.")
class MovePreview:
    organization_id: strawberry.ID
    new_seller_id: strawberry.ID
    organization_count: int = strawberry.field(description="The organization and everything below it.")
    blockers: list[MoveBlocker] = strawberry.field(description="All at once, sorted by code; none: it may move.")
    kept: list[str] = strawberry.field(description="What goes along (MOVE-6).")
    not_kept: list[str] = strawberry.field(description="What ends with the old seller (MOVE-7).")
