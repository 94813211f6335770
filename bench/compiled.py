"""What Tenantry sends to PostgreSQL for the account list, taken down while it answers it a second time."""

from bench import queries
from bench.recording import RecordingDatabase, Sent
from core.clock import SystemClock
from graph.context import Context
from tenants.actor import Credentials
from tenants.unit_of_work import Platform
from web.api import build_api


async def statements_of_account_list(database_url: str, api_key: str, seller_id: str) -> list[Sent]:
    """From BEGIN to COMMIT: who asks, the scope bound, the compiled statement, whose one value is the answer's JSON."""
    database = RecordingDatabase(database_url, role="tenantry_app", pool_size=1)
    database.record = []
    await database.open()
    api = build_api()
    context = Context(Platform(database, SystemClock()), Credentials(api_key), api.statements)
    await api.schema.execute(queries.TENANTRY, {"seller": seller_id}, context)
    database.record.clear()  # the first time it did not know yet where the key stands
    result = await api.schema.execute(queries.TENANTRY, {"seller": seller_id}, context)
    await database.close()
    if result.errors:
        raise RuntimeError(f"Tenantry does not answer the account list: {result.errors}")
    return database.record
