"""One table of notices: the guide shows it, the delivery sends by it, and no topic of the code is missing in it."""

import re
from pathlib import Path

from tenants.notices.mail_topics import SUBJECTS, audience_of
from tenants.notices.notice_events import DATED, IMMEDIATE, PERSONAL
from tests.tenants.notice_table import dated_notices, every_event, immediate_notices, personal_mails

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/guide/notices.md"
_TOPIC = re.compile(r'"((?:notice|mail)\.[a-z]+(?:_[a-z]+)*)"')
_NOT_TOPICS = {"tenants/notices/mail_topics.py", "tenants/notices/notice_events.py"}
"""Beginnings of topics, and the table itself."""


def region(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", PAGE.read_text(), re.DOTALL)
    assert found is not None, name
    return found[1]


def test_the_page_is_the_table() -> None:
    assert region("dated") == dated_notices()
    assert region("immediate") == immediate_notices()
    assert region("personal") == personal_mails()


def test_every_topic_of_the_code_is_in_the_table_and_nothing_else() -> None:
    files = [file for package in ("tenants", "billing", "accounts") for file in sorted((ROOT / package).rglob("*.py"))]
    sources = {str(file.relative_to(ROOT)): file.read_text() for file in files if "migrations" not in file.parts}
    sent = {topic for name, text in sources.items() if name not in _NOT_TOPICS for topic in _TOPIC.findall(text)}
    dated = {each.topic for each in DATED.values()}
    assert sent - dated == {each.topic for each in IMMEDIATE} | {topic for topic, _, _ in PERSONAL}


def test_the_delivery_sends_to_whom_the_table_says() -> None:
    assert {each.topic: audience_of(each.topic, {}) for each in every_event()} == {
        each.topic: each.audience for each in every_event()
    }
    assert len({each.topic for each in every_event()}) == len(every_event())
    assert SUBJECTS.keys() >= {each.topic for each in DATED.values()}
