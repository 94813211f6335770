"""Moving in the tree: tokens and offers (MOVE-2)."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import tenant_table

# An offer is a row of each of the two sellers, who do not see each other: what it tells, and nothing else.
TABLES = """
CREATE TABLE move_token (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    token_hash text NOT NULL UNIQUE,
    state text NOT NULL CHECK (state IN ('OPEN', 'USED')),
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX move_token_organization ON move_token (organization_id);
CREATE TABLE move_offer (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    side text NOT NULL CHECK (side IN ('OLD_SELLER', 'NEW_SELLER')),
    twin_id text NOT NULL,
    moving_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    moving_name text NOT NULL,
    moving_billing_number text NOT NULL,
    new_seller_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    new_seller_name text NOT NULL,
    state text NOT NULL CHECK (state IN ('OPEN', 'ACCEPTED', 'REFUSED', 'EXPIRED', 'SUPERSEDED')),
    opened_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at bigint
);
CREATE UNIQUE INDEX move_offer_open ON move_offer (moving_id, side) WHERE state = 'OPEN';
CREATE INDEX move_offer_path ON move_offer (path, id);
"""
POSTGRES_EXTRA = [*tenant_table("move_token"), *tenant_table("move_offer")]


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [
        HandWritten(
            sqlite=for_sqlite(TABLES),
            postgres=for_postgres(TABLES) + POSTGRES_EXTRA,
            state=[
                ops.CreateModel(
                    name="MoveToken",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("token_hash", fields.TextField(unique=False)),
                        ("state", fields.TextField(unique=False)),
                        ("created_at", fields.BigIntField()),
                        ("expires_at", fields.BigIntField()),
                    ],
                    options={"table": "move_token", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="MoveOffer",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("side", fields.TextField(unique=False)),
                        ("twin_id", fields.TextField(unique=False)),
                        ("moving_id", fields.TextField(unique=False)),
                        ("moving_name", fields.TextField(unique=False)),
                        ("moving_billing_number", fields.TextField(unique=False)),
                        ("new_seller_id", fields.TextField(unique=False)),
                        ("new_seller_name", fields.TextField(unique=False)),
                        ("state", fields.TextField(unique=False)),
                        ("opened_at", fields.BigIntField()),
                        ("expires_at", fields.BigIntField()),
                        ("ended_at", fields.BigIntField(null=True)),
                    ],
                    options={"table": "move_offer", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
            ],
        ),
    ]
