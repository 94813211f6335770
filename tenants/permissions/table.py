"""The permission table of section 6 as one data structure that code, tests and API read. Decides nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tenants.permissions.actions import Action
from tenants.permissions.vocabulary import Access, Area, Condition, Reach, Role


@dataclass(frozen=True, slots=True)
class Cell:
    """What one role may reach with one action, and the condition of a reach that is not granted outright."""

    reaches: frozenset[Reach] = frozenset()
    conditions: Mapping[Reach, Condition] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Permission:
    """One action's row: its area, a cell per role, and where the text above the table names another code."""

    action: Action
    area: Area
    cells: Mapping[Role, Cell]
    access: Access = Access.WRITE
    allows_api_key: bool = True
    """False where the table has a dagger: never by API key."""
    allows_support_session: bool = True
    """False where the table has a double dagger: never in a support session."""
    own_code: str | None = None
    """The code for one's own organization where the table gives the right over buyers only."""
    consent_roles: frozenset[Role] = frozenset()
    """The seller's roles that get `CONSENT_REQUIRED` on any buyer though their cell reaches none (ORG-15)."""
    is_consent_offered: bool = True
    """False where P on a buyer managed by CUSTOMER is `FORBIDDEN` instead of `CONSENT_REQUIRED` (OWN-1)."""


_Conditions = Mapping[tuple[Role, Reach], Condition]


def _cell(role: Role, letters: str, conditions: _Conditions) -> Cell:
    reaches = frozenset(Reach(letter) for letter in letters)
    return Cell(reaches, {reach: conditions[role, reach] for reach in reaches if (role, reach) in conditions})


def _row(area: Area, cells: str, *actions: Action, marks: str = "", when: _Conditions | None = None,
         access: Access = Access.WRITE, own_code: str | None = None, consent_roles: frozenset[Role] = frozenset(),
         is_consent_offered: bool = True) -> list[Permission]:  # fmt: skip
    """Permissions of the actions that share a row; `cells` are the letters for OWNER ADMIN BILLING SUPPORT MEMBER."""
    letters = ("" if cell == "-" else cell for cell in cells.split())
    by_role = {role: _cell(role, cell, when or {}) for role, cell in zip(Role, letters, strict=True)}
    return [
        Permission(action, area, by_role, access, "†" not in marks, "‡" not in marks,
                   own_code, consent_roles, is_consent_offered)
        for action in actions
    ]  # fmt: skip


_A = Action
_SELLER_LEADERS = frozenset({Role.OWNER, Role.ADMIN})
_ADMIN_EDITS = {(Role.ADMIN, Reach.OWN): Condition.ADMIN_EDITS_ORGANIZATION}
_FOR_PAYMENT = {(Role.BILLING, Reach.BUYERS): Condition.PAYMENT_SUSPENSION}
_RENEW_ROLES = {(role, Reach.OWN): Condition.ROLE_IN_RENEW_ROLES for role in (Role.OWNER, Role.ADMIN, Role.BILLING)}
_OWN_SETTINGS = {(Role.MEMBER, Reach.OWN): Condition.OWN_ACCOUNT_SETTINGS}

