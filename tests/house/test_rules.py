"""Each house rule catches a breach in a small tree of its own, and lets the allowed neighbour pass."""

from pathlib import Path

import pytest

from tests.house.rules import RULES, findings

ROOT = Path(__file__).parents[2]
LONG_FUNCTION = "def long() -> None:\n" + "    pass\n" * 60

BREACHES = [
    ("file too long", "core/ledger.py", "x = 1\n" * 601),
    ("file too long", "web/console/list.tsx", "x\n" * 601),
    ("function too long", "core/ledger.py", LONG_FUNCTION),
    ("function too long", "tests/test_ledger.py", "async " + LONG_FUNCTION),
    ("name that says nothing", "billing/utils.py", ""),
    ("name that says nothing", "billing/helpers/money.py", ""),
    ("name that says nothing", "web/console/common.ts", ""),
    ("left to do", "core/ids.py", "# TO" + "DO: later\n"),
    ("left to do", "web/console/app.ts", "// FIX" + "ME\n"),
    ("left to do", "core/ids.py", "raise NotImplemented" + "Error\n"),
    ("skipped test", "tests/test_ids.py", "pytest.sk" + "ip('no')\n"),
    ("skipped test", "tests/test_ids.py", "unless = pytest.mark.sk" + "ipif(True, reason='no')\n"),
    ("skipped test", "tests/test_ids.py", "broken = pytest.mark.xf" + "ail\n"),
    ("registry address", "requirements/runtime.txt", "--index-url https://py" + "pi.org/simple\n"),
    ("registry address", "package-lock.json", '"resolved": "https://registry.n' + 'pmjs.org/x"\n'),
    ("machine path", "docs/guide/start.md", "cd /wo" + "rk/main\n"),
    ("machine path", "README.md", "see ../sha" + "red/design.md\n"),
    ("tenant filter outside tenants/", "billing/refund.py", 'SQL = "SELECT 1 FROM t WHERE t.path >= $1"\n'),
    ("tenant filter outside tenants/", "graph/sql/lists.py", 'SQL = f"{table}.path < ${number}"\n'),
    ("tenant filter outside tenants/", "graph/sql/lists.py", "SQL = 'x.\"path\" LIKE $1'\n"),
    ("tenant filter outside tenants/", "core/unit_of_work.py", "SQL = \"SELECT set_config('app.path', $1, true)\"\n"),
    ("tenant filter outside tenants/", "accounts/search.py", "Account.filter(path__gte=low)\n"),
    ("tenant filter outside tenants/", "accounts/search.py", "Account.filter(owner__path__startswith=low)\n"),
    ("tenant filter outside tenants/", "accounts/search.py", 'Account.filter(**{"path__lt": high})\n'),
    ("tenant filter outside tenants/", "billing/refund.py", "row.path.startswith(actor.path)\n"),
    ("tenant filter outside tenants/", "billing/refund.py", "actor.path <= path\n"),
    ("plain now outside core/clock.py", "billing/refund.py", "at = datetime.now(UTC)\n"),
    ("plain now outside core/clock.py", "billing/refund.py", "at = datetime.datetime.utcnow()\n"),
    ("plain now outside core/clock.py", "billing/refund.py", "day = date.today()\n"),
    ("plain now outside core/clock.py", "web/session.py", "at = time.time()\n"),
    ("plain now outside core/clock.py", "web/session.py", "from time import time\n"),
    ("plain now outside core/clock.py", "web/session.py", "Field(default_factory=datetime.now)\n"),
    ("plain now outside core/clock.py", "core/outbox.py", 'SQL = "UPDATE outbox SET sent_at = now()"\n'),
    ("float near money", "billing/refund.py", "share = float(amount)\n"),
    ("float near money", "billing/refund.py", "def share(amount: float) -> int: ...\n"),
    ("float near money", "core/money.py", "share = amount * 0.5\n"),
]

ALLOWED = [
    ("core/ledger.py", "x = 1\n" * 600),
    ("core/migrations/0001_first.py", "x = 1\n" * 700),
    ("billing/utilization.py", ""),
    ("tenants/scope.py", 'SQL = "path >= $1 AND path < $2"\n'),
    ("tenants/migrations/0001_first.py", "SQL = \"current_setting('app.path', true)\"\n"),
    ("graph/sql/lists.py", '"""Never writes `path >= $1` itself."""\nSQL = f"{scope(actor)} ORDER BY path"\n'),
    ("web/app.py", 'request.url.path.startswith("/graphql")\n'),
    ("core/clock.py", "at = time.time_ns()\n"),
    ("web/session.py", "at = clock.now()\ntook = time.perf_counter()\n"),
    ("bench/run.py", "at = time.time()\n"),
    ("web/limits.py", "share = 0.5\n"),
    ("billing/refund.py", "share = Fraction(1, 2)\n"),
    ("docs/picture.bin", "\x00"),
]


def _written(root: Path, path: str, text: str) -> Path:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)
    return root


@pytest.mark.parametrize(("rule", "path", "text"), BREACHES)
def test_a_breach_is_found(tmp_path: Path, rule: str, path: str, text: str) -> None:
    found = {(finding.rule, finding.path) for finding in findings(_written(tmp_path, path, text))}
    assert found == {(rule, path)}


@pytest.mark.parametrize(("path", "text"), ALLOWED)
def test_what_is_allowed_passes(tmp_path: Path, path: str, text: str) -> None:
    assert list(findings(_written(tmp_path, path, text))) == []


def test_every_rule_has_a_breach_that_shows_it() -> None:
    assert {rule for rule, _, _ in BREACHES} == set(RULES)


def test_a_finding_tells_where(tmp_path: Path) -> None:
    [finding] = findings(_written(tmp_path, "web/session.py", "first = 1\nat = time.time()\n"))
    assert str(finding) == "web/session.py:2: plain now outside core/clock.py: time.time"


def test_the_house_is_in_order() -> None:
    assert [str(finding) for finding in findings(ROOT)] == []
