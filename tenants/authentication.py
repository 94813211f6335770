"""From a secret to an actor: sessions and API keys (KEY-3, AUTH-4, AUTH-6). Signing in is in sign_in.py.

Only the organization's own status counts here (STOP-4). One above it that is suspended is told by the command that
meets it: UPSTREAM_SUSPENDED, ORGANIZATION_NOT_ACTIVE (MON-32, ORG-16); nobody signs in below it (AUTH-6)."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from core.clock import HOUR, MINUTE, Instant
from core.refusals import Blocker, Refused
from core.transaction import Row, Transaction
from tenants.actor import Actor, Credentials
from tenants.permissions.reading import parse_scope
from tenants.permissions.vocabulary import PAYING, SIGNED_IN, Role, Via, ViaKind
from tenants.sign_in.pay_only import may_pay, platform_sight
from tenants.stops.stopped import is_stopped
from tenants.support.support_authentication import MESSAGES, refusal_of, support_actor
from tenants.support.support_tokens import looks_like_support_token, signed_session_id

SESSION_PREFIX, API_KEY_PREFIX = "tns_", "tnk_"


class Unauthenticated(Refused):
    """The request has no living session or key: the first group of GEN-1."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__((Blocker(code, message),))


def secret_hash(secret: str) -> str:
    """What is stored of a token or key: 32 random bytes need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def authenticate(tx: Transaction, credentials: Credentials, now: Instant, secret: bytes = b"") -> Actor:
    """The actor of a request, read in this transaction; `now` is the platform's time, `secret` the platform's.

    Raises Unauthenticated with UNAUTHENTICATED, SESSION_EXPIRED, API_KEY_EXPIRED, API_KEY_REVOKED, IP_NOT_ALLOWED,
    SUPPORT_SESSION_ENDED, CONSENT_EXPIRED or ORGANIZATION_NOT_ACTIVE."""
    token = credentials.token or ""
    if token.startswith(API_KEY_PREFIX):
        return await _by_api_key(tx, token, credentials, now)
    if token.startswith(SESSION_PREFIX):
        return await _by_session(tx, token, credentials, now)
    if looks_like_support_token(token):
        return await _by_support_token(tx, token, credentials, now, secret)
    raise Unauthenticated("UNAUTHENTICATED", "Sign in, or send an API key as a bearer token.")


async def has_same_role(tx: Transaction, credentials: Credentials, actor: Actor, now: Instant) -> bool:
    """Whether the actor still has the role with which its command began; `now` is the acting organization's time.

    Raises Unauthenticated with UNAUTHENTICATED or API_KEY_REVOKED for what somebody ended meanwhile; time alone ends no
    command that is being carried out."""
    token = credentials.token or ""
    if token.startswith(API_KEY_PREFIX):
        source = _source(tx, "actor_by_api_key", "actor_api_key", "secret_hash")
        rows = await tx.fetch(f"SELECT a.revoked_at FROM {source}", secret_hash(token))
        if not rows or (rows[0]["revoked_at"] is not None and now >= rows[0]["revoked_at"]):
            raise Unauthenticated("API_KEY_REVOKED", "This API key was revoked.")
        return True
    source = _source(tx, "actor_by_session", "actor_session", "token_hash")
    rows = await tx.fetch(f"SELECT a.* FROM {source}", secret_hash(token))
    mine = [row for row in rows if row["member_id"] == actor.member_id and _may_act(row)]
    if not mine or mine[0]["ended_at"] is not None:
        raise Unauthenticated("UNAUTHENTICATED", "Sign in: this session does not exist or has ended.")
    return bool(mine[0]["role"] == actor.role.value)


def _may_act(row: Row) -> bool:
    is_barred = row["member_id"] in str(row["barred_member_ids"]).split(",")
    return bool(row["has_portal_access"]) and row["invitation"] == "ACCEPTED" and not is_barred


async def _by_session(tx: Transaction, token: str, credentials: Credentials, now: Instant) -> Actor:
    rows = await tx.fetch(_lookup(tx, "actor_by_session", "actor_session", "token_hash"), secret_hash(token))
    if not rows or rows[0]["ended_at"] is not None:
        raise Unauthenticated("UNAUTHENTICATED", "Sign in: this session does not exist or has ended.")
    first = rows[0]
    idle_until = first["last_used_at"] + first["idle_minutes"] * MINUTE  # what it started with counts (POL-4)
    if now >= idle_until or now >= first["session_created_at"] + first["max_hours"] * HOUR:
        raise Unauthenticated("SESSION_EXPIRED", "The session has expired; sign in again.")
    choice = await _chosen(tx, _at_site(rows, credentials), credentials.organization_id, first)
    row = choice.row
    return Actor(
        **_organization(row),
        role=Role(row["role"]),
        via=choice.via,
        name=" ".join(filter(None, (row["given_name"], row["family_name"]))),
        user_id=row["user_id"],
        member_id=row["member_id"],
        session_id=row["session_id"],
        password_at=row["password_at"],
        has_moved=choice.has_moved,
    )


@dataclass(frozen=True, slots=True)
class _Choice:
    """The membership that acts, with what rights, and whether the session stood in another organization before."""

    row: Row
    via: Via = SIGNED_IN
    has_moved: bool = False


def _at_site(rows: Sequence[Row], credentials: Credentials) -> list[Row]:
    """At a reseller's domain only the memberships in that one and below (WL-4)."""
    return [row for row in rows if str(row["path"]).startswith(credentials.site_path or "")]


