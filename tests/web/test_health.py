"""Alive and ready: what a process tells about itself, with a database that answers, lacks migrations or is gone."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest

from core.database import Database
from core.migrate import pending_migrations
from core.refusals import Refused
from core.settings import Settings
from tests.postgres import create_database, drop_database
from tests.postgres import database_url as url_of
from tests.web.application import codes_of, running
from web.readiness import Readiness, missing_migrations
from web.start import open_platform


async def test_a_migrated_database_is_ready(database_url: str) -> None:
    async with running(database_url) as client:
        alive, ready = await client.get("/healthz"), await client.get("/readyz")
    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


async def test_without_its_migrations_it_is_alive_and_not_ready(database_url: str, database: Database) -> None:
    async with database.write({} if database.dialect == "sqlite" else {"role": "tenantry_owner"}) as tx:
        await tx.execute("DELETE FROM tortoise_migrations WHERE app = 'billing'")
    async with running(database_url) as client:
        alive, ready = await client.get("/healthz"), await client.get("/readyz")
    assert alive.status_code == 200
    assert (ready.status_code, codes_of(ready), ready.headers["retry-after"]) == (503, ["MIGRATIONS_PENDING"], "1")
    assert "billing.0001_initial" in ready.json()["errors"][0]["message"]


async def test_an_empty_file_starts_and_is_not_ready(tmp_path: Path) -> None:
    async with running(f"sqlite:///{tmp_path}/new/tenantry.db") as client:
        ready = await client.get("/readyz")
    assert (ready.status_code, codes_of(ready)) == (503, ["MIGRATIONS_PENDING"])


async def test_what_is_missing_is_what_the_migrations_themselves_say(database_url: str) -> None:
    pending = await pending_migrations(database_url)
    database = Database(database_url, role="tenantry_app", pool_size=2)
    await database.open()
    async with database.read() as tx:
        missing = await missing_migrations(tx)
    await database.close()
    assert missing == pending == []


async def test_a_database_that_went_away_and_came_back(postgres_server: str) -> None:
    name = "test_comes_and_goes"
    await drop_database(postgres_server, name)
    await create_database(postgres_server, name, "template0")
    database = Database(url_of(postgres_server, name), pool_size=2)
    await database.open()
    readiness = Readiness(database)
    assert [blocker.code for blocker in await readiness.blockers()] == ["MIGRATIONS_PENDING"]
    await drop_database(postgres_server, name)
    await asyncio.sleep(1.1)  # the answer is kept for a second
    assert [blocker.code for blocker in await readiness.blockers()] == ["DATABASE_UNREACHABLE"]
    await create_database(postgres_server, name, "template0")
    await asyncio.sleep(1.1)
    assert [blocker.code for blocker in await readiness.blockers()] == ["MIGRATIONS_PENDING"]
    await database.close()
    await drop_database(postgres_server, name)


async def test_a_database_that_hangs_is_not_waited_for(
    database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.readiness.CHECK_SECONDS", 0.05)
    hanging = asyncio.Event()
    asked = 0

    async def hang(_: Database) -> list[object]:
        nonlocal asked
        asked += 1
        await hanging.wait()
        return []

    monkeypatch.setattr("web.readiness.database_blockers", hang)
    readiness = Readiness(database)
    answers = await asyncio.gather(*(readiness.blockers() for _ in range(10)))
    assert [[blocker.code for blocker in answer] for answer in answers] == [["DATABASE_UNREACHABLE"]] * 10
    assert asked == 1
    hanging.set()
    assert await readiness.blockers() == []


async def test_a_command_refuses_a_database_that_cannot_be_reached() -> None:
    for address in ("postgresql://nobody@127.0.0.1:1/nothing", "sqlite:////proc/nothing/tenantry.db"):
        with pytest.raises(Refused) as refused:
            async with open_platform(Settings(database_url=address)):
                pass
        assert refused.value.codes == ("DATABASE_UNREACHABLE",)


async def test_a_postgres_that_was_never_migrated_says_so(postgres_server: str) -> None:
    name = "test_never_migrated"
    url = await create_database(postgres_server, name, "template0")
    with pytest.raises(Refused) as refused:
        async with open_platform(Settings(database_url=url)):
            pass
    await drop_database(postgres_server, name)
    assert refused.value.codes == ("MIGRATIONS_PENDING",)


async def test_every_answer_carries_its_request_id_and_careful_headers(database_url: str) -> None:
    async with running(database_url) as client:
        answers = [await client.get(path) for path in ("/", "/healthz", "/nowhere", "/metrics")]
        wrong_method = await client.get("/auth/sign-in")
    assert [answer.status_code for answer in answers] == [200, 200, 404, 200]
    assert codes_of(answers[2]) == ["NOT_FOUND"]
    assert (wrong_method.status_code, codes_of(wrong_method)) == (405, ["METHOD_NOT_ALLOWED"])
    for answer in answers:
        assert answer.headers["x-request-id"].startswith("req_")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


async def test_metrics_are_open_on_a_desk_and_need_a_token_in_production(database_url: str) -> None:
    production: dict[str, Any] = {"env": "production", "secret": "x" * 40, "metrics_token": "prometheus"}
    async with running(database_url) as client:
        await client.get("/a-path-that-a-client-chose")
        shown = (await client.get("/metrics")).text
    assert 'tenantry_requests_total{kind="GET",path="other",status="404"}' in shown
    assert "client-chose" not in shown
    async with running(database_url, **production) as client:
        tokens = (None, "wrong", "prometheus")
        answers = [
            await client.get("/metrics", headers={"authorization": f"Bearer {token}"} if token else {})
            for token in tokens
        ]
    assert [answer.status_code for answer in answers] == [404, 404, 200]


async def test_a_fault_is_masked_and_logged_under_its_id(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr("web.home.signed_in_actor", broken)
    async with running(database_url) as client:
        client._transport.raise_app_exceptions = False  # type: ignore[attr-defined]
        answer: httpx2.Response = await client.get("/")
    assert (answer.status_code, codes_of(answer)) == (500, ["INTERNAL_ERROR"])
    assert answer.json()["errors"][0]["errorId"].startswith("err_")
    assert "hunter2" not in answer.text
