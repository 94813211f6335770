"""Mail leaves through a narrow port: SMTP, or a folder of .eml files on somebody's desk. Knows no recipients."""

import asyncio
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

SEND_SECONDS = 10.0
"""An SMTP conversation may take this long: well below a job's lease."""
SMTP_PORTS = {"smtp": 587, "smtps": 465}
LONGEST_LINE = 900
"""Of a mail's source; beyond a thousand a server may break it."""
_PERMANENT = 500


class MailRefused(Exception):
    """This address will never take this mail: trying again is of no use."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one address. `id` is the same when it is tried again, so that a receiver can tell."""

    id: str
    sender_name: str
    sender_address: str
    to: str
    subject: str
    text: str
    html: str
    reply_to: str | None = None


class MailPort(Protocol):
    """Where mails leave."""

    async def send(self, mail: Mail) -> None:
        """Hand it over. Raises MailRefused for good, anything else for now."""


class SmtpMails:
    """Over SMTP: `smtps://` speaks TLS from the start, `smtp://` turns to it where the server offers it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "localhost", parts.port or SMTP_PORTS[parts.scheme]
        self._is_tls = parts.scheme == "smtps"
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None

    async def send(self, mail: Mail) -> None:
        """One conversation per mail."""
        try:
            await aiosmtplib.send(
                message_of(mail), hostname=self._host, port=self._port, username=self._user,
                password=self._password, use_tls=self._is_tls, timeout=SEND_SECONDS,
            )  # fmt: skip
        except aiosmtplib.SMTPRecipientsRefused as refused:
            if all(each.code >= _PERMANENT for each in refused.recipients):
                raise MailRefused(str(refused)) from refused
            raise


class FolderMails:
    """Into files, for development: `<id>.eml`, written again when it is sent again."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    async def send(self, mail: Mail) -> None:
        """Write the file."""
        await asyncio.to_thread(self._write, mail.id, message_of(mail).as_bytes())

    def _write(self, mail_id: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{mail_id}.eml").write_bytes(content)


def message_of(mail: Mail) -> EmailMessage:
    """The mail in its format. Raises MailRefused for an address that no header can hold."""
    message = EmailMessage()
    try:
        message["From"] = Address(mail.sender_name, addr_spec=mail.sender_address)
        message["To"] = Address(addr_spec=mail.to)
        if mail.reply_to is not None:
            message["Reply-To"] = Address(addr_spec=mail.reply_to)
        message["Subject"] = " ".join(mail.subject.split())
    except (ValueError, IndexError, HeaderParseError) as error:
        raise MailRefused(f"{type(error).__name__}: {error}") from error
    message["Message-ID"] = f"<{mail.id}@{mail.sender_address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte=_encoding(mail.text))
    message.add_alternative(mail.html, subtype="html", cte=_encoding(mail.html))
    return message


def _encoding(content: str) -> str:
    """As it is where every server takes that, so that a link stays in one piece for whoever reads the source."""
    is_plain = content.isascii() and all(len(line) < LONGEST_LINE for line in content.splitlines())
    return "7bit" if is_plain else "quoted-printable"


@dataclass(frozen=True, slots=True)
class Mailer:
    """The port with what every mail of this installation needs."""

    port: MailPort
    sender_address: str
    public_url: str
    text_domain: str | None = None
    """The domain of a gateway that turns mail to <number>@domain into a text message."""
