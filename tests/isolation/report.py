"""`python -m tests.isolation.report OUTPUT.md`: runs the matrix and writes down what was tried and what came of it."""

import asyncio
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import asyncpg

from tests.isolation.allowed import (
    ALLOWED_REFERENCES,
    NARROWER_LISTS,
    NOT_AN_ENTITY,
    SELLER_NAME_FIELDS,
)
from tests.isolation.attempts import ACTORS, foreign_ids_in_commands, no_one_commands
from tests.isolation.lookups import no_ones_live_views
from tests.isolation.policies import PROBED_AS, policies, probe, without
from tests.isolation.reads import READS, no_one
from tests.isolation.stages import STAGES, Stage, stage_of
from tests.postgres import running_postgres

MEANING = {
    "list": "rows expected of root connections, on all pages",
    "node": "rows asked for by `nodes(ids)`, with every field",
    "field": "values of every field, two relations deep",
    "lookup": "strangers' rows asked for by `node(id)` and lookups by id",
    "live view": "strangers' rows asked to be watched",
    "filter": "filters that name what is out of sight",
    "command": "inputs of commands and quotes with a stranger's id in one field",
    "no one": "root fields asked without credentials",
}


async def run(stage: Stage) -> list[str]:
    """The whole matrix on one stage; what it found."""
    viewers = stage.world.viewers
    found = [each for viewer in viewers.values() for check in READS for each in await check(stage, viewer)]
    found += await no_one(stage) + await no_ones_live_views(stage)
    found += [each for name in ACTORS for each in await foreign_ids_in_commands(stage, viewers[name])]
    return found + await no_one_commands(stage)


async def proven(stage: Stage) -> list[tuple[object, ...]]:
    """Each policy: table, name, command, its findings when it is dropped and when it lets all pass."""
    connection = await asyncpg.connect(stage.url)
    made: list[tuple[object, ...]] = []
    for policy in await policies(connection):
        counts = []
        for broken in (policy.drop, policy.lets_all_pass):
            async with without(connection, broken):
                viewers = [stage.world.viewers[name] for name in PROBED_AS]
                probes = [await probe(connection, stage.world, viewer, policy.table) for viewer in viewers]
                counts.append(sum(map(len, probes)))
        made.append((policy.table, policy.name, policy.command, *counts))
    await connection.close()
    return made


def of_stage(stage: Stage, found: list[str]) -> list[str]:
    """A stage's part of the report."""
    lines = [f"## {stage.name}", "", f"{len(found)} findings, {len(stage.world.rows)} rows of tenants.", ""]
    lines += [f"- {each}" for each in found[:50]]
    by_check, by_viewer = Counter[str](), Counter[tuple[str, str]]()
    for (check, viewer, what), count in stage.tried.items():
        by_check[check] += count
        if check in ("list", "node", "field"):
            by_viewer[what, viewer] += count
    lines += ["| what | tried |", "|---|---|"]
    lines += [f"| {MEANING[check]} | {count} |" for check, count in by_check.items()]
    viewers = list(stage.world.viewers)
    lines += ["", f"| type | {' | '.join(viewers)} |", "|---" * (len(viewers) + 1) + "|"]
    for kind in sorted({what for what, _ in by_viewer}):
        lines.append(f"| {kind} | {' | '.join(str(by_viewer[kind, name]) for name in viewers)} |")
    fields = sorted({what for check, _, what in stage.tried if check == "command" and "." in what})
    lines += ["", f"Fields of inputs that were given a stranger's id ({len(fields)}): {', '.join(fields)}."]
    return [*lines, ""]


def of_policies(rows: list[tuple[object, ...]]) -> list[str]:
    """What plain SQL finds while one policy is broken."""
    lines = ["## Policies", "", "Findings of plain SQL while one policy is broken; 0 would be a gap.", ""]
    lines += ["| table | policy | command | dropped | lets all pass |", "|---|---|---|---|---|"]
    return [*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows), ""]


def allowed() -> list[str]:
    """What is let through, and why."""
    lines = ["## Let through, and why", ""]
    for holder, reasons in (("reference", ALLOWED_REFERENCES), ("name", SELLER_NAME_FIELDS)):
        lines += [f"- {holder} `{'.'.join(field)}`: {why}" for field, why in reasons.items()]
    for listed in (NARROWER_LISTS, NOT_AN_ENTITY):
        lines += [f"- `{name}`: {why}" for name, why in listed.items()]
    return [*lines, ""]


async def write(output: Path) -> int:
    """Run everything and write the report; how many findings there were."""
    lines, total = ["# Isolation: what was tried", ""], 0
    with ExitStack() as servers, tempfile.TemporaryDirectory() as folder:
        server = servers.enter_context(running_postgres())
        for name in STAGES:
            async with stage_of(name, lambda: server, Path(folder)) as stage:
                found = await run(stage)
                total += len(found)
                lines += of_stage(stage, found)
                if not stage.has_layer_one:
                    lines += of_policies(await proven(stage))
    lines += allowed()
    await asyncio.to_thread(output.write_text, "\n".join(lines))
    return total


if __name__ == "__main__":
    sys.exit(1 if asyncio.run(write(Path(sys.argv[1]))) else 0)
