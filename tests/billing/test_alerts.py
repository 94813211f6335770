"""Alerts: one per subject, kind and local date, also when they are what a refusal leaves behind (ALR-2, MON-7)."""

import json

from billing.alerts import Alert, AlertKind, RefusedWithAlerts
from core.clock import FixedClock, parse_instant
from core.refusals import Blocker
from tenants.commands import Outcome
from tenants.unit_of_work import Platform, UnitOfWork
from tests.acting import do
from tests.makers import Organization, an_operator
from tests.makers_billing import rows


async def refuse_with_alert(operator: Organization) -> None:
    alert = Alert(operator.id, operator.path, "Asia/Singapore", AlertKind.UPSTREAM_SHORT, "wal_1", {"missing": "65.00"})

    async def act(uow: UnitOfWork) -> Outcome:
        uow.send("never.sent", "x", {}, organization_id=operator.id, path=operator.path)
        raise RefusedWithAlerts((Blocker("UPSTREAM_CREDIT_INSUFFICIENT", "short"),), [alert], uow.now)

    try:
        await do(operator.someone, act)
    except RefusedWithAlerts as refused:
        assert refused.codes == ("UPSTREAM_CREDIT_INSUFFICIENT",)


async def test_a_refusal_leaves_its_alert_once_per_local_date_and_nothing_else(
    platform: Platform, clock: FixedClock
) -> None:
    operator = await an_operator(platform)
    sent_before = await rows(platform, "SELECT id FROM outbox")
    for at in ("2026-02-02T12:00:00Z", "2026-02-02T15:59:59Z", "2026-02-02T16:00:00Z"):
        clock.advance_to(parse_instant(at))
        await refuse_with_alert(operator)

    alerts = await rows(platform, "SELECT alert_date, details, closed_at FROM alert ORDER BY alert_date")

    assert [alert["alert_date"] for alert in alerts] == ["2026-02-02", "2026-02-03"]
    assert json.loads(alerts[0]["details"]) == {"missing": "65.00"}
    assert await rows(platform, "SELECT id FROM outbox") == sent_before
