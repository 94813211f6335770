"""Sealing what the database must keep but nobody may read from it: with a key derived from the server's secret.

Knows nothing of what it seals. Another secret opens nothing: what was sealed before has to be given anew."""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_PURPOSE = b"tenantry: values sealed in the database, 1"


class SealBroken(Exception):
    """The text was sealed with another secret, for something else, or was changed."""


class Sealer:
    """Seals and opens texts with AES-256-GCM."""

    def __init__(self, secret: bytes) -> None:
        key = HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(secret)
        self._cipher = AESGCM(key)

    def sealed(self, text: str, about: str) -> str:
        """The text as it may be stored; `about` says what it belongs to and is needed to open it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), about.encode())).decode()

    def opened(self, sealed: str, about: str) -> str:
        """What was sealed about the same thing. Raises SealBroken."""
        try:
            raw = base64.urlsafe_b64decode(sealed)
            return self._cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], about.encode()).decode()
        except (InvalidTag, ValueError):
            raise SealBroken from None
