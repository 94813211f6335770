"""Rows that go with their organization: deleted table by table, with one entry for each (DEL-5, AUD-1).

An entry tells what went, never what was secret of it or whom a document showed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.transaction import Row
from tenants.unit_of_work import UnitOfWork

CHUNK = 1_000
"""Entries that are written at once, so that a customer with many accounts needs no more memory than one with few."""


@dataclass(frozen=True, slots=True)
class Erased:
    """A table of `organization_id` and `path`; `shown`: fields of the entry, by their columns.

    `id_column`: what its entries are found by; the organization's id where a row has none of its own."""

    table: str
    entity_type: str
    shown: Mapping[str, str]
    id_column: str = "id"


async def erase_rows(uow: UnitOfWork, kind: Erased, organization_id: str) -> None:
    """Delete all of an organization's rows of that table; the entries are the organization's."""
    columns = dict.fromkeys(("path", kind.id_column, *kind.shown.values()))
    rows = await uow.tx.fetch(
        f"DELETE FROM {kind.table} AS t WHERE t.organization_id = $4 AND {uow.visible('t', kind.table)} "
        f"RETURNING {', '.join(columns)}",
        *uow.scope, organization_id,
    )  # fmt: skip
    for start in range(0, len(rows), CHUNK):
        _note(uow, kind, organization_id, rows[start : start + CHUNK])
        await uow.flush()


def _note(uow: UnitOfWork, kind: Erased, organization_id: str, rows: Sequence[Row]) -> None:
    for row in rows:
        uow.audit(
            kind.entity_type, row[kind.id_column], organization_id=organization_id, path=row["path"],
            before={name: row[column] for name, column in kind.shown.items()},
        )  # fmt: skip
