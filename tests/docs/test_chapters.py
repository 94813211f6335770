"""Every command of the README and the guide's chapters for strangers, word for word against a served demo."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.answers import is_shown
from tests.docs.markdown import ROOT, examples
from tests.docs.shell import printed_by
from tests.web.processes import Served, serving, started

CHAPTERS = ("README.md", "docs/guide/resellers.md", "docs/guide/partners.md")


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
    with serving(url, folder) as server:
        yield server


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
