"""Issuing invoices: numbers without gaps, snapshots of both sides, due dates, open amounts (MON-70 to MON-75).

Call it inside `as_platform`, after the Wallets are locked: numbers are taken last, so that few wait for them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

from billing.invoice_figures import InvoiceType
from billing.tax import TaxedAmount
from billing.tax_snapshot import taxes_json
from billing.wallets import Party, WalletRow
from core.calendar import local_date, start_of_day
from core.clock import Instant
from core.ids import new_id
from core.transaction import Transaction, insert_many

PREFIX, DIGITS = "INV-", 7
"""What a seller's numbers look like until it sets them itself (MON-72)."""
DOCUMENTS, PROFORMAS = "", "PROFORMA"
"""The kinds of sequences; a proforma has its own."""


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line: what, how many, for which days [first_day, end), net and taxes as snapshots; the child it is for."""

    kind: str
    name: str
    taxed: TaxedAmount
    quantity: int = 1
    first_day: date | None = None
    end: date | None = None
    subscription_id: str | None = None
    child: Party | None = None
    child_billing_number: str | None = None


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """A document of one pair to be; due_days is `invoiceDueDays` of the pair's buyer, open what nothing has paid."""

    wallet: WalletRow
    buyer: Party
    seller: Party
    type: InvoiceType
    lines: tuple[InvoiceLine, ...]
    due_days: int
    open_micros: int
    sale_id: str | None = None
    payment_id: str | None = None
    """Of the payment that it is the one invoice of (MON-49)."""
    id: str = field(default_factory=lambda: new_id("inv"))

    @property
    def net_micros(self) -> int:
        """All lines without tax."""
        return sum(line.taxed.net_micros for line in self.lines)

    @property
    def tax_micros(self) -> int:
        """The tax of all lines."""
        return sum(line.taxed.tax_micros for line in self.lines)

    @property
    def sequence_kind(self) -> str:
        """Which of the seller's sequences gives its number."""
        return PROFORMAS if self.type is InvoiceType.PROFORMA else DOCUMENTS


async def issue_invoices(tx: Transaction, new: Sequence[NewInvoice], now: Instant) -> list[str]:
    """Give each its number and store it; at most one of a seller at a time. Answers their ids.

    Three statements however many. The open amounts are added to the Wallets by the ledger (Movement.opened_micros)."""
    if not new:
        return []
    sequences = sorted({(each.seller.path, each.seller.id, each.sequence_kind) for each in new})
    await tx.execute(
        _take_text(len(sequences)), *(value for each in sequences for value in (each[1], each[0], each[2]))
    )
    await tx.execute(_insert_text(len(new)), *(value for each in new for value in _values(each, now)))
    await insert_many(tx, "invoice_line", [row for each in new for row in _line_rows(each)])
    return [each.id for each in new]


@lru_cache(maxsize=64)
def _take_text(count: int) -> str:
    """The next number of each sequence, in the order of their paths: nobody waits in a circle (MON-72)."""
    values = ", ".join(
        f"(${place}, ${place + 1}, ${place + 2}, '{PREFIX}', {DIGITS}, 1)" for place in range(1, 3 * count + 1, 3)
    )
    return (
        f"INSERT INTO invoice_sequence (organization_id, path, kind, prefix, digits, counter) VALUES {values} "
        "ON CONFLICT (organization_id, kind) DO UPDATE SET counter = invoice_sequence.counter + 1"
    )


_COLUMNS = (
    "seller_id", "sequence_kind", "id", "organization_id", "path", "wallet_id", "type", "issued_at", "issue_date",
    "due_date", "overdue_at", "currency", "net_micros", "tax_micros", "total_micros", "open_micros", "seller", "buyer",
    "sale_id", "payment_id",
)  # fmt: skip
_TEXT = "CAST(s.counter AS text)"
_NUMBER = (
    f"s.prefix || CASE WHEN length({_TEXT}) >= s.digits THEN '' ELSE "
    f"substr('{'0' * 30}', 1, CAST(s.digits - length({_TEXT}) AS integer)) END || {_TEXT}"
)


@lru_cache(maxsize=64)
def _insert_text(count: int) -> str:
    """The counter and the number come from the sequence, which this transaction holds."""
    width = len(_COLUMNS)
    rows = ", ".join(_row_text(row * width + 1) for row in range(count))
    return f"INSERT INTO invoice ({', '.join(_COLUMNS)}, counter, number) VALUES {rows}"


def _row_text(first: int) -> str:
    places = ", ".join(f"${place}" for place in range(first, first + len(_COLUMNS)))
    of_sequence = f"FROM invoice_sequence s WHERE s.organization_id = ${first} AND s.kind = ${first + 1}"
    return f"({places}, (SELECT s.counter {of_sequence}), (SELECT {_NUMBER} {of_sequence}))"


def _values(new: NewInvoice, now: Instant) -> tuple[object, ...]:
    zone, wallet = new.buyer.timezone, new.wallet
    issued = local_date(now, zone)
    due = issued + timedelta(days=new.due_days)
    total = new.net_micros + new.tax_micros
    return (
        wallet.seller_id, new.sequence_kind, new.id, wallet.organization_id, wallet.path, wallet.id, new.type.value,
        now, issued.isoformat(), due.isoformat(), start_of_day(due + timedelta(days=1), zone), wallet.currency,
        new.net_micros, new.tax_micros, total, new.open_micros, _party_json(new.seller), _party_json(new.buyer),
        new.sale_id, new.payment_id,
    )  # fmt: skip


def _party_json(party: Party) -> str:
    return json.dumps({"name": party.name, "country": party.country, "stateCode": party.state_code})


def _line_rows(new: NewInvoice) -> Iterator[dict[str, object]]:
    for place, line in enumerate(new.lines, 1):
        child = line.child
        yield {
            "invoice_id": new.id, "line": place, "organization_id": new.wallet.organization_id,
            "path": new.wallet.path, "kind": line.kind, "name": line.name, "quantity": line.quantity,
            "first_date": line.first_day and line.first_day.isoformat(),
            "end_date": line.end and line.end.isoformat(), "net_micros": line.taxed.net_micros,
            "taxes": taxes_json(line.taxed), "tax_micros": line.taxed.tax_micros, "currency": new.wallet.currency,
            "subscription_id": line.subscription_id, "child_id": child and child.id, "child_name": child and child.name,
            "child_billing_number": line.child_billing_number,
        }  # fmt: skip
