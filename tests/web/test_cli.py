"""The command `tenantry` as a person or a supervisor uses it: real processes, exit codes, signals."""

import asyncio
import os
import shutil
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from core.settings import DEMO_SECRET
from tenants.unit_of_work import Platform, platform_reading, platform_transaction
from tests.makers import PASSWORD, a_member, a_reseller, an_operator
from tests.web.application import SECRET
from tests.web.commands import tenantry
from tests.web.processes import serving, started
from web.cli import run
from web.serving import address_of
from web.start import Welcome

MAIL = {"TENANTRY_SMTP_URL": "smtp://localhost:1", "TENANTRY_MAIL_FROM": "noreply@tenantry.test"}

VIEWER = {"query": "{ viewer { __typename } }"}


async def ada(platform: Platform) -> dict[str, str]:
    """What a member of the operator signs in with."""
    member = await a_member(platform, of=await an_operator(platform), role="ADMIN")
    return {"email": member.email or "", "password": PASSWORD}


def token_of(address: str, given: dict[str, str]) -> str:
    answer = httpx2.post(f"{address}/auth/sign-in", json=given, timeout=30)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["accessToken"])


def shows_viewer(address: str, token: str) -> bool:
    bearer = {"authorization": f"Bearer {token}"}
    return "errors" not in httpx2.post(f"{address}/graphql", json=VIEWER, headers=bearer, timeout=30).json()


def test_help_and_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("serve", "migrate", "demo", "worker", "doctor"))
    for mistake in (["sevre"], ["serve", "--prt", "1"], ["serve", "--port", "many"]):
        with pytest.raises(SystemExit) as left:
            run(mistake)
        assert left.value.code != 0


def test_a_setting_that_is_wrong_is_named_and_its_value_is_not() -> None:
    done = tenantry("serve", database_url="mysql://app:hunter2@db.test/x", TENANTRY_PORT="many")
    assert (done.code, done.output) == (2, "")
    wrong = "tenantry: SETTING_INVALID: "
    assert done.errors.splitlines() == [
        f"{wrong}DATABASE_URL: Value error, must start with sqlite://, postgresql:// or postgres://",
        f"{wrong}TENANTRY_PORT: Input should be a valid integer, unable to parse string as an integer",
    ]


def test_a_port_that_somebody_has_is_refused_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = tenantry("serve", database_url=f"sqlite:///{tmp_path}/tenantry.db", TENANTRY_PORT=port)
    assert (done.code, done.codes) == (3, ["ADDRESS_NOT_FREE"])
    assert f"127.0.0.1:{port} cannot be opened" in done.errors


def test_migrating_twice_and_the_doctor(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/data/tenantry.db"
    before, first, second, after = (
        tenantry(command, database_url=url) for command in ("doctor", "migrate", "migrate", "doctor")
    )
    assert (before.code, before.output.partition(":")[0]) == (4, "MIGRATIONS_PENDING")
    assert (first.code, "(0 " in first.output) == (0, False)
    assert (second.code, "(0 migrations applied now)" in second.output) == (0, True)
    assert (after.code, after.output) == (0, "doctor: 0 findings\n")


async def test_the_doctor_finds_a_wrong_path_and_puts_it_right(database_url: str, platform: Platform) -> None:
    await an_operator(platform)
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE member SET path = '1.2.'")
    found, repaired, after = (tenantry("doctor", *given, database_url=database_url) for given in ([], ["--repair"], []))
    assert (found.code, "PATH_WRONG" in found.output) == (4, True)
    assert "PATH_REPAIRED" in repaired.output
    assert "PATH_" not in after.output


async def test_the_doctor_says_when_the_books_are_wrong(database_url: str, platform: Platform) -> None:
    operator = await an_operator(platform)
    buyer = await a_reseller(platform, under=operator)
    async with platform_transaction(platform) as tx:
        await tx.execute("UPDATE wallet SET wallet_micros = 1 WHERE organization_id = $1", buyer.id)
    found = tenantry("doctor", "--repair", database_url=database_url)
    assert (found.code, found.output.count("BOOKS_WRONG"), "found 1, expected 0" in found.output) == (4, 1, True)


def test_the_schema_goes_to_the_output_alone(tmp_path: Path) -> None:
    done = tenantry("export-schema", database_url=f"sqlite:///{tmp_path}/nothing.db")
    assert (done.code, done.errors) == (0, "")
    assert "type Query {" in done.output
    assert list(tmp_path.iterdir()) == []


async def test_the_demo_is_for_empty_databases_on_a_desk(database_url: str, platform: Platform) -> None:
    await an_operator(platform)
    there = tenantry("demo", database_url=database_url)
    asked = tenantry("demo", "--if-empty", database_url=database_url)
    production = tenantry("demo", database_url=database_url, TENANTRY_ENV="production")
    assert (there.code, there.codes) == (3, ["DATABASE_NOT_EMPTY"])
    assert (asked.code, asked.errors) == (0, "")
    assert (production.code, production.codes) == (3, ["DEMO_IN_PRODUCTION"])


@pytest.mark.parametrize(
    ("variables", "codes"),
    [
        ({}, ["SECRET_MISSING"]),
        ({"TENANTRY_SECRET": SECRET, "TENANTRY_SMTP_URL": ""}, ["SMTP_MISSING"]),
        ({"TENANTRY_SECRET": DEMO_SECRET}, ["SECRET_IS_DEMO"]),
        ({"TENANTRY_SECRET": "short", "TENANTRY_WORKERS": "3"}, ["SECRET_TOO_SHORT", "SQLITE_ONE_PROCESS"]),
        ({"TENANTRY_SECRET": SECRET, "DATABASE_URL": "postgresql://x@127.0.0.1:1/x"}, ["DATABASE_UNREACHABLE"]),
    ],
)
def test_a_production_start_that_is_refused_says_why(
    tmp_path: Path, variables: dict[str, str], codes: list[str]
) -> None:
    url = variables.pop("DATABASE_URL", f"sqlite:///{tmp_path}/t.db")
    done = tenantry("serve", database_url=url, **{"TENANTRY_ENV": "production", **MAIL, **variables})
    assert (done.code, done.codes) == (3, codes)


def test_a_second_production_server_on_sqlite_is_refused(sqlite_template: Path, tmp_path: Path) -> None:
    production = {"TENANTRY_ENV": "production", "TENANTRY_SECRET": SECRET, **MAIL}
    url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path)}"
    with serving(url, tmp_path, **production):
        second = tenantry("serve", "--port", "0", database_url=url, **production)
    assert (second.code, second.codes) == (3, ["SQLITE_ONE_PROCESS"])


