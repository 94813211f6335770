"""RefundPreview: what ending a subscription would give back and change, as far as the asker sees. Only shape."""

from datetime import date, datetime

import strawberry

from billing.ending import PayOut
from billing.ending_preview import RefundLine as DomainLine
from billing.ending_preview import RefundPreview as DomainPreview
from billing.ending_preview import WalletChange
from billing.refund import RefundReason
from billing.subscription_status import Status
from core.clock import as_datetime
from graph.schema.amounts import money_of
from graph.schema.scalars import CurrencyCode, Money

strawberry.enum(PayOut, name="PayOut", description="Where a refund leaves to when it does not stay in the wallet.")
strawberry.enum(
    RefundReason, name="RefundReason", description="Why a charge comes back in full, in part or not at all (SUB-82)."
)


@strawberry.type(description="One charge and what comes back of it.")
class RefundLine:
    item_id: strawberry.ID = strawberry.field(description="The plan or the add-on.")
    item_name: str
    first_day: date = strawberry.field(description="First local day that was paid for.")
    last_day: date
    charged_net: Money
    refund_net: Money
    refund_tax: Money
    refund: Money = strawberry.field(description="Net and tax.")
    reason: RefundReason


@strawberry.type(description="What happens in one wallet: that of `organizationId` with its seller. Tax is included.")
class RefundLevel:
    organization_id: strawberry.ID
    wallet_id: strawberry.ID
    currency: CurrencyCode
    lines: list[RefundLine]
    refund: Money = strawberry.field(description="What comes back.")
    early_end_charge: Money = strawberry.field(description="What ending before the minimum term costs (SUB-86).")
    fee: Money = strawberry.field(description="Kept back when the refund is paid out (SUB-84).")
    paid_out: Money = strawberry.field(description="What reaches card or bank: the refund less the fee.")
    balance_before: Money
    balance_after: Money
    usable_before: Money
    usable_after: Money


@strawberry.type(description="What `refundSubscription` would do now; nothing was written (SUB-81).")
class RefundPreview:
    subscription_id: strawberry.ID
    version: int = strawberry.field(description="What `refundSubscription` has to name.")
    status_before: Status
    status_after: Status
    ends_at_before: datetime
    ends_at_after: datetime
    last_day_before: date = strawberry.field(description="The last local day that is paid for.")
    levels: list[RefundLevel] = strawberry.field(
        description="The holder's wallet first, upward as far as the asker may see (VIS-2, VIS-9). Empty when the "
        "seller does not carry the product any more."
    )


def refund_preview(preview: DomainPreview) -> RefundPreview:
    """The domain's preview in the shape of the API."""
    return RefundPreview(
        subscription_id=strawberry.ID(preview.subscription_id),
        version=preview.version,
        status_before=preview.status_before,
        status_after=preview.status_after,
        ends_at_before=as_datetime(preview.ends_at_before),
        ends_at_after=as_datetime(preview.ends_at_after),
        last_day_before=preview.last_day_before,
        levels=[_level(change) for change in preview.wallets],
    )


def _level(change: WalletChange) -> RefundLevel:
    currency = change.currency
    return RefundLevel(
        organization_id=strawberry.ID(change.organization_id),
        wallet_id=strawberry.ID(change.wallet_id),
        currency=CurrencyCode(currency),
        lines=[_line(line, currency) for line in change.lines],
        refund=money_of(change.refund_micros, currency),
        early_end_charge=money_of(change.early_end_micros, currency),
        fee=money_of(change.fee_micros, currency),
        paid_out=money_of(change.paid_out_micros, currency),
        balance_before=money_of(change.balance_before_micros, currency),
        balance_after=money_of(change.balance_after_micros, currency),
        usable_before=money_of(change.usable_before_micros, currency),
        usable_after=money_of(change.usable_after_micros, currency),
    )


def _line(line: DomainLine, currency: str) -> RefundLine:
    return RefundLine(
        item_id=strawberry.ID(line.item_id),
        item_name=line.item_name,
        first_day=line.first_day,
        last_day=line.last_day,
        charged_net=money_of(line.charged_net_micros, currency),
        refund_net=money_of(line.refund_net_micros, currency),
        refund_tax=money_of(line.refund_gross_micros - line.refund_net_micros, currency),
        refund=money_of(line.refund_gross_micros, currency),
        reason=line.reason,
    )
