"""The same 61 audits against the application itself, by a stranger and by somebody signed in."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn

from core.settings import Settings
from tenants.unit_of_work import Platform
from tests.http_audit.run import AuditStatus, audit
from tests.makers import an_operator, credentials_of
from web.app import create_app


@asynccontextmanager
async def served(database_url: str, platform: Platform) -> AsyncIterator[str]:
    """The application on a free port, at the time of the test; the address of its GraphQL while it runs."""
    settings = Settings(database_url=database_url, background=False, database_pool=4)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(settings, clock=platform.clock), log_level="warning"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            assert not serving.done(), "the application did not start"
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
        server.should_exit = True
        await serving


@pytest.mark.parametrize("is_signed_in", [False, True], ids=["anonymous", "signed in"])
async def test_the_application_passes_all_61_audits(database_url: str, platform: Platform, is_signed_in: bool) -> None:
    operator = await an_operator(platform)
    token = (await credentials_of(operator.someone)).token if is_signed_in else None
    async with served(database_url, platform) as url:
        results = await asyncio.to_thread(audit, url, token)
    assert [(each.id, each.name, each.reason) for each in results if each.status != AuditStatus.OK] == []
    assert len(results) == 61
