"""All queries and mutations of organizations, members and access in one place, for the root of the schema."""

import strawberry

from graph.resolvers.api_keys import ApiKeyMutations, ApiKeyQueries
from graph.resolvers.clock import ClockMutations
from graph.resolvers.members import MemberMutations, MemberQueries
from graph.resolvers.organizations import OrganizationMutations, OrganizationQueries
from graph.resolvers.ownership import OwnershipMutations
from graph.resolvers.policy import PolicyMutations, PolicyQueries
from graph.resolvers.suspension import SuspensionMutations


@strawberry.type
class TenantQueries(OrganizationQueries, MemberQueries, ApiKeyQueries, PolicyQueries):
    pass


@strawberry.type
class TenantMutations(
    OrganizationMutations,
    MemberMutations,
    OwnershipMutations,
    SuspensionMutations,
    ApiKeyMutations,
    PolicyMutations,
    ClockMutations,
):
    pass
