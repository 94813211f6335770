"""All queries and mutations of organizations, members and access in one place, for the root of the schema."""

import strawberry

from graph.resolvers.api_keys import ApiKeyMutations, ApiKeyQueries
from graph.resolvers.audit import AuditMutations
from graph.resolvers.brand import BrandMutations, BrandQueries
from graph.resolvers.clock import ClockMutations
from graph.resolvers.deletion import DeletionMutations, DeletionQueries
from graph.resolvers.identity_providers import IdentityProviderMutations, IdentityProviderQueries
from graph.resolvers.kyc import KycMutations
from graph.resolvers.members import MemberMutations, MemberQueries
from graph.resolvers.moves import MoveMutations, MoveQueries
from graph.resolvers.organization_changes import OrganizationChangeMutations
from graph.resolvers.organizations import OrganizationMutations, OrganizationQueries
from graph.resolvers.ownership import OwnershipMutations, OwnershipQueries
from graph.resolvers.policy import PolicyMutations, PolicyQueries
from graph.resolvers.second_factors import SecondFactorMutations
from graph.resolvers.sessions import SessionMutations, SessionQueries
from graph.resolvers.support import SupportMutations, SupportQueries
from graph.resolvers.suspension import SuspensionMutations


@strawberry.type
class TenantQueries(
    SupportQueries,
    OrganizationQueries,
    MemberQueries,
    ApiKeyQueries,
    IdentityProviderQueries,
    PolicyQueries,
    MoveQueries,
    OwnershipQueries,
    SessionQueries,
    DeletionQueries,
    BrandQueries,
):
    pass


@strawberry.type
class TenantMutations(
    OrganizationMutations,
    MemberMutations,
    OwnershipMutations,
    SuspensionMutations,
    DeletionMutations,
    OrganizationChangeMutations,
    SupportMutations,
    SessionMutations,
    KycMutations,
    ApiKeyMutations,
    SecondFactorMutations,
    IdentityProviderMutations,
    PolicyMutations,
    AuditMutations,
    ClockMutations,
    MoveMutations,
    BrandMutations,
):
    pass
