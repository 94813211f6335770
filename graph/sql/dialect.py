"""How finished JSON is made in SQL on each engine. Knows no type of the schema.

A JSON value is on PostgreSQL the text of it, joined with `||`: a third faster than json_build_object and json_agg,
which look up the type of each key and value again for each row. On SQLite it is what its json functions give."""

import json
import re
from collections.abc import Callable, Sequence
from enum import StrEnum, auto

from core.engine_sqlite import APART
from core.transaction import Dialect

PAIRS_PER_CALL = 45
"""SQLite bounds the number of arguments of one function call; longer objects are joined from parts."""

ZERO_DIGITS = "('JPY', 'KRW', 'VND')"
THREE_DIGITS = "('BHD', 'JOD', 'KWD', 'OMR', 'TND')"


class Shape(StrEnum):
    """What a plain SQL value is as JSON."""

    NUMBER = auto()
    TOKEN = auto()
    """A text that holds nothing to escape: an id, an enum, a date, a cursor, digits."""
    TEXT = auto()


def json_value(dialect: Dialect, value: str, shape: Shape) -> str:
    """A plain SQL value (a number, a text) as a JSON value; NULL becomes null inside an object."""
    if dialect == "sqlite":
        return value
    match shape:
        case Shape.NUMBER:
            return f"CAST({value} AS text)"
        case Shape.TOKEN:
            return f"('\"' || {value} || '\"')"
        case Shape.TEXT:
            return f"CAST(to_json({value}) AS text)"


def json_name(dialect: Dialect, name: str) -> str:
    """A name of the schema as a JSON value."""
    return quoted(json.dumps(name)) if dialect == "postgres" else quoted(name)


def json_object(dialect: Dialect, members: Sequence[tuple[str, str]]) -> str:
    """A JSON object of (key, JSON value) in this order."""
    if dialect == "postgres":
        return _object_text(members)
    parts = [
        f"json_object({', '.join(f'{quoted(key)}, {value}' for key, value in members[start : start + PAIRS_PER_CALL])})"
        for start in range(0, max(len(members), 1), PAIRS_PER_CALL)
    ]
    return parts[0] if len(parts) == 1 else _joined(parts)


def _object_text(members: Sequence[tuple[str, str]]) -> str:
    pieces: list[str] = []
    for key, value in members:
        pieces.append(quoted(f"{',' if pieces else '{'}{json.dumps(key)}:"))
        pieces.append(value if value.startswith("'") else f"coalesce({value}, 'null')")
    return f"({' || '.join([*pieces, quoted('}')])})" if pieces else quoted("{}")


def _joined(parts: list[str]) -> str:
    """One object out of several: their braces are cut where they meet."""
    cut = [f"substr({parts[0]}, 1, length({parts[0]}) - 1)"]
    cut += [f"substr({part}, 2, length({part}) - 2)" for part in parts[1:-1]]
    cut.append(f"substr({parts[-1]}, 2)")
    joined = " || ',' || ".join(cut)
    return f"json({joined})"


def json_list(dialect: Dialect, item: str, keep: str | None = None) -> str:
    """An aggregate: the JSON list of `item` in the order of the rows, [] when there are none."""
    chosen = f" FILTER (WHERE {keep})" if keep else ""
    if dialect == "postgres":
        return f"('[' || coalesce(string_agg({item}, ','){chosen}, '') || ']')"
    return f"json_group_array(json({item})){chosen}"


def nested(dialect: Dialect, subquery: str) -> str:
    """A subquery whose value is JSON, as a value inside other JSON."""
    return f"({subquery})" if dialect == "postgres" else f"json(({subquery}))"


def apart(subquery: str, parent: str, bind: Callable[[object], str]) -> str:
    """The same on SQLite as a statement of its own, for what its parser cannot read within another (engine_sqlite.py).

    What it takes from outside, columns of the row `parent` and parameters, goes along as arguments; `bind` makes a
    parameter of its text."""
    given: dict[str, str] = {}

    def place(match: re.Match[str]) -> str:
        return given.setdefault(match[0], f"?{len(given) + 1}")

    text = re.sub(rf"\b{parent}\.\w+|\$\d+", place, subquery)
    return f"json({APART}({', '.join([bind(text), *given])}))"


