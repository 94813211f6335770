"""The reading half of the matrix: lists, nodes, every field in depth, filters. A check answers what it found wrong."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from core.ids import new_id
from tenants.unit_of_work import platform_transaction
from tests.isolation.allowed import ALLOWED_REFERENCES, NARROWER_LISTS, SELLER_NAME_FIELDS
from tests.isolation.asking import NO_ONE, SCHEMA
from tests.isolation.documents import connections, leaves, lookups, page, query_fields, selection
from tests.isolation.filters import foreign_filters
from tests.isolation.lookups import live_views, single_rows
from tests.isolation.places import MARKED
from tests.isolation.stages import Stage, table_of
from tests.isolation.world import Viewer, rows_by_id

_IDS = re.compile(r"\b[a-z]{2,8}_[0-7][0-9a-hjkmnp-tv-z]{25}\b")
NODES_AT_ONCE = 100
SUPPORT = "support session"
DEPTH = 2
"""Relations within relations."""
FILTERS_AT_ONCE = 20
"""Filters in one document: each is a statement of its own."""


async def lists(stage: Stage, viewer: Viewer, only: str | None = None) -> list[str]:
    """Every root connection shows exactly the visible rows, on all pages, and counts no others."""
    found = []
    for name, type_name in connections().items():
        table = table_of(stage, type_name)
        if only not in (None, table):
            continue
        expected = {row.id for row in stage.world.visible(viewer, table)}
        shown, total = await _all_pages(stage, viewer, name)
        if table == "audit_entry" and viewer.name == SUPPORT:
            noted = await _noted_reads(stage)
            shown, total = shown - noted, total - len(noted) + 1  # the last page was noted after it was counted
        stage.tried["list", viewer.name, type_name] += max(len(expected), 1)
        if extra := shown - expected:
            found.append(f"{viewer.name}: {name} shows {len(extra)} strangers' rows, e.g. {sorted(extra)[0]}")
        if name not in NARROWER_LISTS and (len(expected - shown) or total != len(expected)):
            found.append(f"{viewer.name}: {name} shows {len(shown)} of {len(expected)} rows and counts {total}")
    return found


async def _noted_reads(stage: Stage) -> set[str]:
    """The entries that support sessions' own reads have left meanwhile (SUP-15)."""
    async with platform_transaction(stage.platform) as tx:
        rows = await tx.fetch("SELECT id FROM audit_entry WHERE support_session_id IS NOT NULL")
    return {row["id"] for row in rows}


async def _all_pages(stage: Stage, viewer: Viewer, name: str) -> tuple[set[str], int]:
    document = f"query ($after: String) {{ page: {name}(first: 20, after: $after) "
    document += "{ totalCount pageInfo { hasNextPage endCursor } nodes { id } } }"
    shown, after, total = set[str](), None, 0
    while True:
        answer = await stage.asking(viewer.credentials, document, after=after)
        if answer.errors:
            return shown, -1
        read, total = answer.data["page"], answer.data["page"]["totalCount"]
        shown |= {node["id"] for node in read["nodes"]}
        if not read["pageInfo"]["hasNextPage"]:
            return shown, total
        after = read["pageInfo"]["endCursor"]


async def nodes(stage: Stage, viewer: Viewer, only: str | None = None, is_deep: bool = True) -> list[str]:
    """`nodes(ids)` answers exactly the visible rows of every type that has ids, with every field."""
    found = []
    for type_name in stage.asking.statements.catalogue.type_of_prefix.values():
        table = table_of(stage, type_name)
        if only not in (None, table):
            continue
        ids = [row.id for row in stage.world.rows if row.table == table and row.id is not None]
        expected = {row.id for row in stage.world.visible(viewer, table)}
        kind: Any = SCHEMA._schema.type_map[type_name]
        fields = selection(kind) if is_deep else "{ __typename id }"
        document = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {type_name} {fields} }} }}"
        for start in range(0, len(ids), NODES_AT_ONCE):
            part = ids[start : start + NODES_AT_ONCE]
            answer = await stage.asking(viewer.credentials, document, ids=part)
            stage.tried["node", viewer.name, type_name] += len(part)
            if answer.errors:
                found.append(f"{viewer.name}: nodes of {type_name}: {answer.errors[0]['message']}")
                continue
            shown = {row_id for row_id, node in zip(part, answer.data["nodes"], strict=True) if node is not None}
            if shown != expected & set(part):
                found.append(f"{viewer.name}: nodes of {type_name} answers {len(shown)} rows, not {len(expected)}")
            found += leaks(stage, viewer, leaves(query_fields()["nodes"].type, answer.data["nodes"]))
    return found


