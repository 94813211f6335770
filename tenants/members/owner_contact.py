"""A new e-mail or phone of the OWNER counts after the one-time code that was sent to it (OWN-4).

The code goes to the mail alone; the database keeps its hash. A try is counted before it is looked at."""

import secrets
from enum import StrEnum

from core.clock import MINUTE, Instant
from core.ids import new_id
from core.refusals import Blockers, Refused, refuse
from core.transaction import Row, fetch_value, insert
from tenants.access import require_active, row_by_id
from tenants.actor import Credentials
from tenants.authentication import Unauthenticated, secret_hash
from tenants.commands import Outcome
from tenants.input_checks import accepted_or_none
from tenants.members.member_changes import FoundMember, audit_change, check_reach, found_member, set_columns
from tenants.members.member_sessions import bar_sessions, user_of_email
from tenants.members.members import is_email_taken, lock_members
from tenants.names import email_blockers, folded_email, normalized
from tenants.permissions import Action, Role
from tenants.policy.policy import policies_for
from tenants.unit_of_work import Platform, UnitOfWork, unit_of_work

CODE_MINUTES, MOST_TRIES = 10, 5
EMAIL_TOPIC, PHONE_TOPIC = "mail.owner_code", "text.owner_code"
CHANGED_TOPIC = "mail.owner_contact_changed"


class Channel(StrEnum):
    """What of the OWNER changes."""

    EMAIL = "EMAIL"
    PHONE = "PHONE"


async def request_contact_change(uow: UnitOfWork, member_id: str, email: str | None, phone: str | None) -> Outcome:
    """Send a code to the OWNER's new e-mail, phone or both. Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED,
    FIELD_REQUIRED, EMAIL_INVALID, OWNER_REQUIRED (another member), ROLE_NOT_GRANTABLE, MEMBER_EMAIL_TAKEN,
    ORGANIZATION_NOT_ACTIVE. Answers memberId and contactChangeIds."""
    changed = await found_member(uow, Action.EDIT_MEMBER, member_id)
    found = Blockers()
    await check_reach(uow, changed, found)
    email = accepted_or_none(found, email or None, ("email",), email_blockers)
    phone = normalized(phone or "") or None
    if email is None and phone is None:
        found.add("FIELD_REQUIRED", "Say which e-mail or phone is to count.", ("email",))
    if changed.row["role"] != Role.OWNER:
        found.add("OWNER_REQUIRED", "Only a new e-mail or phone of the OWNER takes a code.", ("memberId",))
    found.raise_if_any()
    require_active(changed.organization)
    if email is not None and await is_email_taken(uow, changed.organization.id, email, changed.id):
        refuse("MEMBER_EMAIL_TAKEN", "A member of this organization has this e-mail.", ("email",))
    given = ((Channel.EMAIL, email), (Channel.PHONE, phone))
    sent = [await start_contact_change(uow, changed, channel, value) for channel, value in given if value is not None]
    return {"memberId": member_id, "contactChangeIds": sent}


async def start_contact_change(uow: UnitOfWork, owner: FoundMember, channel: Channel, value: str) -> str:
    """Send a new code to the address; the one before for the same channel stops working. Answers the change's id.

    Refused FORBIDDEN_WHILE_ACTING: with the OWNER's e-mail a supporter would have its ownership (SUP-8)."""
    if uow.actor.support is not None:
        refuse("FORBIDDEN_WHILE_ACTING", "How its OWNER is reached is not changed in a support session.")
    organization = owner.organization
    digits = (await policies_for(uow, organization.id)).integer("ownerCodeDigits")
    change_id, code = new_id("occ"), f"{secrets.randbelow(10**digits):0{digits}d}"
    await uow.tx.execute(
        "UPDATE owner_contact_change AS c SET state = 'REPLACED' WHERE c.member_id = $4 AND c.channel = $5 "
        f"AND c.state = 'OPEN' AND {uow.visible('c', 'owner_contact_change')}",
        *uow.scope, owner.id, channel.value,
    )  # fmt: skip
    expires_at = uow.now + CODE_MINUTES * MINUTE
    await insert(
        uow.tx, "owner_contact_change", id=change_id, organization_id=organization.id, path=organization.path,
        member_id=owner.id, channel=channel.value, value=value, code_hash=_hash(change_id, code), state="OPEN",
        created_at=uow.now, expires_at=expires_at,
    )  # fmt: skip
    topic = EMAIL_TOPIC if channel is Channel.EMAIL else PHONE_TOPIC
    payload = {"to": value, "organization": organization.name, "code": code, "minutes": CODE_MINUTES}
    uow.send(topic, owner.id, payload, organization_id=organization.id, path=organization.path)
    uow.audit("OwnerContactChange", change_id, organization_id=organization.id, path=organization.path,
              after={"memberId": owner.id, channel.value.lower(): value, "code": "***"})  # fmt: skip
    return change_id


