"""The demo: one operator, four resellers that show a rule set each, their buyers, prices, subscriptions and cards.

The same every time but for ids and today's date; made by the product's own commands, in seconds."""

from core.settings import DEMO_SECRET as _DEMO_SECRET
from tenants.unit_of_work import Platform
from web.demo.people import PASSWORD, SIGN_IN_NAMES
from web.demo.scene import play

SIGN_INS: tuple[str, ...] = tuple(f"{email}  {PASSWORD}  ({who})" for email, who in SIGN_IN_NAMES)
"""What `tenantry serve` prints; production refuses a database that has these people."""


async def load(platform: Platform) -> None:
    """Fill an empty database."""
    await play(platform, _DEMO_SECRET.encode())
