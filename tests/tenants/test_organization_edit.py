"""Which of several refused rights is told (GEN-1), and what an edit that names present values is: no change."""

from tenants.organizations.organization_edit import OrganizationEdit, first_refusal
from tenants.permissions import Decision


def test_gen_1_the_first_group_is_told() -> None:
    consent, scope, role = Decision("CONSENT_REQUIRED"), Decision("SCOPE_MISSING"), Decision("FORBIDDEN")
    acting, allowed = Decision("FORBIDDEN_WHILE_ACTING"), Decision()
    assert first_refusal([consent, allowed, scope, role, acting]) == acting
    assert first_refusal([consent, scope, role]) == role
    assert first_refusal([consent, Decision("BILLING_DATE_IMMUTABLE"), scope]) == Decision("BILLING_DATE_IMMUTABLE")
    assert first_refusal([consent, scope]) == scope
    assert first_refusal([allowed]) is None


def test_null_is_sent_and_left_out_is_not() -> None:
    assert OrganizationEdit("org_1", 1).given() == frozenset()
    assert OrganizationEdit("org_1", 1, name=None, city="x", reason="y").given() == {"name", "city"}
