"""Editing an organization (ORG-2, ORG-5 to ORG-12, ORG-15): rights by field, version, input, state, then the write."""

from dataclasses import dataclass
from datetime import date, timedelta

from core.calendar import local_date, start_of_day
from core.refusals import Blockers, refuse
from core.transaction import Row, fetch_one
from tenants.access import OrganizationFacts, organization_by_id, relation_to, require_consent, row_by_id
from tenants.commands import Outcome
from tenants.input_checks import noted
from tenants.kyc.kyc_rules import KycStatus, is_billing_name_locked
from tenants.names import BuyerTagKey, TagInput, folded, folded_email, read_buyer_tags, too_many_buyer_tags
from tenants.organization_events import TimezoneChanged, on_timezone_changed
from tenants.organizations.buyer_tags import store_buyer_tags
from tenants.organizations.organization_edit import (
    ACTION_OF_FIELD,
    OrganizationEdit,
    Unset,
    checked_values,
    first_refusal,
)
from tenants.permissions import Action, Condition, Decision, decide
from tenants.policy.policy import policies_for
from tenants.policy.policy_changes import read_policy_values
from tenants.policy.policy_resolution import Policies
from tenants.policy.policy_settings import PolicyEdit, store_buyer_values
from tenants.questions import has_invoice, has_traded
from tenants.support.support_ending import end_uncovered
from tenants.unit_of_work import UnitOfWork

_STORED = (
    "t.pricing_model, t.billing_name, t.is_billing_name_own, t.billing_email, t.address, t.city, t.state_code, "
    "t.activated_at, t.kyc_status"
)


@dataclass(frozen=True, slots=True)
class _Edited:
    """Everything that an edit is decided from, read in its transaction."""

    organization: OrganizationFacts
    stored: Row
    policies: Policies
    edit: OrganizationEdit

    @property
    def is_billing_name_locked(self) -> bool:
        """From the approval of its documents on, where the policy says so (KYC-3)."""
        return is_billing_name_locked(self.policies, KycStatus(self.stored["kyc_status"]))


async def update_organization(uow: UnitOfWork, edit: OrganizationEdit) -> Outcome:
    """Change the fields that were sent; nothing at all when one of them is refused.

    Refused, in the order of GEN-1: NOT_FOUND; FORBIDDEN, BILLING_DATE_IMMUTABLE, CONSENT_REQUIRED by the table;
    VERSION_CONFLICT; the _IMMUTABLE codes, NAME_LENGTH, NAME_CHARACTERS, EMAIL_INVALID, COUNTRY_INVALID,
    TIMEZONE_INVALID, MANAGED_BY_INVALID, FIELD_REQUIRED and the codes of buyer tags; then COUNTRY_LOCKED,
    TIMEZONE_LOCKED, BILLING_NAME_LOCKED, ACTIVATION_DATE_LOCKED, OWNER_REQUIRED, BILLING_DATA_REQUIRED,
    ORGANIZATION_NOT_ACTIVE. Answers organizationId and version."""
    organization = await organization_by_id(uow, edit.id)
    stored = await row_by_id(uow, "organization", edit.id, ("id",), _STORED)
    edited = _Edited(organization, stored, await policies_for(uow, organization.id), edit)
    _enforce_rights(uow, edited)
    require_consent(uow)
    if edit.version != organization.version:
        _version_conflict()
    too_many_buyer_tags(_tags_of(edit))
    found = Blockers()
    tags = noted(found, lambda: read_buyer_tags(_tags_of(edit)))
    await _check_billing_day(uow, edit, found)
    values = checked_values(edit, organization, stored["pricing_model"], found)
    await _check_state(uow, edited, values)
    columns = _columns(edited, values)
    is_touched = columns or edit.given() & {"buyer_tags", "billing_day"}  # the seller's facts count too (GEN-5)
    version = await _store(uow, organization, columns) if is_touched else organization.version
    if "timezone" in columns:
        await on_timezone_changed.tell(uow, TimezoneChanged(organization.id, str(columns["timezone"])))
    await _store_what_is_the_sellers(uow, edited, None if isinstance(edit.buyer_tags, Unset) else tags)
    _audit(uow, edited, columns)
    if columns.get("managed_by") == "CUSTOMER":
        await end_uncovered(uow, organization.id)
    return {"organizationId": organization.id, "version": version}


