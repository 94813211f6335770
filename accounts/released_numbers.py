"""Tells billing/ whether a subscription's number is gone: then it takes a new account to come back (SUB-53)."""

from core.transaction import fetch_value
from tenants.questions import released_number_count
from tenants.unit_of_work import UnitOfWork


@released_number_count
async def numbers_given_back(uow: UnitOfWork, subscription_id: str) -> int:
    """How many numbers of the subscription's accounts went back into the pool."""
    count = await fetch_value(
        uow.tx,
        "SELECT count(*) FROM number_release n JOIN account a ON a.id = n.account_id "
        f"WHERE a.subscription_id = $4 AND {uow.visible('n', 'number_release')} AND {uow.visible('a', 'account')}",
        *uow.scope, subscription_id,
    )  # fmt: skip
    return int(count)
