"""The log's entries stand where their organization stands, also after a move (AUD-2, ORG-3); nothing else changes.

A column that is added to the log later has to be named in triggers made anew: a test finds one that is not."""

from tortoise import migrations

from core.ddl import path_may_follow_postgres, path_may_follow_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import IN_RANGE, OWN, SYSTEM_ROLE

PAIR = f"({IN_RANGE}) OR {OWN}"

COLUMNS = (
    "id", "organization_id", "at", "action", "entity_type", "entity_id", "result_code", "actor_user_id",
    "actor_member_id", "actor_organization_id", "actor_name", "api_key_id", "on_behalf_of_id", "on_behalf_of_name",
    "on_behalf_of_organization_id", "on_behalf_of_organization_name",
    "support_session_id", "before_values", "after_values", "reason", "ticket", "address", "client", "request_id",
)  # fmt: skip

# What it tells of money between a buyer and its seller stays with the pair after a move, and the buyer reads it all the
# same (VIS-6).
SEEN_BY_ITS_OWN = [f"ALTER POLICY audit_entry_tenant ON audit_entry USING ({PAIR}) WITH CHECK ({PAIR})"]


class Migration(migrations.Migration):
    dependencies = [("tenants", "0010_notices")]
    operations = [
        HandWritten(
            sqlite=path_may_follow_sqlite("audit_entry", COLUMNS, "AUDIT_IMMUTABLE"),
            postgres=[*path_may_follow_postgres("audit_entry", COLUMNS, SYSTEM_ROLE), *SEEN_BY_ITS_OWN],
            state=[],
        ),
    ]
