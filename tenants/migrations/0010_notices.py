"""Dated notices: one row per event, subject, local day and address, so that one mail leaves (ALR-1)."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import tenant_table

TABLES = """
CREATE TABLE notice (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    event text NOT NULL,
    subject_id text NOT NULL,
    notice_date text NOT NULL,
    address_folded text NOT NULL,
    created_at bigint NOT NULL,
    UNIQUE (event, subject_id, notice_date, address_folded)
);
CREATE INDEX notice_path ON notice (path, id);
CREATE INDEX notice_organization ON notice (organization_id);
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0009_brand")]
    operations = [
        HandWritten(
            sqlite=for_sqlite(TABLES),
            postgres=for_postgres(TABLES) + tenant_table("notice"),
            state=[
                ops.CreateModel(
                    name="Notice",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("event", fields.TextField(unique=False)),
                        ("subject_id", fields.TextField(unique=False)),
                        ("notice_date", fields.TextField(unique=False)),
                        ("address_folded", fields.TextField(unique=False)),
                        ("created_at", fields.BigIntField()),
                    ],
                    options={"table": "notice", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
            ],
        )
    ]
