"""Delivering the outbox's mails: one address per step, each claimed once by message and address.

A crash between sending and noting it repeats at most that one mail; what a receiver refuses for good is given up."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.jobs import Lease, Message, Progress, handles_family
from core.mail import Mail, Mailer, MailRefused
from core.transaction import Transaction
from tenants.brand.brand import Brand, brand_of
from tenants.names import folded_email
from tenants.notices.mail_texts import letter_of
from tenants.notices.mail_topics import audience_of
from tenants.notices.recipients import addresses, once_each
from tenants.unit_of_work import Platform, platform_reading, platform_transaction

MAIL, NOTICE, TEXT = "mail.", "notice.", "text."
_SECRETS = frozenset({"token", "code", "approveLink"})
_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class _Part:
    """One mail of a message: to whom, and what that one gets to read."""

    to: str
    payload: Mapping[str, Any]


def can_send(platform: Platform) -> bool:
    """Whether this process knows where mails leave; else they wait."""
    return platform.mails is not None


@handles_family(MAIL, can_send)
@handles_family(NOTICE, can_send)
@handles_family(TEXT, can_send)
async def deliver(platform: Platform, message: Message, lease: Lease) -> Progress:
    """Send the message to the next of its addresses that has not had it."""
    assert platform.mails is not None
    async with platform_reading(platform) as tx:
        pending = await _pending(tx, message)
        brand = await brand_of(tx, message.organization_id)
    if not pending:
        return Progress.DONE
    error = await _send(platform.mails, brand, message, pending[0])
    async with platform_transaction(platform) as tx:
        now = platform.clock.now()
        await lease.hold(tx, now)
        await tx.execute(
            "INSERT INTO mail_delivery (message_id, address_folded, state, at, error) VALUES ($1, $2, $3, $4, $5) "
            "ON CONFLICT (message_id, address_folded) DO NOTHING",
            message.id, folded_email(pending[0].to), "SENT" if error is None else "FAILED", now, error,
        )  # fmt: skip
        if len(pending) == 1:
            await _forget_secrets(tx, message)
    return Progress.MORE if len(pending) > 1 else Progress.DONE


async def _pending(tx: Transaction, message: Message) -> list[_Part]:
    rows = await tx.fetch("SELECT address_folded FROM mail_delivery WHERE message_id = $1", message.id)
    done = {row["address_folded"] for row in rows}
    return [part for part in await _parts(tx, message) if folded_email(part.to) not in done]


async def _parts(tx: Transaction, message: Message) -> list[_Part]:
    """By address: those the message names, else its audience. A link of the OWNER's own goes to that one alone."""
    payload = dict(message.payload)
    own = payload.pop("ownerLink", None) or {}
    if "to" in payload:
        named = payload["to"] if isinstance(payload["to"], list) else [payload["to"]]
        to = once_each(str(each) for each in named if each)
    else:
        to = await addresses(tx, message.organization_id, audience_of(message.topic, payload))
    owners = folded_email(str(own["to"])) if own.get("to") else None
    if owners is not None:
        to = once_each((*to, str(own["to"])))
    return [_Part(each, payload | (own if folded_email(each) == owners else {})) for each in to]


async def _send(mails: Mailer, brand: Brand, message: Message, part: _Part) -> str | None:
    """None when it left; the reason when it never will. What may work later is raised."""
    letter = letter_of(message.topic, part.payload, brand, brand.public_url(mails.public_url))
    to = part.to
    if message.topic.startswith(TEXT):
        if mails.text_domain is None:
            return "no gateway for text messages is set (TENANTRY_TEXT_MAIL_DOMAIN)"
        to = f"{''.join(each for each in to if each.isdigit())}@{mails.text_domain}"
    tail = hashlib.sha256(folded_email(part.to).encode()).hexdigest()[:8]
    mail = Mail(
        f"{message.id}-{tail}", brand.name, mails.sender_address, to, letter.subject, letter.text, letter.html,
        brand.support_email,
    )  # fmt: skip
    try:
        await mails.port.send(mail)
    except MailRefused as refused:
        return str(refused)[:500]
    return None


async def _forget_secrets(tx: Transaction, message: Message) -> None:
    """Nobody needs the link or the code any more: only the mail has it."""
    cleaned = _without_secrets(message.payload)
    if cleaned != message.payload:
        await tx.execute("UPDATE outbox SET payload = $2 WHERE id = $1", message.id, json.dumps(cleaned))


def _without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _HIDDEN if name in _SECRETS else _without_secrets(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
    }
