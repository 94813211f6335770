"""Account and Batch: service accounts, and named sets of them numbered by control number."""

from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, NewType

import strawberry

from accounts.account_id import AccountRole
from accounts.account_search import StatusFilter, bound_condition, parse_account_filter
from accounts.account_sql import around_row, depleted_expression, funds_expression, status_expression_of
from accounts.account_status import AccountKind, AccountStatus, Lifecycle, Verification
from accounts.counters import Counters
from accounts.funds import AccountType, BalanceControl
from accounts.search_value import SearchMode
from core.refusals import Blockers
from graph.errors import coded
from graph.schema.catalogue import Plan
from graph.schema.member import Member
from graph.schema.scalars import SCALARS, Connection, Money, Node
from graph.sql.compile import Compilation
from graph.sql.conditions import equals
from graph.sql.reads import (
    column,
    condition,
    flag,
    instant,
    money,
    order_input,
    part,
    table_type,
    to_many,
    to_one,
    whole_filter,
)
from tenants.permissions import Area, ReadRight, read_right

if TYPE_CHECKING:
    from graph.schema.organization import Organization

strawberry.enum(AccountStatus, description="What is shown of an account, computed (BAT-3): the first line that holds.")
strawberry.enum(StatusFilter, name="AccountStatusFilter", description="Tests the stored lifecycle (BAT-17).")
strawberry.enum(AccountRole, description="The kind of identity an account has (BAT-11); not a member's role.")
strawberry.enum(AccountKind, description="DEMO accounts have no money and no batch (BAT-14).")
strawberry.enum(AccountType, description="DEBIT spends what was put on it, CREDIT owes what it spent.")
strawberry.enum(BalanceControl, description="Who pays for a CREDIT account: itself, or its customer's Wallet (BAT-7).")
strawberry.enum(Lifecycle, name="AccountLifecycle", description="What is stored; what is shown is the status (BAT-3).")
strawberry.enum(Verification, name="AccountVerification", description="What a check of the account's owner left open.")
strawberry.enum(SearchMode, description="How a text is searched; every character is literal (BAT-16).")


def _around(made: Compilation) -> Any:
    return around_row("{t}", made.dialect, made.now, made.row_is_visible)


def account_status(made: Compilation) -> str:
    """The status of the account under `{t}`."""
    return status_expression_of("{t}", made.now, _around(made))


def currency_of_customer(_: Compilation) -> str:
    """An account has the currency of its customer (BAT-1)."""
    return "(SELECT holder.currency FROM organization holder WHERE holder.id = {t}.organization_id)"


def searched(made: Compilation, alias: str, given: dict[str, Any]) -> str:
    """The condition of an account search; refused with all codes of the filter at once."""
    blockers = Blockers()
    wanted = parse_account_filter(made.constants(given), ("filter",), blockers)
    blockers.raise_if_any()
    return bound_condition(made.dialect, wanted, alias, made.bind_constant)


def setting(sql: str, description: str) -> Any:
    """A column of the account's settings. Refused: FORBIDDEN to a role that reads all but these (VIS-8)."""

    def text(made: Compilation) -> str:
        if read_right(made.sight.role, Area.ACCOUNTS) is ReadRight.ALL_BUT_SETTINGS:
            raise coded("FORBIDDEN", "This role may not read the settings of accounts.")
        return sql

    return column(text, description)


@strawberry.type(description="What the owner of an account sets for itself; not for the eyes of BILLING (VIS-8).")
class AccountSettings:
    label: str | None = setting("{t}.label", "A name for it, 1 to 100 characters.")
    associated_number: str | None = setting("{t}.associated_number", "Given back to the voice menu on sign-in.")
    ivr_language: str | None = setting("{t}.ivr_language", "ISO 639-1, of the voice menu; null: the customer's.")
    self_care_time_zone: str | None = setting("{t}.self_care_time_zone", "Display of times only; null: billing zone.")


@strawberry.input(description="A text to search for and how.")
class AccountIdSearch:
    value: str
    mode: SearchMode = SearchMode.STARTS_WITH


@whole_filter(searched)
@strawberry.input(description="Every given condition has to hold (BAT-15). Closed accounts only when asked for.")
class AccountFilter:
    batch_ids: list[strawberry.ID] | None = strawberry.UNSET
    account_id: AccountIdSearch | None = strawberry.UNSET
    control_numbers: str | None = strawberry.field(
        default=strawberry.UNSET, description="Numbers and ranges, e.g. `1,3,8-12` (BAT-18)."
    )
    customer_id: strawberry.ID | None = strawberry.UNSET
    status: StatusFilter | None = strawberry.UNSET
    plan_ids: list[strawberry.ID] | None = strawberry.UNSET


@strawberry.enum(description="What accounts are sorted by.")
class AccountOrderField(Enum):
    ACCOUNT_ID = "{t}.account_id_folded"
    CONTROL_NUMBER = "coalesce({t}.control_number, 0)"


AccountOrder = order_input("AccountOrder", AccountOrderField)


