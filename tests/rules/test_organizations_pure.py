"""Scenarios of the organizations rule book as far as they are pure: names, rights, policies, blockers."""

import pytest

from core.refusals import Blocker, Refused
from tenants.members.ownership_rules import TransferFacts, TransferTarget, transfer_blockers
from tenants.names import TagInput, country_blockers, currency_blockers, name_blockers, read_buyer_tags
from tenants.permissions import (
    Action,
    Area,
    Condition,
    Relation,
    Role,
    Via,
    ViaKind,
    decide,
    decide_read,
    key_scope_codes,
    parse_scope,
    support_scopes,
)
from tenants.policy.policy_changes import read_policy_values
from tenants.policy.policy_resolution import Policies, PolicyLayer, policies_of, resolve
from tenants.policy_parameters import Preset

OWN = Relation.OWN
OF_CUSTOMER = Relation.BUYER_MANAGED_BY_CUSTOMER
OF_SERVICE_PROVIDER = Relation.BUYER_MANAGED_BY_SERVICE_PROVIDER
READY_MEMBER = TransferTarget(is_member_here=True, role=Role.ADMIN, is_invitation_pending=False, has_portal_access=True)


def codes(blockers: tuple[Blocker, ...]) -> list[str]:
    """The codes alone."""
    return [blocker.code for blocker in blockers]


def renew_conditions(role: Role, policies: Policies) -> list[Condition]:
    """What holds for a member of this role that renews in its own organization."""
    return [Condition.ROLE_IN_RENEW_ROLES] if role in policies.roles("renewRoles") else []


def edit_conditions(policies: Policies) -> list[Condition]:
    """What holds for an ADMIN who edits its own organization."""
    return [Condition.ADMIN_EDITS_ORGANIZATION] if policies.boolean("adminEditsOrganization") else []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a", ["NAME_LENGTH"]),
        ("ab", []),
        ("a" * 255, []),
        ("a" * 256, ["NAME_LENGTH"]),
        ("Acme, Inc. (SG) #1", []),
        ("Acme|Co", ["NAME_CHARACTERS"]),
    ],
)
def test_a_01_names_of_customers(name: str, expected: list[str]) -> None:
    assert codes(name_blockers(name)) == expected


def test_a_02_country_and_currency() -> None:
    assert codes(country_blockers("Singapore")) == ["COUNTRY_INVALID"]
    assert codes(currency_blockers("SGDX")) == ["CURRENCY_INVALID"]


def test_a_05_creating_a_buyer_is_a_right_over_the_buyer_to_be() -> None:
    # cora may create below C1 by her role (the kind of C1 forbids it), and ada not below R1a
    assert decide(Action.CREATE_BUYER, Role.OWNER, OF_CUSTOMER).is_allowed
    assert decide(Action.CREATE_BUYER, Role.OWNER, Relation.BELOW_BUYER).code == "FORBIDDEN"


def test_a_06_a_fourth_buyer_tag() -> None:
    # given three tags and a fourth
    tags = [TagInput(key, "1") for key in ("CustomerRef", "BillingRef", "TypeRef", "TypeRef")]
    assert len(read_buyer_tags(tags[:3])) == 3

    # when four are saved
    with pytest.raises(Refused) as refused:
        read_buyer_tags(tags)

    # then that alone is refused
    assert refused.value.codes == ("BUYER_TAGS_TOO_MANY",)


def test_a_07_ben_renames_c1_and_c2() -> None:
    assert decide(Action.EDIT_ORGANIZATION, Role.ADMIN, OF_CUSTOMER).code == "CONSENT_REQUIRED"
    assert decide(Action.EDIT_ORGANIZATION, Role.ADMIN, OF_SERVICE_PROVIDER).is_allowed


def test_a_08_an_admin_edits_its_organization_only_where_the_policy_lets_it() -> None:
    # given C1 under R1 with preset b3networks, or without
    b3networks, default = policies_of(Preset.B3NETWORKS), Policies()

    # then dan may not under the preset, cora may, and under the default both
    dan = decide(Action.EDIT_ORGANIZATION, Role.ADMIN, OWN, holding=edit_conditions(b3networks))
    cora = decide(Action.EDIT_ORGANIZATION, Role.OWNER, OWN, holding=edit_conditions(b3networks))
    assert (dan.code, cora.code) == ("FORBIDDEN", None)
    for role in (Role.ADMIN, Role.OWNER):
        assert decide(Action.EDIT_ORGANIZATION, role, OWN, holding=edit_conditions(default)).is_allowed


