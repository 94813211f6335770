"""The only way for a command to get at a subscription it names: visible, permitted, locked, in the version it saw."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.subscription_status import Facts, Status, status_at
from billing.timeline import FACT_COLUMNS, Subject, facts_of
from core.clock import Instant
from core.refusals import refuse
from core.transaction import Row, fetch_one
from tenants.access import OrganizationFacts, allow, not_found, organization_by_id, relation_to
from tenants.permissions import Action, Condition, Decision, decide
from tenants.policy.policy import policies_for
from tenants.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A subscription as stored; dates are the holder's local ones, `seller_id` the holder's seller when bought."""

    id: str
    organization_id: str
    path: str
    seller_id: str
    product_id: str
    plan_id: str
    product_name: str
    plan_name: str
    quantity: int
    cycle_months: int
    currency: str
    method: str
    external_number: str | None
    is_auto_renew: bool
    anchor_date: date
    start_date: date
    end_date: date
    activated_at: Instant
    renewal_failed_at: Instant | None
    settings: dict[str, Any]
    version: int
    facts: Facts

    @property
    def subject(self) -> Subject:
        """What the timeline is written from."""
        return Subject(self.id, self.organization_id, self.path, self.facts)

    def status(self, now: Instant) -> Status:
        """The status that shows at the instant (SUB-20)."""
        return status_at(self.facts, now)


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription and the organization that holds it."""

    subscription: SubscriptionRow
    holder: OrganizationFacts


_RENEWING = frozenset({Action.RENEW, Action.RECOVER, Action.REACTIVATE})
_PLAIN = (
    "id", "organization_id", "path", "seller_id", "product_id", "plan_id", "product_name", "plan_name", "quantity",
    "cycle_months", "currency", "method", "external_number", "activated_at", "renewal_failed_at", "version",
)  # fmt: skip
_DATES = ("anchor_date", "start_date", "end_date")
COLUMNS = ", ".join(f"s.{name}" for name in (*_PLAIN, *_DATES, "is_auto_renew", "settings", *FACT_COLUMNS))
"""What `subscription_row` reads, of the table under `s`."""


async def subscription_for(
    uow: UnitOfWork, action: Action, subscription_id: str, version: int | None = None, *, is_preview: bool = False
) -> Held:
    """The subscription, if the actor may do this to it; its row stays locked unless it is a preview (GEN-1, GEN-7).

    Refused: NOT_FOUND, FORBIDDEN and the other codes of the permission table, VERSION_CONFLICT (SUB-15)."""
    held = await _read(uow, subscription_id, is_locked=not is_preview)
    allow(uow, action, held.holder, await _holding(uow, action, held.holder))
    stored = held.subscription.version
    if version is not None and version != stored:
        refuse("VERSION_CONFLICT", "The subscription was changed since.", ("version",), version=stored)
    return held


async def subscription_seen(uow: UnitOfWork, action: Action, subscription_id: str) -> tuple[Held, Decision]:
    """The subscription, if the actor sees it, and whether the actor may do this to it. Refused: NOT_FOUND."""
    held = await _read(uow, subscription_id, is_locked=False)
    holding = await _holding(uow, action, held.holder)
    return held, decide(action, uow.actor.role, relation_to(uow, held.holder), uow.actor.via, holding)


async def _read(uow: UnitOfWork, subscription_id: str, *, is_locked: bool) -> Held:
    lock = " FOR NO KEY UPDATE OF s" if uow.tx.dialect == "postgres" and is_locked else ""
    row = await fetch_one(
        uow.tx,
        f"SELECT {COLUMNS} FROM subscription s WHERE s.id = $4 AND {uow.visible('s', 'subscription')}{lock}",
        *uow.scope, subscription_id,
    )  # fmt: skip
    if row is None:
        not_found(("subscriptionId",))
    holder = await organization_by_id(uow, row["organization_id"], ("subscriptionId",))
    return Held(subscription_row(row), holder)


async def _holding(uow: UnitOfWork, action: Action, holder: OrganizationFacts) -> tuple[Condition, ...]:
    """The condition under which roles of the holder renew: the seller's `renewRoles` (SUB-54)."""
    if action not in _RENEWING or holder.id != uow.actor.organization_id:
        return ()
    roles = (await policies_for(uow, holder.id)).roles("renewRoles")
    return (Condition.ROLE_IN_RENEW_ROLES,) if uow.actor.role in roles else ()


def subscription_row(row: Row) -> SubscriptionRow:
    """A row that was read with COLUMNS."""
    plain: dict[str, Any] = {name: row[name] for name in _PLAIN}
    dates: dict[str, Any] = {name: date.fromisoformat(row[name]) for name in _DATES}
    is_auto_renew = bool(row["is_auto_renew"])
    settings = json.loads(row["settings"])
    return SubscriptionRow(**plain, **dates, is_auto_renew=is_auto_renew, settings=settings, facts=facts_of(row))
