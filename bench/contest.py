"""Rounds in which every peer is measured in turn, so that what disturbs the machine disturbs all alike.

A ratio is taken within a round; of the rounds the median counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.load import Measured, Order, Target, measure_apart
from bench.options import Options
from bench.processes import cpu_seconds


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server's process and the request it is measured by."""

    target: Target
    process_id: int


@dataclass(frozen=True, slots=True)
class Contest:
    """What was measured: for each contestant one figure a round, and medians in milliseconds."""

    rounds: Mapping[str, Sequence[Measured]]
    alone_p50_ms: Mapping[str, float]
    cpu_ms: Mapping[str, float]

    def ratio(self, one: str, other: str) -> float:
        """How many times as many requests per second `one` answers as `other`."""
        pairs = zip(self.rounds[one], self.rounds[other], strict=True)
        return median(a.requests_per_second / b.requests_per_second for a, b in pairs)

    def per_second(self, one: str) -> float:
        """Requests per second, the median of the rounds."""
        return median(measured.requests_per_second for measured in self.rounds[one])

    def rows(self) -> list[dict[str, object]]:
        """A row of figures per contestant, for people."""
        return [self._row(name, measured) for name, measured in self.rounds.items()]

    def _row(self, name: str, measured: Sequence[Measured]) -> dict[str, object]:
        return {
            "who": name,
            "requests/s": round(self.per_second(name), 1),
            "p50 ms": round(median(each.p50_ms for each in measured), 2),
            "p99 ms": round(median(each.p99_ms for each in measured), 2),
            "p50 ms, 1 connection": round(self.alone_p50_ms[name], 2),
            "server CPU ms/request": round(self.cpu_ms[name], 2),
            "answer bytes": measured[-1].answer_bytes,
        }


async def contest(contestants: Mapping[str, Contestant], options: Options) -> Contest:
    """Measure each contestant in each round."""
    rounds: dict[str, list[Measured]] = {name: [] for name in contestants}
    cpu_ms: dict[str, list[float]] = {name: [] for name in contestants}
    alone = {name: await measure_apart(_order(each, options, connections=1)) for name, each in contestants.items()}
    for number in range(options.rounds):
        names = list(contestants)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            before = cpu_seconds(contestants[name].process_id)
            measured = await measure_apart(_order(contestants[name], options, options.connections))
            used = cpu_seconds(contestants[name].process_id) - before
            rounds[name].append(measured)
            cpu_ms[name].append(used * 1000 / measured.all_requests)
    medians = {name: median(each) for name, each in cpu_ms.items()}
    return Contest(rounds, {name: measured.p50_ms for name, measured in alone.items()}, medians)


def _order(contestant: Contestant, options: Options, connections: int) -> Order:
    return Order(contestant.target, connections, options.warm_up_seconds, options.seconds)
