"""SUSPENDED by the credit limit, and back (MON-62, MON-64). Decides from a Wallet's figures; reads no money itself.

Works in the platform's own sight: the subscriptions of a billing group hang on its CORPORATE's Wallet (MON-36)."""

from collections.abc import Iterable
from dataclasses import replace

from billing.subscription_status import Cause, SuspensionReason, status_at
from billing.timeline import FACT_COLUMNS, Subject, TimelineEntry, facts_of, write_changes_of_time, write_entries
from billing.wallet_figures import WalletMode, is_beyond_limit, prepaid_figures
from billing.wallets import WalletRow, for_update
from core.clock import Instant
from core.transaction import Transaction
from tenants.policy.policy_resolution import Policies

REASON = SuspensionReason.CREDIT_LIMIT


def is_suspending(wallet: WalletRow, policies: Policies, now: Instant) -> bool:
    """Whether the Wallet stands beyond its limit, and its seller suspends for it (MON-62)."""
    is_inclusive = policies.boolean("creditLimitInclusive")
    return policies.boolean("suspendOnCreditLimit") and is_beyond_limit(wallet.mode, wallet.sums(now), is_inclusive)


def is_returning(wallet: WalletRow, policies: Policies, now: Instant) -> bool:
    """Whether what stands in the Wallet ends a suspension by the limit (MON-64)."""
    sums = wallet.sums(now)
    if is_beyond_limit(wallet.mode, sums, policies.boolean("creditLimitInclusive")):
        return False
    least = policies.money_or_none("reactivateBalanceMin")
    if least is None or wallet.mode is WalletMode.POSTPAID:
        return True
    return prepaid_figures(sums).net_balance_micros >= least


async def suspend_by_limit(tx: Transaction, buyer_id: str, at: Instant, actor_member_id: str | None) -> list[str]:
    """Give all the buyer's subscriptions the reason CREDIT_LIMIT; answers those that were not SUSPENDED before."""
    subjects = await _subjects(tx, buyer_id, at, has_reason=False)
    with_it = "CASE WHEN suspension_reasons = '' THEN $1 ELSE $1 || ',' || suspension_reasons END"
    return await _change(tx, subjects, at, with_it, is_set=True, actor_member_id=actor_member_id)


async def return_from_limit(tx: Transaction, buyer_id: str, at: Instant, actor_member_id: str | None) -> list[str]:
    """Take the reason CREDIT_LIMIT away; answers those that are not SUSPENDED any more. Other reasons stay (SUB-22)."""
    subjects = await _subjects(tx, buyer_id, at, has_reason=True)
    without_it = "rtrim(ltrim(replace(',' || suspension_reasons || ',', ',' || $1 || ',', ','), ','), ',')"
    return await _change(tx, subjects, at, without_it, is_set=False, actor_member_id=actor_member_id)


async def _subjects(tx: Transaction, buyer_id: str, at: Instant, *, has_reason: bool) -> list[Subject]:
    """Those of the buyer, or of its group, with or without the reason: stored sorted, so that it stands first."""
    columns = ", ".join(f"s.{name}" for name in FACT_COLUMNS)
    rows = await tx.fetch(
        f"SELECT s.id, s.organization_id, s.path, {columns} FROM subscription s WHERE s.organization_id IN "
        "(SELECT o.id FROM organization o WHERE o.id = $1 OR o.billing_group_id = $1) "
        "AND s.terminated_at IS NULL AND s.ladder_ends_at > $2 "
        f"AND substr(s.suspension_reasons, 1, {len(REASON)}) {'=' if has_reason else '<>'} $3 "
        f"ORDER BY s.id {for_update(tx, 's')}",
        buyer_id, at, REASON.value,
    )  # fmt: skip
    return [Subject(row["id"], row["organization_id"], row["path"], facts_of(row)) for row in rows]


async def _change(
    tx: Transaction, subjects: list[Subject], at: Instant, new_reasons: str, *, is_set: bool,
    actor_member_id: str | None,
) -> list[str]:  # fmt: skip
    if not subjects:
        return []
    await write_changes_of_time(tx, subjects, at)
    places = ", ".join(f"${place}" for place in range(2, len(subjects) + 2))
    await tx.execute(
        f"UPDATE subscription SET suspension_reasons = {new_reasons}, version = version + 1 WHERE id IN ({places})",
        REASON.value, *(each.subscription_id for each in subjects),
    )  # fmt: skip
    entries = [entry for each in subjects for entry in _entries(each, at, is_set, actor_member_id)]
    await write_entries(tx, entries)
    return [entry.subscription_id for entry in entries]


def _entries(subject: Subject, at: Instant, is_set: bool, actor_member_id: str | None) -> Iterable[TimelineEntry]:
    facts = subject.facts
    reasons = facts.suspension_reasons | {REASON} if is_set else facts.suspension_reasons - {REASON}
    before, after = status_at(facts, at), status_at(replace(facts, suspension_reasons=reasons), at)
    cause = REASON.value if is_set else Cause.REASON_LIFTED.value
    if before is not after:
        yield TimelineEntry(
            subject.subscription_id, subject.organization_id, subject.path, at, before, after, cause, actor_member_id
        )
