"""Support tokens: signed JWTs in the manner of RFC 8693, `sub` is whom one acts as and `act` who really does.

A token alone lets nobody in: its row in the database is asked at every request (authentication.py)."""

import base64
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from core.clock import SECOND, Instant

ALGORITHM = "Ed25519"
TYPE = "support+jwt"
_ISSUER = "tenantry"
_PURPOSE = b"tenantry: the key of support tokens, 1"
_START = "eyJ"
"""How every JWT begins; keys and sessions begin with prefixes of their own."""


@dataclass(frozen=True, slots=True)
class SupportClaims:
    """What a token says: the session, whom it acts as, who acts, in which organization, in which scope, until when."""

    session_id: str
    subject_id: str
    supporter_member_id: str
    supporter_organization_id: str
    organization_id: str
    areas: Collection[str]
    issued_at: Instant
    expires_at: Instant


def signed_token(claims: SupportClaims, secret: bytes) -> str:
    """The token, signed with the platform's key; shown once to the supporter."""
    body = {
        "iss": _ISSUER,
        "sub": claims.subject_id,
        "act": {"sub": claims.supporter_member_id, "org": claims.supporter_organization_id},
        "org": claims.organization_id,
        "scope": " ".join(["read", *(f"{area}:write" for area in sorted(claims.areas))]),
        "jti": claims.session_id,
        "iat": claims.issued_at // SECOND,
        "exp": -(-claims.expires_at // SECOND),
    }
    return jwt.encode({"alg": ALGORITHM, "typ": TYPE}, body, _key(secret), algorithms=[ALGORITHM])


def looks_like_support_token(token: str) -> bool:
    """Whether the text is a JWT by its looks; says nothing of its worth."""
    return token.startswith(_START)


def signed_session_id(token: str, secret: bytes) -> str | None:
    """The support session that a genuine token names; None for a forged, foreign or broken one, or without a key."""
    if not secret:
        return None
    try:
        read = jwt.decode(token, _key(secret), algorithms=[ALGORITHM])
    except (JoseError, ValueError):
        return None
    if read.header.get("typ") != TYPE or read.claims.get("iss") != _ISSUER:
        return None
    session_id = read.claims.get("jti")
    return session_id if isinstance(session_id, str) else None


@lru_cache(maxsize=8)
def _key(secret: bytes) -> OKPKey:
    """The platform's key pair, derived from the server's secret; a production refuses to start without one."""
    if not secret:
        raise ValueError("support tokens need the server's secret")
    seed = HKDF(SHA256(), 32, salt=None, info=_PURPOSE).derive(secret)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "d": _base64url(seed), "x": _base64url(public)})


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
