"""Queries and mutations of identity providers. The rules are in tenants/sign_in/identity_providers.py."""

import strawberry

from core.sealing import Sealer
from graph.context import Context
from graph.resolvers.commands import run
from graph.resolvers.reading import root_by_id, root_connection
from graph.schema.idempotency import optional_key
from graph.schema.identity_provider import IdentityProvider, IdentityProviderFilter
from graph.schema.scalars import Connection, UserError
from graph.sql.reads import entity
from tenants.sign_in.identity_providers import NewIdentityProvider, remove_identity_provider, set_identity_provider


@strawberry.type
class IdentityProviderQueries:
    identity_provider: IdentityProvider = root_by_id("IdentityProvider", "idp", "One identity provider by its id.")
    identity_providers: Connection[IdentityProvider] = root_connection(
        filter=IdentityProviderFilter, description="The identity providers that the viewer sees; never their secrets."
    )


@strawberry.input(description="An OpenID Connect provider; one for each organization.")
class SetIdentityProviderInput:
    organization_id: strawberry.ID
    issuer: str = strawberry.field(description="As it names itself, such as https://login.example.com.")
    client_id: str
    client_secret: str = strawberry.field(description="Never shown again.")
    email_domains: list[str] = strawberry.field(description="1 to 20: whose verified addresses it may vouch for.")
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which identity provider.")
class RemoveIdentityProviderInput:
    identity_provider_id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.type
class SetIdentityProviderPayload:
    errors: list[UserError]
    replayed: bool
    identity_provider: IdentityProvider | None = entity("identityProviderId")


@strawberry.type
class RemoveIdentityProviderPayload:
    errors: list[UserError]
    replayed: bool


@strawberry.type
class IdentityProviderMutations:
    @strawberry.mutation(
        description="Let members sign in through the organization's own provider. By its OWNER or ADMIN; the password "
        "must have been given within 10 minutes (AUTH-7)."
    )
    async def set_identity_provider(
        self, info: strawberry.Info, input: SetIdentityProviderInput
    ) -> SetIdentityProviderPayload:
        context: Context = info.context
        sealer, plain = Sealer(context.platform.secret), context.allows_plain_http
        new = NewIdentityProvider(
            input.organization_id, input.issuer, input.client_id, input.client_secret, input.email_domains, plain
        )
        return await run(info, input, lambda uow: set_identity_provider(uow, new, sealer))

    @strawberry.mutation(description="Nobody signs in through it any more; sessions that it opened end (AUTH-7).")
    async def remove_identity_provider(
        self, info: strawberry.Info, input: RemoveIdentityProviderInput
    ) -> RemoveIdentityProviderPayload:
        return await run(info, input, lambda uow: remove_identity_provider(uow, input.identity_provider_id))
