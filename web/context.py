"""Makes what a GraphQL operation gets as `info.context` from a request; past this point nothing knows HTTP."""

from starlette.requests import HTTPConnection

from core.dns_txt import DnsTxt
from core.settings import Settings
from graph.context import Context
from web.callers import Callers
from web.credentials import credentials_of
from web.hosts import neutral_host_of


async def request_context(connection: HTTPConnection) -> Context:
    """The context of a request or a WebSocket handshake.

    Raises Unauthenticated (HTTP 401): UNAUTHENTICATED, SESSION_EXPIRED, API_KEY_EXPIRED, API_KEY_REVOKED,
    IP_NOT_ALLOWED, ORGANIZATION_NOT_ACTIVE. Without any secret the context is a stranger's."""
    state = connection.app.state
    settings: Settings = state.settings
    callers: Callers = state.callers
    credentials = credentials_of(connection, settings)
    caller = await callers.caller_of(credentials)
    return Context(
        platform=state.platform,
        credentials=credentials,
        statements=state.statements,
        quote_secret=settings.signing_secret,
        account=caller.account,
        may_introspect=caller.may_introspect,
        allows_plain_http=not settings.is_production,
        txt_lookup=DnsTxt(settings.dns_servers),
        neutral_host=neutral_host_of(settings),
    )
