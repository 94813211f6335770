"""Demo accounts (when one ends, its minutes, when its data is erased: DEMO-6) and the settings of accounts (VIS-8)."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten

COLUMNS = """
ALTER TABLE account ADD COLUMN
    demo_ends_at bigint;
ALTER TABLE account ADD COLUMN
    demo_minutes_left bigint;
ALTER TABLE account ADD COLUMN
    demo_retention_days bigint;
ALTER TABLE account ADD COLUMN
    demo_erases_at bigint;
ALTER TABLE account ADD COLUMN
    label text;
ALTER TABLE account ADD COLUMN
    associated_number text;
ALTER TABLE account ADD COLUMN
    ivr_language text;
ALTER TABLE account ADD COLUMN
    self_care_time_zone text;
CREATE INDEX account_demo_erases ON account (demo_erases_at) WHERE demo_erases_at IS NOT NULL;
CREATE INDEX account_demo_open ON account (organization_id) WHERE kind = 'DEMO';
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("tenants", "0010_notices")]
    operations = [
        HandWritten(
            sqlite=for_sqlite(COLUMNS),
            postgres=for_postgres(COLUMNS),
            state=[
                *(
                    ops.AddField("Account", name, fields.BigIntField(null=True))
                    for name in ("demo_ends_at", "demo_minutes_left", "demo_retention_days", "demo_erases_at")
                ),
                *(
                    ops.AddField("Account", name, fields.TextField(null=True, unique=False))
                    for name in ("label", "associated_number", "ivr_language", "self_care_time_zone")
                ),
            ],
        )
    ]
