"""Queries and mutations of API keys. The rules are in tenants/api_keys.py."""

from datetime import datetime

import strawberry

from core.clock import as_instant
from graph.resolvers.commands import or_none, run
from graph.resolvers.reading import root_connection
from graph.schema.api_key import ApiKey, ApiKeyFilter
from graph.schema.idempotency import optional_key
from graph.schema.scalars import Connection, UserError
from graph.sql.reads import entity, shown_once
from tenants.api_keys import NewApiKey, make_api_key, revoke_api_key, rotate_api_key


@strawberry.type
class ApiKeyQueries:
    api_keys: Connection[ApiKey] = root_connection(
        filter=ApiKeyFilter, description="The API keys that the viewer sees, newest first; never their secrets."
    )


@strawberry.input(description="A key for a program; it may do no more than its maker (KEY-1).")
class CreateApiKeyInput:
    organization_id: strawberry.ID
    name: str | None = strawberry.UNSET
    scopes: list[str] = strawberry.field(
        default_factory=list, description="`<area>:read` or `<area>:write`, such as accounts:read."
    )
    expires_at: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="1 to 365 days ahead; without it 90 days (KEY-3)."
    )
    allowed_addresses: list[str] = strawberry.field(
        default_factory=list, description="Addresses or networks (192.0.2.0/24) that alone may use it."
    )
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which key.")
class ApiKeyInput:
    api_key_id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.type
class ApiKeySecretPayload:
    errors: list[UserError]
    replayed: bool
    api_key: ApiKey | None = entity("apiKeyId")
    secret: str | None = shown_once("secret", "Shown this once; null when the result is replayed (KEY-2).")


@strawberry.type
class RevokeApiKeyPayload:
    errors: list[UserError]
    replayed: bool
    api_key: ApiKey | None = entity("apiKeyId")


@strawberry.type
class ApiKeyMutations:
    @strawberry.mutation(description="Make a key. The password must have been given within 10 minutes (AUTH-7).")
    async def create_api_key(self, info: strawberry.Info, input: CreateApiKeyInput) -> ApiKeySecretPayload:
        expires_at = or_none(input.expires_at)
        until = None if expires_at is None else as_instant(expires_at)
        new = NewApiKey(
            input.organization_id, or_none(input.name), input.scopes, until, input.allowed_addresses
        )  # fmt: skip
        return await run(info, input, lambda uow: make_api_key(uow, new))

    @strawberry.mutation(description="Make a new secret with the same scopes; the old one works 24 hours more (KEY-4).")
    async def rotate_api_key(self, info: strawberry.Info, input: ApiKeyInput) -> ApiKeySecretPayload:
        return await run(info, input, lambda uow: rotate_api_key(uow, input.api_key_id))

    @strawberry.mutation(description="End a key: from the next request on it is refused API_KEY_REVOKED.")
    async def revoke_api_key(self, info: strawberry.Info, input: ApiKeyInput) -> RevokeApiKeyPayload:
        return await run(info, input, lambda uow: revoke_api_key(uow, input.api_key_id))
