"""What is told of support sessions and consents (SUP-12, SUP-4). Who gets a mail is decided where notices are sent."""

from collections.abc import Mapping

from core.transaction import fetch_one
from tenants.unit_of_work import UnitOfWork

ASKED = "notice.support_session_asked"
OPENED = "notice.support_session_opened"
ENDED = "notice.support_session_ended"
REFUSED = "notice.support_session_refused"
CONSENT_GIVEN = "notice.support_consent_given"
CONSENT_ENDED = "notice.support_consent_ended"
CONSENT_ENDS = "notice.support_consent_ends"
SUPPORT = "Support"
"""How anyone above the seller appears (SUP-13)."""
_SESSION_LINK = "/support/sessions/"
APPROVAL_PATH = "/support/approve"


async def tell(
    uow: UnitOfWork,
    topic: str,
    session: Mapping[str, object],
    more: Mapping[str, object] | None = None,
    *,
    to_organization_id: str | None = None,
) -> None:
    """Put one notice about a session into the outbox, for the target or for another organization that is concerned.

    In the supporter's own organization it goes to the supporter. Elsewhere its name is told to those it belongs to and
    to buyers of its organization, to anyone else it is "Support"; never e-mail, phone or address (SUP-13)."""
    told_id = to_organization_id or str(session["organization_id"])
    async with uow.as_platform("SUP-12: brand and path of those who are told"):
        place = await fetch_one(
            uow.tx,
            "SELECT o.path, o.parent_id, s.name AS seller_name, p.path AS supporter_path, p.name AS supporter_seller, "
            "m.email AS supporter_email "
            "FROM organization o LEFT JOIN shown_brand s ON s.organization_id = o.parent_id "
            "LEFT JOIN organization p ON p.id = $2 LEFT JOIN member m ON m.id = $3 WHERE o.id = $1",
            told_id, session["supporter_organization_id"], session["supporter_member_id"],
        )  # fmt: skip
    assert place is not None
    supporter_id = session["supporter_organization_id"]
    is_inside = str(place["supporter_path"] or "-").startswith(place["path"])
    is_known = is_inside or supporter_id == place["parent_id"]
    payload = {
        "organizationId": session["organization_id"],
        "kind": session["kind"],
        "access": session["access"],
        "reason": session["reason"],
        "ticket": session["ticket"],
        "supporter": session["supporter_name"] if is_known else SUPPORT,
        "brand": place["supporter_seller"] if is_inside else place["seller_name"],
        "link": f"{_SESSION_LINK}{session['id']}",
        "howToEnd": "An OWNER or ADMIN may end the session at any time.",
    }
    payload |= more or {}
    if told_id == supporter_id:  # the supporter alone is concerned there
        payload["to"] = [place["supporter_email"]]
    uow.send(topic, str(session["id"]), payload, organization_id=told_id, path=place["path"])
