"""A changed billing zone: what lies ahead follows its dates (BAT-34), through the organization's own edit."""

from datetime import date

from accounts.account_creation import NewAccount
from accounts.account_id import AccountRole
from core.calendar import start_of_day
from core.transaction import fetch_value
from tenants.organizations.organization_edit import OrganizationEdit
from tenants.organizations.organization_update import update_organization
from tenants.unit_of_work import Platform, platform_transaction
from tests.acting import do
from tests.makers import a_customer, a_reseller, an_operator
from tests.makers_accounts import a_batch


async def expiry(platform: Platform) -> int:
    async with platform_transaction(platform) as tx:
        return int(await fetch_value(tx, "SELECT expires_at FROM account"))


async def test_bat_34_an_expiration_follows_the_zone_of_the_customer(platform: Platform) -> None:
    operator = await an_operator(platform)
    reseller = await a_reseller(platform, under=operator)
    customer = await a_customer(platform, under=reseller, managed_by="SERVICE_PROVIDER")
    card = NewAccount(account_id="1212", account_role=AccountRole.PREPAID_CARD, expiration_date=date(2026, 6, 1))
    await a_batch(reseller.someone, customer, "Cards", [card])
    assert await expiry(platform) == start_of_day(date(2026, 6, 1), "Asia/Singapore")

    edit = OrganizationEdit(customer.id, 1, timezone="America/New_York")
    await do(reseller.someone, lambda uow: update_organization(uow, edit))

    assert await expiry(platform) == start_of_day(date(2026, 6, 1), "America/New_York")
