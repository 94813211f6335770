"""How large a measured platform is: the shape of its tree by number alone, so that every row can be counted ahead."""

from dataclasses import dataclass
from math import ceil

from tenants.paths import child_path

OPERATOR = 1
RESELLERS = 10
SUB_RESELLERS_EACH = 100
SHOWN_CUSTOMERS_WANTED = 100


@dataclass(frozen=True, slots=True)
class Details:
    """Rows of each kind per organization."""

    members: int
    subscriptions: int
    payments: int


SHOWN = Details(members=3, subscriptions=4, payments=4)
"""What each organization on the measured list has, at every size: the answer must not shrink or grow with it."""
ELSEWHERE_IN_A_LARGE_ONE = Details(members=1, subscriptions=1, payments=3)
MOST_ORGANIZATIONS_FULL = 200_000


@dataclass(frozen=True, slots=True)
class Size:
    """A platform of `organizations`: an operator, 10 resellers, up to 100 sub-resellers each, customers below those.

    Organizations are numbered level by level; customers are dealt out in turn, so that those of one sub-reseller lie
    scattered in the tables, as they would after years of selling."""

    organizations: int

    def __post_init__(self) -> None:
        if self.organizations < 1 + 2 * RESELLERS + RESELLERS:
            raise ValueError("a platform to measure needs at least 31 organizations")

    @property
    def sub_resellers(self) -> int:
        """All sub-resellers together."""
        each = self.organizations // (RESELLERS * SHOWN_CUSTOMERS_WANTED)
        return RESELLERS * max(1, min(SUB_RESELLERS_EACH, each))

    @property
    def first_sub_reseller(self) -> int:
        """Its number; the resellers' numbers lie between the operator's and this one."""
        return OPERATOR + RESELLERS + 1

    @property
    def first_customer(self) -> int:
        """Its number; the customers' numbers go up to `organizations`."""
        return self.first_sub_reseller + self.sub_resellers

    @property
    def elsewhere(self) -> Details:
        """Rows per organization that is not on the measured list; fewer in a very large platform."""
        return SHOWN if self.organizations <= MOST_ORGANIZATIONS_FULL else ELSEWHERE_IN_A_LARGE_ONE

    @property
    def shown_customers(self) -> int:
        """Customers of the first sub-reseller, whose account list is measured."""
        return ceil((self.organizations - self.first_customer + 1) / self.sub_resellers)

    def parent_of(self, number: int) -> int | None:
        """The number of the seller of an organization."""
        if number == OPERATOR:
            return None
        if number < self.first_sub_reseller:
            return OPERATOR
        if number < self.first_customer:
            return OPERATOR + 1 + (number - self.first_sub_reseller) % RESELLERS
        return self.first_sub_reseller + (number - self.first_customer) % self.sub_resellers

    def path_of(self, number: int) -> str:
        """Where an organization stands in the tree."""
        parent = self.parent_of(number)
        return child_path("" if parent is None else self.path_of(parent), number)
