"""Exports as files: who is signed in, or an API key with `reports:read`, gets what its organization sees (ALR-3).

Every export is written into the audit log before it leaves (AUD-6). The figures come from billing/."""

from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from billing.failed_renewals import Expiry, as_csv, failed_renewals
from core.refusals import refuse
from core.settings import Settings
from tenants.audit.audit_reads import Read, note_read
from tenants.unit_of_work import Platform, reading
from web.auth_request import answered
from web.credentials import credentials_of

OPERATION = "exportFailedRenewals"


async def failed_renewals_csv(request: Request) -> Response:
    """Owner and billing e-mails of failed renewals, `?expiresFrom=2026-01-01&expiresTo=2026-01-31`, both included.

    401 UNAUTHENTICATED and the codes of a dead session or key; 403 FORBIDDEN, SCOPE_MISSING; 400 DATE_INVALID,
    TIME_RANGE_INVALID."""
    return await answered(request, _failed_renewals)


async def _failed_renewals(request: Request, settings: Settings, platform: Platform) -> Response:
    credentials = credentials_of(request, settings)
    async with reading(platform, credentials) as uow:
        actor = uow.actor
        rows = await failed_renewals(uow, Expiry(_day(request, "expiresFrom"), _day(request, "expiresTo")))
        text = as_csv(rows)
    await note_read(platform, credentials, actor, Read([OPERATION]), is_export=True)
    headers = {"content-disposition": 'attachment; filename="failed-renewals.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def _day(request: Request, name: str) -> date | None:
    given = request.query_params.get(name)
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        refuse("DATE_INVALID", "A date looks like 2026-01-31.", (name,))


ROUTES = [Route("/exports/failed-renewals.csv", failed_renewals_csv, methods=["GET"])]
