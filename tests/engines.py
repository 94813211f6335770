"""Which database a test runs on, and the one PostgreSQL server that all test processes of a run share."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.postgres import running_postgres

_SERVER_URL = "TENANTRY_TEST_POSTGRES"
_CONTROLLER = ExitStack()
ENGINES = ("sqlite", "postgres")


@pytest.fixture(scope="session", params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgres`: whoever asks for it runs twice."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The superuser's URL of a real server: that of the whole run, or of this process when it is alone."""
    if shared := os.environ.get(_SERVER_URL):
        yield shared
        return
    with running_postgres() as url:
        yield url


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: Any) -> None:
    """Several test processes: the one that hands out the work starts the server, the others inherit its address."""
    if _SERVER_URL not in os.environ:
        os.environ[_SERVER_URL] = _CONTROLLER.enter_context(running_postgres())
        _CONTROLLER.callback(os.environ.pop, _SERVER_URL, None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the server of the whole run, if this process started it."""
    _CONTROLLER.close()
