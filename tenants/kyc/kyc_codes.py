"""One-time codes of KYC: the 6th wrong one locks KYC for 24 hours, for the right code too (KYC-2).

A wrong try is kept although the command is refused: the try commits, and the answer says the code of its refusal."""

import hmac
import secrets

from core.clock import HOUR, MINUTE, Instant
from core.refusals import Blocker, refuse
from core.transaction import Row, fetch_one, insert
from tenants.access import OrganizationFacts, allow, organization_by_id, require_active
from tenants.authentication import secret_hash
from tenants.commands import Outcome
from tenants.members.contact_rows import contacts_of
from tenants.permissions import Action
from tenants.policy.policy import policies_for
from tenants.unit_of_work import UnitOfWork, audit_row

CODE_TOPIC, LOCKED_TOPIC = "mail.kyc_code", "notice.kyc_locked"
CODE_LIVES: Instant = 10 * MINUTE
WRONG_CODES = 6
LOCKED_FOR: Instant = 24 * HOUR
REFUSED = "refusedWith"
"""The key of an outcome that is a refusal which had something to keep."""

_MESSAGES = {
    "CODE_INVALID": "This is not the code that was sent.",
    "CODE_EXPIRED": "This code is too old; ask for a new one.",
    "KYC_LOCKED": "Too many wrong codes: KYC is locked for 24 hours.",
}


async def request_kyc_code(uow: UnitOfWork, organization_id: str) -> Outcome:
    """Send a fresh code to the member who asks, or to the organization's contact; it replaces the one before.

    Wrong tries stay counted. Refused: NOT_FOUND, the codes of HAND_IN_KYC, ORGANIZATION_NOT_ACTIVE, KYC_LOCKED,
    CONTACT_EMAIL_REQUIRED (nobody to send it to). Answers organizationId, expiresAt."""
    organization, stored = await _locked(uow, organization_id)
    _refuse_locked(uow, stored)
    email = await _receiver(uow, organization)
    digits = (await policies_for(uow, organization.id)).integer("ownerCodeDigits")
    code = "".join(secrets.choice("0123456789") for _ in range(digits))
    expires_at = uow.now + CODE_LIVES
    await _set(uow, organization.id, code_hash=_hash(organization.id, code), sent_to=email, expires_at=expires_at)
    payload = {"to": email, "organization": organization.name, "code": code, "expiresAt": expires_at}
    uow.send(CODE_TOPIC, organization.id, payload, organization_id=organization.id, path=organization.path)
    uow.audit(
        "KycCode", organization.id, organization_id=organization.id, path=organization.path,
        after={"code": "***", "expiresAt": expires_at},
    )  # fmt: skip
    return {"organizationId": organization.id, "expiresAt": expires_at}


async def verify_kyc_code(uow: UnitOfWork, organization_id: str, code: str) -> Outcome:
    """Try a code; the right one is used up and clears the count. Answers organizationId, or `refusedWith`.

    Refused: NOT_FOUND, the codes of HAND_IN_KYC, ORGANIZATION_NOT_ACTIVE, KYC_LOCKED (from the 6th wrong code on,
    for 24 exact hours), CODE_EXPIRED; a wrong code is the outcome CODE_INVALID, the 6th KYC_LOCKED."""
    organization, stored = await _locked(uow, organization_id)
    _refuse_locked(uow, stored)
    expected = stored["code_hash"]
    if expected is not None and hmac.compare_digest(expected, _hash(organization.id, code.strip())):
        if uow.now >= stored["expires_at"]:
            refuse("CODE_EXPIRED", _MESSAGES["CODE_EXPIRED"], ("code",))
        await _set(uow, organization.id, code_hash=None, wrong_tries=0, locked_until_at=None, verified_at=uow.now)
        uow.audit(
            "KycCode", organization.id, organization_id=organization.id, path=organization.path,
            after={"verifiedAt": uow.now},
        )  # fmt: skip
        return {"organizationId": organization.id}
    return await _wrong(uow, organization, stored)


