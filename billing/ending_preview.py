"""What ending a subscription would do, as far as the asker may see it (VIS-2, VIS-9). Reads and writes nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from billing.ending_figures import ChargeEnding, LevelEnding
from billing.periods import last_day
from billing.refund import RefundReason
from billing.sale import shown_balance
from billing.subscription_access import Held
from billing.subscription_status import Status
from billing.wallet_figures import usable
from core.clock import Instant


@dataclass(frozen=True, slots=True)
class RefundLine:
    """One charge and what comes back of it; local dates, amounts in micros, net and gross (tax included)."""

    item_id: str
    item_name: str
    first_day: date
    last_day: date
    charged_net_micros: int
    refund_net_micros: int
    refund_gross_micros: int
    reason: RefundReason


@dataclass(frozen=True, slots=True)
class WalletChange:
    """What happens in one Wallet; amounts in micros of its currency, tax included.

    refund comes in, early_end is charged, fee and paid_out leave again (fee + paid_out = refund when paid out)."""

    wallet_id: str
    organization_id: str
    currency: str
    refund_micros: int
    early_end_micros: int
    fee_micros: int
    paid_out_micros: int
    balance_before_micros: int
    balance_after_micros: int
    usable_before_micros: int
    usable_after_micros: int
    lines: tuple[RefundLine, ...]


@dataclass(frozen=True, slots=True)
class RefundPreview:
    """The answer of `previewRefund`: status, end and Wallets before and after, the buyer's own Wallet first."""

    subscription_id: str
    version: int
    status_before: Status
    status_after: Status
    ends_at_before: Instant
    ends_at_after: Instant
    last_day_before: date
    wallets: tuple[WalletChange, ...]


def preview_of(held: Held, levels: Iterable[LevelEnding], asker_id: str, now: Instant) -> RefundPreview:
    """The preview for a member of the organization `asker_id`."""
    subscription = held.subscription
    return RefundPreview(
        subscription_id=subscription.id,
        version=subscription.version,
        status_before=subscription.status(now),
        status_after=Status.TERMINATED,
        ends_at_before=subscription.facts.ends_at,
        ends_at_after=min(now, subscription.facts.ends_at),
        last_day_before=last_day(subscription.end_date),
        wallets=tuple(_wallet(level, now) for level in seen_levels(levels, asker_id)),
    )


def seen_levels(levels: Iterable[LevelEnding], asker_id: str) -> Iterator[LevelEnding]:
    """From the buyer's pair up to those that the asker sells in, then its own cost with `resellerSeesCost` (VIS-9)."""
    for ending in levels:
        is_own_cost = ending.level.pair.buyer.id == asker_id
        if not is_own_cost or ending.level.policies.boolean("resellerSeesCost"):
            yield ending
        if is_own_cost:
            return


def _wallet(ending: LevelEnding, now: Instant) -> WalletChange:
    wallet, after = ending.level.pair.wallet, ending.sums_after(now)
    return WalletChange(
        wallet_id=wallet.id,
        organization_id=wallet.organization_id,
        currency=wallet.currency,
        refund_micros=ending.refund_micros,
        early_end_micros=ending.early_end_micros,
        fee_micros=ending.fee_micros,
        paid_out_micros=ending.paid_out_micros,
        balance_before_micros=shown_balance(wallet.mode, wallet.sums(now)),
        balance_after_micros=shown_balance(wallet.mode, after),
        usable_before_micros=wallet.usable(now),
        usable_after_micros=usable(wallet.mode, after),
        lines=tuple(_line(each) for each in ending.charges),
    )


def _line(each: ChargeEnding) -> RefundLine:
    charged = each.charge.refundable
    return RefundLine(
        item_id=each.charge.item_id,
        item_name=each.charge.item_name,
        first_day=charged.first_day,
        last_day=last_day(charged.end),
        charged_net_micros=charged.charged.net_micros,
        refund_net_micros=each.given_back.net_micros,
        refund_gross_micros=each.given_back.gross_micros,
        reason=each.refund.reason,
    )
