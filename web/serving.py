"""Running server processes with uvicorn: one in this process, or several that share one socket (PostgreSQL)."""

import asyncio
import multiprocessing.connection
import os
import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn
import uvloop
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from core.settings import Settings
from web.app import create_app
from web.logs import configure_logs

GRACE_SECONDS = 20
READY_SECONDS = 60
WEBSOCKET_BYTES = 256 * 1024
Announce = Callable[[str], None]


def serve_one(settings: Settings, announce: Announce) -> None:
    """Serves until SIGTERM or SIGINT; requests that run then are answered first (for at most 20 seconds).

    Raises Refused (see web/production.py) or the database's error before the port is opened; `announce` gets the
    address once it is open."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, announce))


def serve_several(settings: Settings, announce: Announce) -> None:
    """Serves from `settings.workers` processes, each with an application of its own, until SIGTERM or SIGINT."""
    os.environ |= {"TENANTRY_WORKERS": str(settings.workers)}
    config = _config("web.serving:one_of_several", settings, is_factory=True)
    listener = config.bind_socket()
    address = address_of(settings.host, listener.getsockname()[1])
    several = _Several(config, [listener], lambda: announce(address))
    several.run()
    if any(process.exitcode == STARTUP_FAILURE for process in several.processes):
        raise SystemExit(1)


def one_of_several() -> ASGIApp:
    """The application of a process below `serve_several`, by its environment; it ends when its parent is gone."""
    settings = Settings()
    configure_logs(settings)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return create_app(settings)


def address_of(host: str, port: int) -> str:
    """What a person types to get here."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


class _Server(uvicorn.Server):
    """Tells when its port is open."""

    def __init__(self, config: uvicorn.Config, opened: Callable[[int], None]) -> None:
        super().__init__(config)
        self._opened = opened

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Opens the port."""
        await super().startup(sockets)
        if self.servers and self.servers[0].sockets:
            self._opened(self.servers[0].sockets[0].getsockname()[1])


class _Several(Multiprocess):
    """Tells when every process is ready."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], ready: Callable[[], None]) -> None:
        super().__init__(config, sockets)
        self._ready = ready

    def init_processes(self) -> None:
        """Starts them all at once, then waits for each."""
        super().init_processes()
        if all(process.wait_until_ready(READY_SECONDS, self.should_exit) for process in self.processes):
            self._ready()


async def _serve(settings: Settings, announce: Announce) -> None:
    """The application's lifespan is entered here, not by uvicorn, so that a refusal reaches whoever typed `serve`."""
    app = create_app(settings)
    server = _Server(_config(app, settings), lambda port: announce(address_of(settings.host, port)))

    def stop(number: int, frame: FrameType | None) -> None:
        server.handle_exit(number, frame)

    for number in (signal.SIGTERM, signal.SIGINT):  # before uvicorn listens, and again when it hands them on
        signal.signal(number, stop)
    async with app.router.lifespan_context(app):
        await server.serve()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)


def _config(app: ASGIApp | str, settings: Settings, is_factory: bool = False) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=is_factory,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=WEBSOCKET_BYTES,
        lifespan="on" if is_factory else "off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
