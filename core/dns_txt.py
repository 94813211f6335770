"""Looking up TXT records: the port, and a resolver that asks the machine's name servers or those of the settings.

Never ask while a transaction is open: an answer may take seconds."""

from collections.abc import Sequence
from typing import Protocol

from dns.asyncresolver import Resolver
from dns.exception import DNSException
from dns.nameserver import Do53Nameserver
from dns.resolver import NoResolverConfiguration

LOOKUP_SECONDS = 5.0
"""All tries together."""
DNS_PORT = 53


class TxtLookup(Protocol):
    """Where TXT records are found."""

    async def texts(self, name: str) -> tuple[str, ...]:
        """The texts at this name; none when there are none, or nobody answers in time."""


class DnsTxt:
    """Asks over DNS; `servers` are host:port texts, none: those of this machine."""

    def __init__(self, servers: Sequence[str] = (), seconds: float = LOOKUP_SECONDS) -> None:
        self._servers, self._seconds = tuple(servers), seconds

    async def texts(self, name: str) -> tuple[str, ...]:
        """Each record as one text: its strings joined, as every reader of such proofs does."""
        try:
            answer = await self._resolver().resolve(f"{name}.", "TXT", lifetime=self._seconds)
        except (DNSException, OSError):
            return ()
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)

    def _resolver(self) -> Resolver:
        """A new one each time: a record that was set a moment ago is not hidden by a remembered answer."""
        if not self._servers:
            try:
                return Resolver()
            except NoResolverConfiguration:
                return Resolver(configure=False)
        resolver = Resolver(configure=False)
        parts = [server.rpartition(":") for server in self._servers]
        resolver.nameservers = [Do53Nameserver(host.strip("[]"), int(port)) for host, _, port in parts]
        return resolver
