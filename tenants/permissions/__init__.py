"""Who may do and read what: the permission table of section 6, VIS-8 and the decisions from them. Pure."""

from tenants.permissions.actions import Action
from tenants.permissions.decision import (
    ALLOWED,
    Decision,
    allowed_actions,
    can_act_anywhere,
    decide,
    relation_between,
    writable_areas,
)
from tenants.permissions.reading import (
    READING,
    SCOPES,
    ReadRight,
    decide_read,
    key_scope_codes,
    may_read_account_settings,
    parse_scope,
    read_right,
    support_scopes,
)
from tenants.permissions.table import PERMISSIONS, Cell, Permission
from tenants.permissions.vocabulary import (
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

__all__ = [
    "ALLOWED",
    "PERMISSIONS",
    "READING",
    "SCOPES",
    "SIGNED_IN",
    "Access",
    "Action",
    "Area",
    "Cell",
    "Condition",
    "Decision",
    "Permission",
    "Reach",
    "ReadRight",
    "Relation",
    "Role",
    "Scope",
    "Via",
    "ViaKind",
    "allowed_actions",
    "can_act_anywhere",
    "decide",
    "decide_read",
    "key_scope_codes",
    "may_read_account_settings",
    "parse_scope",
    "read_right",
    "relation_between",
    "support_scopes",
    "writable_areas",
]
