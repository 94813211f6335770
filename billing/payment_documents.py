"""The tax inside a payment and, where each payment is its own invoice, that invoice (MON-49, MON-84, MON-86)."""

from dataclasses import replace

from billing.chain import read_tax_rules, tax_rule_of
from billing.invoice_figures import InvoiceType
from billing.invoices import InvoiceLine, NewInvoice, issue_invoices
from billing.tax import TaxedAmount, tax_within
from billing.wallet_figures import WalletMode
from billing.wallets import Pair, Party, WalletRow
from core.transaction import fetch_one, fetch_value
from tenants.policy.policy_resolution import Policies
from tenants.unit_of_work import UnitOfWork


async def taxed_payment(
    uow: UnitOfWork, wallet: WalletRow, policies: Policies, amount_micros: int, seller_state: str | None
) -> TaxedAmount:
    """What of a payment is net and what tax: with `taxTiming` PAYMENT in PREPAID only, else no tax is in it.

    `seller_state` is the one in force for this payment, None for the seller's usual one (MON-86)."""
    if policies.choice("taxTiming") == "CHARGE" or wallet.mode is WalletMode.POSTPAID:
        return TaxedAmount(amount_micros, ())
    async with uow.as_platform("MON-84: the tax rules and the state of the pair's seller"):
        pair = await _pair(uow, wallet, seller_state)
        is_exempt = await fetch_value(
            uow.tx, "SELECT t.is_tax_exempt FROM buyer_terms t WHERE t.organization_id = $1 AND t.buyer_id = $2",
            pair.seller.id, pair.buyer.id,
        )  # fmt: skip
        rules = await read_tax_rules(uow, [pair.seller.id])
    rule = tax_rule_of(pair, rules.get(pair.seller.id, ()), is_exempt=bool(is_exempt))
    return tax_within(amount_micros, rule, pair.buyer.state_code, wallet.currency)


async def invoice_payment(
    uow: UnitOfWork, wallet: WalletRow, policies: Policies, payment_id: str, taxed: TaxedAmount,
    seller_state: str | None,
) -> None:  # fmt: skip
    """With `invoicing` PER_PAYMENT the settled payment makes exactly one TAX invoice, paid by it (MON-49, MON-73)."""
    if policies.choice("invoicing") != "PER_PAYMENT":
        return
    async with uow.as_platform("MON-72: the number is the seller's"):
        pair = await _pair(uow, wallet, seller_state)
        line = InvoiceLine("PAYMENT", "Payment", taxed)
        due_days = policies.integer("invoiceDueDays")
        new = NewInvoice(wallet, pair.buyer, pair.seller, InvoiceType.TAX, (line,), due_days, 0, payment_id=payment_id)
        await issue_invoices(uow.tx, [new], uow.now)


async def _pair(uow: UnitOfWork, wallet: WalletRow, seller_state: str | None) -> Pair:
    buyer, seller = await _party(uow, wallet.organization_id), await _party(uow, wallet.seller_id)
    return Pair(0, buyer, replace(seller, state_code=seller_state or seller.state_code), wallet)


async def _party(uow: UnitOfWork, organization_id: str) -> Party:
    row = await fetch_one(
        uow.tx,
        "SELECT id, path, name, status, currency, country, state_code, timezone FROM organization WHERE id = $1",
        organization_id,
    )
    assert row is not None, "a Wallet names two stored organizations"
    return Party(*row)
