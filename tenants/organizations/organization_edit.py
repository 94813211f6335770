"""What an edit of an organization may hold, which rights it takes, and its input refusals (ORG-2, ORG-5 to ORG-12).

Reads no table."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from core.refusals import Blocker, Blockers, FieldPath
from tenants.access import OrganizationFacts
from tenants.input_checks import accepted_or_none
from tenants.names import (
    TagInput,
    country_blockers,
    email_blockers,
    name_blockers,
    normalized,
    timezone_blockers,
)
from tenants.permissions import Action, Decision


class Unset(Enum):
    """Tells a field that was left out from one that was sent as null."""

    UNSET = "UNSET"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True)
class OrganizationEdit:
    """The input of `update_organization`; what is UNSET stays as it is."""

    id: str
    version: int
    name: str | None | Unset = UNSET
    billing_name: str | None | Unset = UNSET
    """None: it follows the name again (ORG-9)."""
    billing_email: str | None | Unset = UNSET
    address: str | None | Unset = UNSET
    city: str | None | Unset = UNSET
    country: str | None | Unset = UNSET
    state_code: str | None | Unset = UNSET
    timezone: str | None | Unset = UNSET
    activation_date: date | None | Unset = UNSET
    billing_day: int | None | Unset = UNSET
    """A Policy value for this buyer alone; needs `reason` (ORG-12)."""
    buyer_tags: Collection[TagInput] | None | Unset = UNSET
    managed_by: str | None | Unset = UNSET
    kind: str | None | Unset = UNSET
    uuid: str | None | Unset = UNSET
    billing_number: str | None | Unset = UNSET
    currency: str | None | Unset = UNSET
    pricing_model: str | None | Unset = UNSET
    reason: str | None = None

    def given(self) -> frozenset[str]:
        """The names of the fields that were sent."""
        names = (name for name in self.__dataclass_fields__ if name not in ("id", "version", "reason"))
        return frozenset(name for name in names if getattr(self, name) is not UNSET)


IMMUTABLES: dict[str, tuple[str, str]] = {
    "kind": ("KIND_IMMUTABLE", "kind"),
    "uuid": ("UUID_IMMUTABLE", "uuid"),
    "billing_number": ("BILLING_NUMBER_IMMUTABLE", "billingNumber"),
    "currency": ("CURRENCY_IMMUTABLE", "currency"),
    "pricing_model": ("PRICING_MODEL_IMMUTABLE", "pricingModel"),
}
"""Code and input field of what never changes (ORG-2)."""

ACTION_OF_FIELD: dict[str, Action] = {
    **dict.fromkeys(("name", "billing_name", "billing_email", "address", "city"), Action.EDIT_ORGANIZATION),
    **dict.fromkeys(("country", "state_code"), Action.CHANGE_COUNTRY),
    "timezone": Action.CHANGE_TIMEZONE,
    "activation_date": Action.CORRECT_ACTIVATION_DATE,
    "billing_day": Action.CHANGE_BILLING_DAY,
    "buyer_tags": Action.EDIT_BUYER_TAGS,
}

_LAST_GROUPS = ("SCOPE_MISSING", "CONSENT_REQUIRED")
_FIRST_GROUPS = ("NOT_FOUND", "FORBIDDEN_WHILE_ACTING")


def first_refusal(decisions: Collection[Decision]) -> Decision | None:
    """Of several refused rights the one whose group GEN-1 checks first; None when all are granted."""
    refused = [decision for decision in decisions if decision.code is not None]
    return min(refused, key=lambda decision: _group(decision.code or ""), default=None)


def _group(code: str) -> tuple[int, str]:
    if code in _FIRST_GROUPS:
        return _FIRST_GROUPS.index(code), code
    if code in _LAST_GROUPS:
        return 3 + _LAST_GROUPS.index(code), code
    return 2, code


def checked_values(
    edit: OrganizationEdit, organization: OrganizationFacts, pricing_model: str | None, found: Blockers
) -> dict[str, str | None]:
    """The columns to change with their normalized values, or Refused with all input refusals at once (GEN-2).

    `found` holds what was noted already."""
    _note_immutables(edit, organization, pricing_model, found)
    values: dict[str, str | None] = {}
    for name, field, check in (
        ("name", "name", name_blockers),
        ("country", "country", country_blockers),
        ("timezone", "timezone", timezone_blockers),
        ("billing_name", "billingName", name_blockers),
        ("billing_email", "billingEmail", email_blockers),
        ("address", "address", _any_text),
        ("city", "city", _any_text),
        ("state_code", "stateCode", _any_text),
    ):
        sent: str | None | Unset = getattr(edit, name)
        if not isinstance(sent, Unset):
            values[name] = accepted_or_none(found, sent, (field,), check) or None
            is_missing = sent is None or (check is _any_text and values[name] is None)
            if is_missing and name in _needed(organization):
                found.add("FIELD_REQUIRED", "This field cannot be empty.", (field,))
    if not isinstance(edit.managed_by, Unset) and not _may_be_managed_by(edit.managed_by, organization):
        found.add("MANAGED_BY_INVALID", "An operator or reseller always manages itself.", ("managedBy",))
    if edit.activation_date is None:
        found.add("FIELD_REQUIRED", "This field cannot be empty.", ("activationDate",))
    if edit.billing_day is not UNSET and not (edit.reason and normalized(edit.reason)):
        found.add("FIELD_REQUIRED", "A new billing day needs a reason.", ("reason",))
    found.raise_if_any()
    return values


def _may_be_managed_by(manager: str | None, organization: OrganizationFacts) -> bool:
    return manager == "CUSTOMER" or (manager == "SERVICE_PROVIDER" and organization.kind == "CUSTOMER")


def _needed(organization: OrganizationFacts) -> frozenset[str]:
    """What cannot be emptied; with managedBy CUSTOMER the billing data too (ORG-7)."""
    always = frozenset({"name", "country", "timezone"})
    if organization.managed_by == "CUSTOMER" and organization.kind != "OPERATOR":
        return always | {"address", "city", "billing_email"}
    return always


def _note_immutables(
    edit: OrganizationEdit, organization: OrganizationFacts, pricing_model: str | None, found: Blockers
) -> None:
    """Naming the value that it has is no change."""
    present = {
        "kind": organization.kind, "uuid": organization.id, "billing_number": organization.billing_number,
        "currency": organization.currency, "pricing_model": pricing_model,
    }  # fmt: skip
    for name in edit.given() & IMMUTABLES.keys():
        if getattr(edit, name) != present[name]:
            code, field = IMMUTABLES[name]
            found.add(code, "This never changes.", (field,))


def _any_text(text: str, field: FieldPath) -> tuple[Blocker, ...]:
    return ()
