"""When a subscription renews by itself next (SUB-40, SUB-43), and when each stretch of its paid time begins."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten

COLUMNS = """
ALTER TABLE subscription ADD COLUMN
    renews_at bigint;
ALTER TABLE segment ADD COLUMN
    starts_at bigint;
ALTER TABLE segment ADD COLUMN
    anchor_date text;
CREATE INDEX subscription_due_renewal ON subscription (renews_at) WHERE renews_at IS NOT NULL;
CREATE INDEX subscription_undated_renewal ON subscription (id) WHERE renews_at IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_numbers")]
    operations = [
        HandWritten(
            sqlite=for_sqlite(COLUMNS),
            postgres=for_postgres(COLUMNS),
            state=[
                ops.AddField("Subscription", "renews_at", fields.BigIntField(null=True)),
                ops.AddField("Segment", "starts_at", fields.BigIntField(null=True)),
                ops.AddField("Segment", "anchor_date", fields.TextField(null=True, unique=False)),
            ],
        ),
    ]
