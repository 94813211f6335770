"""The tables of docs/guide/notices.md, made of the code's own (tenants/notices/notice_events.py)."""

from tenants.notices.notice_events import DATED, IMMEDIATE, PERSONAL, NoticeEvent
from tenants.notices.recipients import Audience

TO = {
    Audience.MONEY: "billing e-mail, ACCOUNTS",
    Audience.SERVICE: "TECH, OWNER",
    Audience.GENERAL: "GENERAL",
    Audience.OWNER: "OWNER",
    Audience.OWNER_AND_ACCOUNTS: "OWNER, ACCOUNTS",
    Audience.LEADERS: "OWNER, ADMINs",
    Audience.OWNER_AND_CONTACTS: "OWNER, all contacts",
}


def dated_notices() -> str:
    """What leaves in the morning of a local day, when, to whom, and when not."""
    head = "| what | when | to | not sent once | rule | topic |\n| --- | --- | --- | --- | --- | --- |\n"
    return head + "".join(
        f"| {each.what} | {each.when} | {TO[each.audience]} | {each.unless} | {each.rule} | `{each.topic}` |\n"
        for each in DATED.values()
    )


def immediate_notices() -> str:
    """What leaves with the change itself."""
    rows = [f"| {each.what} | {TO[each.audience]} | {each.rule} | `{each.topic}` |\n" for each in IMMEDIATE]
    return "| what | to | rule | topic |\n| --- | --- | --- | --- |\n" + "".join(rows)


def personal_mails() -> str:
    """What leaves at once to persons, not to a category of contacts."""
    rows = [f"| `{topic}` | {to} | {rule} |\n" for topic, to, rule in PERSONAL]
    return "| topic | to | rule |\n| --- | --- | --- |\n" + "".join(rows)


def every_event() -> tuple[NoticeEvent, ...]:
    """Dated and at once."""
    return (*DATED.values(), *IMMEDIATE)
