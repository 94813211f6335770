"""Rounds in which every peer is measured in turn, so that what disturbs the machine disturbs all alike.

A ratio is taken within a round; of the rounds the median counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.load import Measured, Order, Target, measure_apart
from bench.options import Options


@dataclass(frozen=True, slots=True)
class Contest:
    """What was measured: for each contestant one figure a round."""

    rounds: Mapping[str, Sequence[Measured]]
    alone_p50_ms: Mapping[str, float]

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
            "answer bytes": measured[-1].answer_bytes,
        }


async def contest(targets: Mapping[str, Target], options: Options) -> Contest:
    """Measure each target in each round."""
    rounds: dict[str, list[Measured]] = {name: [] for name in targets}
    alone = {name: await measure_apart(_order(target, options, connections=1)) for name, target in targets.items()}
    for number in range(options.rounds):
        names = list(targets)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            rounds[name].append(await measure_apart(_order(targets[name], options, options.connections)))
    return Contest(rounds, {name: measured.p50_ms for name, measured in alone.items()})


def _order(target: Target, options: Options, connections: int) -> Order:
    return Order(target, connections, options.warm_up_seconds, options.seconds)
