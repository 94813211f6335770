"""RenewalQuote: what renewing, recovering, extending or reactivating would cost and change. No rule, only shape."""

from datetime import date, datetime

import strawberry

from billing.renewal import Operation
from billing.renewal_commands import RenewalQuote as DomainQuote
from core.clock import as_datetime
from graph.schema.amounts import money_of
from graph.schema.quote import QuoteLevel, quote_level, user_error
from graph.schema.scalars import Money, UserError

strawberry.enum(
    Operation, name="RenewalOperation",
    description="RENEW: the next period. RECOVER: the period of a failed renewal (SUB-50). EXTEND: whole cycles or to "
    "a last day (SUB-51, SUB-52). REACTIVATE: the cycle that contains today (SUB-53).",
)  # fmt: skip


@strawberry.type(
    description="What the operation would do now; nothing was written. It names `quoteId` and `total`, and is refused "
    "QUOTE_STALE when it would differ (SUB-10)."
)
class RenewalQuote:
    subscription_id: strawberry.ID
    version: int = strawberry.field(description="Of the subscription that was quoted; the command names it.")
    operation: Operation
    quote_id: str
    expires_at: datetime = strawberry.field(description="The quote holds until then, exclusive.")
    start_date: date = strawberry.field(description="First local day that is paid for.")
    end_date: date = strawberry.field(description="The new end: the day after the last one.")
    last_day: date = strawberry.field(description="The last local day that is paid for.")
    ends_at: datetime = strawberry.field(description="The instant at which the paid time would end.")
    net: Money = strawberry.field(description="Of the holder, without tax.")
    tax: Money = strawberry.field(description="Of the holder.")
    total: Money = strawberry.field(description="What the holder pays.")
    levels: list[QuoteLevel] = strawberry.field(
        description="The wallets that would be charged, the holder's first, upward as far as the asker may see "
        "(VIS-2, VIS-9)."
    )
    blockers: list[UserError] = strawberry.field(
        description="Why the asker's command would be refused now; empty when it would succeed."
    )


def renewal_quote(quote: DomainQuote) -> RenewalQuote:
    """The domain's quote in the shape of the API."""
    own = quote.levels[0]
    return RenewalQuote(
        subscription_id=strawberry.ID(quote.subscription_id),
        version=quote.version,
        operation=quote.operation,
        quote_id=quote.quote_id,
        expires_at=as_datetime(quote.expires_at),
        start_date=quote.start_date,
        end_date=quote.end_date,
        last_day=quote.last_day,
        ends_at=as_datetime(quote.ends_at),
        net=money_of(own.net_micros, own.currency),
        tax=money_of(own.tax_micros, own.currency),
        total=money_of(own.total_micros, own.currency),
        levels=[quote_level(level) for level in quote.levels],
        blockers=[user_error(blocker) for blocker in quote.blockers],
    )
