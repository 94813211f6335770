"""GET /healthz (this process is alive) and GET /readyz (it may get requests). They tell nothing about data."""

from starlette.requests import Request
from starlette.responses import Response

from web.json_response import JsonResponse
from web.readiness import Readiness


async def healthz(request: Request) -> Response:
    """200 as long as the process answers at all; asks nothing of the database."""
    return JsonResponse({"status": "alive"})


async def readyz(request: Request) -> Response:
    """200 when the database answers and is migrated; else 503 with DATABASE_UNREACHABLE or MIGRATIONS_PENDING."""
    readiness: Readiness = request.app.state.readiness
    blockers = await readiness.blockers()
    if blockers:
        errors = [{"code": blocker.code, "message": blocker.message} for blocker in blockers]
        return JsonResponse({"status": "not ready", "errors": errors}, 503, {"retry-after": "1"})
    return JsonResponse({"status": "ready"})
