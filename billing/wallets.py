"""Wallets as rows: opening one, reading one for a command, locking those of a chain. Posts nothing (ledger.py does)."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import NoReturn

from billing.hold_rows import lapsed_micros, release_lapsed_holds
from billing.posting import WalletTerms
from billing.wallet_figures import (
    TemporaryRaise,
    UsageSettlement,
    WalletMode,
    WalletSums,
    effective_limit,
    usable,
)
from core.clock import Instant
from core.ids import new_id
from core.refusals import refuse
from core.transaction import Row, Transaction, fetch_one, insert
from tenants.policy.policy_resolution import Policies
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class WalletRow:
    """The open Wallet of a pair as read inside the transaction; sums in micros, debts negative (MON-10 to MON-14)."""

    id: str
    organization_id: str
    path: str
    seller_id: str
    seller_path: str
    currency: str
    mode: WalletMode
    wallet_micros: int = 0
    unbilled_micros: int = 0
    due_micros: int = 0
    payable_micros: int = 0
    reserved_micros: int = 0
    credit_limit_micros: int = 0
    temporary_limit_micros: int = 0
    temporary_limit_until_at: Instant | None = None
    version: int = 1
    invoice_open_micros: int = 0
    """What is open of automatically allocated invoices (MON-75)."""
    holds_until_at: Instant | None = None
    """When the first of the open holds lapses (MON-13)."""
    has_autopay: bool = False
    min_balance_micros: int | None = None
    alert_threshold_micros: int | None = None
    billed_until_at: Instant | None = None
    """Through where monthly invoices have gone (MON-73); None: since it was opened."""

    @property
    def temporary_raise(self) -> TemporaryRaise | None:
        """The raise that was granted last, running or over (MON-14)."""
        if self.temporary_limit_until_at is None:
            return None
        return TemporaryRaise(self.temporary_limit_micros, self.temporary_limit_until_at)

    def sums(self, now: Instant) -> WalletSums:
        """The sums with the limit that is effective now (MON-14)."""
        limit = effective_limit(self.credit_limit_micros, self.temporary_raise, now)
        return WalletSums(self.wallet_micros, self.unbilled_micros, self.due_micros, self.reserved_micros, limit)

    def usable(self, now: Instant) -> int:
        """What a checked command may cost now (MON-11, MON-12, MON-19)."""
        return usable(self.mode, self.sums(now))

    def terms(self, policies: Policies) -> WalletTerms:
        """Where money lands; `policies` are the buyer's of the pair (MON-22)."""
        return WalletTerms(self.mode, UsageSettlement(policies.choice("usageSettlement")))


@dataclass(frozen=True, slots=True)
class Party:
    """One organization of a chain, as far as a sale needs it."""

    id: str
    path: str
    name: str
    status: str
    currency: str
    country: str
    state_code: str | None
    timezone: str


@dataclass(frozen=True, slots=True)
class Pair:
    """One level of a chain: 0 is the subscribing organization and its seller (MON-30).

    The Wallet is the buyer's own, or that of the CORPORATE whose CHILD it is (MON-36)."""

    level: int
    buyer: Party
    seller: Party
    wallet: WalletRow

    @property
    def is_of_group(self) -> bool:
        """Whether a CORPORATE pays."""
        return self.wallet.organization_id != self.buyer.id


_WALLET = (
    "w.id AS wallet_id, w.organization_id AS wallet_organization_id, w.path AS wallet_path, w.seller_id, "
    "w.currency AS wallet_currency, w.mode, w.wallet_micros, w.unbilled_micros, w.due_micros, w.payable_micros, "
    "w.reserved_micros, w.credit_limit_micros, w.temporary_limit_micros, w.temporary_limit_until_at, "
    "w.version AS wallet_version, w.invoice_open_micros, w.holds_until_at, w.has_autopay, w.min_balance_micros, "
    "w.alert_threshold_micros, w.billed_until_at"
)
_PARTY_COLUMNS = ("id", "path", "name", "status", "currency", "country", "state_code", "timezone")
_SUMS = (
    "wallet_micros", "unbilled_micros", "due_micros", "payable_micros", "reserved_micros", "credit_limit_micros",
    "temporary_limit_micros", "temporary_limit_until_at", "invoice_open_micros", "holds_until_at",
    "min_balance_micros", "alert_threshold_micros", "billed_until_at",
)  # fmt: skip


def for_update(tx: Transaction, alias: str) -> str:
    """The clause that locks the rows read under `alias`; SQLite's one writer needs none (MON-7)."""
    return f"FOR NO KEY UPDATE OF {alias}" if tx.dialect == "postgres" else ""


async def open_wallet(
    tx: Transaction, *, organization_id: str, path: str, seller_id: str, currency: str, credit_limit_micros: int,
    now: Instant,
) -> str:  # fmt: skip
    """Open the PREPAID Wallet of a pair at 0 and answer its id (MON-10); the limit is `creditLimitDefault` (MON-14)."""
    wallet_id = new_id("wal")
    await insert(
        tx, "wallet", id=wallet_id, organization_id=organization_id, path=path, seller_id=seller_id, currency=currency,
        mode=WalletMode.PREPAID.value, credit_limit_micros=credit_limit_micros, opened_at=now,
    )  # fmt: skip
    return wallet_id


async def wallet_of(uow: UnitOfWork, organization_id: str) -> WalletRow:
    """The locked open Wallet of an organization below the actor's, for its seller. Refused: WALLET_MISSING (MON-10)."""
    row = await fetch_one(
        uow.tx,
        f"SELECT {_WALLET}, s.path AS seller_path FROM wallet w JOIN organization s ON s.id = w.seller_id "
        f"WHERE w.organization_id = $4 AND w.closed_at IS NULL AND {uow.visible('w', 'wallet')} "
        f"AND {uow.visible('s', 'organization')} {for_update(uow.tx, 'w')}",
        *uow.scope, organization_id,
    )  # fmt: skip
    if row is None:
        _missing()
    return wallet_row(row)


