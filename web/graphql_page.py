"""The query page in the browser: one file, no foreign script, for signed-in users. Holds no data itself."""

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files

from starlette.responses import HTMLResponse, Response

from web.home import sign_in_page


def graphql_page() -> Response:
    """The page, allowed to run its own script and to speak to its own server, nothing else."""
    html, policy = _page()
    return HTMLResponse(
        html,
        headers={
            "content-security-policy": policy,
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        },
    )


def sign_in_first() -> Response:
    """What everybody else gets: the form, and why."""
    return sign_in_page("Sign in to open the query page.", 401)


@cache
def _page() -> tuple[str, str]:
    html = (files("web") / "graphql_page.html").read_text("utf-8")
    script, style = (_digest(html, tag) for tag in ("script", "style"))
    return html, (
        f"default-src 'none'; script-src '{script}'; style-src '{style}'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _digest(html: str, tag: str) -> str:
    found = re.search(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
    assert found is not None
    return "sha256-" + base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
