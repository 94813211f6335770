"""Phone numbers: who holds which, for which account, until when; and from which accounts they were taken (SUB-100)."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import tenant_table

TABLES = """
CREATE TABLE number (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    pool_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    digits text NOT NULL UNIQUE,
    state text NOT NULL CHECK (state IN ('AVAILABLE', 'RESERVED', 'ASSIGNED', 'LOCKED', 'ARCHIVED', 'RETIRED')),
    account_id text,
    held_until_at bigint,
    after_hold text CHECK (after_hold IN ('AVAILABLE', 'ARCHIVED')),
    created_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CHECK (state <> 'ASSIGNED' OR account_id IS NOT NULL),
    CHECK (held_until_at IS NULL OR state = 'RESERVED')
);
CREATE INDEX number_holder ON number (organization_id, digits);
CREATE INDEX number_pool ON number (pool_id);
CREATE INDEX number_held ON number (held_until_at) WHERE held_until_at IS NOT NULL;
CREATE TABLE number_release (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    digits text NOT NULL,
    account_id text NOT NULL,
    released_at bigint NOT NULL
);
CREATE INDEX number_release_account ON number_release (account_id);
CREATE INDEX number_release_organization ON number_release (organization_id);
"""
_ON_PATH = "CREATE INDEX {table}_path ON {table} (path{operators}, id)"
_TABLES = ("number", "number_release")


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_moves")]
    operations = [
        HandWritten(
            sqlite=[*for_sqlite(TABLES), *(_ON_PATH.format(table=table, operators="") for table in _TABLES)],
            postgres=[
                *for_postgres(TABLES),
                # The operators that a range of paths is searched with (docs/adr/0007).
                *(_ON_PATH.format(table=table, operators=" text_pattern_ops") for table in _TABLES),
                *(statement for table in _TABLES for statement in tenant_table(table)),
            ],
            state=[
                ops.CreateModel(
                    name="Number",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("pool_id", fields.TextField(unique=False)),
                        ("digits", fields.TextField(unique=False)),
                        ("state", fields.TextField(unique=False)),
                        ("account_id", fields.TextField(null=True, unique=False)),
                        ("held_until_at", fields.BigIntField(null=True)),
                        ("after_hold", fields.TextField(null=True, unique=False)),
                        ("created_at", fields.BigIntField()),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "number", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="NumberRelease",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("digits", fields.TextField(unique=False)),
                        ("account_id", fields.TextField(unique=False)),
                        ("released_at", fields.BigIntField()),
                    ],
                    options={"table": "number_release", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
            ],
        ),
    ]
