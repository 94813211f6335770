"""The pages behind the links in mails: accepting an invitation, a forgotten and a new password. Without any script."""

from html import escape
from string import Template

from starlette.responses import Response

from core.refusals import Blocker
from tenants.members.joining import OpenInvitation
from web.home import page

_INVITATION = """$refusal<h2>Invitation</h2>
<p>You are invited to <strong>$organization</strong> as <strong>$name</strong> ($email).</p>
<form method="post" action="/auth/invitations/accept">
<input type="hidden" name="token" value="$token">
<input type="hidden" name="email" value="$email" autocomplete="username">
<label>$label <input name="password" type="password" autocomplete="$kind" required autofocus></label>
<button>Accept</button>
</form>"""
_RESET = """$refusal<h2>New password</h2>
<form method="post" action="/auth/password/reset">
<input type="hidden" name="token" value="$token">
<label>New password <input name="password" type="password" autocomplete="new-password" required autofocus></label>
<button>Set password</button>
</form>"""
_FORGOTTEN = """<h2>Forgotten password</h2>
<form method="post" action="/auth/password/forgot">
<label>E-mail <input name="email" type="email" autocomplete="username" required autofocus></label>
<button>Send me a link</button>
</form>"""
_DONE = '<p>$message</p><p><a href="/">Go to sign-in</a></p>'


def invitation_page(token: str, invitation: OpenInvitation, refusal: str = "", status: int = 200) -> Response:
    """Who is invited where, and the field for the password: a new one, or the present one of who is known already."""
    is_known = invitation.is_known_user
    return _filled(
        _INVITATION, refusal, status,
        organization=invitation.organization_name, email=invitation.email, token=token,
        name=" ".join(filter(None, (invitation.given_name, invitation.family_name))),
        label="Your present password" if is_known else "Choose a password",
        kind="current-password" if is_known else "new-password",
    )  # fmt: skip


def reset_page(token: str, refusal: str = "", status: int = 200) -> Response:
    """The field for the new password."""
    return _filled(_RESET, refusal, status, token=token)


def forgotten_page() -> Response:
    """The field for the e-mail."""
    return page(_FORGOTTEN)


def done_page(message: str, status: int = 200) -> Response:
    """A sentence, and the way to sign in."""
    return page(Template(_DONE).substitute(message=escape(message)), status)


def refused_page(refusal: Blocker, status: int) -> Response:
    """Why the link does not work, to somebody who has never heard of rows."""
    if refusal.code == "NOT_FOUND":
        return done_page("This link is not known here. Is it the whole address of the mail?", status)
    return done_page(refusal.message, status)


def _filled(template: str, refusal: str, status: int, **texts: str) -> Response:
    alert = f'<p role="alert">{escape(refusal)}</p>' if refusal else ""
    shown = {name: escape(text) for name, text in texts.items()}
    return page(Template(template).substitute(shown, refusal=alert), status)