def text_list_last(dialect: Dialect, item: str, keep: str, place: int) -> str:
    """An aggregate: the first (0) or last (-1) of a text over the kept rows, null when there are none."""
    if dialect == "postgres":
        return f"((json_agg({item}) FILTER (WHERE {keep})) ->> {place})"
    path = "'$[0]'" if place == 0 else "'$[#-1]'"
    return f"json_extract(json_group_array({item}) FILTER (WHERE {keep}), {path})"


def boolean(dialect: Dialect, condition: str) -> str:
    """A JSON true, false or null."""
    if dialect == "postgres":
        return f"CAST(({condition}) AS text)"
    return f"json(CASE WHEN ({condition}) THEN 'true' WHEN NOT ({condition}) THEN 'false' END)"


def instant(dialect: Dialect, micros: str) -> str:
    """ISO 8601 in UTC with milliseconds, of microseconds since the epoch."""
    if dialect == "postgres":
        moment = f"timestamp 'epoch' + ({micros} / 1000) * interval '1 millisecond'"
        return f'to_char({moment}, \'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\')'
    seconds = f"strftime('%Y-%m-%dT%H:%M:%S', {micros} / 1000000, 'unixepoch')"
    return f"CASE WHEN {micros} IS NOT NULL THEN printf('%s.%03dZ', {seconds}, ({micros} / 1000) % 1000) END"


def amount(dialect: Dialect, micros: str, currency: str) -> str:
    """A decimal text of micro-units with at least the currency's digits and at most six (MON-1)."""
    cases = (
        (f"{currency} IN {ZERO_DIGITS}", 0),
        (f"{currency} IN {THREE_DIGITS}", 3),
        (f"{currency} NOT IN {ZERO_DIGITS} AND {currency} NOT IN {THREE_DIGITS}", 2),
    )
    whole = " ".join(
        f"WHEN {condition} AND {micros} % {10 ** (6 - digits)} = 0 THEN {_digits(dialect, micros, digits)}"
        for condition, digits in cases
    )
    return f"CASE WHEN {micros} IS NULL THEN NULL {whole} ELSE rtrim({_digits(dialect, micros, 6)}, '0') END"


def _digits(dialect: Dialect, micros: str, digits: int) -> str:
    if dialect == "postgres":
        return f"CAST(CAST(CAST({micros} AS numeric) / 1000000 AS numeric(26, {digits})) AS text)"
    sign, whole = f"CASE WHEN {micros} < 0 THEN '-' ELSE '' END", f"abs({micros}) / 1000000"
    if digits == 0:
        return f"printf('%s%d', {sign}, {whole})"
    return f"printf('%s%d.%0{digits}d', {sign}, {whole}, abs({micros}) % 1000000 / {10 ** (6 - digits)})"


def stored_json(dialect: Dialect, column: str) -> str:
    """A JSON column as a value inside other JSON."""
    return f"CAST({column} AS text)" if dialect == "postgres" else f"json({column})"


def masked_json(dialect: Dialect, column: str, names: Sequence[str]) -> str:
    """A JSON column's object with *** for the named members that hold something; null stays null."""
    listed = ", ".join(map(quoted, names))
    if dialect == "postgres":
        value = f"CASE WHEN e.key IN ({listed}) AND e.value <> 'null' THEN '\"***\"' ELSE e.value END"
        made = f"SELECT jsonb_object_agg(e.key, {value}) FROM jsonb_each({column}) e"
        return f"(CASE WHEN {column} IS NOT NULL THEN coalesce(({made}), '{{}}') END)"
    value = f"CASE WHEN e.key IN ({listed}) AND e.type <> 'null' THEN '\"***\"' ELSE {column} -> e.fullkey END"
    made = f"SELECT json_group_object(e.key, json({value})) FROM json_each({column}) e"
    return f"(CASE WHEN {column} IS NOT NULL THEN ({made}) END)"


def json_of_text(text: str) -> str:
    """An expression whose text is JSON, as a value like that of a JSON column."""
    return f"({text})"


def cursor(dialect: Dialect, values: Sequence[str]) -> str:
    """An opaque text of the values that order a row: the hexadecimal of their JSON list."""
    if dialect == "postgres":
        return f"encode(convert_to(CAST(json_build_array({', '.join(values)}) AS text), 'UTF8'), 'hex')"
    return f"lower(hex(json_array({', '.join(values)})))"


def quoted(text: str) -> str:
    """An SQL string literal of a name from a document (GraphQL names hold no quote, but this would be safe anyway)."""
    return "'" + text.replace("'", "''") + "'"
