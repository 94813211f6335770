"""Changes inside paid time: what a charge priced anew, what its units became, and a change that waits (SUB-60)."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import tenant_table

TABLES = """
ALTER TABLE segment ADD COLUMN
    replaced_date text;
ALTER TABLE segment_charge ADD COLUMN
    first_date text;
ALTER TABLE segment_charge ADD COLUMN
    sale_id text;
ALTER TABLE segment_charge ADD COLUMN
    added_quantity bigint;
ALTER TABLE segment_charge ADD COLUMN
    left_quantity bigint;
CREATE TABLE queued_change (
    subscription_id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    plan_id text REFERENCES plan (id) ON DELETE RESTRICT,
    plan_name text,
    quantity bigint CHECK (quantity >= 1),
    cycle_months bigint CHECK (cycle_months >= 1),
    add_ons jsonb NOT NULL,
    applies_date text NOT NULL,
    applies_at bigint NOT NULL,
    queued_at bigint NOT NULL,
    FOREIGN KEY (organization_id, subscription_id) REFERENCES subscription (organization_id, id)
        ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE INDEX queued_change_due ON queued_change (applies_at);
"""
_ON_PATH = "CREATE INDEX queued_change_path ON queued_change (path{operators}, subscription_id)"


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_renewals")]
    operations = [
        HandWritten(
            sqlite=[*for_sqlite(TABLES), _ON_PATH.format(operators="")],
            postgres=[
                *for_postgres(TABLES),
                # The operators that a range of paths is searched with (docs/adr/0007).
                _ON_PATH.format(operators=" text_pattern_ops"),
                *tenant_table("queued_change"),
            ],
            state=[
                ops.AddField("Segment", "replaced_date", fields.TextField(null=True, unique=False)),
                ops.AddField("SegmentCharge", "first_date", fields.TextField(null=True, unique=False)),
                ops.AddField("SegmentCharge", "sale_id", fields.TextField(null=True, unique=False)),
                ops.AddField("SegmentCharge", "added_quantity", fields.BigIntField(null=True)),
                ops.AddField("SegmentCharge", "left_quantity", fields.BigIntField(null=True)),
                ops.CreateModel(
                    name="QueuedChange",
                    fields=[
                        (
                            "subscription_id",
                            fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128),
                        ),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("plan_id", fields.TextField(null=True, unique=False)),
                        ("plan_name", fields.TextField(null=True, unique=False)),
                        ("quantity", fields.BigIntField(null=True)),
                        ("cycle_months", fields.BigIntField(null=True)),
                        ("add_ons", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("applies_date", fields.TextField(unique=False)),
                        ("applies_at", fields.BigIntField()),
                        ("queued_at", fields.BigIntField()),
                    ],
                    options={"table": "queued_change", "app": "billing", "pk_attr": "subscription_id"},
                    bases=["Model"],
                ),
            ],
        ),
    ]
