"""Where the matrix runs: each engine, with both layers and with each layer alone.

Layer 1 is switched off by tenants/row_scope.py itself; layer 2 by policies that let all pass."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from core.clock import FixedClock
from core.database import Database
from core.migrate import migrate
from tenants.row_scope import switch_layer_one
from tenants.row_security import APP_ROLE
from tenants.unit_of_work import Platform
from tests.databases import START
from tests.isolation.asking import Asking
from tests.isolation.world import World, build_world
from tests.postgres import create_database, drop_database, ensure_template
from tests.reused_postgres import TEMPLATE

STAGES = ("sqlite, layer 1", "postgres, both layers", "postgres, layer 1 alone", "postgres, layer 2 alone")


@dataclass(slots=True)
class Stage:
    """A world on an open database, and how it is asked. `url` is the superuser's on PostgreSQL."""

    name: str
    platform: Platform
    world: World
    asking: Asking
    url: str
    tried: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """How much was tried: by check, viewer and type."""
    hidden: set[str] = field(default_factory=set)
    """Fields of inputs for which a foreign id was answered with NOT_FOUND or REFERENCE_INVALID."""

    @property
    def has_layer_one(self) -> bool:
        return "layer 2 alone" not in self.name


def table_of(stage: Stage, type_name: str) -> str:
    """The table that a type reads."""
    reads = stage.asking.statements.catalogue.types[type_name].reads
    assert reads is not None
    return reads.table


@asynccontextmanager
async def stage_of(name: str, postgres: Callable[[], str], folder: Path) -> AsyncIterator[Stage]:
    """The stage, built fresh; `postgres` starts or names the server when the stage needs it."""
    if name.startswith("sqlite"):
        url = f"sqlite:///{folder / 'isolation.db'}"
        await asyncio.to_thread(asyncio.run, migrate(url))
        async with _open(name, url) as stage:
            yield stage
        return
    server, database = postgres(), f"isolation_{secrets.token_hex(6)}"
    await ensure_template(server, TEMPLATE, migrate)
    url = await create_database(server, database, TEMPLATE)
    try:
        async with _open(name, url) as stage:
            if name.endswith("layer 1 alone"):
                await _let_all_pass(url)
            switch_layer_one(stage.has_layer_one)
            try:
                yield stage
            finally:
                switch_layer_one(True)
    finally:
        await drop_database(server, database)


@asynccontextmanager
async def _open(name: str, url: str) -> AsyncIterator[Stage]:
    database = Database(url, role=APP_ROLE, pool_size=4)
    await database.open()
    platform = Platform(database, FixedClock(START))
    try:
        yield Stage(name, platform, await build_world(platform), Asking(platform), url)
    finally:
        await database.close()


async def _let_all_pass(url: str) -> None:
    """Row security as if it were not there, for the request role alone."""
    connection = await asyncpg.connect(url)
    listed = "SELECT policyname, tablename, cmd FROM pg_policies WHERE $1 = ANY (roles)"
    found = await connection.fetch(listed, APP_ROLE)
    for row in found:
        using = "" if row["cmd"] == "INSERT" else "USING (true)"
        check = "" if row["cmd"] in ("SELECT", "DELETE") else "WITH CHECK (true)"
        await connection.execute(f"ALTER POLICY {row['policyname']} ON {row['tablename']} {using} {check}")
    await connection.close()
