"""A list of rows as one bound parameter, on either engine: the text of the statement is the same for any length."""

from collections.abc import Mapping, Sequence

import orjson

from core.transaction import Dialect


def row_list(dialect: Dialect, parameter: str, alias: str, columns: Mapping[str, str]) -> str:
    """A FROM item over the rows that `parameter` holds as `listed()`; columns by name: `bigint`, `text` or `jsonb`.

    On SQLite it is a subquery that keeps its place in the order of joins."""
    if dialect == "postgres":
        names = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        return f"jsonb_to_recordset(CAST({parameter} AS jsonb)) AS {alias} ({names})"
    values = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
    return f"(SELECT {values} FROM json_each({parameter})) AS {alias}"


def listed(rows: Sequence[Mapping[str, object]]) -> str:
    """The value of the parameter."""
    return orjson.dumps(rows).decode()