def _tags_of(edit: OrganizationEdit) -> list[TagInput]:
    return [] if isinstance(edit.buyer_tags, Unset) else list(edit.buyer_tags or ())


async def _check_billing_day(uow: UnitOfWork, edit: OrganizationEdit, found: Blockers) -> None:
    """A bad value is an input refusal like the others (GEN-2); storing it checks again."""
    if not isinstance(edit.billing_day, Unset) and edit.billing_day is not None:
        layers, given = (await policies_for(uow, uow.actor.organization_id)).layers, {"billingDay": edit.billing_day}
        noted(found, lambda: read_policy_values(given, layers, for_buyer=True, field=()))


def _enforce_rights(uow: UnitOfWork, edited: _Edited) -> None:
    edit, given = edited.edit, edited.edit.given()
    holding = [Condition.ADMIN_EDITS_ORGANIZATION] if edited.policies.boolean("adminEditsOrganization") else []
    actions = {ACTION_OF_FIELD[name] for name in given & ACTION_OF_FIELD.keys()}
    if "managed_by" in given:
        is_to_customer = edit.managed_by == "CUSTOMER"
        actions.add(Action.SWITCH_TO_CUSTOMER if is_to_customer else Action.SWITCH_TO_SERVICE_PROVIDER)
    relation = relation_to(uow, edited.organization)

    def decided(action: Action) -> Decision:
        return decide(action, uow.actor.role, relation, uow.actor.via, holding)

    if not actions and decided(Action.CHANGE_COUNTRY).is_allowed:
        return  # nothing or only what never changes was sent, by somebody who may edit here
    refused = first_refusal([decided(action) for action in actions or {Action.EDIT_ORGANIZATION}])
    if refused is not None:
        refused.enforce()


async def _check_state(uow: UnitOfWork, edited: _Edited, values: dict[str, str | None]) -> None:
    """All state refusals at once; the tags of a stopped buyer may be edited by those above it (ORG-16)."""
    organization, found = edited.organization, Blockers()
    is_only_tags = edited.edit.given() <= {"buyer_tags"} and organization.id != uow.actor.organization_id
    if organization.is_stopped and not is_only_tags:
        found.add("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")
    locked = {"country": organization.country, "timezone": organization.timezone}
    changed = [name for name, present in locked.items() if values.get(name, present) != present]
    if changed and any(await has_traded.ask(uow, organization.id)):
        for name in changed:
            found.add(f"{name.upper()}_LOCKED", "A subscription or an invoice exists.", (name,))
    present = edited.stored["billing_name"]
    if edited.is_billing_name_locked and values.get("billing_name", present) != present:
        message = "Since the documents were approved the seller alone changes the billing name."
        found.add("BILLING_NAME_LOCKED", message, ("billingName",))
    if isinstance(edited.edit.activation_date, date) and await _is_activation_locked(uow, edited):
        found.add("ACTIVATION_DATE_LOCKED", "The activation date is final.", ("activationDate",))
    if edited.edit.managed_by == "CUSTOMER":
        await _check_switch(uow, edited, values, found)
    found.raise_if_any()


async def _is_activation_locked(uow: UnitOfWork, edited: _Edited) -> bool:
    """Open through day `activationDateEditDays` after it, and before the first invoice (ORG-12)."""
    zone = edited.organization.timezone
    last_day = local_date(edited.stored["activated_at"], zone) + timedelta(
        days=edited.policies.integer("activationDateEditDays")
    )
    return local_date(uow.now, zone) > last_day or any(await has_invoice.ask(uow, edited.organization.id))


