"""API keys (KEY-1 to KEY-5): made, rotated, revoked. The secret is shown once; the database keeps its hash."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from core.clock import EXACT_DAY, HOUR, Instant
from core.ids import new_id
from core.refusals import Blockers, refuse
from core.transaction import Row, fetch_value, insert
from tenants.access import OrganizationFacts, allow, organization_by_id, require_active, row_by_id
from tenants.authentication import API_KEY_PREFIX, secret_hash
from tenants.commands import Outcome
from tenants.input_checks import accepted
from tenants.members.members import lock_members
from tenants.names import member_name_blockers
from tenants.organization_events import ApiKeyRevoked, on_api_key_revoked
from tenants.permissions import Action, Role, Scope, key_scope_codes, parse_scope
from tenants.policy.policy import policies_for
from tenants.policy.policy_resolution import Policies
from tenants.sign_in.sessions import require_fresh_password
from tenants.unit_of_work import UnitOfWork

DEFAULT_DAYS = 90
OVERLAP = 24 * HOUR
"""How long the old secret works after a rotation (KEY-4)."""
SHOWN_LENGTH = 12
_MESSAGES = {
    "SCOPE_NOT_FOR_KEYS": "No API key may have this scope.",
    "SCOPE_EXCEEDS_ROLE": "A key may do no more than its maker.",
}


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """The input of `make_api_key`; `expires_at` None: 90 days ahead. Addresses may be networks (192.0.2.0/24)."""

    organization_id: str
    name: str | None
    scopes: Sequence[str]
    expires_at: Instant | None = None
    allowed_addresses: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _CheckedKey:
    name: str
    scopes: tuple[str, ...]
    expires_at: Instant
    allowed_addresses: tuple[str, ...]
    maker_role: Role
    maker_name: str
    maker_member_id: str


async def make_api_key(uow: UnitOfWork, new: NewApiKey) -> Outcome:
    """Make a key; the secret is in `uow.shown_once["secret"]` and nowhere else (KEY-2).

    Refused: NOT_FOUND, FORBIDDEN, REAUTH_REQUIRED; all at once NAME_LENGTH, FIELD_REQUIRED, SCOPE_NOT_FOR_KEYS,
    SCOPE_EXCEEDS_ROLE, KEY_EXPIRY_INVALID, ADDRESS_INVALID; then ORGANIZATION_NOT_ACTIVE, API_KEY_LIMIT.
    Answers apiKeyId, prefix and expiresAt."""
    organization = await organization_by_id(uow, new.organization_id, ("organizationId",))
    allow(uow, Action.MAKE_API_KEY, organization)
    require_fresh_password(uow)
    policies = await policies_for(uow, organization.id)
    checked = _checked(uow, new, policies)
    require_active(organization)
    await lock_members(uow, organization.id)
    await _check_count(uow, organization, policies.integer("apiKeyMaxCount"))
    return await _insert(uow, organization, checked)


async def revoke_api_key(uow: UnitOfWork, api_key_id: str) -> Outcome:
    """End a key: from the next request on it is refused API_KEY_REVOKED, and so is what it replaced (KEY-4).

    Refused: NOT_FOUND, FORBIDDEN, REAUTH_REQUIRED, ORGANIZATION_NOT_ACTIVE. Answers apiKeyId."""
    _, row = await _own_key(uow, Action.REVOKE_API_KEY, api_key_id)
    await _end(uow, row, uow.now)
    await _end_replaced(uow, row)
    await on_api_key_revoked.tell(uow, ApiKeyRevoked(row["organization_id"], row["maker_member_id"], uow.now))
    return {"apiKeyId": api_key_id}


async def rotate_api_key(uow: UnitOfWork, api_key_id: str) -> Outcome:
    """Make a new secret with the same scopes and end; the old one works 24 hours more (KEY-4).

    Refused as `revoke_api_key`, and API_KEY_REVOKED, API_KEY_EXPIRED. Answers as `make_api_key`."""
    organization, row = await _own_key(uow, Action.ROTATE_API_KEY, api_key_id)
    if row["revoked_at"] is not None:
        refuse("API_KEY_REVOKED", "This API key was revoked.")
    if uow.now >= row["expires_at"]:
        refuse("API_KEY_EXPIRED", "This API key has expired.")
    await _end(uow, row, uow.now + OVERLAP)
    addresses = tuple(json.loads(row["allowed_addresses"] or "[]"))
    scopes = tuple(json.loads(row["scopes"]))
    checked = _CheckedKey(row["name"], scopes, row["expires_at"], addresses, Role(row["maker_role"]),
                          row["maker_name"], row["maker_member_id"])  # fmt: skip
    return await _insert(uow, organization, checked)


def _checked(uow: UnitOfWork, new: NewApiKey, policies: Policies) -> _CheckedKey:
    found = Blockers()
    name = accepted(found, new.name, ("name",), member_name_blockers)
    scopes = _checked_scopes(found, new.scopes, uow.actor.role)
    most_days = policies.integer("apiKeyMaxDays")
    expires_at = uow.now + min(DEFAULT_DAYS, most_days) * EXACT_DAY if new.expires_at is None else new.expires_at
    if not uow.now + EXACT_DAY <= expires_at <= uow.now + most_days * EXACT_DAY:
        found.add("KEY_EXPIRY_INVALID", f"A key lives 1 to {most_days} days.", ("expiresAt",), maximumDays=most_days)
    addresses = _checked_addresses(found, new.allowed_addresses)
    found.raise_if_any()
    return _CheckedKey(name, tuple(sorted(map(str, scopes))), expires_at, addresses, uow.actor.role, uow.actor.name,
                       uow.actor.member_id or "")  # fmt: skip


def _checked_scopes(found: Blockers, texts: Sequence[str], role: Role) -> set[Scope]:
    if not texts:
        found.add("FIELD_REQUIRED", "A key needs at least one scope.", ("scopes",))
    scopes: set[Scope] = set()
    for text in dict.fromkeys(texts):
        scope = parse_scope(text)
        codes = ("SCOPE_NOT_FOR_KEYS",) if scope is None else key_scope_codes((scope,), role)
        for code in codes:
            found.add(code, _MESSAGES[code], ("scopes",), scope=text)
        if scope is not None:
            scopes.add(scope)
    return scopes


def _checked_addresses(found: Blockers, texts: Sequence[str]) -> tuple[str, ...]:
    networks: list[str] = []
    for text in texts:
        try:
            networks.append(str(ip_network(text.strip(), strict=False)))
        except ValueError:
            found.add("ADDRESS_INVALID", "This is no address or network.", ("allowedAddresses",), address=text)
    return tuple(networks)


async def _check_count(uow: UnitOfWork, organization: OrganizationFacts, most: int) -> None:
    live = await fetch_value(
        uow.tx,
        f"SELECT count(*) FROM api_key k WHERE k.organization_id = $4 AND k.revoked_at IS NULL AND k.expires_at > $5 "
        f"AND {uow.visible('k', 'api_key')}",
        *uow.scope, organization.id, uow.now,
    )  # fmt: skip
    if live >= most:
        refuse("API_KEY_LIMIT", "There are as many keys as there may be.", maximum=most)


async def _insert(uow: UnitOfWork, organization: OrganizationFacts, checked: _CheckedKey) -> Outcome:
    api_key_id, secret = new_id("key"), API_KEY_PREFIX + secrets.token_urlsafe(32)
    prefix = secret[:SHOWN_LENGTH]
    await insert(
        uow.tx,
        "api_key",
        id=api_key_id,
        organization_id=organization.id,
        path=organization.path,
        name=checked.name,
        prefix=prefix,
        secret_hash=secret_hash(secret),
        scopes=json.dumps(checked.scopes),
        maker_member_id=checked.maker_member_id,
        maker_name=checked.maker_name,
        maker_role=checked.maker_role.value,
        allowed_addresses=json.dumps(checked.allowed_addresses) if checked.allowed_addresses else None,
        created_at=uow.now,
        expires_at=checked.expires_at,
    )
    after = {"name": checked.name, "prefix": prefix, "scopes": list(checked.scopes), "secret": "***",
             "expiresAt": checked.expires_at}  # fmt: skip
    uow.audit("ApiKey", api_key_id, organization_id=organization.id, path=organization.path, after=after)
    uow.shown_once["secret"] = secret
    return {"apiKeyId": api_key_id, "prefix": prefix, "expiresAt": checked.expires_at}


async def _own_key(uow: UnitOfWork, action: Action, api_key_id: str) -> tuple[OrganizationFacts, Row]:
    row = await row_by_id(uow, "api_key", api_key_id, ("apiKeyId",))
    organization = await organization_by_id(uow, row["organization_id"])
    allow(uow, action, organization)
    require_fresh_password(uow)
    require_active(organization)
    await lock_members(uow, organization.id)
    return organization, await row_by_id(uow, "api_key", api_key_id, ("apiKeyId",))


async def _end(uow: UnitOfWork, row: Row, at: Instant) -> None:
    """Ended once stays ended; a rotated key that still works may be ended sooner."""
    if row["revoked_at"] is not None and row["revoked_at"] <= at:
        return
    await uow.tx.execute(
        f"UPDATE api_key AS k SET revoked_at = $5, version = version + 1 WHERE k.id = $4 "
        f"AND {uow.visible('k', 'api_key')}",
        *uow.scope, row["id"], at,
    )  # fmt: skip
    uow.audit("ApiKey", row["id"], organization_id=row["organization_id"], path=row["path"],
              before={"revokedAt": row["revoked_at"]}, after={"revokedAt": at})  # fmt: skip


async def _end_replaced(uow: UnitOfWork, row: Row) -> None:
    """Who revokes a rotated key revokes the old secrets that would still work for the rest of their 24 hours."""
    replaced = await uow.tx.fetch(
        "SELECT k.* FROM api_key k WHERE k.organization_id = $4 AND k.maker_member_id = $5 AND k.expires_at = $6 "
        f"AND k.revoked_at = $7 AND k.revoked_at > $8 AND {uow.visible('k', 'api_key')}",
        *uow.scope, row["organization_id"], row["maker_member_id"], row["expires_at"], row["created_at"] + OVERLAP,
        uow.now,
    )  # fmt: skip
    for old in replaced:
        if (old["name"], old["scopes"]) == (row["name"], row["scopes"]):
            await _end(uow, old, uow.now)
            await _end_replaced(uow, old)
