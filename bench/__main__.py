"""`python -m bench`: every bench, or those that are named; writes bench/results/latest.json and latest.md."""

import argparse
import asyncio
import dataclasses
import sys
from collections.abc import Awaitable, Callable

import uvloop

from bench.account_list import account_list
from bench.batch_100k import batch_100k
from bench.growth import growth
from bench.move_10k import move_10k
from bench.options import QUICK, Options
from bench.postgres import bench_server
from bench.purchase import purchase
from bench.results import Result, as_markdown, write

Bench = Callable[[str, Options], Awaitable[Result]]
BENCHES: dict[str, Bench] = {
    "account_list": account_list,
    "growth": growth,
    "purchase": purchase,
    "batch_100k": batch_100k,
    "move_10k": move_10k,
}


def main(arguments: list[str]) -> int:
    """Run what is asked for. A run of everything that fails in one bench still reports the others, and answers 1."""
    asked = _parse(arguments)
    options = _options(asked)
    results: list[Result] = []
    missing: dict[str, str] = {}
    with bench_server() as server_url:
        for name in asked.benches or BENCHES:
            print(f"== {name}", flush=True)
            try:
                with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                    results.append(runner.run(_run(BENCHES[name], server_url, options)))
            except RuntimeError as failed:
                missing[name] = str(failed)
                print(f"failed: {failed}", file=sys.stderr)
    print(as_markdown(results, missing, is_full=options.is_full))
    if not asked.benches or asked.write:
        write(results, missing, is_full=options.is_full)
    return 1 if missing else 0


async def _run(bench: Bench, server_url: str, options: Options) -> Result:
    return await bench(server_url, options)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("benches", nargs="*", help=f"of {', '.join(BENCHES)}; all when none is named")
    parser.add_argument("--quick", action="store_true", help="small and short: to see that everything works")
    parser.add_argument("--organizations", type=int, help="size of the account list's platform")
    parser.add_argument("--growth", type=_numbers, help="sizes by commas")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float, help="of each measurement")
    parser.add_argument("--write", action="store_true", help="write the results also when benches are named")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.benches) - set(BENCHES):
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    return asked


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _options(asked: argparse.Namespace) -> Options:
    base = QUICK if asked.quick else Options()
    given = {name: getattr(asked, name) for name in ("organizations", "growth", "rounds", "seconds")}
    return dataclasses.replace(base, **{name: value for name, value in given.items() if value is not None})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
