"""KYC: where an organization stands, the documents it handed in, and the one-time codes with their tries (KYC-1, 2)."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import tenant_table

TABLES = """
ALTER TABLE organization ADD COLUMN
    kyc_status text NOT NULL DEFAULT 'NONE' CHECK (kyc_status IN ('NONE', 'PENDING', 'APPROVED', 'REJECTED'));
ALTER TABLE organization ADD COLUMN
    kyc_reason text;
ALTER TABLE organization ADD COLUMN
    kyc_decided_at bigint;
CREATE TABLE kyc_document (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    kind text NOT NULL,
    reference text NOT NULL,
    file_name text,
    file_hash text,
    handed_in_by_member_id text,
    handed_in_at bigint NOT NULL,
    UNIQUE (organization_id, id)
);
CREATE INDEX kyc_document_path ON kyc_document (path, id);
CREATE TABLE kyc_code (
    organization_id text NOT NULL PRIMARY KEY REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    code_hash text,
    sent_to text,
    expires_at bigint,
    wrong_tries bigint NOT NULL DEFAULT 0,
    locked_until_at bigint,
    verified_at bigint
);
"""
POLICIES = [statement for table in ("kyc_document", "kyc_code") for statement in tenant_table(table)]


class Migration(migrations.Migration):
    dependencies = [("tenants", "0006_second_factor")]
    operations = [
        HandWritten(
            sqlite=for_sqlite(TABLES),
            postgres=for_postgres(TABLES) + POLICIES,
            state=[
                ops.AddField("Organization", "kyc_status", fields.TextField(unique=False)),
                ops.AddField("Organization", "kyc_reason", fields.TextField(null=True, unique=False)),
                ops.AddField("Organization", "kyc_decided_at", fields.BigIntField(null=True)),
                ops.CreateModel(
                    name="KycDocument",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("kind", fields.TextField(unique=False)),
                        ("reference", fields.TextField(unique=False)),
                        ("file_name", fields.TextField(null=True, unique=False)),
                        ("file_hash", fields.TextField(null=True, unique=False)),
                        ("handed_in_by_member_id", fields.TextField(null=True, unique=False)),
                        ("handed_in_at", fields.BigIntField()),
                    ],
                    options={"table": "kyc_document", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="KycCode",
                    fields=[
                        (
                            "organization_id",
                            fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128),
                        ),
                        ("path", fields.TextField(unique=False)),
                        ("code_hash", fields.TextField(null=True, unique=False)),
                        ("sent_to", fields.TextField(null=True, unique=False)),
                        ("expires_at", fields.BigIntField(null=True)),
                        ("wrong_tries", fields.BigIntField()),
                        ("locked_until_at", fields.BigIntField(null=True)),
                        ("verified_at", fields.BigIntField(null=True)),
                    ],
                    options={"table": "kyc_code", "app": "tenants", "pk_attr": "organization_id"},
                    bases=["Model"],
                ),
            ],
        )
    ]
