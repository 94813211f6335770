"""Suspensions with delays and ends of their own, deletion and its reversal, pictures, who is billed through whom."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import tenant_table

TABLES = """
ALTER TABLE organization ADD COLUMN
    billing_group_id text REFERENCES organization (id) ON DELETE RESTRICT;
CREATE INDEX organization_billing_group ON organization (billing_group_id) WHERE billing_group_id IS NOT NULL;
ALTER TABLE suspension ADD COLUMN
    is_by_platform boolean NOT NULL DEFAULT false;
ALTER TABLE suspension ADD COLUMN
    caused_at bigint;
ALTER TABLE suspension ADD COLUMN
    lift_mode text;
ALTER TABLE suspension ADD COLUMN
    delay_max_days bigint;
ALTER TABLE suspension ADD COLUMN
    delayed_until_date text;
ALTER TABLE suspension ADD COLUMN
    delayed_until_at bigint;
ALTER TABLE suspension ADD COLUMN
    ends_at bigint;
ALTER TABLE suspension ADD COLUMN
    sign_in_mode text;
ALTER TABLE suspension ADD COLUMN
    paying_roles text;
CREATE INDEX suspension_delayed ON suspension (delayed_until_at) WHERE delayed_until_at IS NOT NULL;
CREATE INDEX suspension_ends ON suspension (ends_at) WHERE ends_at IS NOT NULL AND lifted_at IS NULL;
CREATE TABLE deletion (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    asked_by text NOT NULL CHECK (asked_by IN ('SELLER', 'OWNER')),
    asked_by_member_id text,
    asked_by_name text,
    token_hash text UNIQUE,
    reverse_days bigint NOT NULL,
    asked_at bigint NOT NULL,
    reversible_until_at bigint NOT NULL,
    next_check_at bigint NOT NULL,
    ended_at bigint,
    outcome text CHECK (outcome IN ('REVERSED', 'DELETED')),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX deletion_open ON deletion (organization_id) WHERE ended_at IS NULL;
CREATE INDEX deletion_due ON deletion (next_check_at) WHERE ended_at IS NULL;
CREATE TABLE organization_picture (
    organization_id text NOT NULL PRIMARY KEY REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    media_type text NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg', 'image/webp')),
    content text NOT NULL,
    changed_at bigint NOT NULL
);
"""
TENANT_TABLES = ("deletion", "organization_picture")


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_moves")]
    operations = [
        HandWritten(
            sqlite=for_sqlite(TABLES),
            postgres=for_postgres(TABLES) + [ddl for table in TENANT_TABLES for ddl in tenant_table(table)],
            state=[
                ops.AddField("Organization", "billing_group_id", fields.TextField(null=True, unique=False)),
                ops.AddField("Suspension", "is_by_platform", fields.BooleanField()),
                ops.AddField("Suspension", "caused_at", fields.BigIntField(null=True)),
                ops.AddField("Suspension", "lift_mode", fields.TextField(null=True, unique=False)),
                ops.AddField("Suspension", "delay_max_days", fields.BigIntField(null=True)),
                ops.AddField("Suspension", "delayed_until_date", fields.TextField(null=True, unique=False)),
                ops.AddField("Suspension", "delayed_until_at", fields.BigIntField(null=True)),
                ops.AddField("Suspension", "ends_at", fields.BigIntField(null=True)),
                ops.AddField("Suspension", "sign_in_mode", fields.TextField(null=True, unique=False)),
                ops.AddField("Suspension", "paying_roles", fields.TextField(null=True, unique=False)),
                ops.CreateModel(
                    name="Deletion",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("asked_by", fields.TextField(unique=False)),
                        ("asked_by_member_id", fields.TextField(null=True, unique=False)),
                        ("asked_by_name", fields.TextField(null=True, unique=False)),
                        ("token_hash", fields.TextField(null=True, unique=False)),
                        ("reverse_days", fields.BigIntField()),
                        ("asked_at", fields.BigIntField()),
                        ("reversible_until_at", fields.BigIntField()),
                        ("next_check_at", fields.BigIntField()),
                        ("ended_at", fields.BigIntField(null=True)),
                        ("outcome", fields.TextField(null=True, unique=False)),
                    ],
                    options={"table": "deletion", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="OrganizationPicture",
                    fields=[
                        (
                            "organization_id",
                            fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128),
                        ),
                        ("path", fields.TextField(unique=False)),
                        ("media_type", fields.TextField(unique=False)),
                        ("content", fields.TextField(unique=False)),
                        ("changed_at", fields.BigIntField()),
                    ],
                    options={"table": "organization_picture", "app": "tenants", "pk_attr": "organization_id"},
                    bases=["Model"],
                ),
            ],
        )
    ]
