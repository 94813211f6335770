"""How often one address may knock at the doors that need no session (VIS-11): sign-in, forgotten passwords, links.

Guards the machine and other people's mailboxes; what guards a password is AUTH-3. Knows nothing of who is asking."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from core.refusals import Blocker
from graph.limits import BucketSize, PointsInMemory, PointsStore
from web.auth_request import refused_response

DOORS = ("/auth/", "/invitation", "/reverse-deletion", "/password-reset", "/password-forgotten")
MAIL_POINTS = 10
"""Of a request that can send a mail to somebody else."""
POINTS: Mapping[str, int] = {"/auth/password/forgot": MAIL_POINTS}
"""By path; every other door costs one point."""
BUCKET = BucketSize(points=300, points_per_second=5)
"""What an office behind one address needs in the morning, and less than a guesser wants."""


class AddressLimit:
    """Refuses RATE_LIMITED (429 with Retry-After) once an address has used up its points at these doors."""

    def __init__(self, app: ASGIApp, points: PointsStore | None = None) -> None:
        self._app = app
        self._points = points or PointsInMemory()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; what is no door here passes."""
        if scope["type"] != "http" or not scope["path"].startswith(DOORS):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        taking = await self._points.take(account_of(request), POINTS.get(scope["path"], 1), BUCKET)
        if taking.is_granted:
            await self._app(scope, receive, send)
            return
        message = f"Too many requests from this address: try again in {taking.retry_after} s."
        refusal = Blocker("RATE_LIMITED", message, details={"retryAfterSeconds": taking.retry_after})
        await refused_response(request, (refusal,))(scope, receive, send)


def account_of(request: Request) -> str:
    """The address that pays; of IPv6 the network of 64 bits, which is what one subscriber has."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:  # the name of a socket
        return f"door:{host}"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return f"door:{ip_network((address, 64), strict=False)}"
    return f"door:{getattr(address, 'ipv4_mapped', None) or address}"
