"""Real processes of the command `tenantry`: their address, their signals, their end."""

import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

START_SECONDS = 60.0
_ADDRESS = re.compile(r"Tenantry is at (http://\S+) ")
_TENANTRY = [sys.executable, "-c", "from web.cli import main; main()"]
_ROOT = str(Path(__file__).parents[2])


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers at `address`."""

    process: subprocess.Popen[str]
    address: str


def environment(database_url: str, **variables: str) -> dict[str, str]:
    """This process's environment without any setting of Tenantry, but for the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TENANTRY_", "DATABASE_URL"))}
    return {**kept, "PYTHONPATH": _ROOT, "DATABASE_URL": database_url, "TENANTRY_LOG_LEVEL": "warning", **variables}


@contextmanager
def started(
    *arguments: str, database_url: str, cwd: Path, log: IO[str] | int = subprocess.PIPE, **variables: str
) -> Iterator[subprocess.Popen[str]]:
    """Starts the command, and kills what is left of it at the end; `log` gets its error output."""
    process = subprocess.Popen(
        [*_TENANTRY, *arguments], env=environment(database_url, **variables), cwd=cwd,
        stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@contextmanager
def serving(database_url: str, cwd: Path, *arguments: str, **variables: str) -> Iterator[Served]:
    """A server on a free port, once its port is open."""
    file = cwd / "server.log"
    with (
        file.open("a") as log,
        started(
            "serve", "--port", "0", *arguments, database_url=database_url, cwd=cwd, log=log, **variables
        ) as process,
    ):
        line = _first_line(process)
        found = _ADDRESS.search(line)
        if found is None:
            raise AssertionError(f"the server did not start: {line}{file.read_text()}")
        yield Served(process, found[1])


def _first_line(process: subprocess.Popen[str]) -> str:
    """The first line of its output, waited for at most a minute."""
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    threading.Thread(target=lambda out=process.stdout: lines.put(out.readline()), daemon=True).start()
    return lines.get(timeout=START_SECONDS)
