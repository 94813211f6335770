"""Setting the white label: name, logo, support e-mail (WL-1). Its domain: brand_domains.py."""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from core.ids import new_id
from core.refusals import Blocker, Blockers, FieldPath, refuse
from core.transaction import Row, fetch_one
from tenants.access import OrganizationFacts, allow, organization_by_id, require_active
from tenants.commands import Outcome
from tenants.input_checks import accepted_or_none
from tenants.names import email_blockers, name_blockers, normalized
from tenants.organizations.organization_edit import UNSET, Unset
from tenants.organizations.picture_format import image_header
from tenants.permissions import Action
from tenants.unit_of_work import UnitOfWork

NAME_LENGTHS = range(2, 65)
MOST_LOGO_BYTES = 512 * 1024
LEAST_SIDE_PIXELS = 100
_SHOWN = {"brand_name": "brandName", "logo_hash": "logo", "support_email": "supportEmail"}


@dataclass(frozen=True, slots=True)
class BrandEdit:
    """The input of `set_brand`: UNSET stays, None takes the field away. `logo` is base64; no id: one's own."""

    organization_id: str | None = None
    brand_name: str | None | Unset = UNSET
    logo: str | None | Unset = UNSET
    support_email: str | None | Unset = UNSET
    version: int | None = None
    """The brand's version that was read; 0 before there was one; None: whatever it is."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A checked image: its media type, its base64 text, and the SHA-256 of its bytes, by which it is served."""

    media_type: str
    content: str
    hash: str


async def set_brand(uow: UnitOfWork, edit: BrandEdit) -> Outcome:
    """Set or remove fields of the own brand. Answers brandId, None where nothing was ever set.

    Refused: NOT_FOUND, FORBIDDEN_WHILE_ACTING, FORBIDDEN (another's, or of a CUSTOMER), SCOPE_MISSING,
    VERSION_CONFLICT, then at once NAME_LENGTH, NAME_CHARACTERS, LOGO_INVALID, EMAIL_INVALID; then
    ORGANIZATION_NOT_ACTIVE."""
    organization = await branding_organization(uow, edit.organization_id)
    stored = await brand_row(uow, organization)
    if edit.version is not None and edit.version != (stored["version"] if stored else 0):
        refuse("VERSION_CONFLICT", "The brand was changed meanwhile; read it again.", ("version",))
    values = _checked(edit)
    require_active(organization)
    changed = {name: value for name, value in values.items() if value != (stored[name] if stored else None)}
    if changed:
        await store_brand(uow, organization, changed)
        shown = [name for name in changed if name in _SHOWN]
        uow.audit(
            "Brand", organization.id, organization_id=organization.id, path=organization.path,
            before={_SHOWN[name]: stored[name] if stored else None for name in shown},
            after={_SHOWN[name]: changed[name] for name in shown},
        )  # fmt: skip
    return {"brandId": await brand_id(uow, organization)}


async def branding_organization(uow: UnitOfWork, organization_id: str | None) -> OrganizationFacts:
    """The organization, when the actor may brand it: its own, a RESELLER or the OPERATOR (WL-1).

    Refused: NOT_FOUND, FORBIDDEN_WHILE_ACTING, FORBIDDEN, SCOPE_MISSING."""
    organization = await organization_by_id(uow, organization_id or uow.actor.organization_id, ("organizationId",))
    allow(uow, Action.EDIT_BRAND, organization)
    if organization.kind == "CUSTOMER":
        refuse("FORBIDDEN", "Only a reseller or the operator has a brand.")
    return organization


async def brand_row(uow: UnitOfWork, organization: OrganizationFacts) -> Row | None:
    """What is stored of its brand; None before anything was set."""
    return await fetch_one(
        uow.tx, f"SELECT b.* FROM brand b WHERE b.organization_id = $4 AND {uow.visible('b', 'brand')}",
        *uow.scope, organization.id,
    )  # fmt: skip


async def brand_id(uow: UnitOfWork, organization: OrganizationFacts) -> str | None:
    """The id of what is stored."""
    stored = await brand_row(uow, organization)
    return None if stored is None else str(stored["id"])


async def store_brand(uow: UnitOfWork, organization: OrganizationFacts, columns: dict[str, object]) -> None:
    """Write these columns of its brand; a new version."""
    names = (*columns, "changed_at")
    places = [f"${place}" for place in range(4, 4 + len(names))]
    sets = ", ".join(f"{name} = excluded.{name}" for name in names)
    await uow.tx.execute(
        f"INSERT INTO brand (id, organization_id, path, {', '.join(names)}) VALUES ($1, $2, $3, {', '.join(places)}) "
        f"ON CONFLICT (organization_id) DO UPDATE SET {sets}, version = brand.version + 1",
        new_id("brd"), organization.id, organization.path, *columns.values(), uow.now,
    )  # fmt: skip


def checked_logo(content: str) -> Logo | None:
    """The logo of a base64 text; None when it is none: another format, too small, too large (WL-1). Pure."""
    if len(content) > (MOST_LOGO_BYTES + 2) // 3 * 4 + 4:
        return None
    try:
        decoded = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        return None
    header = image_header(decoded) if len(decoded) <= MOST_LOGO_BYTES else None
    if header is None or min(header.width, header.height) < LEAST_SIDE_PIXELS:
        return None
    return Logo(header.media_type, base64.b64encode(decoded).decode(), hashlib.sha256(decoded).hexdigest())


def _checked(edit: BrandEdit) -> dict[str, object]:
    """The columns that were sent. Refused: every bad field at once (GEN-2)."""
    found, values = Blockers(), dict[str, object]()
    if not isinstance(edit.brand_name, Unset):
        values["brand_name"] = accepted_or_none(found, edit.brand_name, ("brandName",), _brand_name_blockers)
    if not isinstance(edit.support_email, Unset):
        values["support_email"] = accepted_or_none(found, edit.support_email, ("supportEmail",), email_blockers)
    if not isinstance(edit.logo, Unset):
        logo = None if edit.logo is None else checked_logo(edit.logo)
        if edit.logo is not None and logo is None:
            found.add(
                "LOGO_INVALID", "A logo is a PNG, JPEG or WebP of at least 100 x 100 pixels and at most 512 kB.",
                ("logo",), leastPixels=LEAST_SIDE_PIXELS, maximumBytes=MOST_LOGO_BYTES,
            )  # fmt: skip
        values |= {
            "logo_hash": logo and logo.hash, "logo_media_type": logo and logo.media_type,
            "logo_content": logo and logo.content,
        }  # fmt: skip
    found.raise_if_any()
    return values


def _brand_name_blockers(text: str, field: FieldPath) -> tuple[Blocker, ...]:
    """2 to 64 characters of those that an organization's name may hold."""
    found = [each for each in name_blockers(text, field) if each.code != "NAME_LENGTH"]
    if len(normalized(text)) not in NAME_LENGTHS:
        found.append(Blocker("NAME_LENGTH", "A brand's name has 2 to 64 characters.", field))
    return tuple(found)
