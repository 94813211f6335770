"""From a message of the outbox to a subject and a body, as text and as plain HTML. Reads no table.

What a payload holds besides what is named is listed line by line; ids, addresses and secrets are not."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from core.clock import format_instant
from tenants.brand.brand import Brand
from tenants.notices.mail_topics import LINK_PATHS, SUBJECTS

_NOT_LISTED = frozenset(
    {
        "to",
        "token",
        "code",
        "link",
        "path",
        "audience",
        "ownerLink",
        "organization",
        "owner",
        "noticeDates",
        "brand",
        "approveLink",
    }
)
_LABELS = {"wayBack": "How to come back", "howToComeBack": "How to come back", "how_to_stop": "How to stop it"}
_EARLIEST_INSTANT = 10**14
"""Whole numbers above this are instants, not figures."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says."""

    subject: str
    text: str
    html: str


def letter_of(topic: str, payload: Mapping[str, Any], brand: Brand, public_url: str) -> Letter:
    """The mail of a message. `public_url` is where links lead."""
    known = _Known({name: _shown(value) for name, value in payload.items()})
    subject, opening = SUBJECTS.get(topic, (_words(topic.partition(".")[2]), ""))
    lines = [f"{_label(name)}: {_shown(value)}" for name, value in payload.items() if _is_listed(name, value)]
    link = link_of(topic, payload, public_url)
    closing = [brand.name] + ([f"Support: {brand.support_email}"] if brand.support_email else [])
    parts = [[opening.format_map(known)] if opening else [], lines, [link] if link else [], ["-- ", *closing]]
    blocks = [part for part in parts if part]
    html = "\n".join(f"<p>{'<br>'.join(_html(line, link) for line in part)}</p>" for part in blocks)
    text = "\n\n".join("\n".join(part) for part in blocks)
    return Letter(
        subject.format_map(known), text + "\n", f'<!doctype html>\n<html lang="en"><body>\n{html}\n</body></html>\n'
    )


def link_of(topic: str, payload: Mapping[str, Any], public_url: str) -> str | None:
    """The absolute address that the message names, with its token where it has one."""
    if isinstance(payload.get("approveLink"), str):
        return f"{public_url}{payload['approveLink']}"
    path = LINK_PATHS.get(topic) or payload.get("path") or payload.get("link")
    if not isinstance(path, str):
        return None
    if not path.startswith("/"):
        return path if path.startswith("https://") else None
    return f"{public_url}{path}" + (f"?token={payload['token']}" if "token" in payload else "")


class _Known(dict[str, str]):
    """What a sentence may name; what is missing is left blank."""

    def __missing__(self, key: str) -> str:
        return "your organization" if key == "organization" else "somebody" if key == "owner" else ""


def _is_listed(name: str, value: object) -> bool:
    return not (name in _NOT_LISTED or name.endswith(("Id", "Ids", "_id")) or value in (None, "", [], {}))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and value > _EARLIEST_INSTANT:
        return f"{format_instant(value)[:16].replace('T', ' ')} UTC"
    if isinstance(value, Mapping):
        return ", ".join(f"{_label(name)} {_shown(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(_listed(value))
    return " ".join(str(value).split())


def _listed(values: list[Any]) -> Iterator[str]:
    yield from (_shown(each) for each in values)


def _label(name: str) -> str:
    return _LABELS.get(name) or _words(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name))


def _words(name: str) -> str:
    return name.replace("_", " ").replace(".", " ").strip().capitalize()


def _html(line: str, link: str | None) -> str:
    return f'<a href="{escape(line)}">{escape(line)}</a>' if line == link else escape(line)
