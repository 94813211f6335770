"""In which support session a batch update was confirmed: it goes on only while that one stands (BAT-81, SUP-10)."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten

COLUMNS = """
ALTER TABLE batch_update ADD COLUMN
    confirmed_by_support_session_id text;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_path_indexes"), ("tenants", "0004_support")]
    operations = [
        HandWritten(
            sqlite=for_sqlite(COLUMNS),
            postgres=for_postgres(COLUMNS),
            state=[
                ops.AddField(
                    "BatchUpdate", "confirmed_by_support_session_id", fields.TextField(null=True, unique=False)
                )
            ],
        )
    ]
