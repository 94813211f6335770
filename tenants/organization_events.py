"""What happens to an organization, told inside its transaction to those above in the import order.

billing/ and accounts/ register at import; tenants/ itself never names them. A hook that raises undoes the whole."""

from collections.abc import Awaitable, Callable
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
class TimezoneChanged:
    """An organization's dates are read in another time zone from now on; the row is stored already."""

    organization_id: str
    timezone: str


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """A member was removed or may no longer sign in: what was assigned to it is free again (MEM-8)."""

    organization_id: str
    path: str
    member_id: str


on_organization_created: Hooks[OrganizationCreated] = Hooks()
"""billing/ opens the Wallet between seller and new organization here (ORG-6)."""

on_clock_advanced: Hooks[ClockAdvanced] = Hooks()
"""Due work of a sandbox runs here, within the transaction that moves the clock."""

on_member_left: Hooks[MemberLeft] = Hooks()
"""billing/ and accounts/ clear assignments of subscriptions and accounts here."""

on_timezone_changed: Hooks[TimezoneChanged] = Hooks()
"""accounts/ computes the instants of its dates anew here (BAT-34)."""
