"""Starts a measured server as a process of its own, waits until it answers, and ends it. Knows no peer."""

import asyncio
import os
import signal
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0


class ServerDidNotStart(RuntimeError):
    """What it wrote is in the message."""


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def running(command: Sequence[str], environment: dict[str, str], port: int) -> AsyncIterator[int]:
    """The server listening on `port`, for the block; gives its process id."""
    with tempfile.TemporaryFile() as log:
        started = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *command, env=os.environ | environment, stdout=log, stderr=asyncio.subprocess.STDOUT
        )
        try:
            while not await _answers(port):
                if process.returncode is not None or time.perf_counter() - started > _START_SECONDS:
                    log.seek(0)
                    raise ServerDidNotStart(f"{' '.join(command)}:\n{log.read().decode()[-4000:]}")
                await asyncio.sleep(0.05)
            yield process.pid
        finally:
            await _stop(process)


def cpu_seconds(process_id: int) -> float:
    """CPU time that the process has used so far, in steps of 10 ms; 0 where the system does not tell (no /proc)."""
    stat = Path(f"/proc/{process_id}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()  # the name in front may hold spaces
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
