"""Status and wallet figures in SQL equal the pure rules, on both engines (SUB-20, SUB-21, MON-11, MON-12, MON-14)."""

import asyncio
from collections.abc import Callable, Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.subscription_sql import is_usable_expression, status_expression
from billing.subscription_status import USABLE, Facts, FinalState, SuspensionReason, status_at
from billing.wallet_figures import (
    TemporaryRaise,
    WalletMode,
    WalletSums,
    effective_limit,
    postpaid_figures,
    prepaid_figures,
    usable,
)
from billing.wallet_sql import (
    balance_expression,
    borrowed_expression,
    current_balance_expression,
    free_expression,
    limit_expression,
    net_balance_expression,
    usable_expression,
)
from core.database import Database

# Few instants close together, so that equal ones are tried often.
INSTANTS = st.integers(0, 6)
AMOUNTS = st.integers(-(10**12), 10**12) | st.just(0)
Asked = Callable[[tuple[str, ...], Mapping[str, tuple[str, object]], int], list[object]]


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    ends_at, grace_ends_at, ladder_ends_at = sorted(draw(st.tuples(INSTANTS, INSTANTS, INSTANTS)))
    return Facts(
        ends_at,
        grace_ends_at,
        ladder_ends_at,
        draw(st.sampled_from(FinalState)),
        draw(st.booleans()),
        draw(st.frozensets(st.sampled_from(SuspensionReason), max_size=2)),
        draw(st.none() | INSTANTS),
    )


def asking(database: Database, loop: asyncio.AbstractEventLoop) -> Asked:
    """A function that a Hypothesis test calls in a thread of its own: the expressions over one made-up row `r`."""

    async def fetched(sql: str, arguments: tuple[object, ...]) -> list[object]:
        async with database.read() as tx:
            return list((await tx.fetch(sql, *arguments))[0])  # both drivers' rows iterate over their values

    def ask(expressions: tuple[str, ...], row: Mapping[str, tuple[str, object]], now: int) -> list[object]:
        columns = ", ".join(
            f"CAST(${place} AS {kind}) AS {name}" for place, (name, (kind, _)) in enumerate(row.items(), 2)
        )
        answers = ", ".join(f"{each} AS e{place}" for place, each in enumerate(expressions))
        sql = f"SELECT {answers} FROM (SELECT {columns}) r"
        arguments = (now, *(value for _, value in row.values()))
        return asyncio.run_coroutine_threadsafe(fetched(sql, arguments), loop).result()

    return ask


async def test_the_status_in_sql_is_the_status_of_the_rule(database: Database) -> None:
    ask = asking(database, asyncio.get_running_loop())

    @settings(max_examples=200, deadline=None)
    @given(facts(), INSTANTS)
    def holds(known: Facts, now: int) -> None:
        row = {
            "ends_at": ("bigint", known.ends_at),
            "grace_ends_at": ("bigint", known.grace_ends_at),
            "ladder_ends_at": ("bigint", known.ladder_ends_at),
            "final_state": ("text", known.final_state.value),
            "is_trial": ("boolean", known.is_trial),
            "suspension_reasons": ("text", ",".join(sorted(known.suspension_reasons))),
            "terminated_at": ("bigint", known.terminated_at),
        }
        status, is_usable = ask((status_expression("r", "$1"), is_usable_expression("r", "$1")), row, now)
        assert status == status_at(known, now).value
        assert bool(is_usable) is (status_at(known, now) in USABLE)

    await asyncio.to_thread(holds)


async def test_the_figures_in_sql_are_the_figures_of_the_rules(database: Database) -> None:
    ask = asking(database, asyncio.get_running_loop())
    expressions = (
        usable_expression("r", "$1"), limit_expression("r", "$1"), balance_expression("r"), borrowed_expression("r"),
        net_balance_expression("r"), free_expression("r"), current_balance_expression("r"),
    )  # fmt: skip

    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from(WalletMode), st.tuples(AMOUNTS, AMOUNTS, AMOUNTS), st.integers(0, 10**12),
           st.integers(0, 10**12), AMOUNTS, st.none() | INSTANTS, INSTANTS)  # fmt: skip
    def holds(mode: WalletMode, sums: tuple[int, int, int], reserved: int, limit: int, more: int,
              until: int | None, now: int) -> None:  # fmt: skip
        effective = effective_limit(limit, None if until is None else TemporaryRaise(more, until), now)
        wallet = WalletSums(*sums, reserved, effective)
        prepaid, postpaid = prepaid_figures(wallet), postpaid_figures(wallet)
        row = {
            "mode": ("text", mode.value),
            "wallet_micros": ("bigint", sums[0]),
            "unbilled_micros": ("bigint", sums[1]),
            "due_micros": ("bigint", sums[2]),
            "reserved_micros": ("bigint", reserved),
            "credit_limit_micros": ("bigint", limit),
            "temporary_limit_micros": ("bigint", more),
            "temporary_limit_until_at": ("bigint", until),
        }
        assert ask(expressions, row, now) == [
            usable(mode, wallet), effective, prepaid.balance_micros, prepaid.borrowed_micros,
            prepaid.net_balance_micros, prepaid.free_micros, postpaid.current_balance_micros,
        ]  # fmt: skip

    await asyncio.to_thread(holds)