def test_a_09_the_organization_never_edits_its_billing_day() -> None:
    assert decide(Action.CHANGE_BILLING_DAY, Role.OWNER, OWN).code == "BILLING_DATE_IMMUTABLE"
    assert decide(Action.CHANGE_BILLING_DAY, Role.ADMIN, OF_CUSTOMER).is_allowed


def test_a_14_only_the_owner_switches_to_service_provider() -> None:
    assert decide(Action.SWITCH_TO_SERVICE_PROVIDER, Role.ADMIN, OF_CUSTOMER).code == "CONSENT_REQUIRED"
    assert decide(Action.SWITCH_TO_SERVICE_PROVIDER, Role.OWNER, OWN).is_allowed


def test_a_29_ada_suspends_her_own_organization_and_what_she_does_not_see() -> None:
    assert decide(Action.SUSPEND, Role.OWNER, OWN).code == "CANNOT_ACT_ON_SELF"
    assert decide(Action.SUSPEND, Role.OWNER, Relation.OUTSIDE).code == "NOT_FOUND"


@pytest.mark.parametrize(
    ("preset", "may_grant"), [(None, {"MEMBER"}), (Preset.MYOPERATOR, {"BILLING", "SUPPORT", "MEMBER"})]
)
def test_a_35_roles_that_an_admin_may_grant(preset: Preset | None, may_grant: set[str]) -> None:
    assert decide(Action.INVITE_MEMBER, Role.ADMIN, OWN).is_allowed
    assert policies_of(preset).choices("adminMayGrant") == may_grant


def test_a_40_member_support_and_billing_renew_change_plan_and_set_the_alert() -> None:
    # given members of C1 under the default policy
    answers = {
        role: [
            decide(action, role, OWN, holding=renew_conditions(role, Policies())).code
            for action in (Action.RENEW, Action.CHANGE_PLAN, Action.SET_LOW_MONEY_ALERT)
        ]
        for role in (Role.MEMBER, Role.SUPPORT, Role.BILLING)
    }

    # then only BILLING may, all three
    assert answers == {
        Role.MEMBER: ["FORBIDDEN"] * 3,
        Role.SUPPORT: ["FORBIDDEN"] * 3,
        Role.BILLING: [None] * 3,
    }


def test_a_41_renew_roles_of_the_seller_bind_the_buyers_members() -> None:
    # given R1 that leaves renewing to OWNER and ADMIN
    policies = Policies((PolicyLayer("C1"), PolicyLayer("R1", {"renewRoles": ["OWNER", "ADMIN"]}), PolicyLayer("O")))

    # then BILLING of C1 may not renew, and BILLING of R1 may
    assert decide(Action.RENEW, Role.BILLING, OWN, holding=renew_conditions(Role.BILLING, policies)).code == "FORBIDDEN"
    assert decide(Action.RENEW, Role.BILLING, OF_CUSTOMER).is_allowed


def test_a_42_what_a_member_reads() -> None:
    assert decide_read(Area.WALLETS, Role.MEMBER, OWN).code == "FORBIDDEN"
    assert decide_read(Area.ACCOUNTS, Role.MEMBER, OWN, is_own_row=True).is_allowed
    assert decide_read(Area.SUBSCRIPTIONS, Role.MEMBER, OWN, is_own_row=True).is_allowed
    assert decide_read(Area.SUBSCRIPTIONS, Role.MEMBER, OWN).code == "FORBIDDEN"


@pytest.mark.parametrize(
    ("preset", "expected"),
    [(None, ["OPEN_INVOICE", "TARGET_INVITATION_PENDING"]), (Preset.B3NETWORKS, ["TARGET_INVITATION_PENDING"])],
)
def test_a_45_an_unpaid_invoice_and_a_pending_target(preset: Preset | None, expected: list[str]) -> None:
    needs_paid = policies_of(preset).boolean("ownerTransferNeedsPaidInvoices")
    facts = TransferFacts(is_effectively_active=True, open_invoice_count=1, needs_paid_invoices=needs_paid)
    pending = TransferTarget(is_member_here=True, role=Role.ADMIN, is_invitation_pending=True, has_portal_access=True)
    assert codes(transfer_blockers(facts, pending)) == expected


