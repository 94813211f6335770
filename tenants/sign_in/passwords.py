"""Passwords: what is strong enough (AUTH-1), slow hashes in a bounded pool of threads. Reads no table."""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from core.refusals import Blocker, FieldPath
from tenants.names import folded, folded_email

Result = TypeVar("Result")

LONGEST = 128
_THREADS = 2
_POOL = ThreadPoolExecutor(_THREADS, thread_name_prefix="password")
HASHER = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))
"""Argon2id with 19 MiB: two at once leave a small server its memory, and a guess still costs tens of milliseconds."""

_TRIED_FIRST = """
000000000000 111111111111 121212121212 123123123123 123321123321 123412341234 1234567891011 123456123456
123456654321 1234567890123 123456789012 12345678910 123456789abc 12345678901234567890 1234567890qwerty 1234qwerasdf
123qweasdzxc 147258369147 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv 987654321987 abc123abc123
abcd1234abcd abcd12345678 adminadmin12 adminadmin123 administrator administrator1 asdfghjkl123 asdfghjkl1234
baseball1234 basketball12 changeme1234 changemeplease charlie12345 chocolate123 computer1234
correcthorsebatterystaple dragon123456 football1234 iloveyou1234 iloveyouforever iloveyousomuch internet1234
letmein12345 letmeinplease liverpool123 manchester12 michael12345 monkey123456 mypassword12 mypassword123
nopassword12 p@ssw0rd1234 passw0rd1234 password0000 password1111 password1234 password12345 password123456
password123! passwordpassword pokemon12345 princess1234 q1w2e3r4t5y6 qazwsxedcrfv qazwsxedc123 qwerasdfzxcv
qwerty123456 qwertyqwerty qwertyuiop12 qwertyuiop123 qwertyuiop[] qwertyuiopas qwertyuiopasdf qwertyuiopasdfghjkl
secret123456 starwars1234 sunshine1234 superman1234 superstar123 testtesttest test12345678 thisismypassword
trustno11234 unbelievable welcome12345 welcome123456 whatever1234 zaq12wsxcde3 zxcvbnm12345 zxcvbnmasdfg
"""
COMMON = frozenset(_TRIED_FIRST.split())
"""Passwords of 11 characters or more that are tried first; shorter ones fail by their length."""


def password_blockers(
    password: str, email: str, min_length: int, field: FieldPath = ("password",)
) -> tuple[Blocker, ...]:
    """`PASSWORD_TOO_WEAK` unless it has `passwordMinLength` to 128 characters, is not the e-mail and not common."""
    text = _normalized(password)
    is_strong = min_length <= len(text) <= LONGEST and folded(text) not in COMMON
    if is_strong and folded_email(text) != folded_email(email):
        return ()
    message = f"A password has {min_length} to {LONGEST} characters, is not the e-mail and not a common one."
    return (Blocker("PASSWORD_TOO_WEAK", message, field, {"minimum": min_length, "maximum": LONGEST}),)


async def hash_password(password: str) -> str:
    """A slow salted hash."""
    return await _in_pool(partial(HASHER.hash, _normalized(password)))


async def is_right_password(password: str, stored_hash: str | None) -> bool:
    """Whether the password is the one of the hash; without a hash it takes as long and is wrong (AUTH-2)."""
    is_too_long = len(password) > LONGEST
    given = "" if is_too_long else _normalized(password)
    is_right = await _in_pool(partial(HASHER.verify, given, stored_hash or _nobodys_hash()))
    return is_right and stored_hash is not None and not is_too_long


async def _in_pool(work: "partial[Result]") -> Result:
    return await asyncio.get_running_loop().run_in_executor(_POOL, work)


@cache
def _nobodys_hash() -> str:
    return HASHER.hash("the password of nobody at all")


def _normalized(password: str) -> str:
    """The same keys give the same text on every device; blanks at the ends count."""
    return unicodedata.normalize("NFC", password)
