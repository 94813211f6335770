"""Purchases through three reseller levels by the domain's own command, against the same statements bare.

Eight chains that share nothing but the operator, one purchase at a time on each, all in one process."""

import asyncio
import time
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

import asyncpg

from bench.bare_replay import bare_pool, replay
from bench.data import api_key_of, make_key
from bench.generated_ids import generated_id
from bench.options import Options
from bench.postgres import filled_database, set_durable
from bench.recording import RecordingDatabase, Sent, made_ids, with_new_ids
from bench.results import Result
from bench.size import OPERATOR, Size
from billing.purchase import PurchaseOrder, purchase_subscription
from billing.quote_id import QuoteSigner
from core.clock import SystemClock
from core.database import Database
from core.ids import new_id
from tenants.actor import Credentials
from tenants.commands import Command, Outcome, run_command
from tenants.unit_of_work import Platform, UnitOfWork

NOTE = (
    "customer, sub-reseller, reseller, operator: three wallets charged per purchase. `asyncpg` sends the recorded "
    "statements of such purchases, with fresh ids prepared ahead, from the same process and pool size; sign-in, "
    "idempotency key, audit entry and outbox message are among them. Durable: a commit waits for the disk, as in "
    "production. The ratio is the worse of the two settings."
)
SIZE = Size(1_000)
CHAINS = 8
SIGNER = QuoteSigner(b"bench")
PRICE_LIST = """
INSERT INTO price_list (id, organization_id, path, name, currency, is_default, created_at)
SELECT $1, o.id, o.path, 'Bench', 'USD', true, 0 FROM organization o WHERE o.number = $2
"""
PRICE = """
INSERT INTO price (id, organization_id, path, price_list_id, item_id, cycle_months, amount_micros, valid_from_date,
    created_at)
SELECT $1, l.organization_id, l.path, l.id, $2, 1, $3, '2024-01-01', 0 FROM price_list l WHERE l.id = $4
"""
ENOUGH_MICROS = 10**15


@dataclass(frozen=True, slots=True)
class Chain:
    """A sub-reseller that buys for one of its customers."""

    credentials: Credentials
    customer_id: str


async def purchase(server_url: str, options: Options) -> Result:
    """Key `purchase.vs_asyncpg`: purchases per second over those of the same statements sent bare."""
    rows: list[dict[str, object]] = []
    ratios: list[float] = []
    async with filled_database(server_url, SIZE) as url:
        await _prepare(url)
        for is_durable in (False, True):
            await set_durable(server_url, is_durable)
            ours, bare = await _rounds(url, options)
            ratios.append(median(a / b for a, b in zip(ours, bare, strict=True)))
            rows += [_row("tenantry", is_durable, ours), _row("asyncpg", is_durable, bare)]
        await set_durable(server_url, False)
        await _check(url)
    return Result("Purchase through three levels", {"purchase.vs_asyncpg": min(ratios)}, rows, NOTE)


def _row(who: str, is_durable: bool, per_second: Sequence[float]) -> dict[str, object]:
    return {"who": who, "durable": "yes" if is_durable else "no", "purchases/s": round(median(per_second), 1)}


async def _rounds(url: str, options: Options) -> tuple[list[float], list[float]]:
    chains = [_chain(place) for place in range(CHAINS)]
    recordings = [await _recorded(url, chain) for chain in chains]
    each = options.purchases // CHAINS
    ours: list[float] = []
    bare: list[float] = []
    database = Database(url, role="tenantry_app", pool_size=CHAINS)
    await database.open()
    platform = Platform(database, SystemClock())
    async with bare_pool(url, CHAINS) as pool:
        for _ in range(options.rounds):
            ours.append(await _per_second([_buying(platform, chain, each) for chain in chains]))
            copies = [[with_new_ids(*recording) for _ in range(each)] for recording in recordings]
            bare.append(await _per_second([_replaying(pool, prepared) for prepared in copies]))
    await database.close()
    return ours, bare


async def buy(platform: Platform, chain: Chain) -> Outcome:
    """One purchase, as the mutation would make it but for its payload."""
    order = PurchaseOrder(chain.customer_id, generated_id("plan", 1), quantity=2)
    values = {"organizationId": order.organization_id, "planId": order.plan_id, "quantity": order.quantity}
    command = Command("purchaseSubscription", values, new_id("bench"))

    async def act(uow: UnitOfWork) -> Outcome:
        return await purchase_subscription(uow, order, SIGNER)

    async def answer(uow: UnitOfWork, outcome: Outcome, replayed: bool) -> Outcome:
        return outcome

    return await run_command(platform, chain.credentials, command, act, answer)


async def _buying(platform: Platform, chain: Chain, times: int) -> int:
    for _ in range(times):
        await buy(platform, chain)
    return times


async def _replaying(pool: asyncpg.Pool, prepared: Sequence[Sequence[Sent]]) -> int:
    for statements in prepared:
        await replay(pool, statements)
    return len(prepared)


async def _per_second(chains: Iterable[Coroutine[None, None, int]]) -> float:
    """All chains at once; each answers how many purchases it made."""
    started = time.perf_counter()
    made = sum(await asyncio.gather(*chains))
    return made / (time.perf_counter() - started)


async def _recorded(url: str, chain: Chain) -> tuple[list[Sent], frozenset[str]]:
    """The statements of a purchase on the chain, and the ids it made."""
    database = RecordingDatabase(url, role="tenantry_app", pool_size=1)
    await database.open()
    records: list[list[Sent]] = []
    for _ in range(2):
        database.record = []
        await buy(Platform(database, SystemClock()), chain)
        records.append(database.record)
    await database.close()
    return records[0], made_ids(*records)


def _chain(place: int) -> Chain:
    seller = SIZE.first_sub_reseller + place
    return Chain(Credentials(api_key_of(seller)), generated_id("org", SIZE.first_customer + place))


async def _prepare(url: str) -> None:
    """Prices at every level, credit for every wallet, a key for every sub-reseller."""
    connection = await asyncpg.connect(url)
    try:
        for number in range(OPERATOR, SIZE.first_customer):
            list_id = generated_id("plist", number)
            await connection.execute(PRICE_LIST, list_id, number)
            micros = 10_000_000 + number * 1_000_000
            await connection.execute(PRICE, generated_id("price", number), generated_id("plan", 1), micros, list_id)
        for number in range(SIZE.first_sub_reseller + 1, SIZE.first_sub_reseller + CHAINS):
            await make_key(connection, number)
        await connection.execute("UPDATE wallet SET credit_limit_micros = $1", ENOUGH_MICROS)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _check(url: str) -> None:
    """What was measured must have happened: three charges per subscription, and a ledger that sums to zero."""
    connection = await asyncpg.connect(url)
    try:
        made = await connection.fetchval("SELECT count(*) FROM segment")
        charged = await connection.fetchval("SELECT count(*) FROM ledger_transaction WHERE type = 'PURCHASE'")
        total = await connection.fetchval("SELECT sum(amount_micros) FROM ledger_entry")
    finally:
        await connection.close()
    if charged != 3 * made or total != 0:
        raise RuntimeError(f"{made} purchases made {charged} charges, and the ledger sums to {total}")