# Letters for OWNER ADMIN BILLING SUPPORT MEMBER: S own, B buyers, P buyers managed by SERVICE_PROVIDER, D all below.
_ROWS: list[list[Permission]] = [
    _row(Area.ORG, "SP SP - - -", _A.EDIT_ORGANIZATION, when=_ADMIN_EDITS),
    _row(Area.ORG, "B B - - -", _A.CREATE_BUYER),
    _row(Area.ORG, "B B B - -", _A.EDIT_BUYER_TAGS),
    _row(Area.ORG, "B B B - -", _A.CHANGE_COUNTRY, _A.CHANGE_TIMEZONE, _A.CHANGE_BILLING_KIND,
         _A.CORRECT_ACTIVATION_DATE, _A.CHANGE_SELLER_STATE),
    _row(Area.ORG, "B B B - -", _A.CHANGE_BILLING_DAY, own_code="BILLING_DATE_IMMUTABLE"),
    _row(Area.ORG, "B B B - -", _A.EDIT_LOCKED_BILLING_NAME, own_code="BILLING_NAME_LOCKED"),
    _row(Area.ORG, "B B - - -", _A.SWITCH_TO_CUSTOMER, marks="‡"),
    _row(Area.ORG, "S - - - -", _A.SWITCH_TO_SERVICE_PROVIDER, marks="‡", consent_roles=_SELLER_LEADERS),
    _row(Area.MOVE, "S - - - -", _A.MAKE_MOVE_TOKEN, marks="†‡"),
    _row(Area.MOVE, "B B - - -", _A.OPEN_MOVE, _A.ACCEPT_MOVE, _A.REFUSE_MOVE, marks="†‡"),
    _row(Area.MOVE, "D D - - -", _A.MOVE_DIRECT, marks="†‡"),
    _row(Area.STOP, "D D B - -", _A.SUSPEND, marks="‡", when=_FOR_PAYMENT, own_code="CANNOT_ACT_ON_SELF"),
    _row(Area.STOP, "D D B - -", _A.LIFT_SUSPENSION, _A.DELAY_SUSPENSION, marks="‡", when=_FOR_PAYMENT),
    _row(Area.STOP, "B B - - -", _A.DELETE_ORGANIZATION, _A.REVERSE_DELETION, marks="†‡"),
    _row(Area.STOP, "S - - - -", _A.DEACTIVATE_OWN_ORGANIZATION, marks="†‡"),
    _row(Area.MEMBERS, "SP SP - - -", _A.ADD_MEMBER, _A.INVITE_MEMBER, _A.EDIT_MEMBER, _A.REMOVE_MEMBER,
         _A.END_MEMBER_SESSIONS, _A.SET_CONTACT_FOR),
    _row(Area.MEMBERS, "SP - - - -", _A.CHANGE_MEMBER_ROLE, marks="†‡"),
    _row(Area.OWNERSHIP, "SP P - - -", _A.TRANSFER_OWNERSHIP, marks="†‡", is_consent_offered=False),
    _row(Area.OWNERSHIP, "B - - - -", _A.RECOVER_OWNERSHIP, marks="†‡"),
    _row(Area.DEMO, "B B - B -", _A.CREATE_DEMO),
    _row(Area.DEMO, "SP SP - - -", _A.GO_LIVE),
    _row(Area.KYC, "SP SP - - -", _A.HAND_IN_KYC),
    _row(Area.KYC, "B B - - -", _A.DECIDE_KYC),
    _row(Area.SUPPORT, "D D - D -", _A.OPEN_SUPPORT_SESSION, marks="†‡"),
    _row(Area.SUPPORT, "SP SP - - -", _A.GIVE_SUPPORT_CONSENT, _A.APPROVE_SUPPORT_SESSION,
         _A.REVOKE_SUPPORT_CONSENT, marks="†‡"),
    _row(Area.KEYS, "S S - - -", _A.MAKE_API_KEY, _A.ROTATE_API_KEY, _A.REVOKE_API_KEY, marks="†‡"),
    _row(Area.SIGNIN, "S S S S S", _A.CHANGE_OWN_PASSWORD, _A.END_OWN_SESSION, _A.CHOOSE_ORGANIZATION,
         _A.EDIT_SECOND_FACTOR, marks="†‡"),
    _row(Area.ORG, "S S - - -", _A.EDIT_IDENTITY_PROVIDER, marks="†‡"),
    _row(Area.POLICY, "SB SB - - -", _A.SET_POLICY_VALUE, _A.SET_POLICY_VALUE_FOR_BUYER, _A.APPLY_POLICY_PRESET,
         _A.SET_POLICY_BOUNDS, marks="‡"),
    _row(Area.BRAND, "S S - - -", _A.EDIT_BRAND, marks="‡"),
    _row(Area.AUDIT, "SD SD - B -", _A.SEARCH_AUDIT, access=Access.READ),
    _row(Area.CATALOGUE, "S S - - -", _A.EDIT_PRODUCT, _A.EDIT_PLAN, _A.EDIT_ADD_ON),
    _row(Area.PRICES, "SB SB SB - -", _A.EDIT_PRICE_LIST, _A.GIVE_PRICE_LIST),
    _row(Area.SUBSCRIPTIONS, "SP SP SP - -", _A.PURCHASE, _A.CHANGE_ADD_ONS, _A.EXTEND, _A.CHANGE_PLAN,
         _A.SET_AUTO_RENEW),
    _row(Area.SUBSCRIPTIONS, "SB SB SB - -", _A.RENEW, _A.RECOVER, _A.REACTIVATE, when=_RENEW_ROLES),
    _row(Area.SUBSCRIPTIONS, "B B - - -", _A.TERMINATE_SUBSCRIPTION, _A.REFUND_SUBSCRIPTION, _A.START_TRIAL,
         _A.TRANSFER_SUBSCRIPTION),
    _row(Area.SUBSCRIPTIONS, "SP SP - SP -", _A.ASSIGN_SUBSCRIPTION),
    _row(Area.NUMBERS, "SP SP - SP -", _A.RESERVE_NUMBER, _A.ASSIGN_NUMBER, _A.SWAP_NUMBER, _A.RELEASE_NUMBER),
    _row(Area.WALLETS, "SP SP SP - -", _A.TOP_UP, _A.SET_LOW_MONEY_ALERT),
    _row(Area.WALLETS, "B B B - -", _A.GIVE_MONEY, _A.TAKE_BACK_MONEY, _A.TRANSFER_MONEY, _A.CHARGE_WALLET,
         _A.CREDIT_WALLET, _A.WITHDRAW_MONEY),
    _row(Area.WALLETS, "B B B - -", _A.SET_CREDIT_LIMIT, _A.SET_WALLET_MODE, own_code="CREDIT_LIMIT_NOT_EDITABLE"),
    _row(Area.PAYMENTS, "B B B - -", _A.RECORD_PAYMENT, _A.ASSIGN_PAYMENT, _A.ALLOCATE_PAYMENT, _A.REFUND_PAYMENT),
    _row(Area.PAYMENTS, "S S S - -", _A.EDIT_PAYMENT_METHOD, marks="†‡"),
    _row(Area.INVOICES, "B B B - -", _A.ISSUE_INVOICE, _A.VOID_INVOICE, _A.ISSUE_CREDIT_NOTE),
    _row(Area.ACCOUNTS, "SP SP - SP S", _A.EDIT_ACCOUNT, when=_OWN_SETTINGS),
    _row(Area.ACCOUNTS, "SP SP - SP -", _A.CREATE_ACCOUNT, _A.BLOCK_ACCOUNT, _A.TERMINATE_ACCOUNT),
    _row(Area.BATCHES, "SP SP - SP -", _A.CREATE_BATCH, _A.GENERATE_ACCOUNTS, _A.PREVIEW_BATCH_UPDATE,
         _A.RETRY_BATCH_UPDATE, _A.UNDO_BATCH_UPDATE),
    _row(Area.BATCHES, "SP SP - - -", _A.CONFIRM_BATCH_UPDATE, _A.CANCEL_BATCH_UPDATE),
    _row(Area.SITES, "SP SP - SP -", _A.CREATE_SITE, _A.EDIT_SITE, _A.ASSIGN_SITE),
    _row(Area.DISTRIBUTORS, "B B - - -", _A.CREATE_DISTRIBUTOR, _A.ASSIGN_DISTRIBUTOR, _A.LIMIT_DISTRIBUTOR),
    _row(Area.DISTRIBUTORS, "S S - - -", _A.ACT_AS_DISTRIBUTOR),
    _row(Area.ALERTS, "SB SB SB SB -", _A.HANDLE_ALERT, _A.CLOSE_ALERT),
    _row(Area.WEBHOOKS, "S S - - -", _A.EDIT_WEBHOOK_ENDPOINT, _A.ROTATE_WEBHOOK_SECRET, _A.REPLAY_WEBHOOK, marks="‡"),
    _row(Area.REPORTS, "SD SD SD - -", _A.EXPORT_REPORT, access=Access.READ),
    _row(Area.CLOCK, "SB SB - - -", _A.ADVANCE_CLOCK),
]  # fmt: skip

PERMISSIONS: Mapping[Action, Permission] = {row.action: row for rows in _ROWS for row in rows}
"""The whole table, one row per action, in the order of the rule book."""
