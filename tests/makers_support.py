"""Makers of support sessions and consents, through the contract; the supporter's token becomes credentials."""

import json
from typing import Any

from tenants.actor import Credentials
from tenants.unit_of_work import Platform, platform_transaction
from tests.graph.asking import Answer, ask
from tests.makers import Member, Organization, credentials_of

REASON, TICKET = "Fax setup fails", "T-17"

OPEN = """mutation ($input: OpenSupportSessionInput!) { openSupportSession(input: $input) {
    errors { code field } replayed token tokens
    supportSession { id status kind access areas minutes endsAt supporterName supporterBrand targetName }
    results { organizationId supportSessionId errors { code } } supportSessions { id status } } }"""
APPROVE = """mutation ($input: AnswerSupportSessionInput!) { approveSupportSession(input: $input) {
    errors { code } supportSession { id status access minutes openedAt endsAt } } }"""
REFUSE = """mutation ($input: AnswerSupportSessionInput!) { refuseSupportSession(input: $input) {
    errors { code } supportSession { status } } }"""
END = """mutation ($input: SupportSessionInput!) { endSupportSession(input: $input) {
    errors { code } supportSession { status endReason endedAt } } }"""
GIVE = """mutation ($input: GiveSupportConsentInput!) { giveSupportConsent(input: $input) {
    errors { code field } supportConsent { id lastDay endsAt isRunning kinds access areas supporterBrand } } }"""
REVOKE = """mutation ($input: SupportConsentInput!) { revokeSupportConsent(input: $input) {
    errors { code } supportConsent { isRunning endReason } } }"""
VIEWER = """{ viewer { name role supportSession {
    kind organizationName memberName access areas endsAt } } }"""


async def sent(who: Member | Credentials, document: str, platform: Platform, **input: Any) -> dict[str, Any]:
    """The one payload of a mutation."""
    credentials = await credentials_of(who) if isinstance(who, Member) else who
    answer = await ask(platform, credentials, document, input=input)
    assert answer.errors == [], answer.errors
    [payload] = answer.data.values()
    return dict(payload)


async def codes(who: Member | Credentials, document: str, platform: Platform, **input: Any) -> list[str]:
    """The codes of a mutation, of its payload or of a dead session."""
    credentials = await credentials_of(who) if isinstance(who, Member) else who
    answer = await ask(platform, credentials, document, input=input)
    if answer.errors:
        return answer.codes
    [payload] = answer.data.values()
    return [error["code"] for error in payload["errors"]]


def acting(token: str) -> Credentials:
    """The credentials of whoever holds a support token."""
    return Credentials(token, address="198.51.100.9", client="support console", request_id="req_support")


def asking_for(organization: Organization, **more: Any) -> dict[str, Any]:
    """The input of a REMOTE_SUPPORT session for reading, unless told otherwise."""
    return {
        "organizationId": organization.id, "kind": "REMOTE_SUPPORT", "reason": REASON, "ticket": TICKET,
    } | more  # fmt: skip


async def a_session(supporter: Member, inside: Organization, **more: Any) -> tuple[str, Credentials]:
    """A session as it stands after its opening (PENDING where consent is needed), and its credentials."""
    opened = await sent(supporter, OPEN, supporter.platform, **asking_for(inside, **more))
    assert opened["errors"] == [], opened
    return opened["supportSession"]["id"], acting(opened["token"])


async def an_open_session(
    supporter: Member, inside: Organization, approver: Member, **more: Any
) -> tuple[str, Credentials]:
    """A session that the approver has consented to."""
    session_id, credentials = await a_session(supporter, inside, **more)
    approved = await sent(approver, APPROVE, supporter.platform, supportSessionId=session_id)
    assert approved["errors"] == [], approved
    return session_id, credentials


async def link_token(platform: Platform, session_id: str) -> str:
    """The token of the approval link, from the message that carries it."""
    async with platform_transaction(platform) as tx:
        rows = await tx.fetch(
            "SELECT payload FROM outbox WHERE subject_id = $1 AND topic = 'notice.support_session_asked'", session_id
        )
    return str(json.loads(rows[0]["payload"])["token"])


async def read(
    platform: Platform, credentials: Credentials, document: str = "{ organizations { nodes { name } } }"
) -> Answer:
    """A read with a support token."""
    return await ask(platform, credentials, document)
