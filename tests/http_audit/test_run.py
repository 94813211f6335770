"""The audit's own machinery: it runs on the wheel's Node, sends the token and fails loudly; no Tenantry here."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.http_audit.run import AuditStatus, audit

AUDITS = 61


class _Deaf(BaseHTTPRequestHandler):
    """Answers every request with 418 and remembers who asked."""

    tokens: set[str | None] = set()

    def _answer(self) -> None:
        self.tokens.add(self.headers.get("authorization"))
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.send_response(418)
        self.send_header("content-length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: a test's output is for failures."""


@pytest.fixture
def deaf_server() -> Iterator[str]:
    """The address of a server that understands nothing."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Deaf) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/graphql"
        server.shutdown()
        thread.join()


def test_every_audit_runs_with_the_token_and_most_fail_on_a_deaf_server(deaf_server: str) -> None:
    results = audit(deaf_server, token="secret")
    assert len(results) == AUDITS
    assert _Deaf.tokens == {"Bearer secret"}
    assert sum(result.status is AuditStatus.OK for result in results) < AUDITS / 2


def test_a_server_that_is_not_there_is_an_error_and_no_result() -> None:
    with pytest.raises(RuntimeError, match="the audit did not run"):
        audit("http://127.0.0.1:9/graphql", None)
