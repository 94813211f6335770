"""What a start refuses before it opens its port: each reason with a code and a sentence that says what to do.

Checks settings, the database and the address; changes none."""

import fcntl
import os
import socket
from typing import IO

import structlog

from core.database import Database, sqlite_path
from core.refusals import Blockers, refuse
from core.settings import DEMO_SECRET, Settings
from core.transaction import fetch_value
from web.readiness import has_table

_log = structlog.get_logger("start")
SHORTEST_SECRET = 32


def check_settings(settings: Settings) -> None:
    """Refused in production, all at once: SECRET_MISSING, SECRET_IS_DEMO, SECRET_TOO_SHORT, SMTP_MISSING,
    MAIL_FROM_MISSING, SQLITE_ONE_PROCESS."""
    if not settings.is_production:
        return
    found = Blockers()
    secret = settings.secret.get_secret_value() if settings.secret else ""
    if not secret:
        message = "Set TENANTRY_SECRET to a random text of 32 characters or more."
        found.add("SECRET_MISSING", message, ("TENANTRY_SECRET",))
    elif secret == DEMO_SECRET:
        found.add("SECRET_IS_DEMO", "TENANTRY_SECRET is the demo secret; everybody knows it.", ("TENANTRY_SECRET",))
    elif len(secret.strip()) < SHORTEST_SECRET:
        message = "TENANTRY_SECRET needs 32 random characters or more."
        found.add("SECRET_TOO_SHORT", message, ("TENANTRY_SECRET",))
    if settings.smtp_url is None:
        found.add("SMTP_MISSING", "Set TENANTRY_SMTP_URL to the server that mails leave by.", ("TENANTRY_SMTP_URL",))
    if settings.mail_from is None:
        message = "Set TENANTRY_MAIL_FROM to the address that mails come from."
        found.add("MAIL_FROM_MISSING", message, ("TENANTRY_MAIL_FROM",))
    if settings.is_sqlite and settings.workers > 1:
        message = "SQLite serves from one process: set TENANTRY_WORKERS to 1, or DATABASE_URL to a PostgreSQL."
        found.add("SQLITE_ONE_PROCESS", message, ("TENANTRY_WORKERS",))
    found.raise_if_any()


def check_address(settings: Settings) -> None:
    """Refused: ADDRESS_NOT_FREE, when the port cannot be opened, for example because a server listens there."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        socket.create_server((settings.host, settings.port), family=family).close()
    except OSError as error:
        asked, why = f"{settings.host}:{settings.port}", os.strerror(error.errno or 0)
        message = f"{asked} cannot be opened ({why}): stop what listens there, or set TENANTRY_PORT."
        refuse("ADDRESS_NOT_FREE", message, ("TENANTRY_HOST", "TENANTRY_PORT"))


async def check_database(settings: Settings, database: Database) -> None:
    """Refused in production: DEMO_DATA_PRESENT, when somebody could sign in with a password that everybody knows."""
    if settings.is_production and await has_demo_users(database):
        message = "The database holds demo users, whose passwords everybody knows. Start with an empty database."
        refuse("DEMO_DATA_PRESENT", message, ("DATABASE_URL",))


async def has_demo_users(database: Database) -> bool:
    """Whether any user's address ends in `.example`, a domain that nobody has (RFC 2606): only demo data does."""
    settings = {} if database.dialect == "sqlite" else {"role": "tenantry_system"}
    async with database.read(settings) as tx:
        if not await has_table(tx, "users"):
            return False
        text = r"SELECT 1 FROM users WHERE email_folded LIKE '%.example' ESCAPE '\' LIMIT 1"
        return await fetch_value(tx, text) is not None


def claim_server_file(settings: Settings) -> IO[str] | None:
    """SQLite: mark this process as the database's one server, for as long as the file that is answered stays open.

    Refused SQLITE_ONE_PROCESS in production when another process holds the mark; in development it is only logged."""
    if not settings.is_sqlite:
        return None
    mark = open(f"{sqlite_path(settings.database_url)}.serving", "w")  # noqa: SIM115  open as long as the process serves
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if settings.is_production:
            mark.close()
            message = "Another process is serving this SQLite database. Stop it, or set DATABASE_URL to a PostgreSQL."
            refuse("SQLITE_ONE_PROCESS", message, ("DATABASE_URL",))
        _log.warning("start.another_server_on_this_sqlite_database")
    return mark
