"""What is told at once when time ended a subscription's service: EXPIRED and DEACTIVATED (section 15 of subscriptions).

Called with the timeline's new entries, so that one change is told once; also tells of failed renewals."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from billing.alerts import Alert, AlertKind, raise_alert
from billing.subscription_status import Status
from core.clock import Instant
from core.ids import new_id
from core.transaction import MAX_PARAMETERS, Row, Transaction, fetch_one, insert_many

if TYPE_CHECKING:
    from billing.timeline import TimelineEntry

FAILED = "notice.renewal_failed"
TOPICS = {
    Status.EXPIRED: ("notice.subscription_expired", AlertKind.EXPIRED),
    Status.DEACTIVATED: ("notice.subscription_deactivated", AlertKind.DEACTIVATED),
}
WAY_BACK = {
    Status.EXPIRED: "Pay what is due, then renew or reactivate it.",
    Status.DEACTIVATED: "Only your provider restores it.",
}
STOPS = "Its services are off."


async def tell_of_ends(tx: Transaction, entries: Sequence["TimelineEntry"]) -> None:
    """One Alert and one notice to the buyer for each of the entries that ended a service; `tx` sees their rows."""
    ends = [each for each in entries if each.to_status in TOPICS]
    if not ends:
        return
    facts = await _facts(tx, sorted({each.subscription_id for each in ends}))
    messages = []
    for entry in ends:
        row = facts[entry.subscription_id]
        topic, kind = TOPICS[entry.to_status]
        shown = _shown(row) | {"reason": entry.reason}
        alert = Alert(entry.organization_id, entry.path, row["timezone"], kind, entry.subscription_id, shown)
        await raise_alert(tx, alert, entry.at)
        payload = shown | {"organization": row["organization_name"], "whatStops": STOPS,
                           "wayBack": WAY_BACK[entry.to_status]}  # fmt: skip
        place = (entry.organization_id, entry.path)
        messages.append(_message(place, topic, entry.subscription_id, payload, entry.at))
    await insert_many(tx, "outbox", messages)


async def tell_of_failed_renewal(tx: Transaction, subscription_id: str, at: Instant) -> None:
    """An Alert and a notice to the buyer and to the seller, once per local day of each (SUB-43).

    Call it in the transaction that writes the mark, in the platform's sight: the seller stands above."""
    row = (await _facts(tx, [subscription_id]))[subscription_id]
    seller = await fetch_one(tx, "SELECT o.id, o.path, o.timezone FROM organization o WHERE o.id = $1",
                             row["seller_id"])  # fmt: skip
    told = [(row["organization_id"], row["path"], row["timezone"])]
    told += [] if seller is None else [(seller["id"], seller["path"], seller["timezone"])]
    messages = []
    for organization_id, path, zone in told:
        alert = Alert(organization_id, path, zone, AlertKind.RENEWAL_FAILED, subscription_id, _shown(row))
        if await raise_alert(tx, alert, at):
            payload = _shown(row) | {"organization": row["organization_name"],
                                     "wayBack": "Pay what is due: it is tried again."}  # fmt: skip
            messages.append(_message((organization_id, path), FAILED, subscription_id, payload, at))
    await insert_many(tx, "outbox", messages)


def _shown(row: Row) -> dict[str, object]:
    return {"product": row["product_name"], "plan": row["plan_name"], "endDate": row["end_date"]}


def _message(
    place: tuple[str, str], topic: str, subscription_id: str, payload: Mapping[str, object], at: Instant
) -> dict[str, object]:
    organization_id, path = place
    return {
        "id": new_id("obx"), "organization_id": organization_id, "path": path, "topic": topic,
        "subject_id": subscription_id, "payload": json.dumps({**payload, "link": f"/subscriptions/{subscription_id}"}),
        "created_at": at, "due_at": at,
    }  # fmt: skip


async def _facts(tx: Transaction, subscription_ids: Sequence[str]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for start in range(0, len(subscription_ids), MAX_PARAMETERS):
        chunk = subscription_ids[start : start + MAX_PARAMETERS]
        places = ", ".join(f"${place}" for place in range(1, len(chunk) + 1))
        rows = await tx.fetch(
            "SELECT s.id, s.organization_id, s.path, s.seller_id, s.product_name, s.plan_name, s.end_date, "
            "o.timezone, o.name AS organization_name FROM subscription s "
            f"JOIN organization o ON o.id = s.organization_id WHERE s.id IN ({places})",
            *chunk,
        )  # fmt: skip
        found.update((row["id"], row) for row in rows)
    return found
