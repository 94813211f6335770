"""PurchaseQuote: what a purchase would cost and change, at every level that the asker may see. No rule, only shape."""

from datetime import date, datetime
from fractions import Fraction

import strawberry
from strawberry.scalars import JSON

from billing.prices import PriceSource
from billing.quotes import Quote as DomainQuote
from billing.quotes import QuoteLevel as DomainLevel
from billing.quotes import QuoteLine as DomainLine
from billing.tax import TaxAmount
from core.clock import as_datetime
from core.refusals import Blocker
from graph.schema.amounts import money_of, percent_text
from graph.schema.scalars import CurrencyCode, DecimalText, Money, UserError

strawberry.enum(PriceSource, name="PriceSource", description="Where a price came from; CONTRACT goes first (SUB-4).")


@strawberry.type(description="One component of a line's tax (MON-83).")
class QuoteTax:
    component: str = strawberry.field(description="Such as CGST or VAT.")
    percent: DecimalText
    base: Money = strawberry.field(description="The net amount that it is taken on.")
    amount: Money
    country: str
    state: str | None


@strawberry.type(description="One plan or add-on in one stretch of paid time, at one level.")
class QuoteLine:
    item_id: strawberry.ID = strawberry.field(description="The plan or the add-on.")
    name: str
    quantity: int
    unit_price: Money = strawberry.field(description="For one unit and a whole cycle, after contract or discount.")
    price_source: PriceSource
    discount_percent: DecimalText = strawberry.field(description="0 without a discount.")
    start_date: date
    last_day: date = strawberry.field(description="The last local day that is paid for.")
    net: Money
    tax: Money
    total: Money
    taxes: list[QuoteTax]


@strawberry.type(description="What happens in one wallet: that of `organizationId` with its seller.")
class QuoteLevel:
    organization_id: strawberry.ID
    organization_name: str
    wallet_id: strawberry.ID
    currency: CurrencyCode
    lines: list[QuoteLine]
    net: Money
    tax: Money
    total: Money = strawberry.field(description="Net and tax: what the wallet is charged.")
    balance_before: Money
    balance_after: Money
    usable_before: Money
    usable_after: Money
    missing: Money = strawberry.field(description="How much the wallet is short; 0 when it covers the total.")
    margin: Money | None = strawberry.field(
        description="What the wallet's seller keeps of the net amount; null for those who may not know it (VIS-9) "
        "and between two currencies (MON-33)."
    )
    warnings: list[str] = strawberry.field(description="Codes that stop nothing: BELOW_COST.")


@strawberry.type(
    description="What `purchaseSubscription` would do now; nothing was written. The purchase names `quoteId` and "
    "`total`, and is refused QUOTE_STALE when it would differ (SUB-10)."
)
class PurchaseQuote:
    quote_id: str
    expires_at: datetime = strawberry.field(description="The quote holds until then, exclusive.")
    start_date: date
    end_date: date = strawberry.field(description="The day after the last one: periods are half-open.")
    last_day: date = strawberry.field(description="The last local day that is paid for.")
    ends_at: datetime = strawberry.field(description="The instant at which the paid time ends.")
    net: Money = strawberry.field(description="Of the subscribing organization, without tax.")
    tax: Money = strawberry.field(description="Of the subscribing organization.")
    total: Money = strawberry.field(description="What the subscribing organization pays.")
    levels: list[QuoteLevel] = strawberry.field(
        description="The wallets that would be charged, the subscribing organization's first, upward as far as the "
        "asker may see (VIS-2, VIS-9)."
    )
    blockers: list[UserError] = strawberry.field(
        description="Why the asker's purchase would be refused now; empty when it would succeed."
    )


def purchase_quote(quote: DomainQuote) -> PurchaseQuote:
    """The domain's quote in the shape of the API."""
    own = quote.levels[0]
    return PurchaseQuote(
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


def user_error(blocker: Blocker) -> UserError:
    """A blocker as data."""
    return UserError(
        code=blocker.code,
        message=blocker.message,
        field=None if blocker.field is None else list(blocker.field),
        details=JSON(blocker.details) if blocker.details else None,
    )


def quote_level(level: DomainLevel) -> QuoteLevel:
    """One Wallet in the shape of the API."""
    currency = level.currency
    return QuoteLevel(
        organization_id=strawberry.ID(level.organization_id),
        organization_name=level.organization_name,
        wallet_id=strawberry.ID(level.wallet_id),
        currency=CurrencyCode(currency),
        lines=[_line(line, currency) for line in level.lines],
        net=money_of(level.net_micros, currency),
        tax=money_of(level.tax_micros, currency),
        total=money_of(level.total_micros, currency),
        balance_before=money_of(level.balance_before_micros, currency),
        balance_after=money_of(level.balance_after_micros, currency),
        usable_before=money_of(level.usable_before_micros, currency),
        usable_after=money_of(level.usable_after_micros, currency),
        missing=money_of(level.missing_micros, currency),
        margin=None if level.margin_micros is None else money_of(level.margin_micros, currency),
        warnings=list(level.warnings),
    )


def _line(line: DomainLine, currency: str) -> QuoteLine:
    return QuoteLine(
        item_id=strawberry.ID(line.item_id),
        name=line.name,
        quantity=line.quantity,
        unit_price=money_of(line.unit_price_micros, currency),
        price_source=line.source,
        discount_percent=percent_text(Fraction(line.discount_percent)),
        start_date=line.start_date,
        last_day=line.last_day,
        net=money_of(line.net_micros, currency),
        tax=money_of(line.gross_micros - line.net_micros, currency),
        total=money_of(line.gross_micros, currency),
        taxes=[_tax(tax, currency) for tax in line.taxes],
    )


def _tax(tax: TaxAmount, currency: str) -> QuoteTax:
    return QuoteTax(
        component=tax.component,
        percent=percent_text(tax.percent),
        base=money_of(tax.base_micros, currency),
        amount=money_of(tax.amount_micros, currency),
        country=tax.country,
        state=tax.state,
    )