async def test_a_server_is_soon_ready_and_small(database_url: str, tmp_path: Path) -> None:
    with serving(database_url, tmp_path) as served:
        assert httpx2.get(f"{served.address}/readyz").status_code == 200
        seconds, resident_bytes = _used_by(served.process.pid)
    assert seconds < 3.0  # of processor time: the wall clock belongs to all tests at once
    assert resident_bytes < 150_000_000


def _used_by(pid: int) -> tuple[float, int]:
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), int(pages) * os.sysconf("SC_PAGE_SIZE")


async def test_sigterm_lets_running_requests_finish(database_url: str, platform: Platform, tmp_path: Path) -> None:
    given = await ada(platform)
    with serving(database_url, tmp_path) as served, ThreadPoolExecutor(8) as apart:
        all_connected = threading.Barrier(9)
        running = [apart.submit(_signed_in, served.address, given, all_connected) for _ in range(8)]
        await asyncio.to_thread(all_connected.wait, 30)
        async with asyncio.timeout(30):
            await _first_session(platform)  # two passwords are checked at a time: the others are on their way
        served.process.send_signal(signal.SIGTERM)
        tokens = {each.result() for each in running}
        assert served.process.wait(30) == 0
    assert len(tokens) == 8 == await _sessions(platform)


def _signed_in(address: str, given: dict[str, str], all_connected: threading.Barrier) -> str:
    with httpx2.Client(base_url=address, timeout=30) as client:
        client.get("/healthz")
        all_connected.wait(30)
        return str(client.post("/auth/sign-in", json=given).json()["accessToken"])


async def _first_session(platform: Platform) -> None:
    while await _sessions(platform) == 0:  # noqa: ASYNC110  it appears in another process
        await asyncio.sleep(0.01)


async def _sessions(platform: Platform) -> int:
    async with platform_reading(platform) as tx:
        return len(await tx.fetch("SELECT id FROM session"))


async def test_kill_9_loses_nothing_that_was_answered(database_url: str, platform: Platform, tmp_path: Path) -> None:
    given = await ada(platform)
    with serving(database_url, tmp_path) as served:
        token = token_of(served.address, given)
        served.process.kill()
    with serving(database_url, tmp_path) as served:
        assert shows_viewer(served.address, token)


async def test_several_processes_share_one_postgres(
    postgres_server: str, database_url: str, platform: Platform, tmp_path: Path
) -> None:
    if platform.database.dialect == "sqlite":  # several processes are for PostgreSQL (see test_production.py)
        return
    given = await ada(platform)
    production = {"TENANTRY_ENV": "production", "TENANTRY_SECRET": SECRET, **MAIL}
    with serving(database_url, tmp_path, "--workers", "2", **production) as served:
        token = token_of(served.address, given)
        assert all(shows_viewer(served.address, token) for _ in range(20))
        served.process.kill()  # the processes below end with their parent
        served.process.wait(10)
        assert _is_gone(served.address)


def _is_gone(address: str) -> bool:
    for _ in range(200):
        try:
            httpx2.get(f"{address}/healthz", timeout=1)
        except httpx2.TransportError:
            return True
        time.sleep(0.1)
    return False


async def test_the_worker_stops_when_told_to(database_url: str, tmp_path: Path) -> None:
    with started("worker", database_url=database_url, cwd=tmp_path, TENANTRY_LOG_LEVEL="info") as worker:
        assert worker.stderr is not None
        assert "worker.started" in worker.stderr.readline()
        worker.send_signal(signal.SIGTERM)
        _, rest = worker.communicate(timeout=30)
    assert (worker.returncode, "worker.stopped" in rest) == (0, True)


def test_the_welcome_names_the_address_and_the_demo_sign_ins() -> None:
    assert Welcome().at("http://127.0.0.1:8000") == (
        "Tenantry is at http://127.0.0.1:8000 (GraphQL: http://127.0.0.1:8000/graphql)"
    )
    assert Welcome(("ada@skyline.example  secret",)).at("http://x").splitlines()[1:] == [
        "Demo sign-ins:",
        "  ada@skyline.example  secret",
    ]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("fd00::1", "http://[fd00::1]:80"),
    ],
)
def test_the_address_is_one_that_can_be_typed(host: str, address: str) -> None:
    assert address_of(host, 80) == address
