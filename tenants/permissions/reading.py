"""Who reads what by role (VIS-8) as data, and the scopes of keys and sessions (KEY-1, SUP-7). Filters no rows."""

from collections.abc import Collection, Mapping
from enum import StrEnum

from tenants.permissions.actions import Action
from tenants.permissions.decision import Decision, decide, decide_scope, writable_areas
from tenants.permissions.table import PERMISSIONS
from tenants.permissions.vocabulary import SIGNED_IN, Access, Area, Relation, Role, Scope, Via, ViaKind


class ReadRight(StrEnum):
    """How much of the visible rows of an area a role reads."""

    EVERY_ROW = "EVERY_ROW"
    ALL_BUT_SETTINGS = "ALL_BUT_SETTINGS"
    """Every row, without the settings of accounts."""
    OWN_ROWS = "OWN_ROWS"
    """The own member row, sessions and accounts, and assigned subscriptions; of the audit the entries of buyers (the
    table's cell of SUPPORT). Others are left out of lists."""
    NOTHING = "NOTHING"


_MONEY_AREAS = (Area.WALLETS, Area.PAYMENTS, Area.INVOICES, Area.PRICES)
_OWN_AREAS = (Area.MEMBERS, Area.ACCOUNTS, Area.SUBSCRIPTIONS, Area.SIGNIN)


def _reads(otherwise: ReadRight, exceptions: Mapping[Area, ReadRight]) -> Mapping[Area, ReadRight]:
    return {area: exceptions.get(area, otherwise) for area in Area}


READING: Mapping[Role, Mapping[Area, ReadRight]] = {
    Role.OWNER: _reads(ReadRight.EVERY_ROW, {}),
    Role.ADMIN: _reads(ReadRight.EVERY_ROW, {}),
    Role.BILLING: _reads(
        ReadRight.EVERY_ROW, {Area.ACCOUNTS: ReadRight.ALL_BUT_SETTINGS, Area.AUDIT: ReadRight.NOTHING}
    ),
    Role.SUPPORT: _reads(
        ReadRight.EVERY_ROW, dict.fromkeys(_MONEY_AREAS, ReadRight.NOTHING) | {Area.AUDIT: ReadRight.OWN_ROWS}
    ),
    Role.MEMBER: _reads(ReadRight.NOTHING, dict.fromkeys(_OWN_AREAS, ReadRight.OWN_ROWS)),
}
"""VIS-8, role by role. How far an audit search reaches is the table's besides (SEARCH_AUDIT)."""

_DAGGERED_AREAS = frozenset(Area) - {row.area for row in PERMISSIONS.values() if row.allows_api_key}


def read_right(role: Role, area: Area) -> ReadRight:
    """How much of an area's visible rows the role reads (VIS-8)."""
    return READING[role][area]


def decide_read(
    area: Area, role: Role, relation: Relation, via: Via = SIGNED_IN, *, is_own_row: bool = False
) -> Decision:
    """Whether the role may read a row of that area: `NOT_FOUND`, `FORBIDDEN` or `SCOPE_MISSING`, in the order of GEN-1.

    `is_own_row`: the member's own row, its account or a subscription assigned to it. The settings of an account
    are asked for with `may_read_account_settings`.
    """
    if via.kind is ViaKind.PAY_ONLY and not via.covers(area, Access.READ):
        return Decision("ORGANIZATION_NOT_ACTIVE")
    if relation is Relation.OUTSIDE:
        return Decision("NOT_FOUND")
    if area is Area.AUDIT:  # VIS-8 leaves the audit to the permission table.
        return decide(Action.SEARCH_AUDIT, role, relation, via)
    right = READING[role][area]
    if right is ReadRight.NOTHING or (right is ReadRight.OWN_ROWS and not is_own_row):
        return Decision("FORBIDDEN")
    return decide_scope(via, area, Access.READ)


def may_read_account_settings(role: Role, *, is_own_account: bool) -> bool:
    """Whether the role reads the settings of an account it sees (VIS-8)."""
    right = READING[role][Area.ACCOUNTS]
    return right is ReadRight.EVERY_ROW or (right is ReadRight.OWN_ROWS and is_own_account)


def parse_scope(text: str) -> Scope | None:
    """The scope of a text such as `accounts:read`, or None when there is no such scope (KEY-1)."""
    return SCOPES.get(text)


SCOPES: Mapping[str, Scope] = {
    str(scope): scope for scope in (Scope(area, access) for area in Area for access in Access)
}
"""Every scope by its text."""


def key_scope_codes(scopes: Collection[Scope], role: Role) -> tuple[str, ...]:
    """Why a maker of this role cannot give a key these scopes, sorted, each code once (KEY-1).

    `SCOPE_NOT_FOR_KEYS` for an area that has dagger rows only, else `SCOPE_EXCEEDS_ROLE` for what the role
    itself neither reads nor writes.
    """
    return tuple(sorted({code for scope in scopes if (code := _key_scope_code(scope, role)) is not None}))


def _key_scope_code(scope: Scope, role: Role) -> str | None:
    if scope.area in _DAGGERED_AREAS:
        return "SCOPE_NOT_FOR_KEYS"
    if scope.access is Access.READ:
        return "SCOPE_EXCEEDS_ROLE" if READING[role][scope.area] is ReadRight.NOTHING else None
    return None if scope.area in writable_areas(role) else "SCOPE_EXCEEDS_ROLE"


def support_scopes(write_areas: Collection[Area] = ()) -> frozenset[Scope]:
    """The scopes of a support session: it reads every area, and writes in the areas that were consented (SUP-7)."""
    reads = {Scope(area, Access.READ) for area in Area}
    return frozenset(reads | {Scope(area, Access.WRITE) for area in write_areas})
