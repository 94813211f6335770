"""Viewer: who is asking, where that one stands and what the role may do."""

from datetime import datetime
from typing import Any

import strawberry

from graph.context import Context
from graph.resolvers.reading import read_own_organization, read_own_seller
from graph.schema.organization import Organization, SellerCard
from graph.schema.second_factor import SecondFactors, shown
from graph.schema.session import Membership, shown_membership
from graph.schema.support import ViewerSupportSession, banner
from tenants.actor import Actor
from tenants.permissions import Action, Role, can_act_anywhere
from tenants.sign_in.own_sessions import own_memberships
from tenants.sign_in.second_factors import second_factors_of
from tenants.unit_of_work import reading


@strawberry.type(description="Who is asking. With an API key there is no member's session behind it.")
class Viewer:
    actor: strawberry.Private[Actor]
    now: datetime = strawberry.field(description="The acting organization's time (a sandbox clock may stand still).")

    @strawberry.field(description="The person's name, or whose API key it is.")
    def name(self) -> str:
        return self.actor.name

    @strawberry.field
    def role(self) -> Role:
        return self.actor.role

    @strawberry.field
    def member_id(self) -> strawberry.ID | None:
        return None if self.actor.member_id is None else strawberry.ID(self.actor.member_id)

    @strawberry.field
    def organization_id(self) -> strawberry.ID:
        return strawberry.ID(self.actor.organization_id)

    @strawberry.field
    def organization_name(self) -> str:
        return self.actor.organization_name

    @strawberry.field(description="The organization the viewer stands in, for roles that may read it.")
    async def organization(self, info: strawberry.Info) -> Organization | None:
        context: Context = info.context
        answer: Any = await read_own_organization(context, info, self.actor)
        return answer

    @strawberry.field(description="The organization above, as far as every member may know it; null at the top.")
    async def seller(self, info: strawberry.Info) -> SellerCard | None:
        answer: Any = await read_own_seller(info.context, info)
        return answer

    @strawberry.field(
        description="Every action that the role may do somewhere (the table of rights); of a key or a support session "
        "only what its scopes let through."
    )
    def permissions(self) -> list[str]:
        actor = self.actor
        return sorted(action.value for action in Action if can_act_anywhere(action, actor.role, actor.via))

    @strawberry.field(description="What the person has enrolled; null for an API key and in a support session.")
    async def second_factors(self, info: strawberry.Info) -> SecondFactors | None:
        context: Context = info.context
        async with reading(context.platform, context.credentials) as uow:
            return shown(await second_factors_of(uow))

    @strawberry.field(description="Where the person may stand: name one in the header Tenantry-Organization (AUTH-6).")
    async def memberships(self, info: strawberry.Info) -> list[Membership]:
        context: Context = info.context
        async with reading(context.platform, context.credentials) as uow:
            return [shown_membership(each) for each in await own_memberships(uow)]

    @strawberry.field(description="While acting in a support session: which, for whom, until when; else null (SUP-14).")
    def support_session(self) -> ViewerSupportSession | None:
        return banner(self.actor)

    @strawberry.field(description="How the viewer is known: SESSION, API_KEY, SUPPORT_SESSION or PAY_ONLY (STOP-5).")
    def via(self) -> str:
        return self.actor.via.kind.value
