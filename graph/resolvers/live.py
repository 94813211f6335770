"""Subscriptions: live views of what moves by itself."""

from collections.abc import AsyncGenerator
from typing import Any

import strawberry

from accounts.batch_progress import stands_still
from graph.live import live_row
from graph.schema.batch_update import BatchUpdate


@strawberry.type(description="What can be watched, over graphql-transport-ws or server-sent events.")
class LiveViews:
    @strawberry.subscription(
        description="A batch update at once and after each change of it, until it has ended. Rights are looked at anew "
        "each time."
    )
    async def batch_update_progress(
        self, info: strawberry.Info, id: strawberry.ID
    ) -> AsyncGenerator[BatchUpdate, None]:
        seen: Any
        async for seen in live_row(info, "BatchUpdate", id, stands_still):
            yield seen
