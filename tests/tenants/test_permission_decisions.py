"""Decisions beside the table's cells: relations, refusals, reading rights (VIS-8), scopes (KEY-1, SUP-7)."""

import pytest

from core.refusals import Refused
from tenants.permissions import (
    ALLOWED,
    READING,
    SIGNED_IN,
    Access,
    Action,
    Area,
    Condition,
    ReadRight,
    Relation,
    Role,
    Scope,
    Via,
    ViaKind,
    allowed_actions,
    can_act_anywhere,
    decide,
    decide_read,
    key_scope_codes,
    may_read_account_settings,
    parse_scope,
    read_right,
    relation_between,
    support_scopes,
    writable_areas,
)
from tenants.permissions.decision import _MESSAGES
from tenants.permissions.table import PERMISSIONS


def a_key(*scopes: str) -> Via:
    """An API key with these scopes."""
    return Via(ViaKind.API_KEY, frozenset(scope for text in scopes if (scope := parse_scope(text)) is not None))


@pytest.mark.parametrize(
    ("is_own", "is_visible", "is_buyer", "is_managed", "relation"),
    [
        (True, True, False, False, Relation.OWN),
        (False, False, False, True, Relation.OUTSIDE),
        (False, True, False, True, Relation.BELOW_BUYER),
        (False, True, True, True, Relation.BUYER_MANAGED_BY_SERVICE_PROVIDER),
        (False, True, True, False, Relation.BUYER_MANAGED_BY_CUSTOMER),
    ],
)
def test_the_relation_follows_from_path_and_managed_by(
    is_own: bool, is_visible: bool, is_buyer: bool, is_managed: bool, relation: Relation
) -> None:
    found = relation_between(is_own=is_own, is_visible=is_visible, is_buyer=is_buyer, is_managed_by_seller=is_managed)
    assert found is relation


def test_enforce_raises_the_one_code_or_nothing() -> None:
    # given an answer that is yes
    ALLOWED.enforce()

    # when the answer is no
    with pytest.raises(Refused) as refused:
        decide(Action.PURCHASE, Role.SUPPORT, Relation.OWN).enforce()

    # then it is refused with its code
    assert refused.value.codes == ("FORBIDDEN",)


def test_every_code_of_the_table_has_a_message() -> None:
    own_codes = {permission.own_code for permission in PERMISSIONS.values()} - {None}
    assert own_codes < set(_MESSAGES)


def test_allowed_actions_are_those_that_decide_allows() -> None:
    # given a BILLING member without any condition
    actions = allowed_actions(Role.BILLING, Relation.OWN)

    # then renewing waits for renewRoles, and nothing of a buyer's row is among them
    assert Action.PURCHASE in actions
    assert Action.RENEW not in actions
    assert Action.RENEW in allowed_actions(Role.BILLING, Relation.OWN, holding=[Condition.ROLE_IN_RENEW_ROLES])
    assert Action.RECORD_PAYMENT not in actions
    assert allowed_actions(Role.OWNER, Relation.OUTSIDE) == frozenset()


def test_menus_count_conditions_as_true() -> None:
    assert can_act_anywhere(Action.EDIT_ACCOUNT, Role.MEMBER)
    assert can_act_anywhere(Action.SUSPEND, Role.BILLING)
    assert not can_act_anywhere(Action.PURCHASE, Role.MEMBER)


# VIS-8 said once more: what a role does not read whole.
READING_EXCEPTIONS = {
    "OWNER": {},
    "ADMIN": {},
    "BILLING": {"accounts": "ALL_BUT_SETTINGS", "audit": "NOTHING"},
    "SUPPORT": dict.fromkeys(("wallets", "payments", "invoices", "prices"), "NOTHING") | {"audit": "OWN_ROWS"},
}
MEMBER_READS = {"members", "accounts", "subscriptions", "signin"}


def test_vis_8_every_role_and_area() -> None:
    for role in (Role.OWNER, Role.ADMIN, Role.BILLING, Role.SUPPORT):
        for area in Area:
            expected = READING_EXCEPTIONS[role.value].get(area.value, "EVERY_ROW")
            assert READING[role][area].value == expected, (role, area)
    for area in Area:
        assert read_right(Role.MEMBER, area).value == ("OWN_ROWS" if area.value in MEMBER_READS else "NOTHING")


@pytest.mark.parametrize(
    ("role", "is_own_account", "may_read"),
    [
        (Role.OWNER, False, True),
        (Role.ADMIN, False, True),
        (Role.SUPPORT, False, True),
        (Role.BILLING, False, False),
        (Role.BILLING, True, False),
        (Role.MEMBER, True, True),
        (Role.MEMBER, False, False),
    ],
)
def test_vis_8_account_settings(role: Role, is_own_account: bool, may_read: bool) -> None:
    assert may_read_account_settings(role, is_own_account=is_own_account) is may_read