async def pages_in_depth(stage: Stage, viewer: Viewer, only: str | None = None) -> list[str]:
    """Every field of every root connection, two relations deep: no id and no mark of a row out of sight."""
    found = []
    for name, type_name in connections().items():
        if only not in (None, table_of(stage, type_name)):
            continue
        answered = query_fields()[name].type
        document = f"{{ {name}(first: 100) {page(answered.of_type, DEPTH)} }}"
        answer = await stage.asking(viewer.credentials, document)
        if answer.errors:
            found.append(f"{viewer.name}: {name} in depth: {answer.errors[0]['message']}")
            continue
        every = list(leaves(answered, answer.data[name]))
        stage.tried["field", viewer.name, type_name] += len(every)
        found += leaks(stage, viewer, every)
    return found


def leaks(stage: Stage, viewer: Viewer, values: Iterable[tuple[str, str, Any]]) -> list[str]:
    """Ids and marks of rows that the viewer must not see, but for what allowed.py gives a reason for."""
    visible = set(stage.world.visible(viewer))
    by_id, names = rows_by_id(stage.world), stage.world.seller_names(viewer)
    found = set()
    for holder, name, value in values:
        text = value if isinstance(value, str) else json.dumps(value)
        for each in _IDS.findall(text):
            is_own_trace = viewer.name == SUPPORT and each.startswith("aud_") and each not in by_id
            if by_id.get(each) not in visible and (holder, name) not in ALLOWED_REFERENCES and not is_own_trace:
                found.add(f"{viewer.name}: {holder}.{name} names {each}")
        for mark in MARKED.findall(text):
            row = stage.world.marked.get(mark)
            is_name = (holder, name) in SELLER_NAME_FIELDS and text in names
            if row is not None and row not in visible and not is_name:
                found.add(f"{viewer.name}: {holder}.{name} shows what stands in a stranger's {row.table}")
    return sorted(found)


async def filters(stage: Stage, viewer: Viewer) -> list[str]:
    """A filter that names what the viewer does not see finds nothing and counts nothing; many in one document."""
    found = []
    for name, type_name in connections().items():
        given = list(foreign_filters(stage, viewer, name))
        for start in range(0, len(given), FILTERS_AT_ONCE):
            part = given[start : start + FILTERS_AT_ONCE]
            kind = query_fields()[name].args["filter"].type
            declared = ", ".join(f"$f{place}: {kind}" for place in range(len(part)))
            asked = " ".join(
                f"f{place}: {name}(filter: $f{place}) {{ totalCount nodes {{ id }} }}" for place in range(len(part))
            )
            variables = {f"f{place}": each for place, each in enumerate(part)}
            answer = await stage.asking(viewer.credentials, f"query ({declared}) {{ {asked} }}", **variables)
            stage.tried["filter", viewer.name, type_name] += len(part)
            if answer.errors:
                found.append(f"{viewer.name}: {name}(filter: {part}): {answer.errors[0]['message']}")
                continue
            for place, each in enumerate(part):
                if answer.data[f"f{place}"] != {"totalCount": 0, "nodes": []}:
                    found.append(f"{viewer.name}: {name}(filter: {each}) finds {answer.data[f'f{place}']}")
    return found


async def no_one(stage: Stage) -> list[str]:
    """Without credentials every root field is UNAUTHENTICATED."""
    found = []
    for name, field in query_fields().items():
        if name in ("node", *lookups()):
            document = f'{{ {name}(id: "{new_id("org")}") {{ __typename }} }}'
        elif name == "nodes":
            document = f'{{ nodes(ids: ["{new_id("org")}"]) {{ __typename }} }}'
        elif any("!" in str(each.type) for each in field.args.values()):
            continue  # tried with its input in commands.py
        else:
            document = f"{{ {name} {{ __typename }} }}"
        answer = await stage.asking(NO_ONE, document)
        stage.tried["no one", "no one", name] += 1
        if answer.codes != ["UNAUTHENTICATED"]:
            found.append(f"no one: {name} is {answer.codes or answer.data}")
    return found


READS = (lists, nodes, pages_in_depth, single_rows, live_views, filters)
"""Every check of a viewer."""


def told(findings: Sequence[str]) -> str:
    """Findings as a text of at most twenty lines."""
    return "\n".join([f"{len(findings)} findings", *sorted(set(findings))[:20]])
