"""Who has read in the running operation, for what is noted of reads after it (AUD-6). Decides nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tenants.actor import Actor

_readers: ContextVar[list[Actor] | None] = ContextVar("readers", default=None)


@contextmanager
def gathering_readers() -> Iterator[list[Actor]]:
    """The list that every actor of a reading unit of work joins until the block ends."""
    readers: list[Actor] = []
    token = _readers.set(readers)
    try:
        yield readers
    finally:
        _readers.reset(token)


def has_read(actor: Actor) -> None:
    """Say that this actor reads; nothing happens where nobody gathers."""
    readers = _readers.get()
    if readers is not None:
        readers.append(actor)