async def _chosen(tx: Transaction, rows: Sequence[Row], organization_id: str | None, session: Row) -> _Choice:
    """The membership that the request named, else the one the session stands in, else the oldest that may act; one
    with something stopped above it only when there is no other (AUTH-6, VIS-10)."""
    mine = sorted(filter(_may_act, rows), key=lambda row: str(row["member_id"]))
    standing_id = session["standing_id"]
    at_home = _first(mine, standing_id, "is_stopped", False) or _first(mine, standing_id, "status", "ACTIVE")
    if organization_id is None:
        return await _default(tx, mine, standing_id, at_home)
    mine = [row for row in mine if row["organization_id"] == organization_id]
    if not mine:
        raise Unauthenticated("UNAUTHENTICATED", "No membership of this user fits the request.")
    left_id = standing_id or (at_home or mine[0])["organization_id"]
    has_moved = left_id != organization_id
    if mine[0]["status"] == "ACTIVE" and not (has_moved and mine[0]["is_stopped"]):
        return _Choice(mine[0], has_moved=has_moved)
    return await _paying(tx, mine, has_moved)


async def _default(tx: Transaction, mine: Sequence[Row], standing_id: str | None, at_home: Row | None) -> _Choice:
    if not mine:
        raise Unauthenticated("UNAUTHENTICATED", "No membership of this user fits the request.")
    if at_home is None:
        return await _paying(tx, sorted(mine, key=lambda row: row["organization_id"] != standing_id), False)
    return _Choice(at_home, has_moved=standing_id not in (None, at_home["organization_id"]))


def _first(mine: Sequence[Row], standing_id: str | None, column: str, value: object) -> Row | None:
    """Of the memberships with this value the one the session stands in, else the oldest."""
    found = [row for row in mine if row[column] == value]
    return next((row for row in found if row["organization_id"] == standing_id), found[0] if found else None)


async def _paying(tx: Transaction, mine: Sequence[Row], has_moved: bool) -> _Choice:
    """A member who may still pay (STOP-5), or ORGANIZATION_NOT_ACTIVE."""
    suspended = [row for row in mine if row["status"] == "SUSPENDED"]
    if suspended:
        async with platform_sight(tx):
            for row in suspended:
                if await may_pay(tx, row):
                    return _Choice(row, PAYING, has_moved)
    raise Unauthenticated("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")


