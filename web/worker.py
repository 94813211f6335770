"""`tenantry worker`: jobs in a process of their own, until SIGTERM or Ctrl-C; the step that runs then is finished."""

import asyncio
import signal

import structlog

from core.clock import SystemClock
from core.settings import Settings
from tenants.unit_of_work import Platform
from web.api import build_api
from web.background import work_until
from web.mails import mailer_of
from web.start import open_database

_log = structlog.get_logger("worker")


async def run_apart(settings: Settings) -> None:
    """Work until told to stop. Refused: as `open_database`."""
    build_api()  # makes every area known: its job handlers and its hooks
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_database(settings) as database:
        _log.info("worker.started")
        await work_until(Platform(database, SystemClock(), settings.signing_secret, mailer_of(settings)), stop)
    _log.info("worker.stopped")
