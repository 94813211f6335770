"""What tests of renewals send, and what a renewal leaves: `await renewed("recover", chain.customer.someone, held)`."""

from typing import Any

from core.money import format_amount
from tenants.unit_of_work import Platform
from tests.graph.asking import ask
from tests.graph.billing_documents import codes, done
from tests.makers import Member, credentials_of
from tests.makers_billing import rows
from tests.makers_subscriptions import Chain, subscription

SHOWN = """errors { code field details } replayed saleId
    subscription { id status startDate endDate anchorDate renewalFailedAt version }
    ledgerTransaction { type saleId entries { ledgerAccount amount { amount } } }"""
QUOTE = """query ($input: QuoteRenewalInput!) { quoteRenewal(input: $input) {
    subscriptionId version operation quoteId startDate endDate lastDay endsAt
    net { amount } tax { amount } total { amount currency } blockers { code details }
    levels { organizationName total { amount } margin { amount } missing { amount } } } }"""
MANY = """mutation ($input: RenewSubscriptionsInput!) { renewSubscriptions(input: $input) {
    errors { code } replayed results { subscriptionId saleId errors { code field details } }
    subscriptions { id endDate } } }"""


def document(operation: str) -> str:
    """The mutation `renew`, `recover`, `extend` or `reactivate`."""
    name = f"{operation}Subscription"
    return f"mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ {SHOWN} }} }}"


async def renewed(operation: str, who: Member, subscription_id: str, **given: Any) -> dict[str, Any]:
    """The payload of the mutation for the stored version, unless another one is given."""
    version = (await subscription(who.platform, subscription_id))["version"]
    key = f"{operation}-{subscription_id}-{version}-{len(str(given))}"
    input = {"subscriptionId": subscription_id, "version": version, "idempotencyKey": key} | given
    return await done(who, document(operation), **input)


async def quoted(operation: str, who: Member, subscription_id: str, **given: Any) -> dict[str, Any]:
    """The quote of the same."""
    return await done(who, QUOTE, subscriptionId=subscription_id, operation=operation.upper(), **given)


async def quote_codes(operation: str, who: Member, subscription_id: str, **given: Any) -> list[str]:
    """The top-level codes with which the quote is refused."""
    input = {"subscriptionId": subscription_id, "operation": operation.upper()} | given
    return (await ask(who.platform, await credentials_of(who), QUOTE, input=input)).codes


async def refused(operation: str, who: Member, subscription_id: str, **given: Any) -> list[str]:
    """The codes with which the mutation is refused; neither subscription nor books nor paid time changed."""
    before = await standing(who.platform)
    answer = await renewed(operation, who, subscription_id, **given)
    assert await standing(who.platform) == before
    return codes(answer)


async def standing(platform: Platform) -> list[Any]:
    """Subscriptions, paid time, books and documents as they are stored."""
    tables = ("subscription", "segment", "segment_charge", "ledger_transaction", "invoice", "wallet", "timeline_entry")
    return [await rows(platform, f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in tables]


async def charged(chain: Chain, subscription_id: str) -> list[tuple[str, str, str, int, str]]:
    """Charges by time and level: first date, end, kind, level, net."""
    found = await rows(
        chain.customer.platform,
        "SELECT g.first_date, g.end_date, g.kind, c.level, c.net_micros, c.currency FROM segment g "
        "JOIN segment_charge c ON c.segment_id = g.id WHERE g.subscription_id = $1 "
        "ORDER BY g.first_date, c.level, c.id",
        subscription_id,
    )
    return [
        (
            row["first_date"],
            row["end_date"],
            row["kind"],
            row["level"],
            format_amount(row["net_micros"], row["currency"]),
        )
        for row in found
    ]
