"""One unit of work: a transaction bound to an actor's scope, with what it audits and sends. No network call inside.

Opened by commands.py (mutations), by reads and by jobs; a domain function gets it and never commits."""

import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from core.clock import Clock, Instant
from core.database import Database
from core.ids import new_id
from core.mail import Mailer
from core.refusals import Blocker, Refused, refuse
from core.settings import DEMO_SECRET
from core.transaction import Transaction, insert, insert_many
from tenants.actor import Actor, Credentials, SupportFacts
from tenants.authentication import authenticate, has_same_role, secret_hash
from tenants.brand.site_cache import SiteCache
from tenants.readers import has_read
from tenants.row_scope import RowScope, predicate


@dataclass(frozen=True, slots=True)
class Platform:
    """What every unit of work stands on: the database and the platform's own clock."""

    database: Database
    clock: Clock
    secret: bytes = field(default=DEMO_SECRET.encode(), repr=False)
    """What support tokens are signed with; a production's own, web/production.py sees to that."""
    mails: Mailer | None = None
    """Where mails leave; without it they wait in the outbox."""
    sites: SiteCache = field(default_factory=SiteCache, compare=False, repr=False)
    """Which brand stands at which host (WL-4)."""


class ActorChanged(Refused):
    """The actor's role was changed while its command ran: it is carried out anew, with the new one (GEN-7)."""

    def __init__(self) -> None:
        super().__init__((Blocker("FORBIDDEN", "Your role was changed meanwhile."),))


@dataclass(slots=True)
class UnitOfWork:
    """`now` is the acting organization's time: its sandbox clock's where it has one that stands; `platform_now` is the
    platform's, by which passwords and sessions age."""

    tx: Transaction
    actor: Actor
    credentials: Credentials
    now: Instant
    platform_now: Instant
    action: str = ""
    shown_once: dict[str, Any] = field(default_factory=dict)
    """Secrets for the answer alone: never stored, so a replay has none (KEY-2, GEN-6)."""
    platform_depth: int = 0
    """How many `as_platform` blocks are open; whoever opens the transaction as the platform starts at 1."""
    secret: bytes = field(default=b"", repr=False)
    """The platform's, for tokens that are signed here; empty: none can be."""
    ends_own_support_session: bool = False
    """The command ends the support session that it runs in, so that it need not stand at the commit (SUP-10)."""
    ends_own_session: bool = False
    """The same of a session, by a command that does not audit it as `Session` (GEN-7)."""
    _audited: list[dict[str, object]] = field(default_factory=list)
    _sent: list[dict[str, object]] = field(default_factory=list)

    def visible(self, alias: str, table: str, first: int = 1) -> str:
        """The scope's condition on a table of a statement; bind `*uow.scope` as `$first` to `$first + 2`."""
        return predicate(alias, table, self.tx.dialect, first)

    @property
    def scope(self) -> tuple[str, str, str]:
        """The three parameters of `visible`."""
        return self.actor.scope.arguments

    @asynccontextmanager
    async def as_platform(self, why: str) -> AsyncIterator[None]:
        """The platform's own sight for what a rule reads or writes above the actor (the chain of a sale, policy).

        `why` names the rule; rows to show the actor are never read here. A block within a block costs nothing."""
        self.platform_depth += 1
        switches = self.tx.dialect == "postgres" and self.platform_depth == 1
        if switches:
            await self.tx.execute("SET LOCAL ROLE tenantry_system")
        try:
            yield
        except Refused:
            await self._leave_platform(switches)
            raise
        await self._leave_platform(switches)

    async def _leave_platform(self, switches: bool) -> None:
        self.platform_depth -= 1
        if switches:
            await self.tx.execute("SET LOCAL ROLE tenantry_app")

    def audit(
        self,
        entity_type: str,
        entity_id: str | None,
        *,
        organization_id: str,
        path: str,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
        reason: str | None = None,
        ticket: str | None = None,
    ) -> None:
        """Notes one changed row (AUD-1, AUD-2: it belongs to the row's organization); written before the commit."""
        entry = audit_row(self.actor, self.credentials, self.now, self.action)
        self._audited.append(
            entry
            | {
                "organization_id": organization_id,
                "path": path,
                "entity_type": entity_type,
                "entity_id": entity_id,
                "before_values": _json(before),
                "after_values": _json(after),
                "reason": reason or entry["reason"],
                "ticket": ticket or entry["ticket"],
            }
        )

    def send(
        self, topic: str, subject_id: str, payload: Mapping[str, object], *, organization_id: str, path: str
    ) -> str:
        """Puts a message into the outbox: it leaves after the commit, or not at all. Answers its id."""
        message_id = new_id("obx")
        self._sent.append(
            {
                "id": message_id,
                "organization_id": organization_id,
                "path": path,
                "topic": topic,
                "subject_id": subject_id,
                "payload": json.dumps(payload),
                "created_at": self.now,
                "due_at": self.now,
            }
        )
        return message_id

    @property
    def changes_own_standing(self) -> bool:
        """The command itself changed the actor's member, session, User, clock, or its organization's status; or an
        identity provider, with which the sessions that it opened end."""
        actor = self.actor
        own = {"Member": actor.member_id, "Session": actor.session_id, "User": actor.user_id,
               "SandboxClock": actor.clock_id, "Organization": actor.organization_id}  # fmt: skip
        if any(row["entity_type"] == "IdentityProvider" for row in self._audited):
            return True
        changed = [row for row in self._audited if own.get(str(row["entity_type"])) == row["entity_id"]]
        is_status = '"status"'
        return self.ends_own_session or any(
            row["entity_type"] != "Organization" or is_status in str(row["after_values"]) for row in changed
        )

    async def flush(self) -> None:
        """Write what was noted: audit entries and messages, one statement each. Rows above the actor's scope too."""
        if not self._audited and not self._sent:
            return
        top = self.actor.path
        if all(str(row["path"]).startswith(top) for row in (*self._audited, *self._sent)):
            await self._write()
        else:
            async with self.as_platform("AUD-2: an entry belongs to the organization of the changed row"):
                await self._write()

    async def _write(self) -> None:
        audited, sent = self._audited[:], self._sent[:]
        self._audited.clear()
        self._sent.clear()
        await insert_many(self.tx, "audit_entry", audited)
        await insert_many(self.tx, "outbox", sent)


