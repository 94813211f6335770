"""`tenantry migrate`: as the user that may make tables, and then the rights of the user that serves."""

from urllib.parse import unquote, urlsplit

import asyncpg

from core.migrate import migrate
from core.settings import Settings
from web.readiness import missing_migrations
from web.start import open_database

_SERVER_ROLES = "tenantry_app, tenantry_system"


async def migrate_database(settings: Settings) -> list[str]:
    """Apply what is missing and answer its names, as `app.name`. Refused: DATABASE_UNREACHABLE.

    With TENANTRY_MIGRATION_DATABASE_URL the user of DATABASE_URL gets the two roles it serves with, and no more."""
    owner = settings.model_copy(update={"database_url": settings.migration_database_url or settings.database_url})
    async with open_database(owner, role=None) as database, database.read() as tx:
        missing = await missing_migrations(tx)
    await migrate(owner.database_url)
    if not settings.is_sqlite:
        await _let_serve(settings, owner)
    return missing


async def _let_serve(settings: Settings, owner: Settings) -> None:
    server_user, migrating_user = (urlsplit(each.database_url).username for each in (settings, owner))
    if server_user is None or server_user == migrating_user:
        return
    connection = await asyncpg.connect(owner.database_url)
    try:
        name = unquote(server_user).replace('"', '""')
        await connection.execute(f'GRANT {_SERVER_ROLES} TO "{name}"')
    finally:
        await connection.close()