async def _by_api_key(tx: Transaction, token: str, credentials: Credentials, now: Instant) -> Actor:
    rows = await tx.fetch(_lookup(tx, "actor_by_api_key", "actor_api_key", "secret_hash"), secret_hash(token))
    if not rows or credentials.organization_id not in (None, rows[0]["organization_id"]):
        raise Unauthenticated("UNAUTHENTICATED", "There is no such API key.")
    row = rows[0]
    _check_api_key(row, credentials, now if row["clock_stands_at"] is None else row["clock_stands_at"])
    return Actor(
        **_organization(row),
        role=Role(row["maker_role"]),
        via=_via_of_key(row["scopes"]),
        name=f"API key of {row['maker_name']}",
        user_id=None,
        member_id=row["maker_member_id"],
        api_key_id=row["api_key_id"],
    )


async def _by_support_token(
    tx: Transaction, token: str, credentials: Credentials, now: Instant, secret: bytes
) -> Actor:
    """Signature and row have to agree; the row tells at every request whether the session still stands (SUP-10)."""
    session_id = signed_session_id(token, secret)
    lookup = _lookup(tx, "actor_by_support_session", "actor_support_session", "token_hash")
    stopped = f"SELECT {is_stopped(tx.dialect, 'a.supporter_organization_id')} AS is_supporter_stopped, "
    rows = [] if session_id is None else await tx.fetch(lookup.replace("SELECT ", stopped, 1), secret_hash(token))
    if not _at_site(rows, credentials) or rows[0]["support_session_id"] != session_id:
        raise Unauthenticated("UNAUTHENTICATED", "There is no such support session.")
    if credentials.organization_id not in (None, rows[0]["organization_id"]):
        raise Unauthenticated("UNAUTHENTICATED", "A support session acts in its own organization alone.")
    code = refusal_of(rows[0], now)
    if code is not None:
        raise Unauthenticated(code, MESSAGES[code])
    return support_actor(rows[0], _organization(rows[0]))


@lru_cache(maxsize=1_000)
def _via_of_key(stored_scopes: str) -> Via:
    return Via(ViaKind.API_KEY, frozenset(filter(None, map(parse_scope, json.loads(stored_scopes)))))


def _check_api_key(row: Row, credentials: Credentials, now: Instant) -> None:
    if row["revoked_at"] is not None and now >= row["revoked_at"]:
        raise Unauthenticated("API_KEY_REVOKED", "This API key was revoked.")
    if now >= row["expires_at"]:
        raise Unauthenticated("API_KEY_EXPIRED", "This API key has expired.")
    if row["allowed_addresses"] and not _is_within(credentials.address, json.loads(row["allowed_addresses"])):
        raise Unauthenticated("IP_NOT_ALLOWED", "This API key may not be used from here.")
    if row["status"] != "ACTIVE":
        raise Unauthenticated("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")


def _is_within(address: str | None, networks: Sequence[str]) -> bool:
    try:
        given = ip_address(address or "")
    except ValueError:  # no address at all, or the name of a socket
        return False
    mapped = given.ipv4_mapped if isinstance(given, IPv6Address) else None  # IPv4 over a socket of both kinds
    return any((mapped or given) in ip_network(network) for network in networks)


_MAY_AUDIT_READS_ON_SQLITE = """(EXISTS (SELECT 1 FROM policy_value v
WHERE v.parameter = 'auditReads' AND v.path <= a.path AND a.path < v.path || '~')
OR EXISTS (SELECT 1 FROM policy_preset p
WHERE p.preset = 'portabilling' AND p.path <= a.path AND a.path < p.path || '~'))"""


def _lookup(tx: Transaction, function: str, view: str, column: str) -> str:
    reads = _MAY_AUDIT_READS_ON_SQLITE if tx.dialect == "sqlite" else "may_audit_reads(a.path)"
    return f"SELECT a.*, {reads} AS may_audit_reads FROM {_source(tx, function, view, column)}"


def _source(tx: Transaction, function: str, view: str, column: str) -> str:
    return f"{view} a WHERE a.{column} = $1" if tx.dialect == "sqlite" else f"{function}($1) a"


def _organization(row: Row) -> dict[str, Any]:
    return {
        "organization_id": row["organization_id"],
        "organization_name": row["organization_name"],
        "organization_kind": row["kind"],
        "path": row["path"],
        "clock_id": row["clock_id"],
        "clock_stands_at": row["clock_stands_at"],
        "may_audit_reads": bool(row["may_audit_reads"]),
    }
