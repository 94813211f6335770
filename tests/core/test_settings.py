"""Settings come from the environment, with defaults that run on a desk; nothing secret shows itself."""

import pytest
from pydantic import ValidationError

from core.settings import DEMO_SECRET, Environment, Settings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENV", "HOST", "PORT", "WORKERS", "SECRET", "BACKGROUND"):
        monkeypatch.delenv(f"TENANTRY_{name}", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)


def test_nothing_set_is_a_desk_with_sqlite() -> None:
    settings = Settings()
    assert (settings.env, settings.is_production) == (Environment.DEVELOPMENT, False)
    assert (settings.database_url, settings.is_sqlite) == ("sqlite:///data/tenantry.db", True)
    assert (settings.host, settings.port, settings.workers, settings.background) == ("127.0.0.1", 8000, 1, True)
    assert settings.signing_secret == DEMO_SECRET.encode()


def test_the_environment_sets_and_an_empty_variable_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"DATABASE_URL": "postgres://app@db.test/t", "TENANTRY_ENV": "production", "TENANTRY_PORT": "81"}
    for name, value in {**given, "TENANTRY_HOST": "", "TENANTRY_SECRET": "s" * 32}.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert (settings.is_production, settings.is_sqlite, settings.port) == (True, False, 81)
    assert (settings.host, settings.signing_secret) == ("127.0.0.1", b"s" * 32)
    assert "ssss" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [("TENANTRY_ENV", "staging"), ("TENANTRY_PORT", "70000"), ("TENANTRY_WORKERS", "0"), ("DATABASE_URL", "mysql://x")],
)
def test_a_wrong_value_is_no_setting(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()
