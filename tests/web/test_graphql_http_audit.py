"""GraphQL over HTTP to the letter: the 61 server audits of the npm package graphql-http, over a real socket."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn

from tests.http_audit.run import AuditStatus, audit
from tests.web.toy_schema import toy_endpoint


@contextmanager
def served() -> Iterator[str]:
    """The toy endpoint on a free port; its address while it runs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(toy_endpoint(), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            deadline = time.monotonic() + 10
            while not server.started and time.monotonic() < deadline:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
        finally:
            server.should_exit = True
            thread.join()


@pytest.mark.parametrize("token", [None, "key"], ids=["anonymous", "signed in"])
def test_all_61_audits_pass(token: str | None) -> None:
    with served() as url:
        results = audit(url, token)
    assert [(result.id, result.name, result.reason) for result in results if result.status != AuditStatus.OK] == []
    assert len(results) == 61
