"""Figures against bars, as they are written."""

import json
from pathlib import Path

from bench.contest import Contest
from bench.load import Measured
from bench.results import BARS, Result, write


def _measured(per_second: float) -> Measured:
    return Measured(per_second, p50_ms=1.0, p99_ms=2.0, requests=100, all_requests=100, failures=0, answer_bytes=10)


def test_a_ratio_is_taken_within_a_round_and_the_median_counts() -> None:
    rounds = {"a": [_measured(100), _measured(50), _measured(300)], "b": [_measured(50), _measured(25), _measured(100)]}
    assert Contest(rounds, {"a": 1.0, "b": 1.0}, {"a": 1.0, "b": 1.0}).ratio("a", "b") == 2.0


def test_a_bar_is_a_least_or_a_most() -> None:
    assert BARS["account_list.vs_asyncpg"].is_reached(0.8)
    assert not BARS["account_list.vs_asyncpg"].is_reached(0.79)
    assert BARS["growth.slowest_over_fastest"].is_reached(1.3)
    assert not BARS["growth.slowest_over_fastest"].is_reached(1.31)


def test_results_are_written_for_machines_and_for_people(tmp_path: Path) -> None:
    result = Result(
        "The list", {"account_list.vs_asyncpg": 0.8167}, [{"who": "tenantry", "requests/s": 1234.5}], "note"
    )
    write([result], {"purchase": "no such module"}, is_full=False, folder=tmp_path)
    assert json.loads((tmp_path / "latest.json").read_text()) == {"account_list.vs_asyncpg": 0.817, "is_full": False}
    report = (tmp_path / "latest.md").read_text()
    assert "| account list, requests/s over bare asyncpg | 0.82 | ≥ 0.8 | yes |" in report
    assert "| tenantry | 1,234.5 |" in report
    assert "Not measured: no such module" in report
