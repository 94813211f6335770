"""`alerts`: what somebody should act on."""

import strawberry

from billing import member_alerts as member_alerts  # makes its Alert known
from graph.resolvers.reading import root_connection
from graph.schema.alert import Alert, AlertFilter
from graph.schema.scalars import Connection


@strawberry.type
class AlertQueries:
    alerts: Connection[Alert] = root_connection(
        filter=AlertFilter, description="What somebody should act on, newest first."
    )
