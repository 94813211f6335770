"""OpenID Connect with an organization's identity provider: discovery, the code's exchange, the ID token's checks.

Code flow with PKCE, state and nonce. Reads no table; believes nothing that is not signed by the issuer's keys."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from core.clock import SECOND, Instant
from core.outgoing_http import Outgoing, OutgoingFailed

ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519")
"""Signatures with a public key: neither `none` nor a secret that somebody else may know."""
LEEWAY_SECONDS = 60
_DISCOVERY = "/.well-known/openid-configuration"


class OpenIdFailed(Exception):
    """The provider cannot be asked, or what came is not to be believed."""


@dataclass(frozen=True, slots=True)
class Provider:
    """What an organization has told of its identity provider."""

    issuer: str
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What one browser's way to the provider and back is told apart by; the first goes along, the others stay here."""

    state: str
    nonce: str
    code_verifier: str


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the provider says that it is."""

    authorization: str
    token: str
    keys: str
    takes_basic: bool


def new_visit() -> Visit:
    """Random, for one use."""
    return Visit(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


async def discover(outgoing: Outgoing, issuer: str) -> Endpoints:
    """Ask the issuer where its endpoints are. Raises OpenIdFailed."""
    try:
        told = await outgoing.get_json(issuer.rstrip("/") + _DISCOVERY)
    except OutgoingFailed as error:
        raise OpenIdFailed("discovery") from error
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    texts = [told.get(name) for name in names]
    if told.get("issuer") != issuer or not all(isinstance(text, str) for text in texts):
        raise OpenIdFailed("discovery is of another issuer, or not whole")
    if outgoing.is_guarded and not all(str(text).startswith("https://") for text in texts):
        raise OpenIdFailed("an endpoint is not https")
    takes = told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Endpoints(str(texts[0]), str(texts[1]), str(texts[2]), "client_secret_basic" in takes)


def authorization_url(endpoints: Endpoints, provider: Provider, visit: Visit, redirect_uri: str) -> str:
    """Where the browser is sent."""
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": "openid email",
        "state": visit.state,
        "nonce": visit.nonce,
        "code_challenge": create_s256_code_challenge(visit.code_verifier),
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in endpoints.authorization else "?"
    return f"{endpoints.authorization}{joint}{urlencode(asked)}"


async def claims_of(
    outgoing: Outgoing, provider: Provider, visit: Visit, code: str, redirect_uri: str, now: Instant
) -> Mapping[str, Any]:
    """Exchange the code and answer the ID token's claims, every check passed. Raises OpenIdFailed."""
    endpoints = await discover(outgoing, provider.issuer)
    try:
        token = await outgoing.post_form(endpoints.token, *_exchange(endpoints, provider, visit, code, redirect_uri))
        keys = await outgoing.get_json(endpoints.keys)
    except OutgoingFailed as error:
        raise OpenIdFailed("the token endpoint or the keys") from error
    return checked_claims(provider, visit.nonce, token, keys, now)


def checked_claims(
    provider: Provider, nonce: str, token: Mapping[str, Any], keys: Mapping[str, Any], now: Instant
) -> Mapping[str, Any]:
    """The claims: signed by the issuer's keys, of this issuer, for this client and visit, not over. OpenIdFailed."""
    options: dict[str, Any] = {
        "iss": {"essential": True, "value": provider.issuer},
        "aud": {"essential": True, "value": provider.client_id},
        "nonce": {"essential": True, "value": nonce},
    }
    params = {"nonce": nonce, "client_id": provider.client_id, "access_token": token.get("access_token")}
    try:
        key_set = KeySet.import_key_set({"keys": list(keys["keys"])})
        decoded = jwt.decode(str(token["id_token"]), key_set, algorithms=list(ALGORITHMS))
        claims = CodeIDToken(decoded.claims, decoded.header, options, params)
        claims.validate(now=now // SECOND, leeway=LEEWAY_SECONDS)
    except (JoseError, KeyError, TypeError, ValueError) as error:
        raise OpenIdFailed("the ID token") from error
    return dict(claims)


def _exchange(
    endpoints: Endpoints, provider: Provider, visit: Visit, code: str, redirect_uri: str
) -> tuple[dict[str, str], tuple[str, str] | None]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": visit.code_verifier,
    }
    if endpoints.takes_basic:
        return form, (provider.client_id, provider.client_secret)
    return form | {"client_id": provider.client_id, "client_secret": provider.client_secret}, None
