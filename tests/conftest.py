"""Where the shared fixtures stand; a fixture itself stands in the module that is named for what it gives.

Files that take long come first, so that no test process waits at the end for one that started such a file last."""

from asyncio import AbstractEventLoop
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
import uvloop

pytest_plugins = ["tests.engines", "tests.databases"]

_ROOT = Path(__file__).parent
_LONGEST_FIRST = (
    "web/test_cli.py",
    "isolation/test_matrix.py",
    "isolation/test_policies.py",
    "accounts/test_batch_kill.py",
    "web/test_kill.py",
    "web/test_disconnects.py",
    "docs",
    "core/test_migrations.py",
    "graph/test_batch_updates.py",
    "graph/test_truth.py",
    "web",
)


def _place(path: Path) -> int:
    name = path.relative_to(_ROOT).as_posix()
    return next((place for place, each in enumerate(_LONGEST_FIRST) if name.startswith(each)), len(_LONGEST_FIRST))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order is the same in each test process, as sharing the tests out needs it."""
    items.sort(key=lambda item: _place(item.path))


def pytest_configure() -> None:
    """A logged fault shows its traceback plainly: drawn with all variables, each takes two seconds."""
    shown = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, shown])


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], AbstractEventLoop]]:
    """The loop that servers run on."""
    return {"uvloop": uvloop.new_event_loop}
