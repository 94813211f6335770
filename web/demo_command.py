"""`tenantry demo`: decides whether the demo may be loaded; what it holds stands in web/demo/."""

from importlib import import_module

from core.refusals import refuse
from core.settings import Settings
from core.transaction import fetch_value
from tenants.unit_of_work import Platform, platform_transaction
from web.start import open_platform


async def load_demo(settings: Settings, *, if_empty: bool) -> str:
    """Load the demo into an empty database and answer a sentence for the person who asked.

    Refused: DEMO_IN_PRODUCTION; DATABASE_NOT_EMPTY, unless `if_empty` says that this is fine; as `open_platform`."""
    if settings.is_production:
        refuse("DEMO_IN_PRODUCTION", "Demo data has passwords that everybody knows: production takes none.")
    async with open_platform(settings) as platform:
        if not await _is_empty(platform):
            if if_empty:
                return "The database holds data already; nothing was loaded."
            refuse("DATABASE_NOT_EMPTY", "The database holds data already; the demo needs an empty one.")
        await import_module("web.demo").load(platform)
    return "The demo is loaded."


async def _is_empty(platform: Platform) -> bool:
    async with platform_transaction(platform) as tx:
        return await fetch_value(tx, "SELECT 1 FROM organization WHERE parent_id IS NULL") is None
