"""The only ways to get at a row that a command names: visible or NOT_FOUND, then the permission table (GEN-1)."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NoReturn

from core.refusals import FieldPath, refuse
from core.transaction import Row, fetch_one
from tenants.permissions.actions import Action
from tenants.permissions.decision import decide, relation_between
from tenants.permissions.vocabulary import Condition, Relation
from tenants.stops.stopped import is_stopped
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class OrganizationFacts:
    """What commands decide from, of one visible organization; `is_stopped`: it or one above it is not ACTIVE."""

    id: str
    path: str
    parent_id: str | None
    kind: str
    status: str
    name: str
    billing_number: str
    country: str
    currency: str
    timezone: str
    managed_by: str
    clock_id: str | None
    version: int
    is_stopped: bool


_FACTS = (
    "o.id, o.path, o.parent_id, o.kind, o.status, o.name, o.billing_number, o.country, o.currency, o.timezone, "
    "o.managed_by, o.clock_id, o.version"
)


async def organization_by_id(uow: UnitOfWork, organization_id: str, field: FieldPath = ("id",)) -> OrganizationFacts:
    """The organization, if the actor sees it. Refused: NOT_FOUND, alike for a stranger's and a missing one (VIS-3)."""
    row = await fetch_one(
        uow.tx,
        f"SELECT {_FACTS}, {is_stopped(uow.tx.dialect, 'o.id')} AS is_stopped FROM organization o "
        f"WHERE o.id = $4 AND {uow.visible('o', 'organization')}",
        *uow.scope, organization_id,
    )  # fmt: skip
    if row is None:
        not_found(field)
    return organization_facts(row)


async def row_by_id(uow: UnitOfWork, table: str, row_id: str, field: FieldPath, columns: str = "t.*") -> Row:
    """A row of a tenant's table that has an `id`, if the actor sees it. Refused: NOT_FOUND."""
    row = await fetch_one(
        uow.tx, f"SELECT {columns} FROM {table} t WHERE t.id = $4 AND {uow.visible('t', table)}", *uow.scope, row_id
    )
    if row is None:
        not_found(field)
    return row


def organization_facts(row: Row) -> OrganizationFacts:
    """The facts of a row that was read with the columns of `organization_by_id`."""
    names = OrganizationFacts.__dataclass_fields__
    values: dict[str, Any] = {name: row[name] for name in names}
    return OrganizationFacts(**values | {"is_stopped": bool(row["is_stopped"])})


def relation_to(uow: UnitOfWork, organization: OrganizationFacts) -> Relation:
    """Where a visible organization stands, seen from the actor's."""
    return relation_between(
        is_own=organization.id == uow.actor.organization_id,
        is_visible=True,
        is_buyer=organization.parent_id == uow.actor.organization_id,
        is_managed_by_seller=organization.managed_by == "SERVICE_PROVIDER",
    )


def allow(
    uow: UnitOfWork, action: Action, organization: OrganizationFacts, holding: Collection[Condition] = ()
) -> None:
    """Enforce the permission table. Refused: FORBIDDEN, SCOPE_MISSING, CONSENT_REQUIRED, FORBIDDEN_WHILE_ACTING."""
    decide(action, uow.actor.role, relation_to(uow, organization), uow.actor.via, holding).enforce()
    require_consent(uow)


def require_consent(uow: UnitOfWork) -> None:
    """Refused CONSENT_REQUIRED in a support session that nobody has approved yet (SUP-2)."""
    if uow.actor.support is not None and uow.actor.support.is_pending:
        refuse("CONSENT_REQUIRED", "Nobody has approved this support session yet.")


def require_active(organization: OrganizationFacts) -> None:
    """Refused ORGANIZATION_NOT_ACTIVE when the organization or one above it is not ACTIVE (ORG-16)."""
    if organization.is_stopped:
        refuse("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")


async def hold_active(uow: UnitOfWork, organization_id: str) -> None:
    """What begins here and a deletion of the same moment exclude each other: one waits for the other (GEN-7, DEL-2).

    Refused ORGANIZATION_NOT_ACTIVE when the organization's own status is not ACTIVE behind the lock."""
    if uow.tx.dialect == "postgres":
        row = await fetch_one(
            uow.tx,
            f"SELECT o.status FROM organization o WHERE o.id = $4 AND {uow.visible('o', 'organization')} FOR SHARE",
            *uow.scope, organization_id,
        )  # fmt: skip
        if row is None or row["status"] != "ACTIVE":
            refuse("ORGANIZATION_NOT_ACTIVE", "The organization is not active.")


def not_found(field: FieldPath | None = None) -> NoReturn:
    """Refuse NOT_FOUND: the same body for a row of a stranger and for one that does not exist (VIS-3)."""
    refuse("NOT_FOUND", "There is no such row.", field)
