"""What a run found: `latest.json` for machines, `latest.md` for people, each figure beside the bar it has to reach."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Bar:
    """What a ratio must be: at least this, or at most."""

    figure: float
    is_least: bool
    what: str

    def is_reached(self, ratio: float) -> bool:
        return ratio >= self.figure if self.is_least else ratio <= self.figure

    def __str__(self) -> str:
        return f"{'≥' if self.is_least else '≤'} {self.figure:g}"


BARS = {
    "account_list.vs_postgraphile": Bar(1.5, True, "account list, requests/s over PostGraphile 5"),
    "account_list.vs_asyncpg": Bar(0.8, True, "account list, requests/s over bare asyncpg"),
    "account_list.vs_plain": Bar(10, True, "account list, requests/s over plain resolvers"),
    "growth.slowest_over_fastest": Bar(1.3, False, "the same list as the platform grows, slowest over fastest"),
    "purchase.vs_asyncpg": Bar(0.5, True, "purchase through three levels, over the same statements bare"),
    "batch_100k.vs_set_based": Bar(3, False, "batch update of 100,000 accounts, time over the set-based limit"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """One bench: its ratios by key, a table of what they come from, and what a reader must know of it."""

    title: str
    ratios: dict[str, float]
    rows: Sequence[dict[str, object]]
    note: str = ""


def write(results: Sequence[Result], missing: dict[str, str], *, is_full: bool, folder: Path = RESULTS) -> None:
    """Write both files; keys that were not measured now are kept out, not carried over."""
    folder.mkdir(parents=True, exist_ok=True)
    ratios = {key: round(ratio, 3) for result in results for key, ratio in result.ratios.items()}
    (folder / "latest.json").write_text(json.dumps(ratios | {"is_full": is_full}, indent=2) + "\n")
    (folder / "latest.md").write_text(as_markdown(results, missing, is_full=is_full))


def as_markdown(results: Sequence[Result], missing: dict[str, str], *, is_full: bool) -> str:
    """The report."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    size = "full size" if is_full else "**quick run: too small to be compared with the bars**"
    parts = [f"# Benchmarks\n\n{machine}; {size}.\n", _bars(results)]
    for result in results:
        parts.append(f"## {result.title}\n\n{table(result.rows)}\n{result.note}\n")
    parts += [f"## {name}\n\nNot measured: {why}\n" for name, why in missing.items()]
    return "\n".join(parts)


def table(rows: Sequence[dict[str, object]]) -> str:
    """Rows of the same columns as a Markdown table."""
    if not rows:
        return ""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *[[_shown(row[name]) for name in names] for row in rows]]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _bars(results: Sequence[Result]) -> str:
    rows: list[dict[str, object]] = []
    for key, ratio in (pair for result in results for pair in result.ratios.items()):
        bar = BARS.get(key)
        reached = "" if bar is None else "yes" if bar.is_reached(ratio) else "**no**"
        rows.append(
            {"what": bar.what if bar else key, "measured": round(ratio, 2), "bar": str(bar or ""), "reached": reached}
        )
    return table(rows)


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)