@table_type(
    "account", prefix="acct", area=Area.ACCOUNTS, own_row=lambda made: "{t}.member_id = " + made.of_actor("member_id"),
    description="What an end user signs in or dials with (BAT-1).",
)  # fmt: skip
class Account(Node):
    id: strawberry.ID = column("{t}.id")
    account_id: str = column("{t}.account_id", "What the end user signs in with.")
    status: AccountStatus = column(account_status)
    kind: AccountKind = column("{t}.kind")
    type: AccountType = column("{t}.type")
    balance_control: BalanceControl | None = column("{t}.balance_control", "Of CREDIT accounts only.")
    account_role: AccountRole = column("{t}.account_role")
    lifecycle: Lifecycle = column("{t}.lifecycle")
    is_blocked: bool = flag("{t}.is_blocked", "Its own block; one from above is told by the status.")
    verification: Verification = column("{t}.verification")
    activation_date: date | None = column("{t}.activation_date")
    activated_at: datetime | None = instant("{t}.activated_at")
    expiration_date: date | None = column("{t}.expiration_date", "Unusable from the start of this local day (BAT-32).")
    availability_days: int | None = column("{t}.availability_days")
    first_used_at: datetime | None = instant("{t}.first_used_at")
    last_used_at: datetime | None = instant("{t}.last_used_at")
    opening_balance: Money = money("{t}.opening_balance_micros", currency_of_customer)
    balance: Money = money("{t}.balance_micros", currency_of_customer, "DEBIT: what is left; CREDIT: what is owed.")
    credit_limit: Money = money("{t}.credit_limit_micros", currency_of_customer)
    funds: Money = money(
        lambda made: f"({funds_expression('{t}', _around(made))})", currency_of_customer, "What it can spend (BAT-8)."
    )
    is_depleted: bool = flag(lambda made: depleted_expression("{t}", _around(made)))
    control_number: int | None = column("{t}.control_number", "Its number in the batch (BAT-21).")
    demo_ends_at: datetime | None = instant("{t}.demo_ends_at", "When a demo is over, and from then on read-only.")
    demo_minutes_left: int | None = column("{t}.demo_minutes_left", "Null where a demo has no limit of minutes.")
    is_read_only: bool = flag(
        lambda made: f"({{t}}.kind = 'DEMO' AND coalesce({{t}}.demo_ends_at <= {made.now}, 1 = 0))",
        "A demo that is over: traffic and API are refused ACCOUNT_READ_ONLY (DEMO-6).",
    )
    settings: AccountSettings = part("FORBIDDEN to BILLING (VIS-8).")
    created_at: datetime = instant("{t}.created_at")
    version: int = column("{t}.version")
    member: Member | None = to_one("member", "{t}.id = {parent}.member_id", "Whose account it is.")
    plan: Plan | None = to_one("plan", "{t}.id = {parent}.plan_id")
    batch: Annotated["Batch", strawberry.lazy("graph.schema.account")] | None = to_one(
        "batch", "{t}.id = {parent}.batch_id"
    )
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id", "The customer."
    )


@strawberry.input(description="Every given condition has to hold.")
class BatchFilter:
    organization_id: strawberry.ID | None = condition(equals("{t}.organization_id"))
    account_role: AccountRole | None = condition(equals("{t}.account_role"))


@strawberry.enum(description="What batches are sorted by.")
class BatchOrderField(Enum):
    NAME = "{t}.name_folded"
    CREATED_AT = "{t}.created_at"


BatchOrder = order_input("BatchOrder", BatchOrderField)


@table_type("batch", prefix="batch", area=Area.BATCHES, description="A named set of accounts of one customer (BAT-20).")
class Batch(Node):
    id: strawberry.ID = column("{t}.id")
    name: str = column("{t}.name")
    account_role: AccountRole = column("{t}.account_role")
    last_control_number: int = column("{t}.last_control_number", "Numbers run from 1 to it without gaps (BAT-21).")
    created_at: datetime = instant("{t}.created_at")
    version: int = column("{t}.version")
    accounts: Connection[Account] = to_many("{t}.batch_id = {parent}.id", filter=AccountFilter, order=AccountOrder)
    organization: Annotated["Organization", strawberry.lazy("graph.schema.organization")] | None = to_one(
        "organization", "{t}.id = {parent}.organization_id", "The customer."
    )


ControlNumber = NewType("ControlNumber", int)
SCALARS[ControlNumber] = strawberry.scalar(
    name="ControlNumber", description="A number in a batch, 1 to 9,999,999,999: more than an Int holds.", serialize=int
)


@strawberry.type(description="Control numbers from `first` to `last`, both included.")
class ControlNumberRange:
    first: ControlNumber
    last: ControlNumber


@strawberry.type(description="Asked control numbers that the batch does not have (BAT-19).")
class MissingControlNumbers:
    ranges: list[ControlNumberRange] = strawberry.field(description="In order, at most 100 of them.")
    count: int = strawberry.field(description="How many numbers in all, at most 2,147,483,647.")


@strawberry.type(description="Counts of the filtered accounts of one batch, not of the whole batch (BAT-28).")
class BatchCounters:
    selected: int
    started: int = strawberry.field(description="Of these, once used.")
    depleted: int = strawberry.field(description="Of these, without the funds for a session, whatever status is shown.")
    missing: MissingControlNumbers


def batch_counters(counters: Counters) -> BatchCounters:
    """The domain's counters in the shape of the API."""
    ranges = [
        ControlNumberRange(first=ControlNumber(each.first), last=ControlNumber(each.last))
        for each in counters.missing.ranges
    ]
    missing = MissingControlNumbers(ranges=ranges, count=counters.missing.count)
    return BatchCounters(
        selected=counters.selected, started=counters.started, depleted=counters.depleted, missing=missing
    )
