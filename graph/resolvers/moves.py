"""Queries and mutations of moving in the tree. The rules: moves.py and move_offers.py in tenants/moves/."""

from datetime import datetime

import strawberry

from graph.resolvers.commands import or_none, run
from graph.resolvers.reading import root_connection
from graph.schema.idempotency import optional_key
from graph.schema.move import MoveBlocker, MoveOffer, MoveOfferFilter, MovePreview
from graph.schema.organization import Organization
from graph.schema.scalars import Connection, UserError
from graph.sql.reads import entity, from_outcome, shown_once
from tenants.moves.move_offers import accept_move, open_move, refuse_move
from tenants.moves.move_tokens import make_move_token
from tenants.moves.moves import move_organization, preview_move
from tenants.unit_of_work import reading


@strawberry.type
class MoveQueries:
    move_offers: Connection[MoveOffer] = root_connection(
        filter=MoveOfferFilter,
        description="Offers made to, by and about the viewer's organization, and those below it.",
    )

    @strawberry.field(description="Everything that stands in the way of a move at once, and what goes along (MOVE-4).")
    async def preview_move(
        self, info: strawberry.Info, organization_id: strawberry.ID, new_seller_id: strawberry.ID
    ) -> MovePreview:
        async with reading(info.context.platform, info.context.credentials) as uow:
            found = await preview_move(uow, organization_id, new_seller_id)
        return MovePreview(
            organization_id=strawberry.ID(found.organization_id),
            new_seller_id=strawberry.ID(found.new_seller_id),
            organization_count=found.organization_count,
            blockers=[MoveBlocker(code=each.code, message=each.message, count=each.count) for each in found.blockers],
            kept=list(found.kept),
            not_kept=list(found.not_kept),
        )


@strawberry.input(description="Whose move is agreed to: the acting OWNER's own organization.")
class CreateMoveTokenInput:
    organization_id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.input(description="The token that the OWNER of the organization has handed over.")
class OpenMoveInput:
    token: str
    idempotency_key: str | None = optional_key()


@strawberry.input(description="Which offer: the old seller's row of it.")
class MoveOfferInput:
    move_offer_id: strawberry.ID
    idempotency_key: str | None = optional_key()


@strawberry.input(description="What moves where, by an organization that is or stands above both sellers.")
class MoveOrganizationInput:
    organization_id: strawberry.ID
    new_seller_id: strawberry.ID
    token: str | None = strawberry.field(
        default=strawberry.UNSET, description="The OWNER's move token; needed with managedBy CUSTOMER (MOVE-3)."
    )
    idempotency_key: str | None = optional_key()


@strawberry.type
class CreateMoveTokenPayload:
    errors: list[UserError]
    replayed: bool
    token: str | None = shown_once("token", "Shown this once; works once. Null when the result is replayed.")
    expires_at: datetime | None = from_outcome("expiresAt", "`moveOfferDays` from now.")


@strawberry.type
class MoveOfferPayload:
    errors: list[UserError]
    replayed: bool
    move_offer: MoveOffer | None = entity("moveOfferId")


@strawberry.type
class MoveOrganizationPayload:
    errors: list[UserError]
    replayed: bool
    organization: Organization | None = entity("organizationId")


@strawberry.type
class MoveMutations:
    @strawberry.mutation(description="Agree to a move as the OWNER: the token goes to the new seller (MOVE-2, MOVE-3).")
    async def create_move_token(self, info: strawberry.Info, input: CreateMoveTokenInput) -> CreateMoveTokenPayload:
        return await run(info, input, lambda uow: make_move_token(uow, input.organization_id))

    @strawberry.mutation(description="Offer, as the new seller, to take the token's organization over (MOVE-2).")
    async def open_move(self, info: strawberry.Info, input: OpenMoveInput) -> MoveOfferPayload:
        return await run(info, input, lambda uow: open_move(uow, input.token))

    @strawberry.mutation(description="Give the organization over, as the old seller: it moves at once, or not at all.")
    async def accept_move(self, info: strawberry.Info, input: MoveOfferInput) -> MoveOfferPayload:
        return await run(info, input, lambda uow: accept_move(uow, input.move_offer_id), moves_rows=True)

    @strawberry.mutation(description="Keep the organization, as the old seller.")
    async def refuse_move(self, info: strawberry.Info, input: MoveOfferInput) -> MoveOfferPayload:
        return await run(info, input, lambda uow: refuse_move(uow, input.move_offer_id))

    @strawberry.mutation(
        description="Move an organization with everything below it to another seller (MOVE-1 to MOVE-8). All blockers "
        "are named at once, each with its count."
    )
    async def move_organization(self, info: strawberry.Info, input: MoveOrganizationInput) -> MoveOrganizationPayload:
        token = or_none(input.token)
        return await run(
            info, input, lambda uow: move_organization(uow, input.organization_id, input.new_seller_id, token),
            moves_rows=True,
        )  # fmt: skip
