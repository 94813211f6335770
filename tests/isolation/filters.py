"""Filters of root connections that name what the viewer does not see, made from their input types."""

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNonNull, get_named_type

from tests.isolation.documents import query_fields
from tests.isolation.kinds import kind_of
from tests.isolation.stages import Stage
from tests.isolation.world import Viewer

TEXTS = {"address": "member"}
"""Fields of plain text, and the table whose marks they could probe for."""


def foreign_filters(stage: Stage, viewer: Viewer, connection: str) -> Iterator[dict[str, Any]]:
    """One filter per field and invisible row: an id, or a text to be searched for."""
    argument = query_fields()[connection].args.get("filter")
    if argument is None:
        return
    kind: Any = get_named_type(argument.type)
    for name, field in kind.fields.items():
        named = get_named_type(field.type)
        is_list = isinstance(field.type, GraphQLList) or (
            isinstance(field.type, GraphQLNonNull) and isinstance(field.type.of_type, GraphQLList)
        )
        if named.name == "ID":
            for row_id in foreign_ids(stage, viewer, kind_of(stage, name, connection)):
                if row_id not in _pair_buyers(stage, viewer):
                    yield {name: [row_id] if is_list else row_id}
        elif name in TEXTS:
            for text in _foreign_texts(stage, viewer, TEXTS[name]):
                yield {name: text}
        elif isinstance(named, GraphQLInputObjectType) and "value" in named.fields:
            if name == "uuid":
                yield from ({name: {"value": each}} for each in foreign_ids(stage, viewer, "Organization"))
            else:
                table = "member" if "mail" in name.lower() else "buyer_tag" if name.endswith("Ref") else "organization"
                yield from ({name: {"value": each}} for each in _foreign_texts(stage, viewer, table))


def foreign_ids(stage: Stage, viewer: Viewer, type_name: str, most: int = 3) -> list[str]:
    """Ids that the viewer must not see: of its seller first, then of strangers."""
    reads = stage.asking.statements.catalogue.types[type_name].reads
    assert reads is not None
    rows = stage.world.invisible(viewer, reads.table)
    rows.sort(key=lambda row: (row.organization_id != viewer.place.seller.id, row.organization_id))
    return [row.id for row in rows[: most - 1] + rows[-1:] if row.id is not None]


def _pair_buyers(stage: Stage, viewer: Viewer) -> set[str]:
    """The buyers of closed relations: their old seller knows them, and finds what is closed by them (VIS-6)."""
    return {row.organization_id for row in stage.world.visible(viewer, "wallet")}


def _foreign_texts(stage: Stage, viewer: Viewer, table: str, most: int = 3) -> list[str]:
    invisible = set(stage.world.invisible(viewer, table))
    texts = [mark for mark, row in stage.world.marked.items() if row in invisible and mark.startswith("canary")]
    theirs = viewer.place.seller.texts[table]
    chosen = ([theirs] if theirs in texts else []) + texts[-most:]
    return [text[: len(text) - 1] if table == "buyer_tag" else text for text in chosen]
