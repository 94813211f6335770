"""A name server on this machine: answers TXT questions over UDP with what a test has published."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import dns.message
import dns.rcode
import dns.rrset


class NameServer(asyncio.DatagramProtocol):
    """`records`: texts by name, in small letters without the closing dot; `asked` are the names in order."""

    def __init__(self) -> None:
        self.records: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.address = ""
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """The port is open."""
        self._transport = transport
        host, port = transport.get_extra_info("sockname")
        self.address = f"{host}:{port}"

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """One question, one answer; a name without texts does not exist."""
        question = dns.message.from_wire(data)
        asked = question.question[0].name
        name = asked.to_text(omit_final_dot=True).lower()
        self.asked.append(name)
        answer = dns.message.make_response(question)
        texts = self.records.get(name)
        if texts is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            quoted = ['" "'.join(text[at : at + 200] for at in range(0, len(text), 200)) for text in texts]
            answer.answer.append(dns.rrset.from_text(asked, 60, "IN", "TXT", *[f'"{each}"' for each in quoted]))
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def a_name_server() -> AsyncIterator[NameServer]:
    """Runs in the test's own loop."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    try:
        yield server
    finally:
        transport.close()