async def require_unlocked(uow: UnitOfWork, organization_id: str) -> None:
    """Refused KYC_LOCKED while too many wrong codes lock the organization's KYC."""
    stored = await _stored(uow, organization_id, "")
    if stored is not None:
        _refuse_locked(uow, stored)


def blocker_of(outcome: Outcome) -> Blocker | None:
    """The refusal that an outcome stands for, if it is one."""
    code = outcome.get(REFUSED)
    return None if code is None else Blocker(code, _MESSAGES[code], ("code",))


async def _wrong(uow: UnitOfWork, organization: OrganizationFacts, stored: Row) -> Outcome:
    """Count it; parallel tries wait for each other at the row, so that none is left out."""
    has_been_locked = stored["locked_until_at"] is not None
    tries = 1 if has_been_locked else stored["wrong_tries"] + 1
    is_last = tries >= WRONG_CODES
    locked_until_at = uow.now + LOCKED_FOR if is_last else None
    await _set(uow, organization.id, wrong_tries=tries, locked_until_at=locked_until_at)
    code = "KYC_LOCKED" if is_last else "CODE_INVALID"
    if is_last:
        payload = {"organization": organization.name, "lockedUntil": locked_until_at, "link": "/settings/kyc"}
        uow.send(LOCKED_TOPIC, organization.id, payload, organization_id=organization.id, path=organization.path)
    own = {"organization_id": uow.actor.organization_id, "path": uow.actor.path, "entity_type": "Mutation"}
    row = audit_row(uow.actor, uow.credentials, uow.now, uow.action)
    await insert(uow.tx, "audit_entry", **row, **own, result_code=code)
    return {REFUSED: code}


async def _locked(uow: UnitOfWork, organization_id: str) -> tuple[OrganizationFacts, Row]:
    """The organization and its row of codes, made when it has none and held until the commit."""
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    allow(uow, Action.HAND_IN_KYC, organization)
    require_active(organization)
    await uow.tx.execute(
        "INSERT INTO kyc_code (organization_id, path) VALUES ($1, $2) ON CONFLICT (organization_id) DO NOTHING",
        organization.id, organization.path,
    )  # fmt: skip
    stored = await _stored(uow, organization.id, " FOR UPDATE" if uow.tx.dialect == "postgres" else "")
    assert stored is not None, "it was made above"
    return organization, stored


async def _stored(uow: UnitOfWork, organization_id: str, lock: str) -> Row | None:
    return await fetch_one(
        uow.tx,
        "SELECT k.code_hash, k.expires_at, k.wrong_tries, k.locked_until_at FROM kyc_code k "
        f"WHERE k.organization_id = $4 AND {uow.visible('k', 'kyc_code')}{lock}",
        *uow.scope, organization_id,
    )  # fmt: skip


def _refuse_locked(uow: UnitOfWork, stored: Row) -> None:
    until = stored["locked_until_at"]
    if until is not None and uow.now < until:
        refuse("KYC_LOCKED", _MESSAGES["KYC_LOCKED"], lockedUntil=until)


async def _receiver(uow: UnitOfWork, organization: OrganizationFacts) -> str:
    """The e-mail of the acting member of the organization; for the seller that of a contact (CON-2)."""
    contacts = await contacts_of(uow, organization.id)
    own = [each.email for each in contacts if each.member_id == uow.actor.member_id]
    emails = own or [each.email for each in contacts]
    if not emails:
        refuse("CONTACT_EMAIL_REQUIRED", "No contact has an e-mail to send the code to.")
    return emails[0]


async def _set(uow: UnitOfWork, organization_id: str, **columns: object) -> None:
    setting = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, 5))
    await uow.tx.execute(
        f"UPDATE kyc_code AS k SET {setting} WHERE k.organization_id = $4 AND {uow.visible('k', 'kyc_code')}",
        *uow.scope, organization_id, *columns.values(),
    )  # fmt: skip


def _hash(organization_id: str, code: str) -> str:
    return secret_hash(f"{organization_id}:{code}")