@asynccontextmanager
async def unit_of_work(
    platform: Platform, credentials: Credentials, action: str, *, moves_rows: bool = False
) -> AsyncIterator[UnitOfWork]:
    """A writing transaction for whom the credentials stand for; the role is read inside it (GEN-7).

    Raises Unauthenticated (see authentication.py). Commits when the block ends, rolls back when it raises."""
    guess = _last_scopes.get(_without_request(credentials))
    begin = platform.database.write_alone if moves_rows else platform.database.write
    async with begin(guess.settings if guess else {}) as tx:
        actor = await _authenticated(tx, credentials, platform, guess)
        uow = UnitOfWork(tx, actor, credentials, time_of(actor, platform.clock), platform.clock.now(), action)
        uow.secret = platform.secret
        yield uow
        looks_again = actor.support is None and not moves_rows and not uow.changes_own_standing
        await uow.flush()
        if actor.support is not None and not uow.ends_own_support_session:
            await _still_acting(tx, actor.support, credentials, platform)
        elif looks_again:
            await _still_entitled(uow, platform)
    if actor.has_moved:
        await _note_move(platform, actor, credentials)


@asynccontextmanager
async def reading(platform: Platform, credentials: Credentials) -> AsyncIterator[UnitOfWork]:
    """A transaction that only reads, for whom the credentials stand for. Raises Unauthenticated."""
    guess = _last_scopes.get(_without_request(credentials))
    async with platform.database.read(guess.settings if guess else {}) as tx:
        actor = await _authenticated(tx, credentials, platform, guess)
        has_read(actor)
        if actor.support is not None and actor.support.is_pending:
            refuse("CONSENT_REQUIRED", "Nobody has approved this support session yet.")
        yield UnitOfWork(tx, actor, credentials, time_of(actor, platform.clock), platform.clock.now())
    if actor.has_moved:
        await _note_move(platform, actor, credentials)


@asynccontextmanager
async def working_as(platform: Platform, actor: Actor, action: str) -> AsyncIterator[UnitOfWork]:
    """A writing transaction of a job that goes on in an actor's name."""
    async with platform.database.write(actor.scope.settings) as tx:
        now = time_of(actor, platform.clock)
        uow = UnitOfWork(tx, actor, Credentials(None), now, platform.clock.now(), action)
        yield uow
        await uow.flush()


@asynccontextmanager
async def platform_transaction(platform: Platform) -> AsyncIterator[Transaction]:
    """A writing transaction of the platform itself: sign-in, claiming work, the doctor. It sees every row."""
    settings = {} if platform.database.dialect == "sqlite" else {"role": "tenantry_system"}
    async with platform.database.write(settings) as tx:
        yield tx


@asynccontextmanager
async def platform_reading(platform: Platform) -> AsyncIterator[Transaction]:
    """A reading transaction of the platform itself, for what is asked before anybody is known (sign-in)."""
    settings = {} if platform.database.dialect == "sqlite" else {"role": "tenantry_system"}
    async with platform.database.read(settings) as tx:
        yield tx


