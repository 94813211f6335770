"""The acting half of the matrix: every mutation with every id of a stranger, alike to an id that does not exist.

Nothing changes in any table but the asker's own audit log and its idempotency keys."""

import re
from typing import Any

from core.transaction import fetch_value
from tenants.unit_of_work import platform_transaction
from tests.acting import everything
from tests.isolation.asking import NO_ONE
from tests.isolation.inputs import Operation, attempts, operations, plain_input
from tests.isolation.reads import leaks
from tests.isolation.stages import Stage
from tests.isolation.world import Viewer

OWN_TRACES = ("audit_entry", "idempotency_key")
HIDDEN = ("NOT_FOUND", "REFERENCE_INVALID")
ACTORS = ("parent", "self", "API key of self", "support session")
"""Who acts: a seller, a buyer, a machine, and one who acts for the buyer."""
_ID = re.compile(r"\b[a-z]{2,8}_[0-7][0-9a-hjkmnp-tv-z]{25}\b")


async def foreign_ids_in_commands(stage: Stage, viewer: Viewer) -> list[str]:
    """Every operation of the viewer with a foreign id answers like one with a missing id, and changes nothing."""
    found: list[str] = []
    before = await _standing(stage)
    for operation in operations():
        for attempt in attempts(stage, viewer, operation):
            foreign = await _codes(stage, viewer, operation, attempt.foreign)
            missing = await _codes(stage, viewer, operation, attempt.missing)
            stage.tried["command", viewer.name, f"{operation.name}.{attempt.field}"] += 1
            if any(code in HIDDEN for code in _named(foreign)):
                stage.hidden.add(f"{operation.name}.{attempt.field}")
            if stage.has_layer_one and _alike(foreign) != _alike(missing):
                found.append(f"{viewer.name}: {operation.name}.{attempt.field}: {foreign}, but missing: {missing}")
            if any("INTERNAL" in code for code in _named(foreign)):
                found.append(f"{viewer.name}: {operation.name}.{attempt.field} breaks: {foreign}")
            if not _named(foreign):
                found.append(f"{viewer.name}: {operation.name}.{attempt.field} was carried out on a stranger's id")
            shown = [("UserError", "details", each) for each in foreign]
            given = set(_ID.findall(str(attempt.foreign)))
            found += [each for each in leaks(stage, viewer, shown) if not given & set(_ID.findall(each))]
    after = await _standing(stage)
    if changed := sorted(table for table in after if after[table] != before[table]):
        found.append(f"{viewer.name}: a refused command changed {changed}")
    return found + await _foreign_traces(stage, viewer)


async def no_one_commands(stage: Stage) -> list[str]:
    """Without credentials every operation is UNAUTHENTICATED and changes nothing."""
    found, before = [], await everything(stage.platform)
    for operation in operations():
        given = plain_input(stage, stage.world.viewers["self"], operation)
        answer = await stage.asking(NO_ONE, operation.document, **given)
        stage.tried["command", "no one", operation.name] += 1
        if answer.codes != ["UNAUTHENTICATED"]:
            found.append(f"no one: {operation.name} is {answer.codes or answer.data}")
    return found + ([] if await everything(stage.platform) == before else ["no one changed something"])


async def _codes(stage: Stage, viewer: Viewer, operation: Operation, given: dict[str, Any]) -> list[Any]:
    """The errors of an operation, of the payload or at the top."""
    answer = await stage.asking(viewer.credentials, operation.document, **given)
    if answer.errors:
        return [error.get("extensions", {}) | {"message": error["message"]} for error in answer.errors]
    payload = answer.data[operation.name]
    errors: list[Any] = payload.get("errors", [])
    return errors + [error for row in payload.get("results") or () for error in row["errors"]]


def _named(errors: list[Any]) -> list[str]:
    return [error.get("code", "no code") for error in errors]


def _alike(errors: list[Any]) -> str:
    """Errors as text with ids and error ids blotted out: the twin names another id."""
    return _ID.sub("<id>", str([{k: v for k, v in error.items() if k != "errorId"} for error in errors]))


async def _standing(stage: Stage) -> dict[str, list[str]]:
    """Every row of every table but for the asker's own traces."""
    return {table: rows for table, rows in (await everything(stage.platform)).items() if table not in OWN_TRACES}


async def _foreign_traces(stage: Stage, viewer: Viewer) -> list[str]:
    """Entries of the audit log and keys that the viewer's attempts left with somebody else (VIS-3, AUD-3)."""
    found = []
    known = {table: len(stage.world.raw[table]) for table in OWN_TRACES}
    actors = {each.place.id for each in stage.world.viewers.values()}
    async with platform_transaction(stage.platform) as tx:
        for table in OWN_TRACES:
            marks = ", ".join(f"${place}" for place in range(1, len(actors) + 1))
            sql = f"SELECT count(*) FROM {table} WHERE organization_id NOT IN ({marks})"
            count = await fetch_value(tx, sql, *actors)
            expected = sum(row["organization_id"] not in actors for row in stage.world.raw[table])
            if count != expected:
                found.append(f"{viewer.name}: {count - expected} traces in {table} of strangers, of {known[table]}")
    return found
