"""SQL for "an organization or one above it is not ACTIVE" (STOP-1, STOP-6): read upward, nothing is written below."""

from core.transaction import Dialect

_ON_SQLITE = """EXISTS (WITH RECURSIVE above (id, parent_id, status) AS (
SELECT s0.id, s0.parent_id, s0.status FROM organization s0 WHERE s0.id = {organization_id}
UNION ALL SELECT s1.id, s1.parent_id, s1.status FROM organization s1 JOIN above ON s1.id = above.parent_id
) SELECT 1 FROM above WHERE above.status <> 'ACTIVE')"""


def is_stopped(dialect: Dialect, organization_id: str) -> str:
    """An SQL condition on the expression `organization_id`: not effectively ACTIVE."""
    if dialect == "sqlite":
        return _ON_SQLITE.format(organization_id=organization_id)
    return f"is_stopped_above({organization_id})"
