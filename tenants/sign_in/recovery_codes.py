"""Recovery codes: ten to print, for the day the telephone is lost. Each works once; the database keeps hashes."""

import secrets

from core.clock import Instant
from core.ids import new_id
from core.transaction import Transaction, fetch_value, insert_many
from tenants.authentication import secret_hash

COUNT = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""What nobody mistakes for another: 31 signs, so that 16 of them hold 79 bits and need no slow hash."""
_GROUPS, _GROUP_LENGTH = 4, 4


async def replace_codes(tx: Transaction, user_id: str, now: Instant) -> list[str]:
    """Ten new codes; older ones stop working. `tx` sees as the platform."""
    codes = [_new_code() for _ in range(COUNT)]
    await forget_codes(tx, user_id)
    rows = [
        {"id": new_id("rec"), "user_id": user_id, "code_hash": _hash(user_id, code), "created_at": now, "used_at": None}
        for code in codes
    ]
    await insert_many(tx, "recovery_code", rows)
    return codes


async def use_code(tx: Transaction, user_id: str, code: str, now: Instant) -> bool:
    """Whether the code was one of the user's that had not been used; now it has."""
    sql = "UPDATE recovery_code SET used_at = $3 WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL"
    return await tx.execute(sql, user_id, _hash(user_id, code), now) == 1


async def codes_left(tx: Transaction, user_id: str) -> int:
    """How many still work."""
    sql = "SELECT count(*) FROM recovery_code WHERE user_id = $1 AND used_at IS NULL"
    return int(await fetch_value(tx, sql, user_id))


async def forget_codes(tx: Transaction, user_id: str) -> None:
    """None works any more."""
    await tx.execute("DELETE FROM recovery_code WHERE user_id = $1", user_id)


def _new_code() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
    return "-".join(groups)


def _hash(user_id: str, code: str) -> str:
    """Blanks, hyphens and case do not matter to the one who types it."""
    typed = "".join(sign for sign in code.lower() if sign.isalnum())
    return secret_hash(f"{user_id} {typed}")
