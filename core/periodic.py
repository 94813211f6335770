"""Steps that every worker repeats for as long as it runs. Knows no business word; due messages are core/jobs.py's.

Several processes may carry out a step at the same time, so that each step has to bear being repeated."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass
from typing import Any

import structlog

from core.clock import Instant
from core.jobs import Platform

NEVER: Instant = 0
_log = structlog.get_logger()

Act = Callable[[Any, Instant], Awaitable[int]]
"""Gets the platform and when this process last carried the step out (NEVER at first); answers how much it did."""


@dataclass(frozen=True, slots=True)
class Step:
    """What is done every so many seconds."""

    name: str
    every_seconds: float
    act: Act


_STEPS: dict[str, Step] = {}


def periodic(name: str, *, every_seconds: float) -> Callable[[Act], Act]:
    """Register a step: short transactions of its own, nothing that a second run would do twice."""

    def register(act: Act) -> Act:
        _STEPS[name] = Step(name, every_seconds, act)
        return act

    return register


async def run_periodic(platform: Platform, stop: asyncio.Event) -> None:
    """Repeat every step until `stop` is set, one at a time, each for the first time at once."""
    turn = asyncio.Lock()
    loops = [asyncio.create_task(_repeat(step, platform, stop, turn), context=Context()) for step in _STEPS.values()]
    await asyncio.gather(*loops)


async def run_steps_once(platform: Platform) -> dict[str, int]:
    """Every step as a fresh process would begin; how much each did (tests)."""
    return {name: await step.act(platform, NEVER) for name, step in _STEPS.items()}


async def _repeat(step: Step, platform: Platform, stop: asyncio.Event, turn: asyncio.Lock) -> None:
    last = NEVER
    while not stop.is_set():
        async with turn:
            last = await _carry_out(step, platform, last)
        try:
            await asyncio.wait_for(stop.wait(), step.every_seconds)
        except TimeoutError:
            continue


async def _carry_out(step: Step, platform: Platform, last: Instant) -> Instant:
    """Answers when it was carried out, the instant before when it failed: the next turn makes up for it."""
    begun = platform.clock.now()
    try:
        done = await step.act(platform, last)
    except Exception:
        _log.exception("a periodic step failed", step=step.name)
        return last
    if done:
        _log.info("periodic step", step=step.name, done=done)
    return begun
