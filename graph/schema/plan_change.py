"""SubscriptionChangeQuote: what a change of a subscription would cost and when it would hold. No rule, only shape."""

from datetime import date, datetime

import strawberry

from billing.change_timing import Timing
from billing.prepared_change import ChangeQuote
from core.clock import as_datetime
from graph.schema.amounts import money_of
from graph.schema.quote import QuoteLevel, quote_level, user_error
from graph.schema.scalars import Money, UserError

strawberry.enum(
    Timing,
    name="ChangeTiming",
    description="When a change takes effect: at once, at once with a new period from today, or with the first period "
    "that is not charged yet (SUB-62 to SUB-64).",
)


@strawberry.type(
    description="What `changeSubscription` would do now; nothing was written. The change names `quoteId` and `total`, "
    "and is refused QUOTE_STALE when it would differ (SUB-10)."
)
class SubscriptionChangeQuote:
    quote_id: str
    expires_at: datetime = strawberry.field(description="The quote holds until then, exclusive.")
    version: int = strawberry.field(description="What `changeSubscription` has to name.")
    timing: Timing
    applies_date: date = strawberry.field(description="The local day from which on it holds.")
    queued_date: date | None = strawberry.field(
        description="The local day of the part that waits for the next period; null when nothing waits."
    )
    end_date: date = strawberry.field(description="The day after the last one paid for, once it was changed.")
    net: Money = strawberry.field(description="Of the subscribing organization, without tax.")
    tax: Money = strawberry.field(description="Of the subscribing organization.")
    total: Money = strawberry.field(description="What the subscribing organization pays now.")
    levels: list[QuoteLevel] = strawberry.field(
        description="The wallets that would be charged, the subscribing organization's first, upward as far as the "
        "asker may see (VIS-2, VIS-9)."
    )
    blockers: list[UserError] = strawberry.field(
        description="Why money refuses the change now; empty when it would succeed."
    )


def subscription_change_quote(quote: ChangeQuote) -> SubscriptionChangeQuote:
    """The domain's quote in the shape of the API."""
    own = quote.levels[0]
    return SubscriptionChangeQuote(
        quote_id=quote.quote_id,
        expires_at=as_datetime(quote.expires_at),
        version=quote.version,
        timing=quote.timing,
        applies_date=quote.applies_date,
        queued_date=quote.queued_date,
        end_date=quote.end_date,
        net=money_of(own.net_micros, own.currency),
        tax=money_of(own.tax_micros, own.currency),
        total=money_of(own.total_micros, own.currency),
        levels=[quote_level(level) for level in quote.levels],
        blockers=[user_error(blocker) for blocker in quote.blockers],
    )
