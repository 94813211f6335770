"""Ids of generated rows: TypeIDs that grow with a row's number, the same in Python and, for millions, in SQL."""

import hashlib

FIRST_AT_MS = 1_704_067_200_000
"""2024-01-01, when the first row of each kind was made; row n follows n milliseconds later."""
MOST_ROWS = 16**6
_FIRST_DIGITS = "01hk"

# The first ten digits of a TypeID are its milliseconds: here four that say January 2024, then the row's number in
# hexadecimal, whose digits sort as they do in base 32 (making real base 32 of it took ten times as long). Of the other
# sixteen, 'e' says version 7 and '8' the variant; the rest is free.
_LABEL_DIGITS = " || ".join(
    f"substr('0123456789abcdefghijklmnopqrstuvwxyz', ((n / {36**place}) % 36)::integer + 1, 1)"
    for place in reversed(range(5))
)
SQL_FUNCTIONS = [
    "CREATE SCHEMA bench",
    "CREATE FUNCTION bench.free_digits(h text) RETURNS text LANGUAGE sql IMMUTABLE "
    "RETURN 'e' || substr(h, 1, 2) || '8' || substr(h, 3, 12)",
    "CREATE FUNCTION bench.id(prefix text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE "
    f"RETURN prefix || '_{_FIRST_DIGITS}' || lpad(to_hex(n), 6, '0') || bench.free_digits(md5(prefix || n::text))",
    f"CREATE FUNCTION bench.label(n bigint) RETURNS text LANGUAGE sql IMMUTABLE RETURN ltrim({_LABEL_DIGITS}, '0')",
    f"CREATE FUNCTION bench.made_at(n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN (n + {FIRST_AT_MS}) * 1000",
]


def generated_id(prefix: str, number: int) -> str:
    """The id of the row with this number, below MOST_ROWS, as the SQL function makes it."""
    digest = hashlib.md5(f"{prefix}{number}".encode(), usedforsecurity=False).hexdigest()
    return f"{prefix}_{_FIRST_DIGITS}{number:06x}e{digest[:2]}8{digest[2:14]}"
