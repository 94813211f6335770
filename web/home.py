"""The page at `/`: a form to sign in without any script, or who is signed in and the way to the query page."""

import base64
import hashlib
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from core.settings import Settings
from tenants.actor import Actor
from tenants.authentication import Unauthenticated
from tenants.brand.brand import PLATFORM_NAME
from tenants.unit_of_work import reading
from web.credentials import credentials_of
from web.hosts import shown_site

_SIGN_IN = """$refusal<form method="post" action="/auth/sign-in">
<label>E-mail <input name="email" type="email" autocomplete="username" value="$email" required$at_email></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required$at_password></label>
<button>Sign in</button>
</form>
<p><a href="/password-forgotten">Forgot your password?</a></p>"""
_SECOND_FACTOR = """$refusal<form method="post" action="/auth/second-factor">
<input name="challenge" type="hidden" value="$challenge">
<label>Code from <select name="method"><option value="TOTP">the authenticator app</option>
<option value="RECOVERY_CODE">the list of recovery codes</option></select></label>
<label>Code <input name="code" autocomplete="one-time-code" required autofocus></label>
<button>Go on</button>
</form>"""
_SIGNED_IN = """<p>Signed in as <strong>$name</strong>, $role of <strong>$organization</strong>.</p>
<p><a href="/graphql">Open the query page</a></p>
<form method="post" action="/auth/sign-out"><button>Sign out</button></form>"""


_TAGLINE = "<p>A reseller platform: one tree of resellers, one GraphQL API, one ledger.</p>"
_FOOTER = """The API is GraphQL at <a href="/graphql"><code>/graphql</code></a>; programs sign in with
<code>POST /auth/sign-in</code>. The web console is not part of this release: there is this page and the query page."""


async def home(request: Request) -> Response:
    """The page for this visitor."""
    actor = await signed_in_actor(request)
    if actor is None:
        return sign_in_page()
    shown = {"name": actor.name, "role": actor.role.value.lower(), "organization": actor.organization_name}
    return page(Template(_SIGNED_IN).substitute({name: escape(text) for name, text in shown.items()}))


def sign_in_page(
    refusal: str = "", status: int = 200, headers: dict[str, str] | None = None, *, email: str = ""
) -> Response:
    """The form, with the reason why the last try failed and the e-mail that was typed then."""
    at_email, at_password = ("", " autofocus") if email else (" autofocus", "")
    content = Template(_SIGN_IN).substitute(
        refusal=f'<p role="alert">{escape(refusal)}</p>' if refusal else "", email=escape(email), at_email=at_email,
        at_password=at_password,
    )  # fmt: skip
    return page(content, status, headers)


def second_factor_page(
    challenge: str, refusal: str = "", status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """The form for the second half of a sign-in."""
    alert = f'<p role="alert">{escape(refusal)}</p>' if refusal else ""
    content = Template(_SECOND_FACTOR).substitute(refusal=alert, challenge=escape(challenge))
    return page(content, status, headers)


async def is_signed_in(request: Request) -> bool:
    """Whether the request has a living session or key."""
    return await signed_in_actor(request) is not None


async def signed_in_actor(request: Request) -> Actor | None:
    """Who asks, None for a stranger."""
    settings: Settings = request.app.state.settings
    credentials = credentials_of(request, settings)
    if credentials.token is None:
        return None
    try:
        async with reading(request.app.state.platform, credentials) as uow:
            return uow.actor
    except Unauthenticated:
        return None


def page(content: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A page of this house around ready HTML: no script, no foreign content, kept by nobody."""
    template, policy = _template()
    own = {"content-security-policy": policy, "cache-control": "no-store"}
    return HTMLResponse(template.substitute(_frame(), content=content), status, {**own, **(headers or {})})


def _frame() -> dict[str, str]:
    """Whose page it is by the host that was asked: a brand's with its name and logo, or the platform's (WL-2, WL-4)."""
    site = shown_site()
    if site is None:
        return {"title": PLATFORM_NAME, "heading": PLATFORM_NAME, "tagline": _TAGLINE, "footer": _FOOTER}
    brand, name = site.brand, escape(site.brand.name)
    image = f'<img src="{brand.logo_url}" alt="" height="48"> ' if brand.logo_url else ""
    email = escape(brand.support_email or "", quote=True)
    footer = f'Support: <a href="mailto:{email}">{email}</a>' if email else ""
    return {"title": name, "heading": image + name, "tagline": "", "footer": footer}


@cache
def _template() -> tuple[Template, str]:
    html = (files("web") / "home_page.html").read_text("utf-8")
    style = html.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return Template(html), (
        f"default-src 'none'; img-src 'self'; style-src 'sha256-{digest}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
