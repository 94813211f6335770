"""The permission table cell by cell, against a transcription of section 6 made apart from the code's own layout."""

import itertools

import pytest

from tenants.permissions import (
    PERMISSIONS,
    Access,
    Action,
    Area,
    Condition,
    Permission,
    Relation,
    Role,
    Scope,
    Via,
    ViaKind,
    decide,
)

# One line per thing the rule book's table tells apart:
#   area and marks | OWNER | ADMIN | BILLING | SUPPORT | MEMBER | actions
# S own organization, B buyers, P buyers managed by SERVICE_PROVIDER, D everything below, - nowhere, ? conditional.
RULE_BOOK = """
org           | S P | S? P | -    | -   | -  | EDIT_ORGANIZATION
org           | B   | B    | -    | -   | -  | CREATE_BUYER
org           | B   | B    | B    | -   | -  | EDIT_BUYER_TAGS
org           | B   | B    | B    | -   | -  | CHANGE_COUNTRY CHANGE_TIMEZONE CHANGE_BILLING_KIND CHANGE_BILLING_DAY
org           | B   | B    | B    | -   | -  | CORRECT_ACTIVATION_DATE CHANGE_SELLER_STATE EDIT_LOCKED_BILLING_NAME
org ‡         | B   | B    | -    | -   | -  | SWITCH_TO_CUSTOMER
org ‡         | S   | -    | -    | -   | -  | SWITCH_TO_SERVICE_PROVIDER
move †‡       | S   | -    | -    | -   | -  | MAKE_MOVE_TOKEN
move †‡       | B   | B    | -    | -   | -  | OPEN_MOVE ACCEPT_MOVE REFUSE_MOVE
move †‡       | D   | D    | -    | -   | -  | MOVE_DIRECT
stop ‡        | D   | D    | B?   | -   | -  | SUSPEND LIFT_SUSPENSION DELAY_SUSPENSION
stop †‡       | B   | B    | -    | -   | -  | DELETE_ORGANIZATION REVERSE_DELETION
stop †‡       | S   | -    | -    | -   | -  | DEACTIVATE_OWN_ORGANIZATION
members       | S P | S P  | -    | -   | -  | ADD_MEMBER INVITE_MEMBER EDIT_MEMBER REMOVE_MEMBER
members       | S P | S P  | -    | -   | -  | END_MEMBER_SESSIONS SET_CONTACT_FOR
members †‡    | S P | -    | -    | -   | -  | CHANGE_MEMBER_ROLE
ownership †‡  | S P | P    | -    | -   | -  | TRANSFER_OWNERSHIP
ownership †‡  | B   | -    | -    | -   | -  | RECOVER_OWNERSHIP
demo          | B   | B    | -    | B   | -  | CREATE_DEMO
demo          | S P | S P  | -    | -   | -  | GO_LIVE
kyc           | S P | S P  | -    | -   | -  | HAND_IN_KYC
kyc           | B   | B    | -    | -   | -  | DECIDE_KYC
support †‡    | D   | D    | -    | D   | -  | OPEN_SUPPORT_SESSION
support †‡    | S P | S P  | -    | -   | -  | GIVE_SUPPORT_CONSENT APPROVE_SUPPORT_SESSION REVOKE_SUPPORT_CONSENT
keys †‡       | S   | S    | -    | -   | -  | MAKE_API_KEY ROTATE_API_KEY REVOKE_API_KEY
signin †‡     | S   | S    | S    | S   | S  | CHANGE_OWN_PASSWORD END_OWN_SESSION CHOOSE_ORGANIZATION
signin †‡     | S   | S    | S    | S   | S  | EDIT_SECOND_FACTOR
org †‡        | S   | S    | -    | -   | -  | EDIT_IDENTITY_PROVIDER
policy ‡      | S B | S B  | -    | -   | -  | SET_POLICY_VALUE SET_POLICY_VALUE_FOR_BUYER
policy ‡      | S B | S B  | -    | -   | -  | APPLY_POLICY_PRESET SET_POLICY_BOUNDS
brand ‡       | S   | S    | -    | -   | -  | EDIT_BRAND
audit         | S D | S D  | -    | B   | -  | SEARCH_AUDIT
catalogue     | S   | S    | -    | -   | -  | EDIT_PRODUCT EDIT_PLAN EDIT_ADD_ON
prices        | S B | S B  | S B  | -   | -  | EDIT_PRICE_LIST GIVE_PRICE_LIST
subscriptions | S P | S P  | S P  | -   | -  | PURCHASE CHANGE_ADD_ONS EXTEND CHANGE_PLAN SET_AUTO_RENEW
subscriptions | S? B| S? B | S? B | -   | -  | RENEW RECOVER REACTIVATE
subscriptions | B   | B    | -    | -   | -  | TERMINATE_SUBSCRIPTION REFUND_SUBSCRIPTION START_TRIAL
subscriptions | B   | B    | -    | -   | -  | TRANSFER_SUBSCRIPTION
subscriptions | S P | S P  | -    | S P | -  | ASSIGN_SUBSCRIPTION
numbers       | S P | S P  | -    | S P | -  | RESERVE_NUMBER ASSIGN_NUMBER SWAP_NUMBER RELEASE_NUMBER
wallets       | S P | S P  | S P  | -   | -  | TOP_UP SET_LOW_MONEY_ALERT
wallets       | B   | B    | B    | -   | -  | GIVE_MONEY TAKE_BACK_MONEY TRANSFER_MONEY CHARGE_WALLET CREDIT_WALLET
wallets       | B   | B    | B    | -   | -  | WITHDRAW_MONEY SET_CREDIT_LIMIT SET_WALLET_MODE
payments      | B   | B    | B    | -   | -  | RECORD_PAYMENT ASSIGN_PAYMENT ALLOCATE_PAYMENT REFUND_PAYMENT
payments †‡   | S   | S    | S    | -   | -  | EDIT_PAYMENT_METHOD
invoices      | B   | B    | B    | -   | -  | ISSUE_INVOICE VOID_INVOICE ISSUE_CREDIT_NOTE
accounts      | S P | S P  | -    | S P | S? | EDIT_ACCOUNT
accounts      | S P | S P  | -    | S P | -  | CREATE_ACCOUNT BLOCK_ACCOUNT TERMINATE_ACCOUNT
batches       | S P | S P  | -    | S P | -  | CREATE_BATCH PREVIEW_BATCH_UPDATE
batches       | S P | S P  | -    | S P | -  | GENERATE_ACCOUNTS RETRY_BATCH_UPDATE UNDO_BATCH_UPDATE
batches       | S P | S P  | -    | -   | -  | CONFIRM_BATCH_UPDATE CANCEL_BATCH_UPDATE
sites         | S P | S P  | -    | S P | -  | CREATE_SITE EDIT_SITE ASSIGN_SITE
distributors  | B   | B    | -    | -   | -  | CREATE_DISTRIBUTOR ASSIGN_DISTRIBUTOR LIMIT_DISTRIBUTOR
distributors  | S   | S    | -    | -   | -  | ACT_AS_DISTRIBUTOR
alerts        | S B | S B  | S B  | S B | -  | HANDLE_ALERT CLOSE_ALERT
webhooks ‡    | S   | S    | -    | -   | -  | EDIT_WEBHOOK_ENDPOINT ROTATE_WEBHOOK_SECRET REPLAY_WEBHOOK
reports       | S D | S D  | S D  | -   | -  | EXPORT_REPORT
clock         | S B | S B  | -    | -   | -  | ADVANCE_CLOCK
"""

