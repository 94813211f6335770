"""The load: HTTP/1.1 over kept-alive connections, one request under way on each. Run as a process of its own:
`python -m bench.load` reads one order as JSON from its input and prints what it measured as JSON."""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httptools
import uvloop


@dataclass(frozen=True, slots=True)
class Target:
    """One request, sent again and again."""

    url: str
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> bytes:
        """The request as it goes over the wire: a POST when it has a body, else a GET."""
        parts = urlsplit(self.url)
        body = self.body.encode()
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        lines = [f"{'POST' if body else 'GET'} {target} HTTP/1.1", f"Host: {parts.netloc}", "Accept: application/json"]
        if body:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True, slots=True)
class Order:
    """What to measure: seconds of warming up that do not count, then seconds that do."""

    target: Target
    connections: int = 8
    warm_up_seconds: float = 1.0
    seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of an order; `all_requests` counts those of warming up too, `answer_bytes` is the last body's size."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    requests: int
    all_requests: int
    failures: int
    answer_bytes: int


class Connection(asyncio.Protocol):
    """One kept-alive connection: sends the request again as soon as it is answered, until told to stop."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._transport: Any = None
        self._parser = httptools.HttpResponseParser(self)
        self._sent_at = 0
        self._size = 0
        self.answer_bytes = 0
        self.is_going_on = True
        self.nanoseconds: list[int] = []
        self.failures = 0
        self.answered = 0
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self.is_going_on:
            self.failures += 1
        if not self.closed.done():
            self.closed.set_result(None)

    def on_body(self, body: bytes) -> None:
        self._size += len(body)

    def on_message_complete(self) -> None:
        self.nanoseconds.append(time.perf_counter_ns() - self._sent_at)
        self.answered += 1
        self.failures += self._parser.get_status_code() != 200
        self.answer_bytes, self._size = self._size, 0
        self._parser = httptools.HttpResponseParser(self)
        if self.is_going_on:
            self._send()
        else:
            self._transport.close()

    def _send(self) -> None:
        self._sent_at = time.perf_counter_ns()
        self._transport.write(self._request)


async def measure(order: Order) -> Measured:
    """Run the load in this process."""
    parts = urlsplit(order.target.url)
    request = order.target.bytes
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: Connection(request), parts.hostname or "", parts.port or 80)
        for _ in range(order.connections)
    ]
    connections = [connection for _, connection in made]
    await asyncio.sleep(order.warm_up_seconds)
    for connection in connections:
        connection.nanoseconds.clear()
    started = time.perf_counter()
    await asyncio.sleep(order.seconds)
    elapsed = time.perf_counter() - started
    latencies = sorted(nanoseconds for connection in connections for nanoseconds in connection.nanoseconds)
    for connection in connections:
        connection.is_going_on = False
    await asyncio.wait([connection.closed for connection in connections], timeout=30)
    return _measured(latencies, elapsed, connections)


async def measure_apart(order: Order) -> Measured:
    """Run the load in a process of its own, so that it shares no interpreter with anything that is measured."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate(json.dumps(asdict(order)).encode())
    if process.returncode != 0:
        raise RuntimeError(f"the load generator failed for {order.target.url}")
    measured = Measured(**json.loads(output))
    if measured.failures or not measured.requests:
        raise RuntimeError(f"{order.target.url}: {measured.failures} failures in {measured.requests} requests")
    return measured


def _measured(latencies: list[int], elapsed: float, connections: list[Connection]) -> Measured:
    count = len(latencies)
    return Measured(
        requests_per_second=count / elapsed,
        p50_ms=latencies[count // 2] / 1e6 if count else 0.0,
        p99_ms=latencies[min(count - 1, count * 99 // 100)] / 1e6 if count else 0.0,
        requests=count,
        all_requests=sum(connection.answered for connection in connections),
        failures=sum(connection.failures for connection in connections),
        answer_bytes=max(connection.answer_bytes for connection in connections),
    )


def main() -> None:
    order = json.load(sys.stdin)
    order["target"] = Target(**order["target"])
    print(json.dumps(asdict(uvloop.run(measure(Order(**order))))))


if __name__ == "__main__":
    main()
