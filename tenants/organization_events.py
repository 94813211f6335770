"""What happens to an organization, told inside its transaction to those above in the import order.

billing/ and accounts/ register at import; tenants/ itself never names them. A hook that raises undoes the whole."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from core.clock import Instant
from tenants.unit_of_work import UnitOfWork

Event = TypeVar("Event")


class Hooks(Generic[Event]):
    """Functions that run in the order of their registration; registering one twice changes nothing."""

    def __init__(self) -> None:
        self._hooks: list[Callable[[UnitOfWork, Event], Awaitable[None]]] = []

    def __call__(
        self, hook: Callable[[UnitOfWork, Event], Awaitable[None]]
    ) -> Callable[[UnitOfWork, Event], Awaitable[None]]:
        """Register, also as a decorator."""
        if hook not in self._hooks:
            self._hooks.append(hook)
        return hook

    def forget(self, hook: Callable[[UnitOfWork, Event], Awaitable[None]]) -> None:
        """Take back a registration (tests)."""
        self._hooks.remove(hook)

    async def tell(self, uow: UnitOfWork, event: Event) -> None:
        """Run every hook in this unit of work, one after the other."""
        for hook in self._hooks:
            await hook(uow, event)


@dataclass(frozen=True, slots=True)
class OrganizationCreated:
    """A new organization, already stored; `seller_id` is None for the operator, which has no wallet (ORG-6)."""

    organization_id: str
    path: str
    seller_id: str | None
    kind: str
    currency: str
    at: Instant


@dataclass(frozen=True, slots=True)
class ClockAdvanced:
    """A sandbox clock stands later than before: what became due in [before, now) is done by the hooks, in order."""

    clock_id: str
    organization_id: str
    path: str
    before: Instant
    now: Instant


@dataclass(frozen=True, slots=True)
class OrganizationActive:
    """Nothing stops the organization itself any more: what waited for that goes on at once (SUB-40)."""

    organization_id: str
    at: Instant


@dataclass(frozen=True, slots=True)
class TimezoneChanged:
    """An organization's dates are read in another time zone from now on; the row is stored already."""

    organization_id: str
    timezone: str


@dataclass(frozen=True, slots=True)
class ClosingConsidered:
    """Somebody is about to decide whether the organization may end: hold still what that is decided from (GEN-7)."""

    organization_id: str


@dataclass(frozen=True, slots=True)
class OrganizationErased:
    """An organization has ended for good, DELETED or DEACTIVATED_BY_USER: what is only its own goes (DEL-5)."""

    organization_id: str
    path: str
    status: str
    at: Instant


@dataclass(frozen=True, slots=True)
class DeletionBlocked:
    """The time to reverse is over and something still stands in the way: the seller should act (DEL-4)."""

    deletion_id: str
    organization_id: str
    seller_id: str
    seller_path: str
    timezone: str
    at: Instant
    counts: Mapping[str, int]
    """By code of DEL-2."""


@dataclass(frozen=True, slots=True)
class DeletionSettled:
    """A deletion was reversed or carried out: nobody has to act on it any more (ALR-2)."""

    deletion_id: str
    organization_id: str
    at: Instant


@dataclass(frozen=True, slots=True)
class OrganizationMoved:
    """An organization has a new seller; every path is rewritten already, what its old pair wrote kept its own.

    Told in the platform's sight. `path` is where it stands now, `old_path` where it stood: what holds above it has to
    be looked at again for everything within `path` (consents, support sessions, brand: MOVE-7)."""

    organization_id: str
    path: str
    old_path: str
    currency: str
    old_seller_id: str
    old_seller_path: str
    new_seller_id: str
    at: Instant


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """A member was removed or may no longer sign in: what was assigned to it is free again (MEM-8)."""

    organization_id: str
    path: str
    member_id: str


@dataclass(frozen=True, slots=True)
class KeysLeftBehind:
    """API keys go on that were made by a member who left or may no longer sign in: their prefixes by id (MEM-8)."""

    organization_id: str
    path: str
    timezone: str
    member_id: str
    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ApiKeyRevoked:
    """A key was revoked; who made it may have left before (MEM-8)."""

    organization_id: str
    maker_member_id: str
    at: Instant


on_organization_created: Hooks[OrganizationCreated] = Hooks()
"""billing/ opens the Wallet between seller and new organization here (ORG-6)."""

on_clock_advanced: Hooks[ClockAdvanced] = Hooks()
"""Due work of a sandbox runs here, within the transaction that moves the clock."""

on_organization_active: Hooks[OrganizationActive] = Hooks()
"""billing/ makes up for renewals that fell due meanwhile here."""

on_member_left: Hooks[MemberLeft] = Hooks()
"""billing/ and accounts/ clear assignments of subscriptions and accounts here."""

on_keys_left_behind: Hooks[KeysLeftBehind] = Hooks()
"""billing/ raises the Alert to OWNER and ADMINs here."""

on_api_key_revoked: Hooks[ApiKeyRevoked] = Hooks()
"""billing/ closes that Alert here, once none of the keys works any more (ALR-2)."""

on_timezone_changed: Hooks[TimezoneChanged] = Hooks()
"""accounts/ computes the instants of its dates anew here (BAT-34)."""

on_organization_moved: Hooks[OrganizationMoved] = Hooks()
"""Here billing/ closes the old Wallet and opens a new one, accounts/ takes over what is per seller, and what belongs to
organizations no longer above ends at once (MOVE-7)."""

on_closing_considered: Hooks[ClosingConsidered] = Hooks()
"""billing/ locks the organization's Wallet here, so that no purchase or payment slips in between (DEL-2)."""

on_organization_erased: Hooks[OrganizationErased] = Hooks()
"""billing/ and accounts/ erase accounts, batches, sites, assignments here; money and its documents stay (DEL-5)."""

on_deletion_blocked: Hooks[DeletionBlocked] = Hooks()
"""billing/ raises the Alert to the seller here (DEL-4)."""

on_deletion_settled: Hooks[DeletionSettled] = Hooks()
"""billing/ closes that Alert here (ALR-2)."""
