"""`tenantry doctor`: what is wrong with an installation, as findings with codes. Changes nothing unless told to."""

from billing.doctor import check_books
from core.clock import SystemClock
from core.database import Database
from core.refusals import Blocker, Refused
from core.settings import Settings
from core.transaction import fetch_one
from tenants import doctor as tree_doctor
from tenants.unit_of_work import Platform, platform_transaction
from web.production import check_database, check_settings
from web.readiness import database_blockers
from web.start import open_database


async def examine(settings: Settings, *, repair: bool) -> list[Blocker]:
    """Everything that was found: the codes of web/production.py, DATABASE_UNREACHABLE, MIGRATIONS_PENDING,
    DATABASE_USER_IS_SUPERUSER, PATH_WRONG (PATH_REPAIRED) for rows whose path is not that of their parents, and
    BOOKS_WRONG, which nothing repairs: the ledger is never changed."""
    findings: list[Blocker] = []
    try:
        check_settings(settings)
    except Refused as refused:
        findings += refused.blockers
    try:
        async with open_database(settings) as database:
            findings += await _of_database(settings, database, repair)
    except Refused as refused:
        findings += refused.blockers
    return findings


async def _of_database(settings: Settings, database: Database, repair: bool) -> list[Blocker]:
    pending = await database_blockers(database)
    if pending:
        return pending
    findings = await _of_user(database)
    platform = Platform(database, SystemClock())
    findings += await _of_tree(platform, repair)
    findings += await _of_books(platform)
    try:
        await check_database(settings, database)
    except Refused as refused:
        findings += refused.blockers
    return findings


async def _of_user(database: Database) -> list[Blocker]:
    """Row security is lifted for a superuser: whoever breaks out of the request role sees every tenant."""
    if database.dialect == "sqlite":
        return []
    async with database.read() as tx:
        text = "SELECT rolname, rolsuper OR rolbypassrls AS is_above FROM pg_roles WHERE rolname = session_user"
        user = await fetch_one(tx, text)
    if user is None or not user["is_above"]:
        return []
    message = f"The server connects as {user['rolname']}, for whom row security does not hold: use an ordinary user."
    return [Blocker("DATABASE_USER_IS_SUPERUSER", message)]


async def _of_tree(platform: Platform, repair: bool) -> list[Blocker]:
    diagnosis = await tree_doctor.examine(platform, repair=repair)
    return [
        Blocker(
            "PATH_REPAIRED" if diagnosis.is_repaired and fault.expected is not None else "PATH_WRONG",
            f"{fault.organization_id} in {fault.table}: {fault.stored}, by its parents {fault.expected or 'unknown'} "
            f"({fault.rows} rows)",
        )
        for fault in diagnosis.faults
    ]


async def _of_books(platform: Platform) -> list[Blocker]:
    async with platform_transaction(platform) as tx:
        return [Blocker("BOOKS_WRONG", fault) for fault in await check_books(tx)]
