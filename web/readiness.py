"""Whether this process may get requests: the database answers in time and has every migration of this code."""

import asyncio
import pkgutil
from functools import cache
from importlib import import_module
from time import monotonic

import structlog

from core.database import APPS, Database
from core.refusals import Blocker
from core.transaction import Transaction, fetch_value

_log = structlog.get_logger("readiness")
CHECK_SECONDS = 2.0
KEPT_SECONDS = 1.0


class Readiness:
    """One check at a time, however many ask; an answer is kept for a second, so that asking is cheap."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: asyncio.Task[list[Blocker]] | None = None
        self._kept: list[Blocker] = []
        self._kept_until = 0.0

    async def blockers(self) -> list[Blocker]:
        """Why not: DATABASE_UNREACHABLE (also after 2 s without an answer) or MIGRATIONS_PENDING; empty when ready."""
        if monotonic() < self._kept_until:
            return self._kept
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(database_blockers(self._database))
        done, _ = await asyncio.wait({self._running}, timeout=CHECK_SECONDS)
        if not done:  # it goes on alone: a connection that hangs cannot be asked to stop
            return [_unreachable()]
        self._kept, self._kept_until = self._running.result(), monotonic() + KEPT_SECONDS
        return self._kept


async def database_blockers(database: Database) -> list[Blocker]:
    """The same, asked now, for as long as it takes."""
    try:
        async with database.read() as tx:
            missing = await missing_migrations(tx)
    except Exception as error:
        _log.warning("database.unreachable", error=f"{type(error).__name__}: {error}")
        return [_unreachable()]
    if not missing:
        return []
    message = f"The database lacks migrations: {', '.join(missing)}. Run `tenantry migrate`."
    return [Blocker("MIGRATIONS_PENDING", message)]


async def missing_migrations(tx: Transaction) -> list[str]:
    """Migrations of this code that the database lacks, as `app.name`, in order."""
    if not await has_table(tx, "tortoise_migrations"):
        return list(_known_migrations())
    applied = {f"{row['app']}.{row['name']}" for row in await tx.fetch("SELECT app, name FROM tortoise_migrations")}
    return [name for name in _known_migrations() if name not in applied]


async def has_table(tx: Transaction, name: str) -> bool:
    """Whether the database has a table of this name yet."""
    text = "SELECT 1 FROM sqlite_master WHERE name = $1" if tx.dialect == "sqlite" else "SELECT to_regclass($1)"
    return await fetch_value(tx, text, name) is not None


@cache
def _known_migrations() -> tuple[str, ...]:
    folders = [(app, import_module(f"{app}.migrations").__path__) for app in APPS]
    return tuple(f"{app}.{module.name}" for app, path in folders for module in pkgutil.iter_modules(path))


def _unreachable() -> Blocker:
    return Blocker("DATABASE_UNREACHABLE", "The database does not answer.")
