"""What came with a request: the secret, the organization it chose, where it came from. Believes nothing of it yet."""

import re

from starlette.requests import HTTPConnection

from core.settings import Settings
from tenants.actor import Credentials
from web.hosts import site_of_connection

ORGANIZATION_HEADER = "tenantry-organization"
_LONGEST = 512


def credentials_of(connection: HTTPConnection, settings: Settings) -> Credentials:
    """The bearer token, or without one the session cookie; the header Tenantry-Organization; address, agent, id.

    Works for requests and WebSocket handshakes alike."""
    site = site_of_connection(connection)
    return Credentials(
        token=bearer_token(connection) or connection.cookies.get(cookie_name(settings)),
        organization_id=connection.headers.get(ORGANIZATION_HEADER) or None,
        address=connection.client.host if connection.client else None,
        client=_printable(connection.headers.get("user-agent")),
        request_id=connection.scope.get("state", {}).get("request_id"),
        site_path=site.path if site else None,
    )


def bearer_token(connection: HTTPConnection) -> str | None:
    """The token of `Authorization: Bearer`; None when the header is missing, of another scheme or empty."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def cookie_name(settings: Settings) -> str:
    """In production a name that browsers take only with Secure, for this host alone and for all paths."""
    return "__Host-tenantry_session" if settings.is_production else "tenantry_session"


def _printable(text: str | None) -> str | None:
    """A client's free text as it may stand in a log: no control characters, at most 512 characters."""
    return re.sub(r"[^\x20-\x7e]", "?", text)[:_LONGEST] if text else None
