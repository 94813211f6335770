"""Single rows of the matrix: `node(id)`, each lookup by id, each live view. A stranger's is like a missing one."""

from typing import Any

from graphql import GraphQLNonNull, get_named_type

from core.ids import new_id
from tests.graph.asking import Answer
from tests.isolation.asking import NO_ONE
from tests.isolation.documents import live_fields, lookups, query_fields
from tests.isolation.stages import Stage, table_of
from tests.isolation.world import Viewer

VISIBLE_LOOKUPS, INVISIBLE_LOOKUPS = 2, 12
"""Single rows asked for by type; `nodes` asks for all of them."""


async def single_rows(stage: Stage, viewer: Viewer) -> list[str]:
    """`node(id)` and each lookup by id, a type's rows in one document: the missing one first.

    A field that is never null is asked alone: its error leaves no data for the others."""
    found, types = [], stage.asking.statements.catalogue.type_of_prefix
    asked = [("node", each) for each in types.values()] + list(lookups().items())
    for name, type_name in asked:
        ids, visible = _rows(stage, viewer, type_name)
        stage.tried["lookup", viewer.name, type_name] += len(ids) - 1
        at_once = 1 if isinstance(query_fields()[name].type, GraphQLNonNull) else len(ids) + len(visible)
        every = [*ids, *visible]
        parts = [every[start : start + at_once] for start in range(0, len(every), at_once)]
        missing, *others = [body for part in parts for body in await _looked_up(stage, viewer, name, part)]
        if _codes(missing) != ["NOT_FOUND"]:
            found.append(f"{viewer.name}: {name} of a missing {type_name} is {_codes(missing)}")
        for row_id, body in zip(ids[1:], others, strict=False):
            if body != missing:
                found.append(f"{viewer.name}: {name}({row_id}) is {body}, unlike a missing one")
        for row_id, body in zip(visible, others[len(ids) - 1 :], strict=True):
            if body[0] is None:
                found.append(f"{viewer.name}: {name}({row_id}) is {_codes(body)}, though it is visible")
    return found


async def live_views(stage: Stage, viewer: Viewer) -> list[str]:
    """The first event of each live view of a row (VIS-4)."""
    found = []
    for name, field in live_fields().items():
        kind = get_named_type(field.type).name
        document = f"subscription ($id: ID!) {{ {name}(id: $id) {{ __typename }} }}"
        (missing_id, *invisible), visible = _rows(stage, viewer, kind)
        missing = await stage.asking.first_event(viewer.credentials, document, id=missing_id)
        if missing.codes != ["NOT_FOUND"]:
            found.append(f"{viewer.name}: {name} of a missing row is {missing.codes}")
        for row_id in invisible:
            stage.tried["live view", viewer.name, kind] += 1
            if await stage.asking.first_event(viewer.credentials, document, id=row_id) != missing:
                found.append(f"{viewer.name}: {name}({row_id}) is unlike a missing one")
        for row_id in visible:
            seen = await stage.asking.first_event(viewer.credentials, document, id=row_id)
            if seen.errors or seen.data != {name: {"__typename": kind}}:
                found.append(f"{viewer.name}: {name}({row_id}) is {seen.codes}, though it is visible")
    return found


async def no_ones_live_views(stage: Stage) -> list[str]:
    """Without credentials every live view is UNAUTHENTICATED."""
    found = []
    for name in live_fields():
        document = f"subscription ($id: ID!) {{ {name}(id: $id) {{ __typename }} }}"
        stage.tried["no one", "no one", name] += 1
        answer = await stage.asking.first_event(NO_ONE, document, id=new_id("org"))
        if answer.codes != ["UNAUTHENTICATED"]:
            found.append(f"no one: {name} is {answer.codes or answer.data}")
    return found


def _rows(stage: Stage, viewer: Viewer, type_name: str) -> tuple[list[str], list[str]]:
    """The id of a missing row with those of invisible ones behind it, and some visible ones."""
    table, types = table_of(stage, type_name), stage.asking.statements.catalogue.type_of_prefix
    prefix = next(prefix for prefix, named in types.items() if named == type_name)
    invisible = [str(row.id) for row in stage.world.invisible(viewer, table)[-INVISIBLE_LOOKUPS:]]
    visible = [str(row.id) for row in stage.world.visible(viewer, table)[:VISIBLE_LOOKUPS]]
    return [new_id(prefix), *invisible], visible


Body = tuple[Any, list[dict[str, Any]]]


async def _looked_up(stage: Stage, viewer: Viewer, name: str, ids: list[str]) -> list[Body]:
    """What each id is answered with: the row, and its errors but for where they stand in the document."""
    declared = ", ".join(f"$i{place}: ID!" for place in range(len(ids)))
    asked = " ".join(f"i{place}: {name}(id: $i{place}) {{ __typename }}" for place in range(len(ids)))
    variables = {f"i{place}": each for place, each in enumerate(ids)}
    answer: Answer = await stage.asking(viewer.credentials, f"query ({declared}) {{ {asked} }}", **variables)
    rows = answer.data or {}
    return [(rows.get(f"i{place}"), _errors_at(answer, f"i{place}")) for place in range(len(ids))]


def _errors_at(answer: Answer, place: str) -> list[dict[str, Any]]:
    errors = [error for error in answer.errors if error.get("path", [place])[0] == place]
    return [{key: value for key, value in error.items() if key not in ("path", "locations")} for error in errors]


def _codes(body: Body) -> list[str]:
    return [error["extensions"]["code"] for error in body[1]]