async def count_code_try(platform: Platform, credentials: Credentials, change_id: str) -> int:
    """Count a try, whatever becomes of it, so that many at once count one by one; answers which one it is.

    Of a change that the credentials may not confirm nothing is counted: confirming refuses it."""
    try:
        async with unit_of_work(platform, credentials, "confirmOwnerContactChange") as uow:
            await _found_change(uow, change_id)
            tried = await fetch_value(
                uow.tx,
                "UPDATE owner_contact_change AS c SET tries = tries + 1 WHERE c.id = $4 AND c.state = 'OPEN' "
                f"AND {uow.visible('c', 'owner_contact_change')} RETURNING tries",
                *uow.scope, change_id,
            )  # fmt: skip
            return int(tried or 0)
    except Unauthenticated:
        raise
    except Refused:
        return 0


async def confirm_contact_change(uow: UnitOfWork, change_id: str, code: str, number_of_try: int) -> Outcome:
    """Make the address count. Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED, ROLE_NOT_GRANTABLE; CODE_EXPIRED from
    10:00 minutes on, after 5 wrong tries and for a code that was used or replaced, else CODE_INVALID;
    MEMBER_EMAIL_TAKEN, ORGANIZATION_NOT_ACTIVE. Answers memberId and contactChangeId."""
    change, owner = await _found_change(uow, change_id)
    await lock_members(uow, owner.organization.id)
    change, owner = await _found_change(uow, change_id)
    is_over = _is_over(change, uow.now) or number_of_try > MOST_TRIES or owner.row["role"] != Role.OWNER
    if is_over:
        refuse("CODE_EXPIRED", "This code no longer works; ask for a new one.", ("code",))
    if not secrets.compare_digest(_hash(change_id, normalized(code)), change["code_hash"]):
        refuse("CODE_INVALID", "This is not the code.", ("code",))
    require_active(owner.organization)
    await uow.tx.execute(
        f"UPDATE owner_contact_change AS c SET state = 'USED' WHERE c.id = $4 "
        f"AND {uow.visible('c', 'owner_contact_change')}",
        *uow.scope, change_id,
    )  # fmt: skip
    if change["channel"] == Channel.PHONE:
        await set_columns(uow, owner, phone=change["value"])
        audit_change(uow, owner, {"phone": owner.row["phone"]}, {"phone": change["value"]})
    else:
        await _change_email(uow, owner, change["value"])
    return {"memberId": owner.id, "contactChangeId": change_id}


async def _found_change(uow: UnitOfWork, change_id: str) -> tuple[Row, FoundMember]:
    change = await row_by_id(uow, "owner_contact_change", change_id, ("contactChangeId",))
    owner = await found_member(uow, Action.EDIT_MEMBER, change["member_id"])
    found = Blockers()
    await check_reach(uow, owner, found)
    found.raise_if_any()
    return change, owner


async def _change_email(uow: UnitOfWork, owner: FoundMember, email: str) -> None:
    """The proved address is the OWNER's from now on; who may sign in does so with it."""
    row, folded, organization = owner.row, folded_email(email), owner.organization
    if await is_email_taken(uow, organization.id, email, owner.id):
        refuse("MEMBER_EMAIL_TAKEN", "A member of this organization has this e-mail.", ("email",))
    columns: dict[str, object] = {"email": email, "email_folded": folded}
    if row["user_id"] is not None:
        columns["user_id"] = await _user_with(uow, row["user_id"], email)
        if columns["user_id"] != row["user_id"]:
            await bar_sessions(uow, row["user_id"], owner.id)
    await set_columns(uow, owner, **columns)
    audit_change(uow, owner, {"email": row["email"]}, {"email": email})
    if row["email"] is not None:
        payload = {"to": row["email"], "organization": organization.name}
        uow.send(CHANGED_TOPIC, owner.id, payload, organization_id=organization.id, path=organization.path)


async def _user_with(uow: UnitOfWork, user_id: str, email: str) -> str:
    """The User whose e-mail this is: somebody known by it already, else the OWNER's User takes it on (MEM-5)."""
    known = await user_of_email(uow, folded_email(email))
    if known is not None:
        return known
    async with uow.as_platform("MEM-5: a User belongs to the platform"):
        await uow.tx.execute(
            "UPDATE users SET email = $2, email_folded = $3, version = version + 1 WHERE id = $1",
            user_id, email, folded_email(email),
        )  # fmt: skip
    return user_id


def _is_over(change: Row, now: Instant) -> bool:
    return change["state"] != "OPEN" or bool(now >= change["expires_at"])


def _hash(change_id: str, code: str) -> str:
    return secret_hash(f"{change_id}:{code}")
