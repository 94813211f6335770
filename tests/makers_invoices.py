"""Makers of invoices and holds, and what stands in them: `an_open_invoice(customer, "100")`, `invoices(customer)`."""

from typing import Any

from billing.aftermath import follow_up
from billing.holds import HoldPurpose, open_hold
from billing.invoice_figures import InvoiceType
from billing.invoices import InvoiceLine, NewInvoice, issue_invoices
from billing.ledger import Movement, MovementType, post
from billing.posting import Revenue, charge
from billing.tax import TaxedAmount
from billing.wallets import Pair, lock_chain
from core.ids import new_id
from core.money import format_amount, parse_amount
from tenants.commands import Outcome
from tenants.policy.policy import read_policies
from tenants.unit_of_work import UnitOfWork
from tests.acting import do
from tests.makers import Organization
from tests.makers_billing import rows, seller_of


async def an_open_invoice(
    buyer: Organization,
    amount: str,
    *,
    open_amount: str | None = None,
    due_days: int = 30,
    subscription: str | None = None,
) -> str:
    """A TAX invoice over a charge that was posted with it, open in full unless told otherwise; its id."""

    async def act(uow: UnitOfWork) -> Outcome:
        async with uow.as_platform("a test's own invoice"):
            pair = await _pair(uow, buyer)
            micros = parse_amount(amount)
            line = InvoiceLine("MANUAL", "By hand", TaxedAmount(micros, ()), subscription_id=subscription)
            left = micros if open_amount is None else parse_amount(open_amount)
            sale = new_id("sale")
            new = NewInvoice(pair.wallet, pair.buyer, pair.seller, InvoiceType.TAX, (line,), due_days, left, sale)
            terms = pair.wallet.terms(await read_policies(uow.tx, buyer.id))
            entries = charge(terms, micros, {}, Revenue.MANUAL, is_invoiced_at_once=True)
            movement = Movement(
                pair.wallet, MovementType.PURCHASE, entries, "Invoice", new.id, new_id("test"), sale, opened_micros=left
            )
            await post(uow, [movement])
            await issue_invoices(uow.tx, [new], uow.now)
        return {"invoiceId": new.id}

    return str((await do((await seller_of(buyer)).someone, act))["invoiceId"])


async def used(buyer: Organization, amount: str) -> None:
    """Usage that happened, posted whatever the limit says (MON-19), with what follows from it."""

    async def act(uow: UnitOfWork) -> Outcome:
        async with uow.as_platform("a test's own usage"):
            pair = await _pair(uow, buyer)
            terms = pair.wallet.terms(await read_policies(uow.tx, buyer.id))
            entries = charge(terms, parse_amount(amount), {}, Revenue.USAGE)
            key = new_id("test")
            await post(uow, [Movement(pair.wallet, MovementType.USAGE, entries, "Usage", key, key)])
            await follow_up(uow, [pair.wallet.id])
        return {}

    await do((await seller_of(buyer)).someone, act)


async def a_hold(buyer: Organization, amount: str, *, minutes: int = 60) -> str:
    """Money held in the buyer's Wallet; the hold's id."""

    async def act(uow: UnitOfWork) -> Outcome:
        async with uow.as_platform("a test's own hold"):
            pair = await _pair(uow, buyer)
            hold = await open_hold(uow, pair.wallet, parse_amount(amount), HoldPurpose.CARD_CHARGE, minutes)
        return {"holdId": hold}

    return str((await do((await seller_of(buyer)).someone, act))["holdId"])


async def _pair(uow: UnitOfWork, buyer: Organization) -> Pair:
    assert buyer.parent_id is not None
    return (await lock_chain(uow, buyer.id, buyer.parent_id))[0]


async def invoices(buyer: Organization) -> list[dict[str, Any]]:
    """The buyer's invoices in the order of issue: number, type, total and open as text."""
    found = await rows(
        buyer.platform, "SELECT * FROM invoice WHERE organization_id = $1 ORDER BY issued_at, counter", buyer.id
    )
    return [
        {
            "number": row["number"],
            "type": row["type"],
            "total": format_amount(row["total_micros"], row["currency"]),
            "open": format_amount(row["open_micros"], row["currency"]),
        }
        for row in found
    ]


async def open_amounts(buyer: Organization) -> list[str]:
    """What is open of each invoice of the buyer, oldest first."""
    return [each["open"] for each in await invoices(buyer)]
