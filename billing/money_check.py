"""Whether every level of a sale can pay, and who is told when one cannot (MON-32). Reads nothing."""

from billing.alerts import Alert, AlertKind, RefusedWithAlerts
from billing.sale import LevelSale, Sale
from core.clock import Instant
from core.money import format_amount
from core.refusals import Blocker, Refused
from tenants.paths import is_within


def money_blocker(sale: Sale, now: Instant, asker_path: str) -> Blocker | None:
    """The first level that is short, from the buyer upward: INSUFFICIENT_CREDIT or UPSTREAM_CREDIT_INSUFFICIENT.

    The latter names organization and amount only to that level and to those above it."""
    short = next((level for level in sale.levels if level.missing_micros(now)), None)
    if short is None:
        return None
    if short is sale.buyer:
        return Blocker("INSUFFICIENT_CREDIT", "The wallet does not cover the price.", details=_missing(short, now))
    buyer = short.level.pair.buyer
    named = {"organizationId": buyer.id, "organizationName": buyer.name, **_missing(short, now)}
    message = "A seller above cannot pay its own cost."
    details = named if is_within(buyer.path, asker_path) else {}
    return Blocker("UPSTREAM_CREDIT_INSUFFICIENT", message, details=details)


def require_money(sale: Sale, now: Instant, asker_path: str) -> None:
    """Refused by `money_blocker`; when it is a level above the buyer, each short one gets an Alert (UPSTREAM_SHORT)."""
    blocker = money_blocker(sale, now, asker_path)
    if blocker is None:
        return
    if blocker.code == "INSUFFICIENT_CREDIT":
        raise Refused((blocker,))
    short = [level for level in sale.levels[1:] if level.missing_micros(now)]
    raise RefusedWithAlerts((blocker,), [_alert(level, sale, now) for level in short], now)


def _alert(short: LevelSale, sale: Sale, now: Instant) -> Alert:
    pair = short.level.pair
    details = {"buyerId": sale.buyer.level.pair.buyer.id, **_missing(short, now)}
    kind, needed = AlertKind.UPSTREAM_SHORT, short.gross_micros
    return Alert(pair.buyer.id, pair.buyer.path, pair.buyer.timezone, kind, pair.wallet.id, details, needed)


def _missing(short: LevelSale, now: Instant) -> dict[str, object]:
    currency = short.level.currency
    return {"missing": format_amount(short.missing_micros(now), currency), "currency": currency}
