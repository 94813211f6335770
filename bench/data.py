"""Fills a migrated PostgreSQL with a platform of a given size, set-based: a million organizations in minutes.

The generated rows obey every rule of the tables; only foreign keys of a large load are not checked row by row."""

import json

import asyncpg

from bench import generated_rows as rows
from bench.generated_ids import SQL_FUNCTIONS, generated_id
from bench.size import OPERATOR, SHOWN, Details, Size
from tenants.authentication import secret_hash

TABLES = ("organization", "organization_number", "product", "plan", "wallet", "member", "subscription", "payment")
MOST_ORGANIZATIONS_CHECKED = 20_000
FAR_FUTURE = 4_102_444_800_000_000  # 2100-01-01
KEY_SCOPES = json.dumps(
    [
        f"{area}:{access}"
        for area in ("org", "members", "subscriptions", "payments", "accounts", "batches")
        for access in ("read", "write")
    ]
)


async def load(superuser_url: str, size: Size) -> None:
    """Fill the empty, migrated database; then VACUUM ANALYZE, as a living server would have done long ago."""
    connection = await asyncpg.connect(superuser_url, timeout=30)
    try:
        for statement in SQL_FUNCTIONS:
            await connection.execute(statement)
        async with connection.transaction():
            await _fill(connection, size)
        await connection.execute("DROP SCHEMA bench CASCADE")
        for number in (OPERATOR, OPERATOR + 1, size.first_sub_reseller):
            await make_key(connection, number)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def api_key_of(number: int) -> str:
    """The secret of the generated API key that acts in the organization with this number."""
    return f"tnk_bench_{number}"


async def _fill(connection: asyncpg.Connection, size: Size) -> None:
    # Emptied in this transaction, the tables need no write-ahead log while they are filled; nothing is append-only yet.
    await connection.execute("SET LOCAL session_replication_role = replica")
    await connection.execute(f"TRUNCATE {', '.join(TABLES)} CASCADE")
    if size.organizations <= MOST_ORGANIZATIONS_CHECKED:
        await connection.execute("SET LOCAL session_replication_role = origin")
    shape = {
        "operator": OPERATOR,
        "resellers": size.first_sub_reseller - OPERATOR - 1,
        "first_sub_reseller": size.first_sub_reseller,
        "first_customer": size.first_customer,
        "sub_resellers": size.sub_resellers,
        "organizations": size.organizations,
    }
    for statement in (rows.TREE, rows.ORGANIZATIONS, rows.NUMBERS, rows.PRODUCTS, rows.PLANS, rows.WALLETS):
        await connection.execute(statement.format(**shape))
    for is_shown, details in ((0, size.elsewhere), (1, SHOWN)):
        await _fill_details(connection, f"o.is_shown = {is_shown}", details)


async def _fill_details(connection: asyncpg.Connection, which: str, details: Details) -> None:
    await connection.execute(rows.MEMBERS.format(count=details.members, which=which))
    await connection.execute(rows.SUBSCRIPTIONS.format(count=details.subscriptions, which=which, far=FAR_FUTURE))
    await connection.execute(rows.PAYMENTS.format(count=details.payments, which=which))


async def make_key(connection: asyncpg.Connection, number: int) -> None:
    """Give the organization with this number the API key of `api_key_of`."""
    owner = generated_id("mem", number * 8 + 1)
    secret, key_id = secret_hash(api_key_of(number)), generated_id("key", number)
    await connection.execute(rows.API_KEY, key_id, secret, KEY_SCOPES, owner, FAR_FUTURE, number)
