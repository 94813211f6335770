"""Which database errors are worth another try: nobody's fault, gone in a moment. A rule's refusal never is."""

import asyncio
import sqlite3

import asyncpg

_MOMENTARY = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InterfaceError,
    ConnectionError,
    asyncio.TimeoutError,
)
_BUSY = ("locked", "busy")


def is_transient(error: BaseException) -> bool:
    """Whether the same work may succeed when it is tried again: a deadlock, a lost connection, a busy database."""
    if isinstance(error, sqlite3.OperationalError):
        return any(word in str(error) for word in _BUSY)
    return isinstance(error, _MOMENTARY)
