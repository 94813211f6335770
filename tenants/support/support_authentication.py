"""What a support session's row says at a request: whether it still stands, and the actor it makes (SUP-1, 10, 11).

Pure: the row is that of the view `actor_support_session`, read by authentication.py and by support_ending.py."""

import json
from collections.abc import Mapping
from typing import Any

from core.clock import Instant
from core.transaction import Row
from tenants.actor import Actor, SupportFacts
from tenants.permissions import Area, Role, Via, ViaKind, can_act_anywhere, support_scopes
from tenants.permissions.actions import Action

MESSAGES = {
    "SUPPORT_SESSION_ENDED": "The support session has ended.",
    "CONSENT_EXPIRED": "Nobody approved the support session in time.",
    "ORGANIZATION_NOT_ACTIVE": "The organization is not active.",
}


def time_there(row: Row, platform_now: Instant) -> Instant:
    """The target's time: its sandbox clock's where one stands."""
    return platform_now if row["clock_stands_at"] is None else int(row["clock_stands_at"])


def over_by(row: Row, platform_now: Instant) -> str | None:
    """Why a session is over though its row may not say so yet (SUP-6, SUP-10, SUP-11); None while it stands.

    Needs `is_supporter_stopped` besides the view's columns. Answers the reason that is stored with its end."""
    if row["state"] in ("ENDED", "REFUSED", "LAPSED"):
        return str(row["state"])
    now = time_there(row, platform_now)
    if row["state"] == "PENDING" and now >= row["approval_ends_at"]:
        return "LAPSED"
    if row["state"] == "OPEN" and (now >= row["ends_at"] or platform_now >= row["platform_ends_at"]):
        return "TIME_OVER"
    if not _may_still_support(row):
        return "SUPPORTER_LOST_ROLE"
    if row["supporter_path"] is None or not row["path"].startswith(row["supporter_path"]):
        return "TARGET_MOVED"
    if row["is_supporter_stopped"]:
        return "SUPPORTER_NOT_ACTIVE"
    if row["session_kind"] == "LOGIN_AS" and not _may_sign_in(row, ""):
        return "TARGET_MEMBER_LEFT"
    return "CONSENT_MISSING" if row["state"] == "OPEN" and not _is_consented(row) else None


def _is_consented(row: Row) -> bool:
    """An organization that manages itself has consented itself: nobody can do it for it any more (SUP-2, SUP-11)."""
    if row["managed_by"] != "CUSTOMER" or row["basis"] == "STANDING":
        return True
    return bool(row["basis"] == "APPROVED" and row["approved_by_organization_id"] == row["organization_id"])


def refusal_of(row: Row, platform_now: Instant) -> str | None:
    """The code with which a request is refused before anything else (GEN-1), None for a session that stands."""
    over = over_by(row, platform_now)
    if over is not None:
        return "CONSENT_EXPIRED" if over == "LAPSED" else "SUPPORT_SESSION_ENDED"
    return None if row["status"] == "ACTIVE" else "ORGANIZATION_NOT_ACTIVE"


def support_actor(row: Row, organization: Mapping[str, Any]) -> Actor:
    """The supporter in the place of the target: its visibility, and the member's role or that of an ADMIN (SUP-1)."""
    areas = frozenset(Area(each) for each in json.loads(row["areas"]))
    is_login = row["session_kind"] == "LOGIN_AS"
    named = " ".join(filter(None, (row["given_name"], row["family_name"]))) if is_login else row["organization_name"]
    facts = SupportFacts(
        session_id=row["support_session_id"],
        kind=row["session_kind"],
        is_pending=row["state"] == "PENDING",
        supporter_user_id=row["supporter_user_id"],
        supporter_member_id=row["supporter_member_id"],
        supporter_organization_id=row["supporter_organization_id"],
        on_behalf_of_id=row["member_id"] if is_login else row["organization_id"],
        on_behalf_of_name=named,
        access=row["access"],
        areas=tuple(sorted(areas)),
        ends_at=row["ends_at"],
        reason=row["reason"],
        ticket=row["ticket"],
    )
    return Actor(
        **organization,
        role=Role(row["role"]) if is_login else Role.ADMIN,
        via=Via(ViaKind.SUPPORT_SESSION, support_scopes(areas)),
        name=row["supporter_name"],
        user_id=None,
        member_id=row["member_id"] if is_login else None,
        support=facts,
    )


def _may_still_support(row: Row) -> bool:
    role = row["supporter_role"]
    has_right = role is not None and can_act_anywhere(Action.OPEN_SUPPORT_SESSION, Role(role))
    return has_right and _may_sign_in(row, "supporter_")


def _may_sign_in(row: Row, whose: str) -> bool:
    return bool(row[f"{whose}has_portal_access"]) and row[f"{whose}invitation"] == "ACCEPTED"
