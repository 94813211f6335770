"""The page /dev/mails: what was mailed on this desk, newest first. Never part of a production."""

import asyncio
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from core.settings import Settings
from web.home import page

MOST = 50
_ADDRESS = re.compile(r"https?://[^\s<>&]+")


def routes(settings: Settings) -> list[BaseRoute]:
    """The page, where mails become files."""
    return [Route("/dev/mails", show, methods=["GET"])] if settings.writes_mails else []


async def show(request: Request) -> Response:
    """The last mails."""
    settings: Settings = request.app.state.settings
    mails = await asyncio.to_thread(_newest, Path(settings.mail_folder))
    return page("<h2>Mails of this desk</h2>" + ("".join(map(_shown, mails)) or "<p>None yet.</p>"))


def _newest(folder: Path) -> list[EmailMessage]:
    files = sorted(folder.glob("*.eml"), key=lambda file: file.name, reverse=True)[:MOST]
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def _shown(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    text = escape("" if body is None else str(body.get_content()))
    linked = _ADDRESS.sub(lambda found: f'<a href="{found[0]}">{found[0]}</a>', text).replace("\n", "<br>")
    head = "<br>".join(f"{name}: {escape(str(mail[name]))}" for name in ("From", "To", "Subject"))
    return f"<article><p><strong>{head}</strong></p><p>{linked}</p><hr></article>"