async def _check_switch(uow: UnitOfWork, edited: _Edited, values: dict[str, str | None], found: Blockers) -> None:
    """Who manages itself has an OWNER who signs in and complete billing data (ORG-15)."""
    owner = await fetch_one(
        uow.tx,
        "SELECT m.has_portal_access, m.invitation FROM member m WHERE m.organization_id = $4 AND m.role = 'OWNER' "
        f"AND {uow.visible('m', 'member')}",
        *uow.scope, edited.organization.id,
    )  # fmt: skip
    if owner is None or not owner["has_portal_access"] or owner["invitation"] != "ACCEPTED":
        found.add("OWNER_REQUIRED", "It needs an OWNER who has accepted the invitation.")
    missing = [name for name in ("billing_email", "address", "city") if not values.get(name, edited.stored[name])]
    if missing:
        found.add("BILLING_DATA_REQUIRED", "It needs a billing e-mail, an address and a city.", missing=missing)


def _columns(edited: _Edited, values: dict[str, str | None]) -> dict[str, object]:
    """The columns that really change, with what follows from them (ORG-9)."""
    organization, edit = edited.organization, edited.edit
    columns: dict[str, object] = dict(values)
    if edited.is_billing_name_locked:
        columns.pop("billing_name", None)
    elif "billing_name" in values:
        columns["is_billing_name_own"] = values["billing_name"] is not None
    follows = not bool(columns.get("is_billing_name_own", edited.stored["is_billing_name_own"]))
    if follows and not edited.is_billing_name_locked:
        columns["billing_name"] = values.get("name", organization.name)
    if isinstance(edit.activation_date, date):
        zone = values.get("timezone") or organization.timezone
        columns["activated_at"] = start_of_day(edit.activation_date, zone)
    if not isinstance(edit.managed_by, Unset):
        columns["managed_by"] = edit.managed_by
    columns = {name: value for name, value in columns.items() if value != _present(edited, name)}
    if "name" in columns:
        columns["name_folded"] = folded(str(columns["name"]))
    if "billing_email" in columns:
        email = columns["billing_email"]
        columns["billing_email_folded"] = None if email is None else folded_email(str(email))
    return columns


def _present(edited: _Edited, name: str) -> object:
    if name in OrganizationFacts.__dataclass_fields__:
        return getattr(edited.organization, name)
    value = edited.stored[name]
    return bool(value) if name == "is_billing_name_own" else value


async def _store(uow: UnitOfWork, organization: OrganizationFacts, columns: dict[str, object]) -> int:
    """Write the columns if the version is still the one that was read (GEN-5)."""
    setting = "".join(f"{name} = ${place}, " for place, name in enumerate(columns, 6))
    changed = await uow.tx.execute(
        f"UPDATE organization AS o SET {setting}version = version + 1 WHERE o.id = $4 AND o.version = $5 "
        f"AND {uow.visible('o', 'organization')}",
        *uow.scope, organization.id, organization.version, *columns.values(),
    )  # fmt: skip
    if not changed:
        _version_conflict()
    return organization.version + 1


async def _store_what_is_the_sellers(uow: UnitOfWork, edited: _Edited, tags: dict[BuyerTagKey, str] | None) -> None:
    edit, buyer = edited.edit, edited.organization
    if tags is not None:
        await store_buyer_tags(uow, buyer, tags)
    if not isinstance(edit.billing_day, Unset):
        values = {} if edit.billing_day is None else {"billingDay": edit.billing_day}
        clear = ("billingDay",) if edit.billing_day is None else ()
        await store_buyer_values(uow, buyer, PolicyEdit(buyer.id, values, clear), edit.reason)


def _audit(uow: UnitOfWork, edited: _Edited, columns: dict[str, object]) -> None:
    """One entry of the organization with the changed fields before and after (AUD-1)."""
    shown = [name for name in columns if not name.endswith("_folded")]
    if shown:
        organization = edited.organization
        uow.audit(
            "Organization", organization.id, organization_id=organization.id, path=organization.path,
            before={_field(name): _present(edited, name) for name in shown},
            after={_field(name): columns[name] for name in shown}, reason=edited.edit.reason,
        )  # fmt: skip


def _field(column: str) -> str:
    first, *rest = column.split("_")
    return first + "".join(word.title() for word in rest)


def _version_conflict() -> None:
    refuse("VERSION_CONFLICT", "Somebody else changed this meanwhile; read it again.", ("version",))