CONDITIONS = {
    "EDIT_ORGANIZATION": Condition.ADMIN_EDITS_ORGANIZATION,
    "SUSPEND": Condition.PAYMENT_SUSPENSION,
    "LIFT_SUSPENSION": Condition.PAYMENT_SUSPENSION,
    "DELAY_SUSPENSION": Condition.PAYMENT_SUSPENSION,
    "RENEW": Condition.ROLE_IN_RENEW_ROLES,
    "RECOVER": Condition.ROLE_IN_RENEW_ROLES,
    "REACTIVATE": Condition.ROLE_IN_RENEW_ROLES,
    "EDIT_ACCOUNT": Condition.OWN_ACCOUNT_SETTINGS,
}

ROLE_NAMES = ("OWNER", "ADMIN", "BILLING", "SUPPORT", "MEMBER")

# (area, marks, letters of the five roles) of each action.
TRANSCRIBED: dict[str, tuple[str, str, dict[str, str]]] = {}
for line in RULE_BOOK.strip().splitlines():
    head, *cells, actions = (part.strip() for part in line.split("|"))
    area, _, marks = head.partition(" ")
    for action in actions.split():
        assert action not in TRANSCRIBED
        TRANSCRIBED[action] = (area, marks, dict(zip(ROLE_NAMES, cells, strict=True)))

COVERED_BY = {
    Relation.OWN: "S",
    Relation.BUYER_MANAGED_BY_CUSTOMER: "BD",
    Relation.BUYER_MANAGED_BY_SERVICE_PROVIDER: "BPD",
    Relation.BELOW_BUYER: "D",
    Relation.OUTSIDE: "",
}
EVERYTHING = frozenset(Scope(area, access) for area in Area for access in Access)
OWN_CODES = {
    "CHANGE_BILLING_DAY": "BILLING_DATE_IMMUTABLE",
    "EDIT_LOCKED_BILLING_NAME": "BILLING_NAME_LOCKED",
    "SUSPEND": "CANNOT_ACT_ON_SELF",
    "SET_CREDIT_LIMIT": "CREDIT_LIMIT_NOT_EDITABLE",
    "SET_WALLET_MODE": "CREDIT_LIMIT_NOT_EDITABLE",
}


