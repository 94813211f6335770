"""Questions whose answer lies above tenants/ in the import order: unpaid invoices, first sale, member limits.

billing/ registers an answer at import; without one an answer is that there is nothing of the kind."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from tenants.unit_of_work import UnitOfWork

Answer = TypeVar("Answer")


class Question(Generic[Answer]):
    """Asked about one organization; every registered answer is given, in the order of registration."""

    def __init__(self) -> None:
        self._answers: list[Callable[[UnitOfWork, str], Awaitable[Answer]]] = []

    def __call__(
        self, answer: Callable[[UnitOfWork, str], Awaitable[Answer]]
    ) -> Callable[[UnitOfWork, str], Awaitable[Answer]]:
        """Register, also as a decorator; registering one twice changes nothing."""
        if answer not in self._answers:
            self._answers.append(answer)
        return answer

    def forget(self, answer: Callable[[UnitOfWork, str], Awaitable[Answer]]) -> None:
        """Take back a registration (tests)."""
        self._answers.remove(answer)

    async def ask(self, uow: UnitOfWork, organization_id: str) -> list[Answer]:
        """All answers about the organization."""
        return [await answer(uow, organization_id) for answer in self._answers]


@dataclass(frozen=True, slots=True)
class PlannedMove:
    """An organization that is to get a new seller; `asks_new_seller`: whether what that one offers counts at all."""

    organization_id: str
    path: str
    currency: str
    new_seller_id: str
    asks_new_seller: bool


class MoveQuestion:
    """Asked about a planned move: how many of what stand in its way, by code (MOVE-4). It sees as the platform."""

    def __init__(self) -> None:
        self._answers: list[Callable[[UnitOfWork, PlannedMove], Awaitable[Mapping[str, int]]]] = []

    def __call__(
        self, answer: Callable[[UnitOfWork, PlannedMove], Awaitable[Mapping[str, int]]]
    ) -> Callable[[UnitOfWork, PlannedMove], Awaitable[Mapping[str, int]]]:
        """Register, also as a decorator; registering one twice changes nothing."""
        if answer not in self._answers:
            self._answers.append(answer)
        return answer

    async def ask(self, uow: UnitOfWork, move: PlannedMove) -> dict[str, int]:
        """All counts above 0; a code that two answer to is added up."""
        counts: Counter[str] = Counter()
        for answer in self._answers:
            counts.update(await answer(uow, move))
        return {code: count for code, count in counts.items() if count > 0}


obstacles_to_move = MoveQuestion()
"""What billing/ and accounts/ know against a move (MOVE-4)."""


@dataclass(frozen=True, slots=True)
class MemberLimit:
    """The most members besides the OWNER that a running plan allows, and the code when they are reached (MEM-10)."""

    most: int
    code: str
    """`USER_LIMIT_REACHED` or `STAFF_LIMIT_REACHED`."""


@dataclass(frozen=True, slots=True)
class OpenBusiness:
    """What is open between an organization and its seller; billing/ answers, as of the unit of work's now (DEL-2)."""

    pending_payments: int = 0
    open_subscriptions: int = 0
    """Neither EXPIRED nor TERMINATED."""
    running_subscriptions: int = 0
    """Neither EXPIRED, DEACTIVATED nor TERMINATED: what a deactivation forfeits (DEL-7)."""
    unbilled_charges: int = 0
    wallets_not_empty: int = 0
    balance_micros: int = 0
    """Credit above 0, debt below; what is due counts as debt."""
    currency: str | None = None


open_business: Question[OpenBusiness] = Question()
"""What stands in the way of a deletion (DEL-2, DEL-7)."""

open_move_count: Question[int] = Question()
"""Open offers to move the organization to another seller (DEL-2 `MOVE_OPEN`)."""

unpaid_due_count: Question[int] = Question()
"""What is due and not paid: invoices, renewal amounts, debts; at 0 a PAYMENT suspension lifts itself (STOP-7)."""

open_invoice_count: Question[int] = Question()
"""Invoices of the organization with more than 0 open, due or not (OWN-2 `OPEN_INVOICE`)."""

has_traded: Question[bool] = Question()
"""Whether a subscription or an invoice of the organization exists (ORG-11 `COUNTRY_LOCKED`, `TIMEZONE_LOCKED`)."""

has_invoice: Question[bool] = Question()
"""Whether an invoice of the organization exists (ORG-12 `ACTIVATION_DATE_LOCKED`)."""

released_number_count: Question[int] = Question()
"""Asked with a subscription's id: numbers of its accounts that went back into the pool (SUB-53)."""

member_limit: Question[MemberLimit | None] = Question()
"""The limit of the plan that runs, where it has one (MEM-10)."""
