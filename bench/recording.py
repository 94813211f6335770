"""Writes down what a command sends to PostgreSQL, and makes of it the same statements for new rows.

So that bare asyncpg can send them without any of the code that thought of them."""

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum, auto

from tortoise.backends.base.client import BaseDBAsyncClient

from core.database import NO_SETTINGS, Database, opening, writing
from core.ids import new_id
from core.transaction import Dialect, Row, Transaction

_ID = re.compile(r"\b([a-z]{2,8})_[0-7][0-9a-hjkmnp-tv-z]{25}\b")


class Way(StrEnum):
    """How a statement was sent."""

    FETCH = auto()
    EXECUTE = auto()


@dataclass(frozen=True, slots=True)
class Sent:
    """One statement with its arguments."""

    way: Way
    sql: str
    arguments: tuple[object, ...] = ()


class RecordingTransaction:
    """A transaction that writes down each statement before sending it."""

    def __init__(self, sent_through: Transaction, record: list[Sent]) -> None:
        self._tx = sent_through
        self._record = record

    @property
    def dialect(self) -> Dialect:
        return self._tx.dialect

    @property
    def client(self) -> BaseDBAsyncClient | None:
        return self._tx.client

    async def fetch(self, sql: str, *arguments: object) -> Sequence[Row]:
        self._record.append(Sent(Way.FETCH, sql, arguments))
        return await self._tx.fetch(sql, *arguments)

    async def execute(self, sql: str, *arguments: object) -> int:
        self._record.append(Sent(Way.EXECUTE, sql, arguments))
        return await self._tx.execute(sql, *arguments)


class RecordingDatabase(Database):
    """A database whose transactions are written down in `record`, BEGIN and COMMIT included."""

    record: list[Sent]

    @asynccontextmanager
    async def write(self, settings: Mapping[str, str] = NO_SETTINGS) -> AsyncIterator[Transaction]:
        async with super().write(settings) as tx:
            self.record.append(Sent(Way.EXECUTE, "BEGIN" + writing(settings)))
            yield RecordingTransaction(tx, self.record)
        self.record.append(Sent(Way.EXECUTE, "COMMIT"))

    @asynccontextmanager
    async def read(self, settings: Mapping[str, str] = NO_SETTINGS) -> AsyncIterator[Transaction]:
        async with super().read(settings) as tx:
            self.record.append(Sent(Way.EXECUTE, "BEGIN" + opening(settings)))
            yield RecordingTransaction(tx, self.record)
        self.record.append(Sent(Way.EXECUTE, "COMMIT"))


def made_ids(one: Sequence[Sent], other: Sequence[Sent]) -> frozenset[str]:
    """The ids of `one` that are not in `other`, a recording of the same command by the same actor: what it made."""
    return _ids(one) - _ids(other)


def with_new_ids(recording: Sequence[Sent], made: Iterable[str]) -> list[Sent]:
    """The same statements with a fresh id, of the same kind, for each that was made."""
    fresh = {each: new_id(each.partition("_")[0]) for each in made}

    def renewed(argument: object) -> object:
        if not isinstance(argument, str):
            return argument
        return _ID.sub(lambda found: fresh.get(found.group(), found.group()), argument)

    return [Sent(each.way, each.sql, tuple(map(renewed, each.arguments))) for each in recording]


def _ids(recording: Sequence[Sent]) -> frozenset[str]:
    texts = (argument for each in recording for argument in each.arguments if isinstance(argument, str))
    return frozenset(found.group() for text in texts for found in _ID.finditer(text))
