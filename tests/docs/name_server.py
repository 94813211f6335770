"""A name server that publishes what a chapter tells its reader to publish: the record of the last claim of a domain."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from tests.dns_server import NameServer


class Publisher(NameServer):
    """`claim` is the file in which the chapter kept the answer of `claimDomain`."""

    def __init__(self, claim: Path) -> None:
        super().__init__()
        self._claim = claim

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """One question, answered by what stands in the file now."""
        if self._claim.exists():
            claimed = json.loads(self._claim.read_text())["data"]["claimDomain"]
            self.records = {claimed["recordName"]: [claimed["recordValue"]]}
        super().datagram_received(data, addr)


@contextmanager
def publishing(claim: Path) -> Iterator[str]:
    """Runs in a thread of its own; yields the address."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    opening = loop.create_datagram_endpoint(lambda: Publisher(claim), local_addr=("127.0.0.1", 0))
    transport, server = asyncio.run_coroutine_threadsafe(opening, loop).result(10)
    try:
        yield server.address
    finally:
        loop.call_soon_threadsafe(transport.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
