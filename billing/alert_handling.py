"""`handleAlert` and `closeAlert`: somebody takes an Alert in hand, or says that nothing is left to do (ALR-2)."""

import json
from collections.abc import Mapping

from core.clock import format_instant
from core.transaction import Row
from tenants.access import allow, organization_by_id, row_by_id
from tenants.commands import Outcome
from tenants.permissions import Action
from tenants.unit_of_work import UnitOfWork


async def handle_alert(uow: UnitOfWork, alert_id: str, note: str | None = None) -> Outcome:
    """Write into its details who acts on it since when, with a note; a later one replaces it. It stays open.

    Refused: NOT_FOUND, FORBIDDEN, SCOPE_MISSING. One that is closed stays as it is. Answers alertId."""
    alert = await _alert(uow, alert_id, Action.HANDLE_ALERT)
    if alert["closed_at"] is None:
        handled = {"handledBy": uow.actor.name, "handledAt": format_instant(uow.now), "note": note}
        details = json.loads(alert["details"]) | {"handled": handled}
        await uow.tx.execute(
            f"UPDATE alert SET details = $5 WHERE id = $4 AND {uow.visible('alert', 'alert')}",
            *uow.scope, alert_id, json.dumps(details),
        )  # fmt: skip
        _note(uow, alert, {"handled": handled}, note)
    return {"alertId": alert_id}


async def close_alert(uow: UnitOfWork, alert_id: str, note: str | None = None) -> Outcome:
    """Close it by hand. If its cause comes again on another local date, there is another one.

    Refused: NOT_FOUND, FORBIDDEN, SCOPE_MISSING. One that is closed stays as it is. Answers alertId."""
    alert = await _alert(uow, alert_id, Action.CLOSE_ALERT)
    closed = await uow.tx.execute(
        f"UPDATE alert SET closed_at = $5 WHERE id = $4 AND closed_at IS NULL AND {uow.visible('alert', 'alert')}",
        *uow.scope, alert_id, uow.now,
    )  # fmt: skip
    if closed:
        _note(uow, alert, {"closedAt": uow.now}, note)
    return {"alertId": alert_id}


async def _alert(uow: UnitOfWork, alert_id: str, action: Action) -> Row:
    alert = await row_by_id(uow, "alert", alert_id, ("alertId",))
    allow(uow, action, await organization_by_id(uow, alert["organization_id"]))
    return alert


def _note(uow: UnitOfWork, alert: Row, after: Mapping[str, object], reason: str | None) -> None:
    place = {"organization_id": alert["organization_id"], "path": alert["path"]}
    uow.audit("Alert", alert["id"], **place, after={"kind": alert["kind"], **after}, reason=reason)
