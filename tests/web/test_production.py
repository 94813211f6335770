"""What a production start refuses, each reason alone and by its code; the same settings are fine in development."""

from pathlib import Path
from typing import Any

import pytest

from core.clock import SystemClock
from core.refusals import Refused
from core.settings import DEMO_SECRET, Settings
from tenants.unit_of_work import Platform
from tests.makers import a_member, an_operator
from tests.web.application import MAIL, SECRET, running
from web.production import check_settings, claim_server_file
from web.start import serving_platform

POSTGRES = "postgresql://app@db.test/tenantry"


def refused_codes(**given: Any) -> tuple[str, ...]:
    try:
        check_settings(Settings(env="production", **(MAIL | given)))
    except Refused as refused:
        return refused.codes
    return ()


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({"secret": SECRET}, ()),
        ({"secret": "x" * 32}, ()),
        ({}, ("SECRET_MISSING",)),
        ({"secret": ""}, ("SECRET_MISSING",)),
        ({"secret": DEMO_SECRET}, ("SECRET_IS_DEMO",)),
        ({"secret": "x" * 31}, ("SECRET_TOO_SHORT",)),
        ({"secret": "x" * 20 + " " * 20}, ("SECRET_TOO_SHORT",)),
        ({"secret": SECRET, "workers": 2}, ("SQLITE_ONE_PROCESS",)),
        ({"secret": SECRET, "workers": 2, "database_url": POSTGRES}, ()),
        ({"workers": 2}, ("SECRET_MISSING", "SQLITE_ONE_PROCESS")),
        ({"secret": SECRET, "smtp_url": None, "mail_from": None}, ("MAIL_FROM_MISSING", "SMTP_MISSING")),
    ],
)
def test_production_needs_a_secret_of_its_own_and_one_process_on_sqlite(
    given: dict[str, Any], codes: tuple[str, ...]
) -> None:
    assert refused_codes(**given) == codes


def test_development_starts_with_nothing_set_and_signs_with_the_demo_secret() -> None:
    settings = Settings(workers=2)
    check_settings(settings)
    assert settings.signing_secret == DEMO_SECRET.encode()
    assert Settings(secret=SECRET).signing_secret == SECRET.encode()


async def start_codes(database_url: str, **given: Any) -> tuple[str, ...]:
    try:
        async with serving_platform(Settings(database_url=database_url, **given), SystemClock()):
            return ()
    except Refused as refused:
        return refused.codes


@pytest.mark.parametrize(
    ("email", "codes"),
    [("ada@northline.example", ("DEMO_DATA_PRESENT",)), ("ada@example.com", ()), ("example@northline.test", ())],
)
async def test_production_refuses_users_of_the_demo(
    database_url: str, platform: Platform, email: str, codes: tuple[str, ...]
) -> None:
    await a_member(platform, of=await an_operator(platform), email=email)
    assert await start_codes(database_url, env="production", secret=SECRET, **MAIL) == codes
    assert await start_codes(database_url) == ()


async def test_the_application_itself_refuses_whoever_starts_it(database_url: str) -> None:
    with pytest.raises(Refused) as refused:
        async with running(database_url, env="production", secret=DEMO_SECRET):
            pass
    assert refused.value.codes == ("SECRET_IS_DEMO",)


def test_a_second_server_on_one_sqlite_file_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tenantry.db"
    production = Settings(env="production", secret=SECRET, database_url=url)
    first = claim_server_file(production)
    assert first is not None
    with pytest.raises(Refused) as refused:
        claim_server_file(production)
    assert refused.value.codes == ("SQLITE_ONE_PROCESS",)
    beside = claim_server_file(Settings(database_url=url))
    assert beside is not None
    beside.close()
    first.close()
    second = claim_server_file(production)
    assert second is not None
    second.close()
