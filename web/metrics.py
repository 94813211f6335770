"""GET /metrics for Prometheus: how many requests, how long they took. No label holds anything that a client chose."""

import secrets

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core.settings import Settings
from web.credentials import bearer_token

_REGISTRY = CollectorRegistry()
_REQUESTS = Counter("tenantry_requests", "Requests answered", ["kind", "path", "status"], registry=_REGISTRY)
_SECONDS = Histogram("tenantry_request_seconds", "Seconds until the answer was sent", ["path"], registry=_REGISTRY)
_PATHS = frozenset(
    {"/", "/graphql", "/auth/sign-in", "/auth/sign-out", "/auth/reauthenticate", "/healthz", "/readyz", "/metrics"}
)
_KINDS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "WEBSOCKET"})


def measured(kind: str, path: str, status: int, seconds: float) -> None:
    """Counts one request; paths and methods that are not ours are counted together."""
    path = path if path in _PATHS else "other"
    _REQUESTS.labels(kind if kind in _KINDS else "other", path, str(status)).inc()
    _SECONDS.labels(path).observe(seconds)


async def metrics(request: Request) -> Response:
    """This process's figures. In production only with TENANTRY_METRICS_TOKEN as bearer token, else 404."""
    settings: Settings = request.app.state.settings
    if settings.is_production and not _is_allowed(bearer_token(request), settings):
        return PlainTextResponse("Not found", 404)
    return Response(generate_latest(_REGISTRY), headers={"content-type": CONTENT_TYPE_LATEST})


def _is_allowed(given: str | None, settings: Settings) -> bool:
    expected = settings.metrics_token
    if given is None or expected is None:
        return False
    return secrets.compare_digest(given.encode(), expected.get_secret_value().encode())
