"""The document of a stretch of time: charges that have no invoice yet, moved to DUE (MON-17, MON-70, MON-73, MON-3).

Call it inside `as_platform` with the Wallet locked. Charges that were invoiced with their sale are not its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import groupby

from billing.invoice_figures import InvoiceType, debt_micros, open_at_issue
from billing.invoices import InvoiceLine, NewInvoice, issue_invoices
from billing.ledger import Movement, MovementType, post
from billing.posting import Entry, LedgerAccount, Owner
from billing.tax import TaxAmount, TaxedAmount
from billing.tax_snapshot import taxed_amount
from billing.wallet_figures import WalletMode
from billing.wallets import Party, WalletRow
from core.clock import Instant
from core.ids import new_id
from core.money import round_to_minor
from core.transaction import Row, Transaction, fetch_one
from tenants.policy.policy_resolution import Policies
from tenants.unit_of_work import UnitOfWork

WITHOUT_DOCUMENT = frozenset({"NONE", "PER_PAYMENT"})
"""`invoicing` under which what is unbilled moves to DUE without an invoice (MON-73)."""

_CHARGES = """
SELECT t.id, t.type, t.source_type, t.source_id, t.child_id, e.ledger_account, e.detail, e.amount_micros,
    EXISTS (SELECT 1 FROM invoice i WHERE i.wallet_id = t.wallet_id AND i.sale_id = t.sale_id) AS is_invoiced