def test_reading_checks_visibility_then_role_then_scope() -> None:
    # given a key for accounts only
    via = a_key("accounts:read")

    # then the groups of GEN-1 come in their order
    assert decide_read(Area.WALLETS, Role.SUPPORT, Relation.OUTSIDE, via).code == "NOT_FOUND"
    assert decide_read(Area.WALLETS, Role.SUPPORT, Relation.OWN, via).code == "FORBIDDEN"
    assert decide_read(Area.WALLETS, Role.ADMIN, Relation.OWN, via).code == "SCOPE_MISSING"
    assert decide_read(Area.ACCOUNTS, Role.ADMIN, Relation.BELOW_BUYER, via) == ALLOWED
    assert decide_read(Area.ACCOUNTS, Role.ADMIN, Relation.OWN, a_key("accounts:write")) == ALLOWED


def test_the_audit_is_read_as_the_table_says() -> None:
    # the OWNER everywhere below, SUPPORT its buyers only, BILLING nowhere
    assert decide_read(Area.AUDIT, Role.OWNER, Relation.BELOW_BUYER).is_allowed
    assert decide_read(Area.AUDIT, Role.SUPPORT, Relation.BUYER_MANAGED_BY_CUSTOMER).is_allowed
    assert decide_read(Area.AUDIT, Role.SUPPORT, Relation.OWN).code == "FORBIDDEN"
    assert decide_read(Area.AUDIT, Role.BILLING, Relation.OWN).code == "FORBIDDEN"
    assert decide_read(Area.AUDIT, Role.ADMIN, Relation.OWN, a_key("org:read")).code == "SCOPE_MISSING"


def test_scopes_have_a_text_and_unknown_ones_none() -> None:
    assert str(Scope(Area.ACCOUNTS, Access.READ)) == "accounts:read"
    assert parse_scope("wallets:write") == Scope(Area.WALLETS, Access.WRITE)
    assert parse_scope("accounts:delete") is None
    assert SIGNED_IN.covers(Area.KEYS, Access.WRITE)


@pytest.mark.parametrize("area", ["move", "ownership", "support", "keys", "signin"])
@pytest.mark.parametrize("access", ["read", "write"])
def test_key_1_an_area_with_dagger_rows_only_is_not_for_keys(area: str, access: str) -> None:
    scope = parse_scope(f"{area}:{access}")
    assert scope is not None
    assert key_scope_codes([scope], Role.OWNER) == ("SCOPE_NOT_FOR_KEYS",)


def test_key_1_no_more_than_the_makers_role() -> None:
    # given every other scope
    daggered = {"move", "ownership", "support", "keys", "signin"}
    others = [Scope(area, access) for area in Area for access in Access if area.value not in daggered]

    # then an OWNER may give all but to write what only reads
    refused = [str(scope) for scope in others if key_scope_codes([scope], Role.OWNER)]
    assert refused == ["audit:write", "reports:write"]

    # and a BILLING member neither reads the audit nor writes accounts
    assert key_scope_codes([Scope(Area.AUDIT, Access.READ)], Role.BILLING) == ("SCOPE_EXCEEDS_ROLE",)
    assert key_scope_codes([Scope(Area.ACCOUNTS, Access.WRITE)], Role.BILLING) == ("SCOPE_EXCEEDS_ROLE",)
    assert key_scope_codes([Scope(Area.ACCOUNTS, Access.READ)], Role.BILLING) == ()
    assert writable_areas(Role.MEMBER) == {Area.ACCOUNTS}

    # and both codes are named at once
    both = [Scope(Area.KEYS, Access.READ), Scope(Area.CLOCK, Access.WRITE)]
    assert key_scope_codes(both, Role.SUPPORT) == ("SCOPE_EXCEEDS_ROLE", "SCOPE_NOT_FOR_KEYS")


def test_sup_7_a_support_session_reads_all_and_writes_where_it_was_consented() -> None:
    # given a session with WRITE in accounts
    via = Via(ViaKind.SUPPORT_SESSION, support_scopes([Area.ACCOUNTS]))

    # then ADMIN of the target edits an account, and elsewhere only reads
    assert decide(Action.EDIT_ACCOUNT, Role.ADMIN, Relation.OWN, via).is_allowed
    assert decide(Action.TOP_UP, Role.ADMIN, Relation.OWN, via).code == "SCOPE_MISSING"
    assert decide_read(Area.WALLETS, Role.ADMIN, Relation.OWN, via).is_allowed
    assert decide(Action.EXPORT_REPORT, Role.ADMIN, Relation.OWN, via).is_allowed
    assert decide(Action.SUSPEND, Role.ADMIN, Relation.BELOW_BUYER, via).code == "FORBIDDEN_WHILE_ACTING"
    assert decide(
        Action.EDIT_ACCOUNT, Role.ADMIN, Relation.OWN, Via(ViaKind.SUPPORT_SESSION, support_scopes())
    ).code == ("SCOPE_MISSING")


def test_member_reads_its_own_rows_only() -> None:
    assert read_right(Role.MEMBER, Area.SUBSCRIPTIONS) is ReadRight.OWN_ROWS
    assert decide_read(Area.SUBSCRIPTIONS, Role.MEMBER, Relation.OWN, is_own_row=True).is_allowed
    assert decide_read(Area.SUBSCRIPTIONS, Role.MEMBER, Relation.OWN).code == "FORBIDDEN"
