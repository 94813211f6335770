"""Live views of one row: read again every second with the reader's rights of that moment (VIS-4), told when it changed.

No process tells another one: what is committed is what is seen, on both engines and by any number of servers."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import contextmanager

import orjson

from core.ids import prefix_of
from graph.context import Context, RequestInfo
from graph.errors import coded
from graph.resolvers.reading import not_found, read_row
from tenants.audit.audit_reads import Read, note_read
from tenants.unit_of_work import UnitOfWork, reading

EVERY_SECONDS = 1.0
MOST_AT_ONCE = 20
"""Live views of one caller in this process: each reads every second, and is paid for once."""

_open: Counter[str | None] = Counter()


async def live_row(
    info: RequestInfo, type_name: str, row_id: str, stands_still: Callable[[UnitOfWork, str], Awaitable[bool]]
) -> AsyncGenerator[orjson.Fragment, None]:
    """The row at once and after each change, until it stands still.

    Refused: TOO_MANY_LIVE_VIEWS, NOT_FOUND, FORBIDDEN, SCOPE_MISSING, and the codes of a dead session or key, also
    when it comes to that later on."""
    context: Context = info.context
    with _counted(context.account):
        known: str | None = None
        while True:
            found, is_last = await _look(info, type_name, row_id, stands_still, is_first=known is None)
            if found != known:
                yield orjson.Fragment(found)
            if is_last:
                return
            known = found
            await asyncio.sleep(EVERY_SECONDS)


async def _look(
    info: RequestInfo,
    type_name: str,
    row_id: str,
    stands_still: Callable[[UnitOfWork, str], Awaitable[bool]],
    *,
    is_first: bool,
) -> tuple[str, bool]:
    context: Context = info.context
    catalogue = context.statements.catalogue
    async with reading(context.platform, context.credentials) as uow:
        is_one = catalogue.type_of_prefix.get(prefix_of(row_id) or "") == type_name
        found = await read_row(uow, info, type_name, row_id) if is_one else None
        is_last = found is None or await stands_still(uow, row_id)
    if found is None:
        raise not_found()
    if is_first:
        read = Read([info._raw_info.field_name], entity_id=row_id)
        await note_read(context.platform, context.credentials, uow.actor, read)
    return found, is_last


@contextmanager
def _counted(account: str | None) -> Iterator[None]:
    if _open[account] >= MOST_AT_ONCE:
        raise coded("TOO_MANY_LIVE_VIEWS", f"At most {MOST_AT_ONCE} live views at once.", limit=MOST_AT_ONCE)
    _open[account] += 1
    try:
        yield
    finally:
        _open[account] -= 1
        if not _open[account]:
            del _open[account]
