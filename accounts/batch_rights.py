"""Who may preview, retry, confirm and cancel a batch update, field by field (BAT-80, BAT-81). Pure; reads no table."""

from collections.abc import Iterable

from accounts.batch_changes import ATTRIBUTES, AttributeTable, seller_only_fields
from tenants.access import OrganizationFacts, relation_to, require_consent
from tenants.permissions.actions import Action
from tenants.permissions.decision import ALLOWED, Decision, decide, decide_scope
from tenants.permissions.table import PERMISSIONS
from tenants.permissions.vocabulary import Relation, Role, Via
from tenants.unit_of_work import UnitOfWork

_BUYER = frozenset({Relation.BUYER_MANAGED_BY_CUSTOMER, Relation.BUYER_MANAGED_BY_SERVICE_PROVIDER})
_LEADERS = frozenset({Role.OWNER, Role.ADMIN})
_IN_ORDER = ("NOT_FOUND", "FORBIDDEN_WHILE_ACTING", "FORBIDDEN", "SCOPE_MISSING", "CONSENT_REQUIRED")


def decide_update(
    action: Action,
    role: Role,
    relation: Relation,
    via: Via,
    fields: Iterable[str],
    attributes: AttributeTable = ATTRIBUTES,
) -> Decision:
    """Whether the role may do this with an update of these fields: it needs the right for each of them (BAT-80).

    The money of the seller and of distributors is moved by OWNER and ADMIN of the seller alone, whoever manages the
    customer; every other field, and a request without any, is the table's."""
    named = tuple(fields)
    money = seller_only_fields(named, attributes)
    found = [_decide_money(action, role, relation, via)] if money else []
    if not named or len(money) < len(named):
        found.append(decide(action, role, relation, via))
    refused = {each.code: each for each in found}
    return next((refused[code] for code in _IN_ORDER if code in refused), ALLOWED)


def allow_update(uow: UnitOfWork, action: Action, customer: OrganizationFacts, fields: Iterable[str]) -> None:
    """Enforce it for the actor. Refused: FORBIDDEN, SCOPE_MISSING, CONSENT_REQUIRED."""
    decide_update(action, uow.actor.role, relation_to(uow, customer), uow.actor.via, fields).enforce()
    require_consent(uow)


def _decide_money(action: Action, role: Role, relation: Relation, via: Via) -> Decision:
    if relation is Relation.OUTSIDE:
        return Decision("NOT_FOUND")
    if relation not in _BUYER or role not in _LEADERS:
        return Decision("FORBIDDEN")
    permission = PERMISSIONS[action]
    return decide_scope(via, permission.area, permission.access)
