"""The documents of stops and endings that tests send, and what they look up: statuses, notices, alerts."""

import json
from typing import Any

from core.clock import FixedClock, parse_instant
from tenants.unit_of_work import Platform
from tests.graph.billing_documents import asked, codes, done
from tests.makers import Member, Organization
from tests.makers_billing import rows

_ANSWER = "errors { code field details } organization { status effectiveStatus }"
SUSPEND = f"mutation ($input: SuspensionInput!) {{ answer: suspendOrganization(input: $input) {{ {_ANSWER} }} }}"
LIFT = f"mutation ($input: SuspensionInput!) {{ answer: liftSuspension(input: $input) {{ {_ANSWER} }} }}"
DELAY = f"mutation ($input: DelaySuspensionInput!) {{ answer: delaySuspension(input: $input) {{ {_ANSWER} }} }}"
APPEAL = f"mutation ($input: AcceptAppealInput!) {{ answer: acceptAppeal(input: $input) {{ {_ANSWER} }} }}"
DELETE = f"""mutation ($input: DeleteOrganizationInput!) {{
    answer: deleteOrganization(input: $input) {{ reversibleUntil {_ANSWER} }} }}"""
REVERSE = f"mutation ($input: ReverseDeletionInput!) {{ answer: reverseDeletion(input: $input) {{ {_ANSWER} }} }}"
DEACTIVATE = f"""mutation ($input: DeactivateOrganizationInput!) {{
    answer: deactivateOrganization(input: $input) {{ reversibleUntil {_ANSWER} }} }}"""
PREVIEW = """query ($input: PreviewDeletionInput!) { answer: previewDeletion(input: $input) {
    status reversibleUntil blockers { code count } forfeitedCredit forfeitedSubscriptions } }"""
ADVANCE = "mutation ($input: AdvanceClockInput!) { answer: advanceClock(input: $input) { errors { code } now } }"
STANDING = """query ($id: ID!) { organization(id: $id) { status effectiveStatus billingStatus
    suspensions { reason setBy isByPlatform startedAt delayedUntilDate endsAt }
    deletion { askedBy reversibleUntil nextCheckAt } } }"""


async def stopped(who: Member, organization: Organization, reason: str = "SELLER") -> dict[str, Any]:
    """Suspend it as the member."""
    return await done(who, SUSPEND, organizationId=organization.id, reason=reason)


async def lifted(who: Member, organization: Organization, reason: str = "SELLER") -> dict[str, Any]:
    """Lift it as the member."""
    return await done(who, LIFT, organizationId=organization.id, reason=reason)


async def deleted(who: Member, organization: Organization) -> dict[str, Any]:
    """Delete it as the member."""
    return await done(who, DELETE, organizationId=organization.id)


async def taken_back(who: Member, organization: Organization) -> dict[str, Any]:
    """Reverse its deletion as the member."""
    return await done(who, REVERSE, organizationId=organization.id)


async def refused(who: Member, document: str, **input: Any) -> list[str]:
    """The codes of the answer."""
    return codes(await done(who, document, **input))


async def standing(who: Member, organization: Organization) -> dict[str, Any]:
    """What the member sees of its stops."""
    answer = await asked(who, STANDING, id=organization.id)
    assert answer.errors == []
    found: dict[str, Any] = answer.data["organization"]
    return found


async def status_of(organization: Organization) -> str:
    """The stored status."""
    [row] = await rows(organization.platform, "SELECT status FROM organization WHERE id = $1", organization.id)
    return str(row["status"])


async def notices(organization: Organization, *topics: str) -> list[dict[str, Any]]:
    """The payloads of what was sent about it, oldest first."""
    named = ", ".join(f"'{topic}'" for topic in topics)
    found = await rows(
        organization.platform,
        f"SELECT payload FROM outbox WHERE organization_id = $1 AND topic IN ({named}) ORDER BY id", organization.id,
    )  # fmt: skip
    return [json.loads(row["payload"]) for row in found]


async def advance(who: Member, sandbox: Organization, to: str) -> None:
    """Move the sandbox's clock there."""
    assert await refused(who, ADVANCE, organizationId=sandbox.id, to=instant_text(to)) == []


def instant_text(text: str) -> str:
    """`2026-01-10` or `2026-01-10T14:00`, in Singapore unless a zone follows, as the API takes it."""
    whole = text if "T" in text else f"{text}T00:00"
    return whole if whole.endswith("Z") or "+" in whole else f"{whole}:00+08:00"


def stand(clock: FixedClock, text: str) -> None:
    """Let the platform's clock stand there, in Singapore; also back in time."""
    clock.at = parse_instant(instant_text(text))


async def count(platform: Platform, table: str, organization: Organization) -> int:
    """How many rows of the table are the organization's."""
    sql = f"SELECT count(*) AS many FROM {table} WHERE organization_id = $1"
    [row] = await rows(platform, sql, organization.id)
    return int(row["many"])
