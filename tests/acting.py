"""Acting as a member in a test: a command through the product's own run_command, and what a refusal leaves alone."""

import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from core.refusals import Refused
from tenants.actor import Credentials
from tenants.commands import Command, Outcome, run_command
from tenants.unit_of_work import Platform, UnitOfWork, platform_transaction
from tests.makers import Member, credentials_of

Act = Callable[[UnitOfWork], Awaitable[Outcome]]


async def do(who: Member | Credentials, act: Act, *, platform: Platform | None = None, key: str | None = None,
             operation: str = "test", values: Mapping[str, object] | None = None) -> Outcome:  # fmt: skip
    """Run a command as the member (or with ready credentials and their platform); answers its outcome."""
    if isinstance(who, Member):
        platform, who = who.platform, await credentials_of(who)
    assert platform is not None

    async def answer(uow: UnitOfWork, outcome: Outcome, replayed: bool) -> Outcome:
        return outcome | uow.shown_once

    command = Command(operation, values or {}, key or secrets.token_hex(8))
    return await run_command(platform, who, command, act, answer)


async def refusal(who: Member | Credentials, act: Act, *, platform: Platform | None = None) -> tuple[str, ...]:
    """The codes with which the command is refused; nothing changed in any table, and nothing was sent (GEN-2).

    The one entry of the refusal itself (AUD-3) is looked at and left out."""
    if isinstance(who, Member):
        platform, who = who.platform, await credentials_of(who)
    assert platform is not None
    before = await everything(platform)
    with pytest.raises(Refused) as refused:
        await do(who, act, platform=platform)
    after = await everything(platform)
    new = [row for row in after["audit_entry"] if row not in before["audit_entry"]]
    assert len(new) <= 1
    assert all(json.loads(row)["result_code"] for row in new)
    before.pop("audit_entry"), after.pop("audit_entry")
    assert after == before
    return refused.value.codes


async def everything(platform: Platform) -> dict[str, list[str]]:
    """Every row of every table, as sorted texts."""
    async with platform_transaction(platform) as tx:
        listed = (
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            if tx.dialect == "sqlite"
            else "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
        )
        tables = sorted(row["name"] for row in await tx.fetch(listed) if row["name"] != "tortoise_migrations")
        return {table: sorted(map(_text, await tx.fetch(f"SELECT * FROM {table}"))) for table in tables}


def _text(row: Any) -> str:
    return json.dumps(dict(row), sort_keys=True, default=str)
