"""Hand-written DDL for both engines: one text per table, the few differences of the dialects in one place.

Knows nothing of what the tables mean. Tortoise never writes DDL here (it destroys data on SQLite)."""

import re
from collections.abc import Sequence

_TYPES = {"text": "TEXT", "bigint": "INTEGER", "integer": "INTEGER", "boolean": "INTEGER", "jsonb": "TEXT"}
_COLUMN = re.compile(r"^(\s+\w+ )(text|bigint|integer|boolean|jsonb)\b", re.MULTILINE)


def statements(script: str) -> list[str]:
    """Split a script at lines that end with a semicolon; each statement keeps its text."""
    return [part.strip() for part in re.split(r";\s*$", script, flags=re.MULTILINE) if part.strip()]


def for_postgres(script: str) -> list[str]:
    """The statements for PostgreSQL: text is compared byte-wise, like on SQLite."""
    return [_COLUMN.sub(_postgres_column, each) for each in statements(script)]


def for_sqlite(script: str) -> list[str]:
    """The statements for SQLite: STRICT tables with its own type names."""
    translated = []
    for each in statements(script):
        each = _COLUMN.sub(lambda m: m[1] + _TYPES[m[2]], each)
        translated.append(each + " STRICT" if each.startswith("CREATE TABLE") else each)
    return translated


def _postgres_column(match: re.Match[str]) -> str:
    return match[1] + ('text COLLATE "C"' if match[2] == "text" else match[2])


def append_only_postgres(table: str, code: str) -> list[str]:
    """Triggers that refuse UPDATE, DELETE and TRUNCATE of `table` with `code` as message."""
    return [
        f"CREATE FUNCTION {table}_refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{code}' USING ERRCODE = 'integrity_constraint_violation'; END $$",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse_change()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse_change()",
    ]


def append_only_sqlite(table: str, code: str) -> list[str]:
    """Triggers that refuse UPDATE and DELETE of `table` with `code` as message."""
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{code}'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def path_may_follow_postgres(table: str, columns: Sequence[str], role: str) -> list[str]:
    """An append-only table whose rows may stand elsewhere after a move: no column but `path` is ever changed.

    `columns` are all others; `role` alone may change the path."""
    return [
        f"DROP TRIGGER {table}_append_only ON {table}",
        f"CREATE TRIGGER {table}_append_only BEFORE DELETE OR UPDATE OF {', '.join(columns)} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse_change()",
        f"GRANT UPDATE (path) ON {table} TO {role}",
    ]


def path_may_follow_sqlite(table: str, columns: Sequence[str], code: str) -> list[str]:
    """The same on SQLite, which has no roles."""
    return [
        f"DROP TRIGGER {table}_no_update",
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE OF {', '.join(columns)} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{code}'); END",
    ]
