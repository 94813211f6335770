"""The real application inside a test, and HTTP clients of it: same database as the test's makers, same clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import httpx2

from core.clock import Clock
from core.settings import Settings
from web.api import Api, build_api
from web.app import create_app

ADDRESS = "http://tenantry.test"
SECRET = "a-secret-of-a-production-with-40-letters"
MAIL = {"smtp_url": "smtp://localhost:1", "mail_from": "noreply@tenantry.test"}
"""What a production needs besides; nothing is sent, because jobs are off."""


@asynccontextmanager
async def running(database_url: str, clock: Clock | None = None, **given: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the application on this database, at its public address; jobs are off, `given` are settings."""
    given = (MAIL if given.get("env") == "production" else {}) | given
    settings = Settings(**{"database_url": database_url, "background": False, "database_pool": 4, **given})
    app = create_app(settings, api=_api(), clock=clock)
    transport, at = httpx2.ASGITransport(app=app), settings.public_url or ADDRESS
    async with app.router.lifespan_context(app), another_client(transport, at) as client:
        yield client


@cache
def _api() -> Api:
    """The contract, made once per test process: a second one would be the same."""
    return build_api()


def another_client(transport: httpx2.AsyncBaseTransport, at: str = ADDRESS) -> httpx2.AsyncClient:
    """A client with cookies of its own, which asks for the host of `at`."""
    return httpx2.AsyncClient(transport=transport, base_url=at)


def codes_of(answer: httpx2.Response) -> list[str]:
    """The codes of the errors in an answer, of /auth and of /graphql alike."""
    return [error.get("code") or error["extensions"]["code"] for error in answer.json()["errors"]]