_last_scopes: OrderedDict[Credentials, RowScope] = OrderedDict()
"""Where credentials stood when last seen: a guess that saves a round trip; each transaction looks again."""

KEPT_SCOPES = 10_000


async def _still_acting(tx: Transaction, support: SupportFacts, credentials: Credentials, platform: Platform) -> None:
    """What is written in a support session is committed only while it stands; its end waits for this one (SUP-10).

    Raises Unauthenticated with SUPPORT_SESSION_ENDED; refused CONSENT_REQUIRED while nobody has approved it."""
    if tx.dialect == "postgres":
        await tx.execute("SELECT s.id FROM support_session s WHERE s.id = $1 FOR SHARE", support.session_id)
    await authenticate(tx, credentials, platform.clock.now(), platform.secret)
    if support.is_pending:
        refuse("CONSENT_REQUIRED", "Nobody has approved this support session yet.")


async def _still_entitled(uow: UnitOfWork, platform: Platform) -> None:
    """Session, key, membership and role are looked at last as well: who lost them meanwhile writes nothing (GEN-7).

    On SQLite writers wait for each other from their beginning on."""
    if uow.tx.dialect == "postgres":
        now = time_of(uow.actor, platform.clock)
        if not await has_same_role(uow.tx, uow.credentials, uow.actor, now):
            raise ActorChanged


async def _authenticated(
    tx: Transaction, credentials: Credentials, platform: Platform, guess: RowScope | None
) -> Actor:
    """The actor, with the transaction bound to its scope: by the guess it was opened with, or now if that was wrong."""
    actor = await authenticate(tx, credentials, platform.clock.now(), platform.secret)
    if guess != actor.scope:
        await bind(tx, actor.scope)
        _last_scopes[_without_request(credentials)] = actor.scope
        if len(_last_scopes) > KEPT_SCOPES:
            _last_scopes.popitem(last=False)
    return actor


async def _note_move(platform: Platform, actor: Actor, credentials: Credentials) -> None:
    """The session stands elsewhere from now on: one AuditEntry per change, however many requests tell it (AUTH-6)."""
    async with platform_transaction(platform) as tx:
        moved = await tx.execute(
            "UPDATE session SET organization_id = $2 WHERE id = $1 AND ended_at IS NULL "
            "AND coalesce(organization_id, '') <> $2",
            actor.session_id, actor.organization_id,
        )  # fmt: skip
        if moved:
            entry = audit_row(actor, credentials, time_of(actor, platform.clock), "chooseOrganization")
            await insert(
                tx, "audit_entry", **entry, organization_id=actor.organization_id, path=actor.path,
                entity_type="Session", entity_id=actor.session_id,
                after_values=_json({"organizationId": actor.organization_id}),
            )  # fmt: skip


def _without_request(credentials: Credentials) -> Credentials:
    token = credentials.token and secret_hash(credentials.token)
    return Credentials(token, credentials.organization_id, site_path=credentials.site_path)


async def bind(tx: Transaction, scope: RowScope) -> None:
    """Bind the transaction to a scope, for row security (nothing to do on SQLite)."""
    if tx.dialect == "postgres":
        names = tuple(scope.settings)
        calls = ", ".join(f"set_config('{name}', ${place}, true)" for place, name in enumerate(names, 1))
        await tx.fetch(f"SELECT {calls}", *scope.settings.values())


def time_of(actor: Actor, clock: Clock) -> Instant:
    """The acting organization's now: its sandbox clock where one stands, else the platform's."""
    return clock.now() if actor.clock_stands_at is None else actor.clock_stands_at


def audit_row(actor: Actor, credentials: Credentials, now: Instant, action: str) -> dict[str, object]:
    """The columns of an audit entry that tell who acted, when and from where; in a support session the supporter, and
    on whose behalf (SUP-15)."""
    support = actor.support
    return {
        "id": new_id("aud"),
        "at": now,
        "action": action,
        "actor_user_id": support.supporter_user_id if support else actor.user_id,
        "actor_member_id": support.supporter_member_id if support else actor.member_id,
        "actor_organization_id": support.supporter_organization_id if support else actor.organization_id,
        "actor_name": actor.name,
        "on_behalf_of_id": support and support.on_behalf_of_id,
        "on_behalf_of_name": support and support.on_behalf_of_name,
        "on_behalf_of_organization_id": support and actor.organization_id,
        "on_behalf_of_organization_name": support and actor.organization_name,
        "support_session_id": support and support.session_id,
        "reason": support and support.reason,
        "ticket": support and support.ticket,
        "api_key_id": actor.api_key_id,
        "address": credentials.address,
        "client": credentials.client,
        "request_id": credentials.request_id,
    }


def _json(values: Mapping[str, Any] | None) -> str | None:
    return None if values is None else json.dumps(values, sort_keys=True)
