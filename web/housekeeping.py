"""What a worker tidies up in the platform's own sight. Registers the steps; core/periodic.py repeats them.

Each deletes what nobody asks for any more, so that two processes at once do no harm."""

from billing.money_commands import MONEY_COMMANDS
from core.clock import EXACT_DAY, Instant
from core.periodic import periodic
from tenants.sign_in.identity_provider_sign_in import forget_old_visits
from tenants.sign_in.sign_in_challenges import forget_old_challenges
from tenants.sign_in.sign_in_locks import forget_old_failures
from tenants.unit_of_work import Platform, platform_transaction

KEPT = 30 * EXACT_DAY
"""How long an idempotency key (GEN-6) and a message that was delivered are kept."""
CHUNK = 1_000
FIVE_MINUTES, HOUR = 5 * 60, 60 * 60


@periodic("sign-in failures", every_seconds=FIVE_MINUTES)
async def forget_failures(platform: Platform, last: Instant) -> int:
    """Failed tries that count no more (AUTH-3)."""
    async with platform_transaction(platform) as tx:
        return await forget_old_failures(tx, platform.clock.now())


@periodic("half sign-ins", every_seconds=FIVE_MINUTES)
async def forget_half_sign_ins(platform: Platform, last: Instant) -> int:
    """Challenges that nobody finished, and visits to identity providers from which nobody came back."""
    async with platform_transaction(platform) as tx:
        now = platform.clock.now()
        return await forget_old_challenges(tx, now) + await forget_old_visits(tx, now)


@periodic("idempotency keys", every_seconds=HOUR)
async def forget_keys(platform: Platform, last: Instant) -> int:
    """Keys older than 30 days by their organization's own clock, never those of money commands (MON-6)."""
    kept = sorted(MONEY_COMMANDS)
    named = ", ".join(f"${place}" for place in range(4, 4 + len(kept)))
    return await _delete(
        platform,
        "DELETE FROM idempotency_key WHERE (organization_id, key) IN (SELECT k.organization_id, k.key "
        "FROM idempotency_key k JOIN organization o ON o.id = k.organization_id "
        "LEFT JOIN sandbox_clock c ON c.id = o.clock_id "
        f"WHERE k.created_at < coalesce(c.stands_at, $1) - $2 AND k.operation NOT IN ({named}) LIMIT $3)",
        platform.clock.now(), KEPT, CHUNK, *kept,
    )  # fmt: skip


@periodic("delivered messages", every_seconds=HOUR)
async def forget_messages(platform: Platform, last: Instant) -> int:
    """Messages of the outbox that have been done for 30 days; what is not done stays."""
    return await _delete(
        platform, "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE done_at < $1 LIMIT $2)",
        platform.clock.now() - KEPT, CHUNK,
    )  # fmt: skip


@periodic("delivered mails", every_seconds=HOUR)
async def forget_deliveries(platform: Platform, last: Instant) -> int:
    """To whom messages went, once the messages themselves are gone."""
    return await _delete(
        platform,
        "DELETE FROM mail_delivery WHERE (message_id, address_folded) IN (SELECT d.message_id, d.address_folded "
        "FROM mail_delivery d WHERE d.at < $1 AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.id = d.message_id) "
        "LIMIT $2)",
        platform.clock.now() - KEPT, CHUNK,
    )  # fmt: skip


@periodic("reset links", every_seconds=HOUR)
async def forget_links(platform: Platform, last: Instant) -> int:
    """Reset links that no longer work (AUTH-5): an hour is enough to count how many somebody asked for."""
    return await _delete(
        platform,
        "DELETE FROM password_reset WHERE id IN (SELECT id FROM password_reset WHERE expires_at < $1 LIMIT $2)",
        platform.clock.now() - EXACT_DAY, CHUNK,
    )  # fmt: skip


async def _delete(platform: Platform, sql: str, *arguments: object) -> int:
    """A chunk per transaction until nothing is left; how many rows went."""
    deleted = 0
    while gone := await _delete_chunk(platform, sql, arguments):
        deleted += gone
    return deleted


async def _delete_chunk(platform: Platform, sql: str, arguments: tuple[object, ...]) -> int:
    async with platform_transaction(platform) as tx:
        return await tx.execute(sql, *arguments)