def test_a_46_who_transfers_ownership() -> None:
    # dan of C1, ben for C2 (SERVICE_PROVIDER), ben for C1 (CUSTOMER)
    assert decide(Action.TRANSFER_OWNERSHIP, Role.ADMIN, OWN).code == "FORBIDDEN"
    assert decide(Action.TRANSFER_OWNERSHIP, Role.ADMIN, OF_SERVICE_PROVIDER).is_allowed
    assert decide(Action.TRANSFER_OWNERSHIP, Role.ADMIN, OF_CUSTOMER).code == "FORBIDDEN"
    facts = TransferFacts(is_effectively_active=True, open_invoice_count=0, needs_paid_invoices=True)
    assert transfer_blockers(facts, READY_MEMBER) == ()


def test_a_50_who_makes_a_demo() -> None:
    assert decide(Action.CREATE_DEMO, Role.OWNER, OWN).code == "FORBIDDEN"
    assert decide(Action.CREATE_DEMO, Role.SUPPORT, OF_CUSTOMER).is_allowed


def test_a_58_a_read_session_does_not_edit() -> None:
    via = Via(ViaKind.SUPPORT_SESSION, support_scopes())
    assert decide(Action.EDIT_ACCOUNT, Role.ADMIN, OWN, via).code == "SCOPE_MISSING"
    assert decide_read(Area.ACCOUNTS, Role.ADMIN, OWN, via).is_allowed


@pytest.mark.parametrize("action", [Action.TRANSFER_OWNERSHIP, Action.EDIT_PAYMENT_METHOD, Action.MAKE_API_KEY])
def test_a_59_never_while_acting_in_any_scope(action: Action) -> None:
    via = Via(ViaKind.SUPPORT_SESSION, support_scopes(list(Area)))
    assert decide(action, Role.OWNER, OWN, via).code == "FORBIDDEN_WHILE_ACTING"


def test_a_64_a_key_that_reads_accounts_does_not_edit_them() -> None:
    scope = parse_scope("accounts:read")
    assert scope is not None
    via = Via(ViaKind.API_KEY, frozenset({scope}))
    assert decide_read(Area.ACCOUNTS, Role.ADMIN, OWN, via).is_allowed
    assert decide(Action.EDIT_ACCOUNT, Role.ADMIN, OWN, via).code == "SCOPE_MISSING"


def test_a_65_ownership_is_no_scope_for_keys() -> None:
    scope = parse_scope("ownership:write")
    assert scope is not None
    assert key_scope_codes([scope], Role.ADMIN) == ("SCOPE_NOT_FOR_KEYS",)


def test_a_74_deeper_than_a_buyer_is_forbidden() -> None:
    assert decide(Action.EDIT_ORGANIZATION, Role.OWNER, Relation.BELOW_BUYER).code == "FORBIDDEN"


def test_a_75_policies_come_down_the_tree_and_wrong_ones_are_refused() -> None:
    # given R1 with invitationDays 10, R1a with nothing
    r1, operator = PolicyLayer("R1", {"invitationDays": 10}), PolicyLayer("O")

    # then an invitation of C3 lives 10 days
    found = resolve("invitationDays", (PolicyLayer("C3"), PolicyLayer("R1a"), r1, operator))
    assert (found.value, found.organization_id) == (10, "R1")

    # and R1's other settings are refused, each with its code
    for raw, code in (
        ({"invitationDays": "ten"}, "POLICY_VALUE_INVALID"),
        ({"lockoutAttempts": 5}, "POLICY_OPERATOR_ONLY"),
        ({"xyz": 1}, "POLICY_UNKNOWN"),
    ):
        with pytest.raises(Refused) as refused:
            read_policy_values(raw, (r1, operator))
        assert refused.value.codes == (code,)


def test_ms_39_a_buyer_sets_its_own_credit_limit() -> None:
    assert decide(Action.SET_CREDIT_LIMIT, Role.OWNER, OWN).code == "CREDIT_LIMIT_NOT_EDITABLE"