async def lock_chain(
    uow: UnitOfWork, organization_id: str, owner_id: str, *, is_preview: bool = False
) -> tuple[Pair, ...]:
    """The pairs from an organization up to a Product's owner, their Wallets locked from the OPERATOR downward (MON-7).

    Call it inside `as_platform`; a preview locks nothing. Empty when the owner does not stand above. Refused:
    WALLET_MISSING (MON-10)."""
    locking = "" if is_preview else for_update(uow.tx, "w")
    rows = await uow.tx.fetch(
        f"""WITH RECURSIVE above (id, parent_id) AS (
            SELECT o.id, o.parent_id FROM organization o WHERE o.id = $1
            UNION ALL SELECT p.id, p.parent_id FROM organization p JOIN above a ON p.id = a.parent_id WHERE a.id <> $2
        ) SELECT {_WALLET}, {_party("b")}, {_party("s")}, s.path AS seller_path,
            s.parent_id AS above_seller_id
        FROM above a JOIN organization b ON b.id = a.id JOIN organization s ON s.id = b.parent_id
        JOIN wallet w ON w.organization_id = coalesce(b.billing_group_id, b.id) AND w.closed_at IS NULL
        WHERE b.id <> $2 ORDER BY length(b.path) {locking}""",
        organization_id, owner_id,
    )  # fmt: skip
    pairs = tuple(_pair(level, row) for level, row in enumerate(reversed(rows)))
    _require_unbroken(pairs, organization_id)
    pairs = await _without_lapsed_holds(uow, pairs, is_preview=is_preview)
    if pairs[-1].seller.id == owner_id:
        return pairs
    if rows[0]["above_seller_id"] is not None:
        _missing()
    return ()


async def lock_wallets(uow: UnitOfWork, wallet_ids: Collection[str]) -> dict[str, WalletRow]:
    """Wallets by their ids, closed ones too, locked from the OPERATOR downward (MON-7). Call it in `as_platform`."""
    ids = tuple(wallet_ids)
    wallets = {wallet.id: wallet for wallet in await wallet_rows(uow.tx, ids)}
    if lapsed := [wallet.id for wallet in wallets.values() if _has_lapsed_holds(wallet, uow.now)]:
        await release_lapsed_holds(uow.tx, lapsed, uow.now)
        return await lock_wallets(uow, ids)
    return wallets


async def wallet_rows(tx: Transaction, wallet_ids: Collection[str]) -> list[WalletRow]:
    """The same without looking at holds, for what time alone does; `tx` sees as the platform."""
    ids = tuple(wallet_ids)
    places = ", ".join(f"${place}" for place in range(1, len(ids) + 1))
    rows = await tx.fetch(
        f"SELECT {_WALLET}, s.path AS seller_path FROM wallet w JOIN organization s ON s.id = w.seller_id "
        f"WHERE w.id IN ({places}) ORDER BY length(w.path), w.path, w.id {for_update(tx, 'w')}",
        *ids,
    )
    return [wallet_row(row) for row in rows]


async def _without_lapsed_holds(uow: UnitOfWork, pairs: tuple[Pair, ...], *, is_preview: bool) -> tuple[Pair, ...]:
    """The pairs without what holds keep beyond their time; unless it is a preview those are closed (MON-13)."""
    ids = [pair.wallet.id for pair in pairs if _has_lapsed_holds(pair.wallet, uow.now)]
    if not ids:
        return pairs
    lapsed = await lapsed_micros(uow.tx, ids, uow.now)
    if not is_preview:
        await release_lapsed_holds(uow.tx, ids, uow.now)
    return tuple(
        replace(pair, wallet=replace(pair.wallet, reserved_micros=pair.wallet.reserved_micros - lapsed[pair.wallet.id]))
        if pair.wallet.id in lapsed
        else pair
        for pair in pairs
    )


def _has_lapsed_holds(wallet: WalletRow, now: Instant) -> bool:
    return wallet.holds_until_at is not None and wallet.holds_until_at <= now


def wallet_row(row: Row) -> WalletRow:
    """The Wallet of a row that was read with this module's columns."""
    return WalletRow(
        row["wallet_id"], row["wallet_organization_id"], row["wallet_path"], row["seller_id"], row["seller_path"],
        row["wallet_currency"], WalletMode(row["mode"]), **{name: row[name] for name in _SUMS},
        version=row["wallet_version"], has_autopay=bool(row["has_autopay"]),
    )  # fmt: skip


def _party(alias: str) -> str:
    return ", ".join(f"{alias}.{name} AS {alias}_{name}" for name in _PARTY_COLUMNS)


def _pair(level: int, row: Row) -> Pair:
    buyer, seller = (Party(*(row[f"{side}_{name}"] for name in _PARTY_COLUMNS)) for side in ("b", "s"))
    return Pair(level, buyer, seller, wallet_row(row))


def _require_unbroken(pairs: tuple[Pair, ...], organization_id: str) -> None:
    """Every organization on the way up has its Wallet with its parent."""
    if not pairs or pairs[0].buyer.id != organization_id:
        _missing()
    if any(lower.seller.id != upper.buyer.id for lower, upper in zip(pairs, pairs[1:], strict=False)):
        _missing()


def _missing() -> NoReturn:
    refuse("WALLET_MISSING", "There is no open wallet with the seller.")
