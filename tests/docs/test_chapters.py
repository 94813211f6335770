"""Every command of the README and the guide's chapters for strangers, word for word against a served demo."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.docs.answers import is_shown
from tests.docs.markdown import ROOT, examples
from tests.docs.name_server import publishing
from tests.docs.shell import printed_by
from tests.web.processes import Served, serving, started

CHAPTERS = ("README.md", *(f"docs/guide/{name}.md" for name in (
    "resellers", "partners", "white-label", "notices", "sign-in", "mail-and-links", "stops-and-deletion", "operating",
)))  # fmt: skip
"""In the order in which they are run on one demo: each has to answer as it says after those before it."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server was started: mails go to data/mails below it."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def served(folder: Path, sqlite_template: Path) -> Iterator[Served]:
    """What `make run` serves: the demo, on SQLite, with the work in the background."""
    (folder / "data").mkdir()
    shutil.copy(sqlite_template, folder / "data/tenantry.db")
    url = f"sqlite:///{folder / 'data/tenantry.db'}"
    with started("demo", database_url=url, cwd=folder) as loading:
        assert loading.wait(60) == 0
    with (
        publishing(folder / "data/claim.json") as name_server,
        serving(url, folder, TENANTRY_DNS_SERVERS=f'["{name_server}"]') as server,
    ):
        yield server


def test_the_demo_is_not_stopped_as_a_whole_where_documents_are_asked_for(served: Served, folder: Path) -> None:
    sql = (
        "SELECT o.kyc_status, count(*) FROM organization o JOIN organization s ON o.path LIKE s.path || '_%' "
        "WHERE s.name LIKE 'Bharat Voice%' GROUP BY 1"
    )
    with closing(sqlite3.connect(folder / "data/tenantry.db")) as connection:
        assert dict(connection.execute(sql)) == {"APPROVED": 73, "NONE": 8}


def test_every_chapter_with_examples_is_run() -> None:
    with_examples = {
        file.relative_to(ROOT).as_posix()
        for file in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        if examples(file.read_text())
    }
    assert with_examples == set(CHAPTERS)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_example_answers_as_the_chapter_says(chapter: str, served: Served, folder: Path) -> None:
    shown = examples((ROOT / chapter).read_text())
    assert shown
    printed = printed_by(shown, served.address, folder)
    wrong = [
        f"{chapter}:{example.line}\n{answer}"
        for example, answer in zip(shown, printed, strict=True)
        if not is_shown(answer, example.answer)
    ]
    assert not wrong, "\n".join(wrong)
