"""The guide's tables are the code's own, and its words name what is there."""

import re

from core.settings import Settings
from tests.docs.codes import gone
from tests.docs.markdown import ROOT
from tests.docs.tables import stale, variable

_PATH = re.compile(r"`((?:core|tenants|billing|accounts|graph|web|tests|bench|docs)/[\w./-]+)`")
GUIDE = sorted((ROOT / "docs/guide").glob("*.md"))


def test_no_table_is_stale() -> None:
    assert not list(stale()), "run `make docs`"


def test_no_code_of_the_table_is_gone_from_the_source() -> None:
    assert not gone()


def test_operating_names_every_setting_and_no_other() -> None:
    named = set(re.findall(r"\b(?:TENANTRY_[A-Z_]+|DATABASE_URL)\b", (ROOT / "docs/guide/operating.md").read_text()))
    assert named == {variable(name) for name in Settings.model_fields}


def test_every_link_within_the_repository_leads_somewhere() -> None:
    for file in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *GUIDE, *(ROOT / "docs/adr").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", file.read_text()):
            assert (file.parent / target).exists(), f"{file.name}: {target}"


def test_every_file_that_readers_are_sent_to_exists() -> None:
    for file in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *GUIDE]:
        for path in re.findall(
            r"`((?:core|tenants|billing|accounts|graph|web|tests|bench|docs)/[\w./-]+)`", file.read_text()
        ):
            assert (ROOT / path).exists(), f"{file.name}: {path}"
