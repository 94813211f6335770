"""What a new organization is made of, and every reason why its data is not taken (ORG-4 to ORG-8). Reads no table."""

from dataclasses import dataclass

from core.clock import Instant
from core.refusals import Blockers
from tenants.input_checks import accepted, accepted_or_none, required
from tenants.names import (
    billing_number_blockers,
    country_blockers,
    currency_blockers,
    email_blockers,
    member_name_blockers,
    name_blockers,
    normalized,
    timezone_blockers,
)
from tenants.policy.policy_resolution import Policies

KINDS = ("RESELLER", "CUSTOMER")
PRICING_MODELS = ("APP", "LICENSE")
MANAGERS = ("CUSTOMER", "SERVICE_PROVIDER")


@dataclass(frozen=True, slots=True)
class NewOwner:
    """Who is to own the organization; with an e-mail an invitation goes there."""

    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """The input of `create_organization`; None is what was not given."""

    parent_id: str
    kind: str
    name: str | None
    country: str | None
    currency: str | None
    timezone: str | None
    pricing_model: str | None = None
    managed_by: str | None = None
    billing_email: str | None = None
    billing_name: str | None = None
    address: str | None = None
    city: str | None = None
    state_code: str | None = None
    owner: NewOwner = NewOwner()
    billing_number: str | None = None
    is_sandbox: bool = False
    """Whether it and all below it get a clock of their own (the operator alone may say so)."""
    sandbox_stands_at: Instant | None = None
    """Where that clock stands from the beginning; None: it ticks with the platform until it is first moved."""


@dataclass(frozen=True, slots=True)
class CheckedOrganization:
    """The same with texts normalized and defaults filled in."""

    kind: str
    name: str
    country: str
    currency: str
    timezone: str
    pricing_model: str | None
    managed_by: str
    billing_email: str | None
    billing_name: str
    is_billing_name_own: bool
    address: str | None
    city: str | None
    state_code: str | None
    owner_given_name: str
    owner_family_name: str | None
    owner_email: str | None


def checked_organization(new: NewOrganization, parent_kind: str | None, policies: Policies) -> CheckedOrganization:
    """The organization as it may be stored, or Refused with all input refusals at once.

    `parent_kind` None: it is the operator, which has no pricing model of its own. `policies` are those of an
    organization below the parent. Codes: OPERATOR_EXISTS alone; PARENT_KIND_INVALID, NAME_LENGTH, NAME_CHARACTERS,
    COUNTRY_INVALID, CURRENCY_INVALID, TIMEZONE_INVALID, MANAGED_BY_INVALID, EMAIL_INVALID, BILLING_NUMBER_INVALID,
    FIELD_REQUIRED, REFERENCE_INVALID."""
    found = Blockers()
    managed_by = new.managed_by or ("CUSTOMER" if new.kind != "CUSTOMER" else policies.choice("managedByDefault"))
    _check_kind(new, parent_kind, managed_by, found)
    name = accepted(found, new.name, ("name",), name_blockers)
    billing_name = accepted_or_none(found, new.billing_name, ("billingName",), name_blockers)
    owner_email = accepted_or_none(found, new.owner.email, ("owner", "email"), email_blockers)
    billing_email = accepted_or_none(found, new.billing_email, ("billingEmail",), email_blockers)
    given_name = accepted_or_none(found, new.owner.given_name, ("owner", "givenName"), member_name_blockers)
    family_name = accepted_or_none(found, new.owner.family_name, ("owner", "familyName"), member_name_blockers)
    accepted_or_none(found, new.billing_number, ("billingNumber",), billing_number_blockers)
    checked = CheckedOrganization(
        kind=new.kind,
        name=name,
        country=accepted(found, new.country, ("country",), country_blockers),
        currency=accepted(found, new.currency, ("currency",), currency_blockers),
        timezone=accepted(found, new.timezone, ("timezone",), timezone_blockers),
        pricing_model=_pricing_model(new, parent_kind, policies, found),
        managed_by=managed_by,
        billing_email=billing_email or owner_email,
        billing_name=billing_name or name,
        is_billing_name_own=billing_name is not None,
        address=_text(new.address),
        city=_text(new.city),
        state_code=_text(new.state_code),
        owner_given_name=given_name or name,
        owner_family_name=family_name,
        owner_email=owner_email,
    )
    if managed_by == "CUSTOMER" and parent_kind is not None:
        _require_customer_data(new, found)
    found.raise_if_any()
    return checked


def _check_kind(new: NewOrganization, parent_kind: str | None, managed_by: str, found: Blockers) -> None:
    if parent_kind is None:
        return
    if parent_kind == "CUSTOMER" or new.kind not in KINDS:
        found.add("PARENT_KIND_INVALID", "A customer has nothing below it.", ("parentId",))
    if managed_by not in MANAGERS or (new.kind != "CUSTOMER" and managed_by != "CUSTOMER"):
        found.add("MANAGED_BY_INVALID", "An operator or reseller always manages itself.", ("managedBy",))


def _pricing_model(new: NewOrganization, parent_kind: str | None, policies: Policies, found: Blockers) -> str | None:
    model = new.pricing_model or policies.choice_or_none("pricingModelDefault")
    if parent_kind is not None and model not in PRICING_MODELS:
        found.add("FIELD_REQUIRED", "The pricing model is APP or LICENSE.", ("pricingModel",))
    return model


def _require_customer_data(new: NewOrganization, found: Blockers) -> None:
    required(found, new.owner.given_name, ("owner", "givenName"))
    required(found, new.owner.family_name, ("owner", "familyName"))
    required(found, new.owner.email, ("owner", "email"))
    required(found, _text(new.address), ("address",))
    required(found, _text(new.city), ("city",))


def _text(text: str | None) -> str | None:
    return normalized(text) or None if text is not None else None
