"""Blockers of a transfer of ownership, and what follows for the old OWNER (OWN-1, OWN-2)."""

from dataclasses import replace

import pytest

from core.clock import MINUTE
from core.refusals import Refused
from tenants.members.ownership_rules import (
    TransferFacts,
    TransferTarget,
    is_password_fresh,
    refuse_blocked_transfer,
    role_of_former_owner,
    transfer_blockers,
)
from tenants.permissions import Role

CLEAN = TransferFacts(is_effectively_active=True, open_invoice_count=0, needs_paid_invoices=True)
READY = TransferTarget(is_member_here=True, role=Role.ADMIN, is_invitation_pending=False, has_portal_access=True)


def codes(facts: TransferFacts, target: TransferTarget) -> list[str]:
    """The codes of the blockers."""
    return [blocker.code for blocker in transfer_blockers(facts, target)]


def test_own_2_nothing_stands_in_the_way() -> None:
    assert codes(CLEAN, READY) == []
    refuse_blocked_transfer(CLEAN, READY)


def test_own_2_all_blockers_at_once_sorted() -> None:
    # given an inactive organization with two open invoices, and its login-less OWNER as target
    facts = TransferFacts(is_effectively_active=False, open_invoice_count=2, needs_paid_invoices=True)
    target = TransferTarget(is_member_here=True, role=Role.OWNER, is_invitation_pending=True, has_portal_access=False)

    # when the transfer is tried
    with pytest.raises(Refused) as refused:
        refuse_blocked_transfer(facts, target)

    # then every blocker is named, the invoices with their count
    assert refused.value.codes == (
        "OPEN_INVOICE",
        "ORGANIZATION_NOT_ACTIVE",
        "TARGET_INVITATION_PENDING",
        "TARGET_IS_OWNER",
        "TARGET_NO_PORTAL_ACCESS",
    )
    assert refused.value.blockers[0].details == {"count": 2}


def test_own_2_invoices_count_only_where_the_policy_says_so() -> None:
    assert codes(replace(CLEAN, open_invoice_count=1), READY) == ["OPEN_INVOICE"]
    assert codes(replace(CLEAN, open_invoice_count=1, needs_paid_invoices=False), READY) == []


def test_own_2_of_another_organizations_member_nothing_else_is_told() -> None:
    stranger = TransferTarget(
        is_member_here=False, role=Role.OWNER, is_invitation_pending=True, has_portal_access=False
    )
    assert codes(CLEAN, stranger) == ["TARGET_NOT_MEMBER"]


def test_own_1_the_password_counts_for_ten_minutes() -> None:
    given_at = 1_000_000 * MINUTE
    assert is_password_fresh(given_at, given_at + 10 * MINUTE - 1)
    assert not is_password_fresh(given_at, given_at + 10 * MINUTE)
    assert not is_password_fresh(None, given_at)


def test_own_1_the_old_owner_becomes_admin_a_login_less_one_member() -> None:
    assert role_of_former_owner(has_portal_access=True) is Role.ADMIN
    assert role_of_former_owner(has_portal_access=False) is Role.MEMBER
