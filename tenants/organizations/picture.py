"""The picture of an organization in its overview: 100 x 100 pixels, PNG, JPEG or WebP (ORG-17)."""

import base64
import binascii

from core.refusals import refuse
from core.transaction import insert
from tenants.access import OrganizationFacts, allow, organization_by_id, require_active
from tenants.commands import Outcome
from tenants.organizations.picture_format import ImageHeader, image_header
from tenants.permissions import Action, Condition
from tenants.policy.policy import policies_for
from tenants.unit_of_work import UnitOfWork

SIDE_PIXELS = 100
MOST_BYTES = 64 * 1024


async def set_organization_picture(uow: UnitOfWork, organization_id: str, content: str | None) -> Outcome:
    """Store the picture, base64 text, in place of the one before; None takes it away.

    Refused: NOT_FOUND, FORBIDDEN, CONSENT_REQUIRED, PICTURE_INVALID (no such image, another size, more than 64 KiB),
    ORGANIZATION_NOT_ACTIVE. Answers organizationId."""
    organization = await organization_by_id(uow, organization_id, ("organizationId",))
    may_admin = (await policies_for(uow, organization.id)).boolean("adminEditsOrganization")
    allow(uow, Action.EDIT_ORGANIZATION, organization, [Condition.ADMIN_EDITS_ORGANIZATION] if may_admin else [])
    picture = None if content is None else checked_picture(content)
    require_active(organization)
    await uow.tx.execute(
        "DELETE FROM organization_picture AS p WHERE p.organization_id = $4 "
        f"AND {uow.visible('p', 'organization_picture')}",
        *uow.scope, organization.id,
    )  # fmt: skip
    if picture is not None:
        await _store(uow, organization, *picture)
    after = {"picture": None if picture is None else picture[0].media_type}
    uow.audit("OrganizationPicture", organization.id, organization_id=organization.id, path=organization.path,
              after=after)  # fmt: skip
    return {"organizationId": organization.id}


def checked_picture(content: str) -> tuple[ImageHeader, str]:
    """What the image is, and its base64 text. Refused: PICTURE_INVALID. Pure."""
    try:
        decoded = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    header = image_header(decoded) if len(decoded) <= MOST_BYTES else None
    if header is None or (header.width, header.height) != (SIDE_PIXELS, SIDE_PIXELS):
        message = "A picture is a PNG, JPEG or WebP of 100 x 100 pixels."
        refuse("PICTURE_INVALID", message, ("content",), pixels=SIDE_PIXELS, maximumBytes=MOST_BYTES)
    return header, base64.b64encode(decoded).decode()


async def _store(uow: UnitOfWork, organization: OrganizationFacts, header: ImageHeader, content: str) -> None:
    await insert(
        uow.tx, "organization_picture", organization_id=organization.id, path=organization.path,
        media_type=header.media_type, content=content, changed_at=uow.now,
    )  # fmt: skip
