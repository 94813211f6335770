"""The same list as the platform grows: 1,000, 100,000 and 1,000,000 organizations, an answer of the same size."""

from contextlib import AsyncExitStack

from bench.contest import Contest, Contestant, contest
from bench.options import Options
from bench.peer import Peer, served, target_of
from bench.postgres import filled_database
from bench.results import Result
from bench.size import OPERATOR, Size
from bench.standing import Standing

NOTE = (
    "The customers of one sub-reseller, asked for by itself, by the reseller above it and by the operator. A database "
    "and a server per size, all running, measured in turn. The ratio is that of the worst asker."
)


async def growth(server_url: str, options: Options) -> Result:
    """Key `growth.slowest_over_fastest`: requests/s at the fastest size over the slowest's, of the worst asker."""
    sizes = [Size(organizations) for organizations in sorted(options.growth)]
    contestants: dict[str, Contestant] = {}
    async with AsyncExitStack() as running:
        for size in sizes:
            url = await running.enter_async_context(filled_database(server_url, size))
            server = await running.enter_async_context(served(Peer.TENANTRY, url, _asker(size, "sub-reseller")))
            for asker in ASKERS:
                target = target_of(Peer.TENANTRY, server.origin, _asker(size, asker))
                contestants[_name(asker, size)] = Contestant(target, server.process_id)
        measured = await contest(contestants, options)
    worst = max(_slowest_over_fastest(measured, asker, sizes) for asker in ASKERS)
    return Result("The list as the platform grows", {"growth.slowest_over_fastest": worst}, measured.rows(), NOTE)


ASKERS = ("sub-reseller", "reseller", "operator")


def _asker(size: Size, asker: str) -> Standing:
    numbers = {"sub-reseller": size.first_sub_reseller, "reseller": OPERATOR + 1, "operator": OPERATOR}
    return Standing.of(size, numbers[asker])


def _name(asker: str, size: Size) -> str:
    return f"{asker}, {size.organizations:,}"


def _slowest_over_fastest(measured: Contest, asker: str, sizes: list[Size]) -> float:
    names = [_name(asker, size) for size in sizes]
    ordered = sorted(names, key=measured.per_second)
    return measured.ratio(ordered[-1], ordered[0])
