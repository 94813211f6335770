"""Awaiting to the end: what must not be left half done when the task around it is cancelled."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def finish(work: Coroutine[Any, Any, Result]) -> Result:
    """Run `work` to its end even when this task is cancelled meanwhile; the cancellation is raised afterwards.

    graphql-core cancels sibling resolvers, and a client that disconnects cancels its request: a transaction that is
    cancelled between two statements of its ending would keep its connection for good."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if task.cancelled():
                raise
            cancelled = error
        except BaseException:
            break
    if cancelled is not None:
        task.exception()
        raise cancelled
    return task.result()
