"""The read-only twin of a purchase: what it would cost and change, as far up as the asker may see (SUB-10, VIS-9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from billing.money_check import money_blocker
from billing.percent_text import percent_text
from billing.prices import PriceSource
from billing.purchase import PreparedPurchase, PurchaseOrder, price_order, read_order
from billing.quote_id import QuoteSigner
from billing.sale import LevelSale, Sale, shown_balance, usable_after
from billing.subscription_status import ladder
from billing.tax import TaxAmount
from core.clock import Instant
from core.refusals import Blocker
from tenants.access import relation_to
from tenants.paths import is_within
from tenants.permissions import Action, decide
from tenants.unit_of_work import UnitOfWork

BELOW_COST = "BELOW_COST"


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One item in one segment at one level; amounts in micros of the level's currency."""

    item_id: str
    name: str
    quantity: int
    unit_price_micros: int
    source: PriceSource
    discount_percent: str
    start_date: date
    last_day: date
    net_micros: int
    taxes: tuple[TaxAmount, ...]

    @property
    def gross_micros(self) -> int:
        """Net and tax."""
        return self.net_micros + sum(tax.amount_micros for tax in self.taxes)


@dataclass(frozen=True, slots=True)
class QuoteLevel:
    """One Wallet that would be touched: of `organization_id` with its seller. margin: the seller's, if it is seen."""

    organization_id: str
    organization_name: str
    wallet_id: str
    currency: str
    lines: tuple[QuoteLine, ...]
    net_micros: int
    tax_micros: int
    total_micros: int
    balance_before_micros: int
    balance_after_micros: int
    usable_before_micros: int
    usable_after_micros: int
    missing_micros: int
    margin_micros: int | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What the purchase would do now. levels[0] is the subscribing organization's; `blockers`: why it would be
    refused to this asker. The id holds until expires_at, exclusive."""

    quote_id: str
    expires_at: Instant
    levels: tuple[QuoteLevel, ...]
    start_date: date
    end_date: date
    last_day: date
    ends_at: Instant
    blockers: tuple[Blocker, ...]

    @property
    def total_micros(self) -> int:
        """What the subscribing organization pays."""
        return self.levels[0].total_micros

    @property
    def currency(self) -> str:
        """Of the total."""
        return self.levels[0].currency


async def quote_purchase(uow: UnitOfWork, order: PurchaseOrder, signer: QuoteSigner) -> Quote:
    """The quote; writes and locks nothing (SUB-10).

    Refused as the purchase itself; that the asker may not buy, or that money is short, is told in `blockers`."""
    seen = await read_order(uow, order, is_preview=True)
    async with uow.as_platform("SUB-10: a quote reads what the purchase would read"):
        prepared = await price_order(uow, seen, is_preview=True)
    time, zone = prepared.sale.time, prepared.organization.timezone
    short = prepared.overdue or money_blocker(prepared.sale, uow.now, uow.actor.path)
    blocker = _role_blocker(uow, prepared) or short
    expires_at = prepared.quote_expires_at(uow.now)
    return Quote(
        signer.sign(prepared.quoted_facts, expires_at), expires_at, tuple(shown_levels(prepared.sale, uow)), time.start,
        time.end, time.segments[-1].last_day, ladder(time.end, zone, 0, 0, False).ends_at,
        () if blocker is None else (blocker,),
    )  # fmt: skip


def _role_blocker(uow: UnitOfWork, prepared: PreparedPurchase) -> Blocker | None:
    """Why the asker itself could not buy: FORBIDDEN or CONSENT_REQUIRED."""
    decision = decide(Action.PURCHASE, uow.actor.role, relation_to(uow, prepared.organization), uow.actor.via)
    return None if decision.code is None else Blocker(decision.code, "The asker may not buy this itself.")


def shown_levels(sale: Sale, uow: UnitOfWork) -> Iterator[QuoteLevel]:
    """The pairs below the asker and, with `resellerSeesCost`, what it pays itself; nothing above (VIS-2, VIS-9)."""
    for place, level in enumerate(sale.levels):
        if place and not _is_seen(level, uow.actor.path, uow.actor.organization_id):
            return
        yield _level(sale, place, uow)


def _is_seen(level: LevelSale, asker_path: str, asker_id: str) -> bool:
    buyer = level.level.pair.buyer
    if buyer.id == asker_id:
        return level.level.policies.boolean("resellerSeesCost")
    return is_within(buyer.path, asker_path)


def _level(sale: Sale, place: int, uow: UnitOfWork) -> QuoteLevel:
    level = sale.levels[place]
    pair, currency = level.level.pair, level.level.currency
    margin = _seen_margin(sale, place, uow)
    before = pair.wallet.sums(uow.now)
    tax_micros = sum(level.tax_micros.values())
    return QuoteLevel(
        pair.buyer.id, pair.buyer.name, pair.wallet.id, currency, tuple(_lines(level)), level.net_micros, tax_micros,
        level.gross_micros, shown_balance(pair.wallet.mode, before),
        shown_balance(pair.wallet.mode, level.sums_after(uow.now)), pair.wallet.usable(uow.now),
        usable_after(level, uow.now), level.missing_micros(uow.now), margin,
        (BELOW_COST,) if margin is not None and margin < 0 else (),
    )  # fmt: skip


def _seen_margin(sale: Sale, place: int, uow: UnitOfWork) -> int | None:
    """The margin of the pair's seller, when the asker is that seller and sees its cost, or stands above it."""
    seller = sale.levels[place].level.pair.seller
    above = sale.levels[place + 1] if place + 1 < len(sale.levels) else None
    if not is_within(seller.path, uow.actor.path):
        return None
    if above is not None and not _is_seen(above, uow.actor.path, uow.actor.organization_id):
        return None
    return sale.margin_micros(place)


def _lines(level: LevelSale) -> Iterator[QuoteLine]:
    for line in level.lines:
        unit = line.price.unit
        yield QuoteLine(
            line.item.id, line.item.name, line.item.quantity, unit.amount_micros, unit.source,
            percent_text(unit.discount_percent), line.segment.start, line.segment.last_day, line.taxed.net_micros,
            line.taxed.taxes,
        )  # fmt: skip
