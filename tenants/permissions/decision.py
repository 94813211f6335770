"""Decides from the permission table whether an actor may act, with the code of GEN-1. Reads no database."""

from collections.abc import Collection
from dataclasses import dataclass

from core.refusals import Blocker, Refused
from tenants.permissions.actions import Action
from tenants.permissions.table import PERMISSIONS, Cell, Permission
from tenants.permissions.vocabulary import (
    REACHES_OF_RELATION,
    SIGNED_IN,
    Access,
    Area,
    Condition,
    Reach,
    Relation,
    Role,
    Scope,
    Via,
    ViaKind,
)

_MESSAGES = {
    "NOT_FOUND": "There is no such row.",
    "FORBIDDEN": "This role may not do this here.",
    "FORBIDDEN_WHILE_ACTING": "This cannot be done in a support session.",
    "SCOPE_MISSING": "The key or session has no scope for this.",
    "CONSENT_REQUIRED": "The organization manages itself: this needs its consent.",
    "CREDIT_LIMIT_NOT_EDITABLE": "Only the seller changes the credit limit and the mode of a wallet.",
    "BILLING_DATE_IMMUTABLE": "Only the seller changes the billing day.",
    "BILLING_NAME_LOCKED": "The billing name is locked; the seller changes it.",
    "CANNOT_ACT_ON_SELF": "An organization cannot do this to itself.",
    "ORGANIZATION_NOT_ACTIVE": "The organization is not active: its invoices can be read and paid, nothing else.",
}

WAYS_TO_PAY = frozenset({Action.TOP_UP})
"""What a member may do while its organization is suspended for want of payment (STOP-5)."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: allowed, or the one code of the first group of GEN-1 that fails."""

    code: str | None = None
    missing_scope: Scope | None = None
    """Of SCOPE_MISSING: what the key or session would need."""

    @property
    def is_allowed(self) -> bool:
        """Whether nothing stands in the way."""
        return self.code is None

    def enforce(self) -> None:
        """Raises Refused with the code, and in its details the scope that is missing; does nothing when allowed."""
        if self.code is not None:
            details: dict[str, object] = {} if self.missing_scope is None else {"scope": str(self.missing_scope)}
            raise Refused((Blocker(self.code, _MESSAGES[self.code], details=details),))


ALLOWED = Decision()


def decide_scope(via: Via, area: Area, access: Access) -> Decision:
    """Whether the scopes of a key or session reach that far: allowed, or `SCOPE_MISSING` with the scope's name."""
    return ALLOWED if via.covers(area, access) else Decision("SCOPE_MISSING", Scope(area, access))


def relation_between(*, is_own: bool, is_visible: bool, is_buyer: bool, is_managed_by_seller: bool) -> Relation:
    """The relation of the actor's organization to the row's, from facts about their paths and `managedBy`."""
    if is_own:
        return Relation.OWN
    if not is_visible:
        return Relation.OUTSIDE
    if not is_buyer:
        return Relation.BELOW_BUYER
    if is_managed_by_seller:
        return Relation.BUYER_MANAGED_BY_SERVICE_PROVIDER
    return Relation.BUYER_MANAGED_BY_CUSTOMER


def decide(
    action: Action, role: Role, relation: Relation, via: Via = SIGNED_IN, holding: Collection[Condition] = ()
) -> Decision:
    """Whether the role may do this to a row in that relation, by the table and in the order of GEN-1.

    `holding` are the conditions that are true here; one that a cell needs and that is not named counts as false.
    In a support session role and relation are the target's (SUP-1). Codes: `NOT_FOUND`, `FORBIDDEN_WHILE_ACTING`,
    `FORBIDDEN`, `SCOPE_MISSING`, `CONSENT_REQUIRED`, and on the own organization the table's own codes
    (`CREDIT_LIMIT_NOT_EDITABLE`, `BILLING_DATE_IMMUTABLE`, `BILLING_NAME_LOCKED`, `CANNOT_ACT_ON_SELF`).
    """
    permission = PERMISSIONS[action]
    if via.kind is ViaKind.PAY_ONLY and action not in WAYS_TO_PAY:
        return Decision("ORGANIZATION_NOT_ACTIVE")
    if relation is Relation.OUTSIDE:
        return Decision("NOT_FOUND")
    if via.kind is ViaKind.SUPPORT_SESSION and not permission.allows_support_session:
        return Decision("FORBIDDEN_WHILE_ACTING")
    if via.kind is ViaKind.API_KEY and not permission.allows_api_key:
        return Decision("FORBIDDEN")
    code = _code_of_role(permission, role, relation, holding)
    if code not in (None, "CONSENT_REQUIRED"):
        return Decision(code)
    scope = ALLOWED if via.kind is ViaKind.PAY_ONLY else decide_scope(via, permission.area, permission.access)
    return Decision(code) if scope.is_allowed else scope


def allowed_actions(
    role: Role, relation: Relation, via: Via = SIGNED_IN, holding: Collection[Condition] = ()
) -> frozenset[Action]:
    """Every action that `decide` allows: what a viewer may do with one row."""
    return frozenset(action for action in Action if decide(action, role, relation, via, holding).is_allowed)


def can_act_anywhere(action: Action, role: Role, via: Via = SIGNED_IN) -> bool:
    """Whether the role has this action for any row at all by that way in, conditions counted as true (menus)."""
    return any(decide(action, role, relation, via, tuple(Condition)).is_allowed for relation in Relation)


def writable_areas(role: Role) -> frozenset[Area]:
    """The areas in which the role has at least one action that an API key may do and that writes (KEY-1)."""
    return frozenset(
        permission.area
        for permission in PERMISSIONS.values()
        if permission.allows_api_key and permission.access is Access.WRITE and permission.cells[role].reaches
    )


def _code_of_role(permission: Permission, role: Role, relation: Relation, holding: Collection[Condition]) -> str | None:
    cell = permission.cells[role]
    if any(_is_granted(cell, reach, holding) for reach in REACHES_OF_RELATION[relation]):
        return None
    if relation is Relation.OWN and cell.reaches and Reach.OWN not in cell.reaches:
        return permission.own_code or "FORBIDDEN"
    if relation is Relation.BUYER_MANAGED_BY_CUSTOMER and Reach.MANAGED_BUYERS in cell.reaches:
        return "CONSENT_REQUIRED" if permission.is_consent_offered else "FORBIDDEN"
    is_buyer = relation in (Relation.BUYER_MANAGED_BY_CUSTOMER, Relation.BUYER_MANAGED_BY_SERVICE_PROVIDER)
    return "CONSENT_REQUIRED" if is_buyer and role in permission.consent_roles else "FORBIDDEN"


def _is_granted(cell: Cell, reach: Reach, holding: Collection[Condition]) -> bool:
    return reach in cell.reaches and (reach not in cell.conditions or cell.conditions[reach] in holding)
