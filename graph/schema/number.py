"""Number: a phone number, with who holds it and for which account (SUB-100)."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from billing.numbers import NumberState
from graph.schema.account import Account
from graph.schema.scalars import Node
from graph.sql.conditions import equals, one_of
from graph.sql.reads import column, condition, instant, table_type, to_one
from tenants.permissions.vocabulary import Area

if TYPE_CHECKING:
    from graph.schema.organization import Organization

strawberry.enum(NumberState, description="Where a number stands (SUB-100): in a pool, held, or an account's.")


@strawberry.input(description="Every given condition has to hold.")
class NumberFilter:
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"), "Who holds it.")
    account_id: strawberry.ID | None = condition(equals("{t}.account_id"), "The account's `id`.")
    state: list[NumberState] | None = condition(one_of("{t}.state"))


@table_type(
    "number", prefix="num", area=Area.NUMBERS, default_order=("{t}.digits",),
    description="A phone number, as a row of whoever holds it: the seller of its pool, or a customer.",
)  # fmt: skip
class Number(Node):
    id: strawberry.ID = column("{t}.id")
    number: str = column("('+' || {t}.digits)", "As E.164 writes it.")
    state: NumberState = column("{t}.state")
    held_until: datetime | None = instant("{t}.held_until_at", "When its hold is over (SUB-101).")
    created_at: datetime = instant("{t}.created_at")
    version: int = column("{t}.version")
    account: Account | None = to_one("account", "{t}.id = {parent}.account_id", "The account that has or had it.")
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id", "Who holds it."
    )
