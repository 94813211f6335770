"""A person's own second factors, as `viewer` shows them; never a secret (AUTH-7)."""

from datetime import datetime

import strawberry

from core.clock import as_datetime
from tenants.sign_in import second_factors
from tenants.sign_in.second_factor_challenge import SecondFactorMethod

strawberry.enum(SecondFactorMethod, description="With what somebody proves to be more than one who knows a password.")


@strawberry.type(description="A passkey: a key in a telephone, a computer or a stick.")
class Passkey:
    credential_id: str = strawberry.field(description="The authenticator's own name for it, base64url.")
    name: str
    created_at: datetime
    last_used_at: datetime | None


@strawberry.type(description="What the viewer has enrolled. With the first factor, signing in needs one.")
class SecondFactors:
    totp_since: datetime | None = strawberry.field(description="When the authenticator app was confirmed; null: none.")
    passkeys: list[Passkey]
    recovery_codes_left: int = strawberry.field(description="Of ten; each works once.")


def shown(found: second_factors.SecondFactors | None) -> SecondFactors | None:
    """The stored facts as the schema has them."""
    if found is None:
        return None
    passkeys = [
        Passkey(
            credential_id=each.credential_id, name=each.name, created_at=as_datetime(each.created_at),
            last_used_at=_moment(each.last_used_at),
        )
        for each in found.passkeys
    ]  # fmt: skip
    left = found.recovery_codes_left
    return SecondFactors(totp_since=_moment(found.totp_since), passkeys=passkeys, recovery_codes_left=left)


def _moment(at: int | None) -> datetime | None:
    return None if at is None else as_datetime(at)
