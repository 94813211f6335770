"""Batches as rows: making one, finding the one that a command names, and counting its numbers (BAT-20, BAT-21)."""

from dataclasses import dataclass

from accounts.account_id import AccountRole
from core.ids import new_id
from core.refusals import refuse
from core.transaction import Row, Transaction, fetch_value
from tenants.access import (
    OrganizationFacts,
    allow,
    hold_active,
    organization_by_id,
    require_active,
    row_by_id,
)
from tenants.commands import Outcome
from tenants.names import folded, normalized
from tenants.permissions.actions import Action
from tenants.unit_of_work import UnitOfWork

MAX_NAME_LENGTH = 100
MAX_ACCOUNTS = 100_000


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A batch to be made for one customer."""

    organization_id: str
    name: str
    account_role: AccountRole


@dataclass(frozen=True, slots=True)
class BatchOfCustomer:
    """A visible batch and the customer that owns it."""

    id: str
    name: str
    account_role: AccountRole
    last_control_number: int
    customer: OrganizationFacts

    @property
    def seller_id(self) -> str:
        """The parent of the customer; a customer always has one."""
        assert self.customer.parent_id is not None
        return self.customer.parent_id


def require_customer(organization: OrganizationFacts) -> None:
    """Refused REFERENCE_INVALID: accounts and batches belong to organizations of kind CUSTOMER (BAT-1, VIS-5)."""
    if organization.kind != "CUSTOMER":
        refuse("REFERENCE_INVALID", "Accounts and batches belong to customers.", ("organizationId",))


async def create_batch(uow: UnitOfWork, order: NewBatch) -> Outcome:
    """Make an empty batch; answers `batchId`.

    Refused: NOT_FOUND, the codes of CREATE_BATCH, REFERENCE_INVALID (an organization that is no customer),
    NAME_LENGTH, ORGANIZATION_NOT_ACTIVE, BATCH_NAME_TAKEN (BAT-20)."""
    customer = await organization_by_id(uow, order.organization_id, ("organizationId",))
    allow(uow, Action.CREATE_BATCH, customer)
    require_customer(customer)
    name = _parsed_name(order.name)
    require_active(customer)
    await hold_active(uow, customer.id)
    batch_id = new_id("batch")
    made = await uow.tx.execute(
        "INSERT INTO batch (id, organization_id, path, name, name_folded, account_role, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (organization_id, name_folded) DO NOTHING",
        batch_id, customer.id, customer.path, name, folded(name), order.account_role.value, uow.now,
    )  # fmt: skip
    if not made:
        refuse("BATCH_NAME_TAKEN", "The customer has a batch of that name.", ("name",))
    after = {"name": name, "accountRole": order.account_role.value}
    uow.audit("Batch", batch_id, organization_id=customer.id, path=customer.path, after=after)
    return {"batchId": batch_id}


async def batch_by_id(uow: UnitOfWork, batch_id: str, field: tuple[str, ...] = ("batchId",)) -> BatchOfCustomer:
    """The batch, if the actor sees it. Refused: NOT_FOUND."""
    return await batch_of_row(uow, await row_by_id(uow, "batch", batch_id, field))


async def batch_of_row(uow: UnitOfWork, row: Row) -> BatchOfCustomer:
    """A row of `batch` with its customer."""
    customer = await organization_by_id(uow, row["organization_id"])
    role = AccountRole(row["account_role"])
    return BatchOfCustomer(row["id"], row["name"], role, row["last_control_number"], customer)


async def take_control_numbers(tx: Transaction, batch_id: str, count: int) -> int:
    """The first of `count` fresh control numbers, which are never given again (BAT-21).

    Refused: BATCH_TOO_LARGE when the batch would pass 100,000 accounts (BAT-22)."""
    last: int | None = await fetch_value(
        tx,
        "UPDATE batch SET last_control_number = last_control_number + $2 "
        "WHERE id = $1 AND last_control_number + $2 <= $3 RETURNING last_control_number",
        batch_id, count, MAX_ACCOUNTS,
    )  # fmt: skip
    if last is None:
        refuse("BATCH_TOO_LARGE", f"A batch has at most {MAX_ACCOUNTS} accounts.", ("batchId",), maximum=MAX_ACCOUNTS)
    return last - count + 1


def _parsed_name(text: str) -> str:
    name = normalized(text)
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        message = f"The name of a batch has 1 to {MAX_NAME_LENGTH} characters."
        refuse("NAME_LENGTH", message, ("name",), minimum=1, maximum=MAX_NAME_LENGTH)
    return name
