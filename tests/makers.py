"""Makers of organizations, members, sessions and API keys: small, named, each with the one fact a test is about.

They go the product's own way (create_organization with all its hooks); only passwords and sessions are put in directly,
because a slow hash for each member of each test would cost minutes."""

import itertools
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from core.clock import EXACT_DAY, Instant
from core.ids import new_id
from core.transaction import fetch_one, insert
from tenants.actor import Credentials
from tenants.authentication import API_KEY_PREFIX, SESSION_PREFIX, secret_hash
from tenants.names import folded_email
from tenants.organizations.new_organization import NewOrganization, NewOwner
from tenants.organizations.operator import NewOperator, create_operator
from tenants.organizations.organization_tree import create_organization
from tenants.permissions import Role
from tenants.sign_in.passwords import HASHER
from tenants.unit_of_work import Platform, platform_transaction, unit_of_work

PASSWORD = "correct horse battery staple"
"""Every made member's."""

_counter = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Organization:
    """A stored organization; `owner` is None when it is login-less (managed by SERVICE_PROVIDER)."""

    platform: Platform
    id: str
    path: str
    kind: str
    name: str
    billing_number: str
    currency: str
    parent_id: str | None
    owner_id: str
    owner: "Member | None" = None

    @property
    def someone(self) -> "Member":
        """The OWNER, who must be able to sign in."""
        assert self.owner is not None, f"{self.name} has a login-less OWNER"
        return self.owner


@dataclass(frozen=True, slots=True)
class Member:
    """A stored member; `user_id` is None when it cannot sign in."""

    platform: Platform
    id: str
    organization_id: str
    path: str
    role: Role
    given_name: str
    email: str | None
    user_id: str | None


@cache
def password_hash(password: str = PASSWORD) -> str:
    """A slow hash, made once per test process."""
    return HASHER.hash(password)


async def an_operator(
    platform: Platform,
    *,
    name: str = "Tenantry",
    country: str = "SG",
    currency: str = "SGD",
    timezone: str = "Asia/Singapore",
    sandbox: bool = False,
    stands_at: Instant | None = None,
    owner: str = "olga",
) -> Organization:
    """The root, with an OWNER who can sign in; `sandbox`: with a clock of its own for the whole tree."""
    email = f"{owner}@operator.test"
    new = NewOrganization(
        "", "OPERATOR", name, country, currency, timezone, owner=NewOwner(owner.title(), "Operator", email),
        is_sandbox=sandbox, sandbox_stands_at=stands_at,
    )  # fmt: skip
    made = await create_operator(platform, NewOperator(new, password_hash()))
    return await organization_of(platform, made["organizationId"])


async def a_reseller(platform: Platform, *, under: Organization, **given: object) -> Organization:
    """A reseller with an OWNER who can sign in; see `an_organization` for what may be given."""
    return await an_organization(platform, under=under, kind="RESELLER", **given)  # type: ignore[arg-type]


async def a_customer(platform: Platform, *, under: Organization, **given: object) -> Organization:
    """A customer with an OWNER who can sign in, unless managed_by="SERVICE_PROVIDER" without an owner."""
    return await an_organization(platform, under=under, kind="CUSTOMER", **given)  # type: ignore[arg-type]


async def an_organization(
    platform: Platform,
    *,
    under: Organization,
    kind: str,
    name: str | None = None,
    country: str = "SG",
    currency: str = "SGD",
    timezone: str = "Asia/Singapore",
    pricing_model: str = "APP",
    managed_by: str = "CUSTOMER",
    owner: str | None = None,
    billing_number: str | None = None,
    sandbox: bool = False,
    stands_at: Instant | None = None,
) -> Organization:
    """A buyer of `under`, created by its OWNER; the new OWNER is called `owner` and has accepted.

    `billing_number` is put in afterwards when a reseller creates (ORG-4: only the operator may give one)."""
    number = next(_counter)
    name = name or f"{kind.title()} {number}"
    with_owner = owner is not None or managed_by == "CUSTOMER"
    given_name = owner or f"owner{number}"
    new = NewOrganization(
        under.id, kind, name, country, currency, timezone, pricing_model, managed_by,
        address="1 Raffles Place", city="Singapore",
        owner=NewOwner(given_name.title(), "Test", f"{given_name}@c{number}.test") if with_owner else NewOwner(),
        billing_number=billing_number if under.kind == "OPERATOR" else None,
        is_sandbox=sandbox, sandbox_stands_at=stands_at,
    )  # fmt: skip
    async with unit_of_work(platform, await credentials_of(under.someone), "createOrganization") as uow:
        made = await create_organization(uow, new)
    async with platform_transaction(platform) as tx:
        if billing_number is not None and under.kind != "OPERATOR":
            sql = "UPDATE organization SET billing_number = $1 WHERE id = $2"
            await tx.execute(sql, billing_number, made["organizationId"])
    if with_owner:
        await accept(platform, made["memberId"])
    return await organization_of(platform, made["organizationId"])


