"""From settings to an open database: what every command and the server share, with a refusal instead of a traceback."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module

import asyncpg
from tortoise.exceptions import DBConnectionError

from core.clock import Clock, SystemClock
from core.database import Database
from core.refusals import refuse
from core.settings import Settings
from tenants.unit_of_work import Platform
from web.mails import mailer_of
from web.production import check_address, check_database, check_settings, claim_server_file, has_demo_users
from web.readiness import database_blockers

APP_ROLE = "tenantry_app"
_ROLE_IS_MISSING = (asyncpg.InvalidParameterValueError, asyncpg.InvalidAuthorizationSpecificationError)
_UNREACHABLE = (OSError, TimeoutError, asyncpg.PostgresError, DBConnectionError, sqlite3.OperationalError)


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a person sees when the server is up."""

    sign_ins: tuple[str, ...] = ()

    def at(self, address: str) -> str:
        """The lines, for the address that a browser takes."""
        lines = [f"Tenantry is at {address} (GraphQL: {address}/graphql)"]
        return "\n".join(
            [*lines, *(["Demo sign-ins:"] if self.sign_ins else []), *(f"  {each}" for each in self.sign_ins)]
        )


@asynccontextmanager
async def open_database(settings: Settings, *, role: str | None = APP_ROLE) -> AsyncIterator[Database]:
    """The database as requests see it: on PostgreSQL in the role for which row security holds.

    Refused: DATABASE_UNREACHABLE, MIGRATIONS_PENDING (PostgreSQL has no such role yet)."""
    database = Database(settings.database_url, role=role, pool_size=settings.database_pool)
    try:
        await database.open()
    except _ROLE_IS_MISSING as error:
        if role is not None and role in str(error):
            refuse("MIGRATIONS_PENDING", f"The database has no role {role} for this user. Run `tenantry migrate`.")
        refuse("DATABASE_UNREACHABLE", f"The database does not let us in: {error}")
    except _UNREACHABLE as error:
        refuse("DATABASE_UNREACHABLE", f"The database cannot be opened: {error or type(error).__name__}")
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def open_platform(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Platform]:
    """The platform of a command. Refused: as `open_database`, and MIGRATIONS_PENDING for what is missing."""
    async with open_database(settings) as database:
        for blocker in await database_blockers(database):
            refuse(blocker.code, blocker.message)
        yield Platform(database, clock or SystemClock())


@asynccontextmanager
async def serving_platform(settings: Settings, clock: Clock) -> AsyncIterator[Platform]:
    """The platform of a server process. It may still lack migrations: then it starts, and is not ready.

    Refused: as `open_database`, and everything that web/production.py refuses."""
    check_settings(settings)
    async with open_database(settings) as database:
        mark = claim_server_file(settings)
        try:
            await check_database(settings, database)
            yield Platform(database, clock, settings.signing_secret, mailer_of(settings))
        finally:
            if mark is not None:
                mark.close()


async def prepared(settings: Settings) -> Welcome:
    """Every check of a start, made before any port is opened; answers what to tell the person who started it.

    Refused: as `serving_platform`, and ADDRESS_NOT_FREE."""
    async with serving_platform(settings, SystemClock()) as platform:
        check_address(settings)
        shows_demo = not settings.is_production and await has_demo_users(platform.database)
    return Welcome(tuple(import_module("web.demo").SIGN_INS)) if shows_demo else Welcome()
