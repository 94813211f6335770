"""Mutations of one's own second factors. The rules: second_factors.py and passkeys.py in tenants/sign_in/.

Registering a passkey takes a browser's answer and is at /auth/passkeys/register (web/passkeys.py)."""

import strawberry

from core.sealing import Sealer
from graph.context import Context
from graph.resolvers.commands import run
from graph.schema.idempotency import optional_key
from graph.schema.scalars import UserError
from graph.sql.reads import shown_once
from tenants.sign_in.passkeys import remove_passkey, rename_passkey
from tenants.sign_in.second_factor_challenge import SecondFactorMethod
from tenants.sign_in.second_factors import confirm_totp, enrol_totp, regenerate_recovery_codes, remove_second_factor

_CODES = "Ten codes that work once each, shown this once; null when there were codes before or on a replay."


@strawberry.input(description="Nothing is asked but who asks.")
class OwnFactorInput:
    idempotency_key: str | None = optional_key()


@strawberry.input(description="What the authenticator app shows now.")
class ConfirmTotpInput:
    code: str
    idempotency_key: str | None = optional_key()


@strawberry.input(description="TOTP: the app; PASSKEY: all passkeys. Recovery codes go with the last of them.")
class RemoveSecondFactorInput:
    method: SecondFactorMethod
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which passkey, by the authenticator's own name for it.")
class RemovePasskeyInput:
    credential_id: str
    idempotency_key: str | None = optional_key()


@strawberry.input(description="A new name for a passkey, 1 to 255 characters.")
class RenamePasskeyInput:
    credential_id: str
    name: str
    idempotency_key: str | None = optional_key()


@strawberry.type
class EnrolTotpPayload:
    errors: list[UserError]
    replayed: bool
    secret: str | None = shown_once("secret", "To be typed into the app; shown this once, null when replayed.")
    otpauth_uri: str | None = shown_once("otpauthUri", "The same for a square code; shown this once.")


@strawberry.type
class RecoveryCodesPayload:
    errors: list[UserError]
    replayed: bool
    recovery_codes: list[str] | None = shown_once("recoveryCodes", _CODES)


@strawberry.type
class SecondFactorPayload:
    errors: list[UserError]
    replayed: bool


@strawberry.type
class SecondFactorMutations:
    @strawberry.mutation(
        description="A secret for an authenticator app; it counts when it is confirmed. The password must have been "
        "given within 10 minutes (AUTH-7)."
    )
    async def enrol_totp(self, info: strawberry.Info, input: OwnFactorInput) -> EnrolTotpPayload:
        sealer = _sealer(info)
        return await run(info, input, lambda uow: enrol_totp(uow, sealer))

    @strawberry.mutation(description="From now on signing in needs the app. Answers recovery codes for the first one.")
    async def confirm_totp(self, info: strawberry.Info, input: ConfirmTotpInput) -> RecoveryCodesPayload:
        sealer = _sealer(info)
        return await run(info, input, lambda uow: confirm_totp(uow, input.code, sealer))

    @strawberry.mutation(description="Remove the app or all passkeys; needs the password within 10 minutes (AUTH-7).")
    async def remove_second_factor(self, info: strawberry.Info, input: RemoveSecondFactorInput) -> SecondFactorPayload:
        return await run(info, input, lambda uow: remove_second_factor(uow, input.method))

    @strawberry.mutation(description="Ten new recovery codes; the old ones stop working (AUTH-7).")
    async def regenerate_recovery_codes(self, info: strawberry.Info, input: OwnFactorInput) -> RecoveryCodesPayload:
        return await run(info, input, regenerate_recovery_codes)

    @strawberry.mutation(description="Remove one passkey; needs the password within 10 minutes (AUTH-7).")
    async def remove_passkey(self, info: strawberry.Info, input: RemovePasskeyInput) -> SecondFactorPayload:
        return await run(info, input, lambda uow: remove_passkey(uow, input.credential_id))

    @strawberry.mutation(description="Give a passkey another name.")
    async def rename_passkey(self, info: strawberry.Info, input: RenamePasskeyInput) -> SecondFactorPayload:
        return await run(info, input, lambda uow: rename_passkey(uow, input.credential_id, input.name))


def _sealer(info: strawberry.Info) -> Sealer:
    context: Context = info.context
    return Sealer(context.platform.secret)
