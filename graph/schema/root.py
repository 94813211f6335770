"""The whole schema: queries, mutations and every type, with its declarations gathered for compiled reads."""

import strawberry

from graph.execution import GuardedSchema
from graph.limits import Guard
from graph.noted_reads import noting_reads
from graph.resolvers.accounts import AccountMutations, AccountQueries
from graph.resolvers.batch_updates import BatchUpdateMutations, BatchUpdateQueries
from graph.resolvers.billing import BillingMutations, BillingQueries
from graph.resolvers.live import LiveViews
from graph.resolvers.nodes import NodeQueries
from graph.resolvers.reading import answer_pages_directly
from graph.resolvers.tenants import TenantMutations, TenantQueries
from graph.schema.scalars import schema_config
from graph.sql.catalogue import catalogue_of
from graph.sql.statement import Statements


@strawberry.type(description="Everything that can be read.")
class Query(NodeQueries, TenantQueries, BillingQueries, AccountQueries, BatchUpdateQueries):
    pass


@strawberry.type(description="Everything that can be done. Each command answers `errors` when it is refused.")
class Mutation(TenantMutations, BillingMutations, AccountMutations, BatchUpdateMutations):
    pass


def create_schema(guard: Guard | None = None) -> GuardedSchema:
    """The schema, guarded by the given limits (the defaults when None)."""
    made = GuardedSchema(
        query=Query, mutation=Mutation, subscription=LiveViews, config=schema_config(), guard=guard,
        around_query=noting_reads,
    )  # fmt: skip
    answer_pages_directly(made._schema)
    return made


def statements_for(schema: GuardedSchema) -> Statements:
    """The compiled statements of a schema; one per schema, shared by all requests."""
    return Statements(catalogue_of(schema._schema))
