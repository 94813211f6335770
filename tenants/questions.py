"""Questions whose answer lies above tenants/ in the import order: unpaid invoices, first sale, member limits.

billing/ registers an answer at import; without one an answer is that there is nothing of the kind."""

from collections.abc import Awaitable, Callable
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
class MemberLimit:
    """The most members besides the OWNER that a running plan allows, and the code when they are reached (MEM-10)."""

    most: int
    code: str
    """`USER_LIMIT_REACHED` or `STAFF_LIMIT_REACHED`."""


open_invoice_count: Question[int] = Question()
"""Invoices of the organization with more than 0 open, due or not (OWN-2 `OPEN_INVOICE`)."""

has_traded: Question[bool] = Question()
"""Whether a subscription or an invoice of the organization exists (ORG-11 `COUNTRY_LOCKED`, `TIMEZONE_LOCKED`)."""

has_invoice: Question[bool] = Question()
"""Whether an invoice of the organization exists (ORG-12 `ACTIVATION_DATE_LOCKED`)."""

member_limit: Question[MemberLimit | None] = Question()
"""The limit of the plan that runs, where it has one (MEM-10)."""
