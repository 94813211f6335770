"""Who may do what with a batch update, field by field, also where it moves the seller's money (BAT-80)."""

from dataclasses import replace

import pytest

from accounts.batch_changes import ATTRIBUTES, EXPIRATION_DATE, STATUS, AttributeTable, Change
from accounts.batch_effects import EFFECTS, columns_written
from accounts.batch_rights import decide_update
from tenants.permissions.actions import Action
from tenants.permissions.vocabulary import SIGNED_IN, Access, Area, Relation, Role, Scope, Via, ViaKind

WITH_CHARGE: AttributeTable = {**ATTRIBUTES, "charge": replace(EXPIRATION_DATE, field="charge", is_seller_only=True)}
OWN, OUTSIDE = Relation.OWN, Relation.OUTSIDE
MANAGED, ITSELF = Relation.BUYER_MANAGED_BY_SERVICE_PROVIDER, Relation.BUYER_MANAGED_BY_CUSTOMER
CONFIRM, PREVIEW = Action.CONFIRM_BATCH_UPDATE, Action.PREVIEW_BATCH_UPDATE
BOTH = ("status", "charge")


@pytest.mark.parametrize(
    ("action", "role", "relation", "fields", "code"),
    [
        (PREVIEW, Role.ADMIN, OWN, ("status",), None),
        (PREVIEW, Role.ADMIN, OWN, ("charge",), "FORBIDDEN"),
        (PREVIEW, Role.ADMIN, OWN, BOTH, "FORBIDDEN"),
        (PREVIEW, Role.ADMIN, MANAGED, BOTH, None),
        (PREVIEW, Role.SUPPORT, MANAGED, ("status",), None),
        (PREVIEW, Role.SUPPORT, MANAGED, ("charge",), "FORBIDDEN"),
        (PREVIEW, Role.ADMIN, ITSELF, ("status",), "CONSENT_REQUIRED"),
        (PREVIEW, Role.ADMIN, ITSELF, ("charge",), None),
        (PREVIEW, Role.ADMIN, ITSELF, BOTH, "CONSENT_REQUIRED"),
        (PREVIEW, Role.BILLING, MANAGED, (), "FORBIDDEN"),
        (CONFIRM, Role.SUPPORT, MANAGED, ("status",), "FORBIDDEN"),
        (CONFIRM, Role.OWNER, Relation.BELOW_BUYER, ("charge",), "FORBIDDEN"),
        (CONFIRM, Role.OWNER, OUTSIDE, ("charge",), "NOT_FOUND"),
    ],
)
def test_b_12_a_request_needs_the_right_for_each_field(
    action: Action, role: Role, relation: Relation, fields: tuple[str, ...], code: str | None
) -> None:
    assert decide_update(action, role, relation, SIGNED_IN, fields, WITH_CHARGE).code == code


@pytest.mark.parametrize(("access", "code"), [(Access.WRITE, None), (Access.READ, "SCOPE_MISSING")])
def test_a_key_needs_the_scope_of_batches(access: Access, code: str | None) -> None:
    key = Via(ViaKind.API_KEY, frozenset({Scope(Area.BATCHES, access)}))
    for fields in (("status",), ("charge",)):
        assert decide_update(CONFIRM, Role.ADMIN, MANAGED, key, fields, WITH_CHARGE).code == code


def test_every_attribute_has_an_effect() -> None:
    assert set(EFFECTS) == set(ATTRIBUTES)


def test_a_date_that_is_emptied_takes_its_instant_along() -> None:
    cleared = columns_written((Change(EXPIRATION_DATE, None), Change(STATUS, "UNBLOCKED")), "America/New_York")
    assert cleared == {"expiration_date": None, "expires_at": None, "is_blocked": False}