FROM ledger_transaction t JOIN ledger_entry e ON e.transaction_id = t.id
WHERE t.wallet_id = $1 AND t.at >= $2 AND t.at < $3 AND t.type <> 'INVOICED'
ORDER BY t.child_id, t.source_id, t.id, e.line
"""


@dataclass(slots=True)
class Charged:
    """What one line gathers: of one child, or of one source. Amounts as posted, in micros."""

    kind: str
    source_type: str
    source_id: str
    child_id: str | None
    net_micros: int = 0
    tax_micros: dict[str, int] = field(default_factory=dict)
    unbilled_micros: int = 0

    @property
    def gross_micros(self) -> int:
        """Net and tax as posted."""
        return self.net_micros + sum(self.tax_micros.values())


async def invoice_unbilled(
    uow: UnitOfWork, wallet: WalletRow, policies: Policies, until: Instant | None = None
) -> None:
    """Everything of [the last time, until) on one MONTHLY invoice, unbilled money moved to DUE; no lines: none.

    Without `until` it is everything there is, as a switch of the mode wants it (MON-17)."""
    end = uow.now + 1 if until is None else until
    start = 0 if wallet.billed_until_at is None else wallet.billed_until_at
    charges = list(_charges(await uow.tx.fetch(_CHARGES, wallet.id, start, end)))
    if until is None:
        charges += _rest(wallet, charges)
    if charges:
        await _close(uow, wallet, policies, charges)
    await uow.tx.execute("UPDATE wallet SET billed_until_at = $2 WHERE id = $1", wallet.id, end)


def _charges(rows: Sequence[Row]) -> Iterator[Charged]:
    """One for each child or source with a net sale in it; money that only came or went is none."""
    found: dict[tuple[str | None, str], Charged] = {}
    for _, entries in groupby(rows, key=lambda row: str(row["id"])):
        transaction = list(entries)
        if not _is_charge(transaction):
            continue
        row = transaction[0]
        own_line = row["source_id"] if row["source_type"] == "Subscription" else row["type"]
        key = (row["child_id"], "" if row["child_id"] else own_line)
        charged = found.setdefault(key, Charged(row["type"], row["source_type"], row["source_id"], row["child_id"]))
        for entry in transaction:
            _add(charged, entry)
    yield from found.values()


def _is_charge(entries: Sequence[Row]) -> bool:
    """What is unbilled, and sales that no invoice was made for; a refund to the Wallet has its own (MON-81)."""
    sold = any(e["ledger_account"] == "REVENUE" and e["detail"] != "ADMIN_FEE" for e in entries)
    unbilled = sum(e["amount_micros"] for e in entries if e["ledger_account"] == "UNBILLED")
    has_document = entries[0]["is_invoiced"] or entries[0]["type"] == MovementType.REFUND.value
    return sold and (unbilled != 0 or not has_document)


def _add(charged: Charged, entry: Row) -> None:
    match entry["ledger_account"]:
        case "REVENUE":
            charged.net_micros += entry["amount_micros"]
        case "TAX":
            component = entry["detail"] or ""
            charged.tax_micros[component] = charged.tax_micros.get(component, 0) + entry["amount_micros"]
        case "UNBILLED":
            charged.unbilled_micros += entry["amount_micros"]


def _rest(wallet: WalletRow, charges: Sequence[Charged]) -> list[Charged]:
    """What is unbilled and no transaction since the last invoice explains."""
    rest = wallet.unbilled_micros - sum(each.unbilled_micros for each in charges)
    return [Charged("CHARGES", "Wallet", wallet.id, None, -rest, {}, rest)] if rest else []


async def _close(uow: UnitOfWork, wallet: WalletRow, policies: Policies, charges: Sequence[Charged]) -> None:
    lines = [await _line(uow.tx, wallet, each) for each in charges]
    has_document = policies.choice("invoicing") not in WITHOUT_DOCUMENT
    moved = -sum(each.unbilled_micros for each in charges)
    rounding = sum(line.taxed.gross_micros for line in lines) - sum(each.gross_micros for each in charges)
    entries = _entries(wallet, moved, rounding if has_document else 0)
    after = _after(wallet, entries)
    new = await _document(uow, wallet, policies, lines, after) if has_document else None
    if entries:
        key = new_id("billing")
        source = ("Wallet", wallet.id) if new is None else ("Invoice", new.id)
        opened = 0 if new is None else new.open_micros
        await post(uow, [Movement(wallet, MovementType.INVOICED, entries, *source, key, opened_micros=opened)])
    elif new is not None and new.open_micros:
        sql = "UPDATE wallet SET invoice_open_micros = invoice_open_micros + $2 WHERE id = $1"
        await uow.tx.execute(sql, wallet.id, new.open_micros)
    await issue_invoices(uow.tx, [] if new is None else [new], uow.now)


def _entries(wallet: WalletRow, moved: int, rounding: int) -> tuple[Entry, ...]:
    """UNBILLED to DUE, the rounding of the document (MON-3), and in PREPAID what stored money pays of it at once."""
    is_unbilled = moved != 0
    side = LedgerAccount.UNBILLED if is_unbilled else LedgerAccount.WALLET
    total = moved + rounding if is_unbilled else 0
    paid = min(max(0, wallet.wallet_micros), max(0, total)) if wallet.mode is WalletMode.PREPAID else 0
    rows = [
        (side, Owner.BUYER, -rounding), (LedgerAccount.ROUNDING, Owner.SELLER, rounding),
        (LedgerAccount.UNBILLED, Owner.BUYER, total), (LedgerAccount.DUE, Owner.BUYER, -total),
        (LedgerAccount.WALLET, Owner.BUYER, -paid), (LedgerAccount.DUE, Owner.BUYER, paid),
    ]  # fmt: skip
    return tuple(Entry(account, owner, amount) for account, owner, amount in rows if amount)


def _after(wallet: WalletRow, entries: Sequence[Entry]) -> WalletRow:
    moved = dict.fromkeys(LedgerAccount, 0)
    for entry in entries:
        moved[entry.ledger_account] += entry.amount_micros
    return replace(
        wallet,
        wallet_micros=wallet.wallet_micros + moved[LedgerAccount.WALLET],
        unbilled_micros=wallet.unbilled_micros + moved[LedgerAccount.UNBILLED],
        due_micros=wallet.due_micros + moved[LedgerAccount.DUE],
    )


async def _document(
    uow: UnitOfWork, wallet: WalletRow, policies: Policies, lines: Sequence[InvoiceLine], after: WalletRow
) -> NewInvoice:
    total = sum(line.taxed.gross_micros for line in lines)
    debt = debt_micros(wallet.mode, after.sums(uow.now))
    return NewInvoice(
        wallet, await _party(uow.tx, wallet.organization_id), await _party(uow.tx, wallet.seller_id),
        InvoiceType.MONTHLY, tuple(lines), policies.integer("invoiceDueDays"),
        open_at_issue(total, debt, wallet.invoice_open_micros),
    )  # fmt: skip


async def _line(tx: Transaction, wallet: WalletRow, charged: Charged) -> InvoiceLine:
    """The sum of what is charged, rounded once per line and once per tax component (MON-2, MON-3)."""
    rates = await _rates(tx, charged)
    net = round_to_minor(charged.net_micros, wallet.currency)
    taxes = tuple(
        replace(
            rates.get(component, TaxAmount(component, Fraction(0), net, 0, "", None)),
            base_micros=net, amount_micros=round_to_minor(amount, wallet.currency),
        )
        for component, amount in charged.tax_micros.items()
    )  # fmt: skip
    taxed = TaxedAmount(net, taxes)
    if charged.child_id is not None:
        child = await _party(tx, charged.child_id)
        number = await fetch_one(tx, "SELECT billing_number FROM organization WHERE id = $1", child.id)
        assert number is not None
        return InvoiceLine("CHILD", child.name, taxed, child=child, child_billing_number=number["billing_number"])
    if charged.source_type != "Subscription":
        return InvoiceLine(charged.kind, charged.kind.capitalize().replace("_", " "), taxed)
    sold = await fetch_one(tx, "SELECT plan_name FROM subscription WHERE id = $1", charged.source_id)
    name = "Subscription" if sold is None else sold["plan_name"]
    return InvoiceLine("SUBSCRIPTION", name, taxed, subscription_id=charged.source_id)


async def _rates(tx: Transaction, charged: Charged) -> Mapping[str, TaxAmount]:
    """Percentage, country and state of each component, from the charges' own snapshots (MON-83)."""
    if not charged.tax_micros or charged.source_type != "Subscription":
        return {}
    row = await fetch_one(
        tx, "SELECT taxes FROM segment_charge WHERE subscription_id = $1 AND level = 0 AND tax_micros > 0 "
        "ORDER BY id DESC LIMIT 1",
        charged.source_id,
    )  # fmt: skip
    return {} if row is None else {tax.component: tax for tax in taxed_amount(0, row["taxes"]).taxes}


async def _party(tx: Transaction, organization_id: str) -> Party:
    row = await fetch_one(
        tx, "SELECT id, path, name, status, currency, country, state_code, timezone FROM organization WHERE id = $1",
        organization_id,
    )  # fmt: skip
    assert row is not None, "a Wallet names two stored organizations"
    return Party(*row)