def expected_code(action: Action, role: Role, relation: Relation, *, is_condition_true: bool) -> str | None:
    """The text above the table, said once more without the code's data."""
    letters = TRANSCRIBED[action.value][2][role.value]
    if relation is Relation.OUTSIDE:
        return "NOT_FOUND"
    for letter in COVERED_BY[relation]:
        if letter in letters and (is_condition_true or f"{letter}?" not in letters):
            return None
    if action.value in OWN_CODES and relation is Relation.OWN and letters != "-":
        return OWN_CODES[action.value]
    if relation is Relation.BUYER_MANAGED_BY_CUSTOMER and "P" in letters:
        return "FORBIDDEN" if action is Action.TRANSFER_OWNERSHIP else "CONSENT_REQUIRED"
    is_seller_switching = action is Action.SWITCH_TO_SERVICE_PROVIDER and role in (Role.OWNER, Role.ADMIN)
    if is_seller_switching and "BUYER_MANAGED" in relation.value:
        return "CONSENT_REQUIRED"
    return "FORBIDDEN"


def test_every_action_stands_in_the_table_once() -> None:
    assert {action.value for action in Action} == TRANSCRIBED.keys()
    assert set(PERMISSIONS) == set(Action)
    assert {permission.area for permission in PERMISSIONS.values()} == set(Area)
    assert len(Area) == 28


@pytest.mark.parametrize("permission", PERMISSIONS.values(), ids=lambda permission: permission.action.value)
def test_a_row_has_the_area_marks_and_cells_of_the_rule_book(permission: Permission) -> None:
    # given the transcribed row
    area, marks, cells = TRANSCRIBED[permission.action.value]

    # then area and marks agree
    assert permission.area.value == area
    assert permission.allows_api_key is ("†" not in marks)
    assert permission.allows_support_session is ("‡" not in marks)

    # and every cell has the same letters and the same condition
    for role in Role:
        letters = cells[role.value].replace(" ", "").replace("-", "")
        assert {reach.value for reach in permission.cells[role].reaches} == set(letters) - {"?"}
        under = {reach.value: condition for reach, condition in permission.cells[role].conditions.items()}
        marked = {letters[index - 1] for index, letter in enumerate(letters) if letter == "?"}
        assert under == dict.fromkeys(marked, CONDITIONS.get(permission.action.value))


def test_only_the_audit_and_the_exports_read() -> None:
    reading = {permission.action for permission in PERMISSIONS.values() if permission.access is Access.READ}
    assert reading == {Action.SEARCH_AUDIT, Action.EXPORT_REPORT}


@pytest.mark.parametrize("action", Action)
def test_decide_answers_every_cell_and_relation_as_the_text_says(action: Action) -> None:
    for role, relation, is_true in itertools.product(Role, Relation, (True, False)):
        # given a signed-in member, and every condition true or none
        holding = tuple(Condition) if is_true else ()

        # when it asks
        decision = decide(action, role, relation, holding=holding)

        # then the answer is the text's
        expected = expected_code(action, role, relation, is_condition_true=is_true)
        assert (decision.code, decision.is_allowed) == (expected, expected is None), (role, relation, is_true)


@pytest.mark.parametrize("action", Action)
def test_marks_bar_keys_and_support_sessions_whatever_their_scopes(action: Action) -> None:
    _, marks, _ = TRANSCRIBED[action.value]
    for role, relation in itertools.product(Role, Relation):
        signed_in = decide(action, role, relation, holding=tuple(Condition)).code
        by_key = decide(action, role, relation, Via(ViaKind.API_KEY, EVERYTHING), tuple(Condition)).code
        in_support = decide(action, role, relation, Via(ViaKind.SUPPORT_SESSION, EVERYTHING), tuple(Condition)).code
        if relation is Relation.OUTSIDE:
            assert (by_key, in_support) == ("NOT_FOUND", "NOT_FOUND")
            continue
        assert by_key == ("FORBIDDEN" if "†" in marks else signed_in)
        assert in_support == ("FORBIDDEN_WHILE_ACTING" if "‡" in marks else signed_in)


@pytest.mark.parametrize("action", Action)
def test_without_the_scope_what_the_role_may_do_is_scope_missing(action: Action) -> None:
    # given scopes for everything but the action's own area
    area, marks, _ = TRANSCRIBED[action.value]
    scopes = frozenset(scope for scope in EVERYTHING if scope.area.value != area)

    for role, relation in itertools.product(Role, Relation):
        signed_in = decide(action, role, relation, holding=tuple(Condition)).code
        by_key = decide(action, role, relation, Via(ViaKind.API_KEY, scopes), tuple(Condition)).code

        # then the scope is asked for after the role and before the consent (GEN-1)
        if "†" not in marks and signed_in in (None, "CONSENT_REQUIRED"):
            assert by_key == "SCOPE_MISSING"
        else:
            assert by_key == ("NOT_FOUND" if relation is Relation.OUTSIDE else by_key)
            assert by_key in ("NOT_FOUND", "FORBIDDEN", OWN_CODES.get(action.value))
