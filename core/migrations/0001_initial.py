"""The first tables of core/: one text for both engines, plus what only one of them has."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten

TABLES = """
CREATE TABLE idempotency_key (
    organization_id text NOT NULL,
    path text NOT NULL,
    key text NOT NULL,
    operation text NOT NULL,
    input_hash text NOT NULL,
    outcome jsonb,
    created_at bigint NOT NULL,
    PRIMARY KEY (organization_id, key)
);
CREATE INDEX idempotency_key_created ON idempotency_key (created_at);
CREATE TABLE outbox (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    topic text NOT NULL,
    subject_id text NOT NULL,
    payload jsonb NOT NULL,
    created_at bigint NOT NULL,
    due_at bigint NOT NULL,
    done_at bigint,
    attempts bigint NOT NULL DEFAULT 0,
    lease_token text,
    lease_until_at bigint,
    last_error text
);
CREATE INDEX outbox_due ON outbox (topic, due_at, id) WHERE done_at IS NULL;
"""

POSTGRES_EXTRA = ["GRANT SELECT ON tortoise_migrations TO tenantry_app, tenantry_system"]
SQLITE_EXTRA: list[str] = []


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        HandWritten(
            sqlite=for_sqlite(TABLES) + SQLITE_EXTRA,
            postgres=for_postgres(TABLES) + POSTGRES_EXTRA,
            state=[
                ops.CreateModel(
                    name="IdempotencyKey",
                    fields=[
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("operation", fields.TextField(unique=False)),
                        ("input_hash", fields.TextField(unique=False)),
                        ("outcome", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                        ("created_at", fields.BigIntField()),
                    ],
                    options={"table": "idempotency_key", "app": "core", "pk_attr": "key"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Outbox",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("topic", fields.TextField(unique=False)),
                        ("subject_id", fields.TextField(unique=False)),
                        ("payload", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("created_at", fields.BigIntField()),
                        ("due_at", fields.BigIntField()),
                        ("done_at", fields.BigIntField(null=True)),
                        ("attempts", fields.BigIntField()),
                        ("lease_token", fields.TextField(null=True, unique=False)),
                        ("lease_until_at", fields.BigIntField(null=True)),
                        ("last_error", fields.TextField(null=True, unique=False)),
                    ],
                    options={"table": "outbox", "app": "core", "pk_attr": "id"},
                    bases=["Model"],
                ),
            ],
        ),
    ]
