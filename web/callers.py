"""Who pays for a request and may read the schema, remembered for half a minute. Lets nobody at any data by itself.

Each unit of work still reads the session or key in its own transaction (GEN-7): a revoked one sees no row any more."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from time import monotonic

import structlog

from core.clock import Instant
from graph.limits import Caller
from tenants.actor import Actor, Credentials
from tenants.authentication import authenticate, secret_hash
from tenants.sign_in.sessions import touch, touched_every
from tenants.unit_of_work import Platform

_log = structlog.get_logger("callers")
KEPT_SECONDS = 30.0
MOST_KEPT = 10_000
_Key = tuple[str, str | None, str | None, str | None]


@dataclass(slots=True)
class _Seen:
    """A caller, until when that is believed without asking, and when its last use has to be stored again."""

    actor: Actor
    caller: Caller
    kept_until: float
    touch_at: Instant


class Callers:
    """The callers seen lately, by the hash of their secret, the organization they chose, their address and the site."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._seen: OrderedDict[_Key, _Seen] = OrderedDict()
        self._touching: set[asyncio.Task[None]] = set()

    async def caller_of(self, credentials: Credentials) -> Caller:
        """The caller: without a secret a stranger, metered by address, who may not read the schema.

        The use of the session or key is stored beside the request (AUTH-4, KEY-5).
        Raises Unauthenticated, as `authenticate` does, for a secret that is not or no longer good."""
        if credentials.token is None:
            return Caller(f"address:{credentials.address}")
        key = (
            secret_hash(credentials.token), credentials.organization_id, credentials.address, credentials.site_path,
        )  # fmt: skip
        seen = self._seen.get(key)
        if seen is None or seen.kept_until <= monotonic():
            self._seen.pop(key, None)
            actor = await self._identified(credentials)
            caller = Caller(_account(actor), may_introspect=True)
            seen = _Seen(actor, caller, monotonic() + KEPT_SECONDS, seen.touch_at if seen else 0)
            self._keep(key, seen)
        self._touch(seen, credentials)
        return seen.caller

    async def close(self) -> None:
        """Finish storing the last uses."""
        await asyncio.gather(*self._touching)

    async def _identified(self, credentials: Credentials) -> Actor:
        async with self._platform.database.read() as tx:
            return await authenticate(tx, credentials, self._platform.clock.now(), self._platform.secret)

    def _keep(self, key: _Key, seen: _Seen) -> None:
        self._seen[key] = seen
        while len(self._seen) > MOST_KEPT:
            self._seen.popitem(last=False)

    def _touch(self, seen: _Seen, credentials: Credentials) -> None:
        now = self._platform.clock.now()
        if now < seen.touch_at:
            return
        seen.touch_at = now + touched_every(seen.actor)
        task = asyncio.create_task(self._store_use(seen.actor, credentials.address))
        self._touching.add(task)
        task.add_done_callback(self._touching.discard)

    async def _store_use(self, actor: Actor, address: str | None) -> None:
        try:
            await touch(self._platform, actor, address)
        except Exception:
            _log.warning("callers.use_not_stored", exc_info=True)


def _account(actor: Actor) -> str:
    """Each key has a bucket of its own; a user has one, however many sessions."""
    if actor.support is not None:
        return f"support:{actor.support.supporter_member_id}"
    return f"key:{actor.api_key_id}" if actor.api_key_id else f"user:{actor.user_id}"
