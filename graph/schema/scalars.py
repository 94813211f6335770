"""Scalars and small objects that every type uses: money, currency codes, ids of rows, errors, pages."""

import re
from datetime import UTC, date, datetime
from typing import Generic, NewType, TypeVar

import strawberry
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from core.clock import as_datetime, as_instant

CurrencyCode = NewType("CurrencyCode", str)
DecimalText = NewType("DecimalText", str)

YEARS = range(1900, 9000)
"""The years that a client may name."""

_DECIMAL = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")


def decimal_given(value: object) -> str:
    """The text of a decimal as a client sends it; ValueError (BAD_USER_INPUT) for numbers and any other text."""
    if not isinstance(value, str) or _DECIMAL.fullmatch(value) is None:
        raise ValueError('A Decimal is a string of digits such as "19.99"')
    return value


def moment_given(value: object) -> datetime:
    """The moment of an ISO 8601 text with its offset; ValueError (BAD_USER_INPUT) for anything else.

    Without an offset its zone would be a guess."""
    if not isinstance(value, str):
        raise ValueError("A DateTime is a string such as 2026-03-08T05:00:00Z")
    moment = as_datetime(as_instant(datetime.fromisoformat(value)))
    _check_year(moment)
    return moment


def moment_shown(moment: datetime) -> str:
    """The moment as compiled reads write it: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def day_given(value: object) -> date:
    """The day of an ISO 8601 text; ValueError (BAD_USER_INPUT) for anything else."""
    if not isinstance(value, str):
        raise ValueError("A Date is a string such as 2026-03-08")
    day = date.fromisoformat(value)
    _check_year(day)
    return day


def _check_year(day: date) -> None:
    """What is counted from it, in any time zone, has to be a date as well."""
    if day.year not in YEARS:
        raise ValueError(f"A date lies in the years {YEARS[0]} to {YEARS[-1]}")


SCALARS: dict[object, ScalarDefinition] = {
    CurrencyCode: strawberry.scalar(name="CurrencyCode", description="An ISO 4217 code of three letters, e.g. USD."),
    DecimalText: strawberry.scalar(
        name="Decimal",
        description='A decimal number as a string, e.g. "19.99"; never a float.',
        parse_value=decimal_given,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment: ISO 8601 with its offset, e.g. 2026-03-08T05:00:00Z.",
        serialize=moment_shown,
        parse_value=moment_given,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A day: ISO 8601, e.g. 2026-03-08.",
        serialize=date.isoformat,
        parse_value=day_given,
    ),
}


def schema_config() -> StrawberryConfig:
    """How names and scalars are written in the schema."""
    return StrawberryConfig(scalar_map=SCALARS)


@strawberry.type(description="An amount of one currency. Amounts are exact to six decimals and never converted.")
class Money:
    amount: DecimalText
    currency: CurrencyCode


@strawberry.input(name="MoneyInput", description="An amount of one currency, the amount as a decimal string.")
class MoneyInput:
    amount: DecimalText
    currency: CurrencyCode


@strawberry.type(description="Why a command was refused. A refused command changes nothing.")
class UserError:
    code: str = strawberry.field(description="The rule's code, e.g. INSUFFICIENT_CREDIT; stable.")
    message: str = strawberry.field(description="A sentence for people; may change.")
    field: list[str] | None = strawberry.field(description="Where in the input, if it is one field's fault.")
    details: JSON | None = strawberry.field(description="Figures and ids that belong to the refusal.")


@strawberry.interface(description="Anything with an id of its own that `node(id:)` finds.")
class Node:
    id: strawberry.ID


Item = TypeVar("Item")


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="One row of a page, with its cursor.")
class Edge(Generic[Item]):
    cursor: str
    node: Item


@strawberry.type(description="A page of rows: `first`/`last` at most 100, 25 when neither is given.")
class Connection(Generic[Item]):
    edges: list[Edge[Item]]
    nodes: list[Item]
    page_info: PageInfo
    total_count: int = strawberry.field(description="All rows that the filter meets, counted only when asked for.")
