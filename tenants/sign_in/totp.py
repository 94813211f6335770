"""Codes of an authenticator app (RFC 6238: 6 digits, 30 seconds, SHA-1, which every app can do). Reads no table."""

from hmac import compare_digest

import pyotp

from core.clock import SECOND, Instant

STEP = 30 * SECOND
NO_STEP = -1
"""The last accepted step of an app that has accepted none."""
_ISSUER = "Tenantry"
_NEAR = (0, -1, 1)
"""Clocks of telephones go half a minute wrong."""


def new_secret() -> str:
    """160 random bits, in base 32 as apps take it."""
    return pyotp.random_base32()


def otpauth_uri(secret: str, email: str) -> str:
    """What the square code on the page holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER)


def accepted_step(secret: str, code: str, now: Instant, last_step: int) -> int | None:
    """The step of time whose code this is, at most one step off; None when it is wrong or was accepted before.

    Only steps after `last_step` count: a code that somebody looked at over the shoulder is worth nothing."""
    given = "".join(code.split())
    present = now // STEP
    found = None
    for near in _NEAR:
        step = present + near
        if compare_digest(code_of_step(secret, step).encode(), given.encode()) and step > last_step:
            found = step
    return found


def code_of_step(secret: str, step: int) -> str:
    """The six digits that an app shows during that step."""
    return pyotp.HOTP(secret).at(step)
