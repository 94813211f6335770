"""GET /brand: what the host of the request shows of a seller, for anybody (VIS-11); GET /brand/logo/{hash}."""

import base64
import hashlib
import re

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tenants.brand.sites import logo_of
from tenants.unit_of_work import Platform
from web.hosts import site_of_connection
from web.json_response import JsonResponse

BRAND_SECONDS = 60
LOGO_SECONDS = 31_536_000
"""A logo is named by its bytes: another one has another address."""
_HASH = re.compile(r"[0-9a-f]{64}")
_NOTHING_RUNS = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"


async def brand(request: Request) -> Response:
    """200 {name, logoUrl, domain, supportEmail}, all null at the neutral domain; 304 for what is known already."""
    site = site_of_connection(request)
    shown = None if site is None else site.brand
    body = {
        "name": shown and shown.name,
        "logoUrl": shown and shown.logo_url,
        "domain": shown and shown.domain,
        "supportEmail": shown and shown.support_email,
    }
    tag = f'"{hashlib.sha256(orjson.dumps(body)).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": f"public, max-age={BRAND_SECONDS}", "vary": "host"}
    return Response(status_code=304, headers=headers) if _is_known(request, tag) else JsonResponse(body, 200, headers)


async def logo(request: Request) -> Response:
    """The image as it was handed in, on every host alike; nothing in it can run. 404 NOT_FOUND."""
    name: str = request.path_params["hash"]
    platform: Platform = request.app.state.platform
    found = await logo_of(platform, name) if _HASH.fullmatch(name) else None
    if found is None:
        return JsonResponse({"errors": [{"code": "NOT_FOUND", "message": "There is no such logo."}]}, 404)
    headers = {
        "etag": f'"{name}"',
        "cache-control": f"public, max-age={LOGO_SECONDS}, immutable",
        "content-security-policy": _NOTHING_RUNS,
        "cross-origin-resource-policy": "cross-origin",
        "x-content-type-options": "nosniff",
    }
    if _is_known(request, f'"{name}"'):
        return Response(status_code=304, headers=headers)
    return Response(base64.b64decode(found.content), 200, headers | {"content-type": found.media_type})


def _is_known(request: Request, tag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    return tag in [each.strip().removeprefix("W/") for each in given.split(",")]


ROUTES = [
    Route("/brand", brand, methods=["GET"]),
    Route("/brand/logo/{hash}", logo, methods=["GET"]),
]
