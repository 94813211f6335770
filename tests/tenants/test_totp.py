"""Codes of an authenticator app: the test values of RFC 6238, one step either way, never the same step twice."""

import base64

import pytest

from core.clock import SECOND
from tenants.sign_in.totp import NO_STEP, accepted_step, code_of_step, new_secret, otpauth_uri

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")],
)
def test_the_values_of_the_rfc(seconds: int, code: str) -> None:
    assert code_of_step(RFC_SECRET, seconds // 30) == code
    assert accepted_step(RFC_SECRET, code, seconds * SECOND, NO_STEP) == seconds // 30


@pytest.mark.parametrize(("off", "is_accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(off: int, is_accepted: bool) -> None:
    step = 50_000_000
    found = accepted_step(RFC_SECRET, code_of_step(RFC_SECRET, step + off), step * 30 * SECOND, NO_STEP)
    assert found == (step + off if is_accepted else None)


def test_a_step_counts_once_and_no_step_before_it() -> None:
    step = 50_000_000
    at = step * 30 * SECOND
    for off in (-1, 0):
        assert accepted_step(RFC_SECRET, code_of_step(RFC_SECRET, step + off), at, step) is None
    assert accepted_step(RFC_SECRET, code_of_step(RFC_SECRET, step + 1), at, step) == step + 1


@pytest.mark.parametrize("code", ["", "00000", "abcdef", "２８７０８２", "287082 1"])
def test_anything_else_is_wrong(code: str) -> None:
    assert accepted_step(RFC_SECRET, code, 59 * SECOND, NO_STEP) is None


def test_the_address_names_issuer_and_person() -> None:
    secret = new_secret()
    assert len(secret) == 32
    assert otpauth_uri(secret, "ada@x.test") == f"otpauth://totp/Tenantry:ada%40x.test?secret={secret}&issuer=Tenantry"