async def a_member(
    platform: Platform,
    *,
    of: Organization,
    role: Role | str = Role.MEMBER,
    name: str | None = None,
    email: str | None = None,
    portal_access: bool = True,
    accepted: bool = True,
) -> Member:
    """A member who can sign in; not `accepted`: PENDING; without `portal_access`: login-less."""
    number = next(_counter)
    name = name or f"member{number}"
    member_id, email = new_id("mem"), email or (f"{name}@m{number}.test" if portal_access else None)
    async with platform_transaction(platform) as tx:
        await insert(
            tx, "member", id=member_id, organization_id=of.id, path=of.path, given_name=name.title(), email=email,
            email_folded=None if email is None else folded_email(email), role=str(Role(role)),
            has_portal_access=portal_access, invitation="PENDING" if portal_access else "NONE",
            is_tech_contact=False, is_accounts_contact=False, is_general_contact=False,
            created_at=platform.clock.now(),
        )  # fmt: skip
    if portal_access and accepted:
        await accept(platform, member_id)
    return await member_of(platform, member_id)


async def accept(platform: Platform, member_id: str) -> None:
    """Let a PENDING member in with PASSWORD; its open invitations are used up."""
    now = platform.clock.now()
    async with platform_transaction(platform) as tx:
        member = await fetch_one(tx, "SELECT email, email_folded FROM member WHERE id = $1", member_id)
        assert member is not None
        await tx.execute(
            "INSERT INTO users (id, email, email_folded, password_hash, password_at, created_at) "
            "VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (email_folded) DO NOTHING",
            new_id("usr"), member["email"], member["email_folded"], password_hash(), now,
        )  # fmt: skip
        await tx.execute(
            "UPDATE member SET invitation = 'ACCEPTED', user_id = (SELECT id FROM users WHERE email_folded = $1) "
            "WHERE id = $2",
            member["email_folded"], member_id,
        )  # fmt: skip
        await tx.execute("UPDATE invitation SET state = 'USED' WHERE member_id = $1 AND state = 'OPEN'", member_id)


async def credentials_of(member: Member, *, in_organization: bool = True) -> Credentials:
    """A fresh session of the member, whose password was given now; it names its organization unless told not to."""
    assert member.user_id is not None, "this member cannot sign in"
    token, now = SESSION_PREFIX + secrets.token_urlsafe(32), member.platform.clock.now()
    async with platform_transaction(member.platform) as tx:
        await insert(
            tx, "session", id=new_id("ses"), user_id=member.user_id, token_hash=secret_hash(token), created_at=now,
            last_used_at=now, password_at=now, idle_minutes=60, max_hours=12, address="203.0.113.7", client="pytest",
        )  # fmt: skip
    chosen = member.organization_id if in_organization else None
    return Credentials(token, chosen, address="203.0.113.7", client="pytest", request_id="req_test")


async def an_api_key(
    member: Member,
    *,
    scopes: Sequence[str] = ("org:read",),
    lives: Instant = 90 * EXACT_DAY,
    addresses: Sequence[str] | None = None,
) -> Credentials:
    """A living API key that the member made; the answer is ready to be sent."""
    secret, now = API_KEY_PREFIX + secrets.token_urlsafe(32), member.platform.clock.now()
    async with platform_transaction(member.platform) as tx:
        await insert(
            tx, "api_key", id=new_id("key"), organization_id=member.organization_id, path=member.path, name="test",
            prefix=secret[:12], secret_hash=secret_hash(secret), scopes=json.dumps(list(scopes)),
            maker_member_id=member.id, maker_name=member.given_name, maker_role=str(member.role),
            allowed_addresses=None if addresses is None else json.dumps(list(addresses)),
            created_at=now, expires_at=now + lives,
        )  # fmt: skip
    return Credentials(secret, address="203.0.113.7", client="pytest", request_id="req_test")


async def organization_of(platform: Platform, organization_id: str) -> Organization:
    """The organization as it is stored now."""
    async with platform_transaction(platform) as tx:
        row = await fetch_one(
            tx,
            "SELECT o.id, o.path, o.kind, o.name, o.billing_number, o.currency, o.parent_id, m.id AS owner_id, "
            "m.user_id FROM organization o JOIN member m ON m.organization_id = o.id AND m.role = 'OWNER' "
            "WHERE o.id = $1",
            organization_id,
        )
    assert row is not None
    owner = await member_of(platform, row["owner_id"]) if row["user_id"] is not None else None
    names = ("id", "path", "kind", "name", "billing_number", "currency", "parent_id", "owner_id")
    return Organization(platform, **{name: row[name] for name in names}, owner=owner)


async def member_of(platform: Platform, member_id: str) -> Member:
    """The member as it is stored now."""
    async with platform_transaction(platform) as tx:
        row = await fetch_one(
            tx,
            "SELECT id, organization_id, path, role, given_name, email, user_id FROM member WHERE id = $1",
            member_id,
        )
    assert row is not None
    names = ("id", "organization_id", "path", "given_name", "email", "user_id")
    return Member(platform, **{name: row[name] for name in names}, role=Role(row["role"]))
