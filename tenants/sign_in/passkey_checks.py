"""What the webauthn package says of an answer of an authenticator: registered, signed, or neither. Reads no table."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

NAME = "Tenantry"
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,2048}")


@dataclass(frozen=True, slots=True)
class Site:
    """Where the pages stand that ask for passkeys: a passkey of one site signs for no other."""

    origin: str

    @property
    def id(self) -> str:
        """The relying party's id: the host without a port."""
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True, slots=True)
class NewCredential:
    """What is stored of a passkey; texts are base64url."""

    credential_id: str
    public_key: str
    sign_count: int


@dataclass(frozen=True, slots=True)
class StoredCredential:
    """What an answer is checked against."""

    public_key: str
    sign_count: int


def registration_options(site: Site, challenge: str, user_id: str, email: str, known: tuple[str, ...]) -> str:
    """JSON for `navigator.credentials.create`; `known` credentials are not registered twice."""
    made = generate_registration_options(
        rp_id=site.id,
        rp_name=NAME,
        user_id=user_id.encode(),
        user_name=email,
        challenge=base64url_to_bytes(challenge),
        exclude_credentials=_descriptors(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    return options_to_json(made)


def sign_in_options(site: Site, challenge: str, known: tuple[str, ...] = ()) -> str:
    """JSON for `navigator.credentials.get`; without `known` the authenticator offers what it has (discoverable)."""
    verification = UserVerificationRequirement.PREFERRED if known else UserVerificationRequirement.REQUIRED
    made = generate_authentication_options(
        rp_id=site.id, challenge=base64url_to_bytes(challenge), allow_credentials=_descriptors(known),
        user_verification=verification,
    )  # fmt: skip
    return options_to_json(made)


def registered(site: Site, challenge: str, credential: Any) -> NewCredential | None:
    """The new credential, or None when the answer is not right."""
    try:
        verified = verify_registration_response(
            credential=credential, expected_challenge=base64url_to_bytes(challenge), expected_rp_id=site.id,
            expected_origin=site.origin,
        )  # fmt: skip
    except Exception:  # whatever bytes a stranger sends: decoders fail in many ways
        return None
    key, name = bytes_to_base64url(verified.credential_public_key), bytes_to_base64url(verified.credential_id)
    return NewCredential(name, key, verified.sign_count)


def signed(site: Site, challenge: str, credential: Any, stored: StoredCredential, *, is_alone: bool) -> int | None:
    """The authenticator's new count of signatures, or None when the answer is not right.

    `is_alone`: no password was given, so the authenticator has to have checked its owner (PIN, finger). A count that
    does not grow is refused: there may be two copies of the key."""
    try:
        verified = verify_authentication_response(
            credential=credential, expected_challenge=base64url_to_bytes(challenge), expected_rp_id=site.id,
            expected_origin=site.origin, credential_public_key=base64url_to_bytes(stored.public_key),
            credential_current_sign_count=stored.sign_count, require_user_verification=is_alone,
        )  # fmt: skip
    except Exception:  # whatever bytes a stranger sends: decoders fail in many ways
        return None
    return verified.new_sign_count


def credential_id_of(credential: Any) -> str:
    """The id that the answer claims to be of, '' when it names none."""
    claimed = credential.get("id") if isinstance(credential, dict) else None
    return claimed if isinstance(claimed, str) and _BASE64URL.fullmatch(claimed) else ""


def _descriptors(known: tuple[str, ...]) -> list[PublicKeyCredentialDescriptor] | None:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in known] or None
