"""Authenticator apps, recovery codes, passkeys and identity providers."""

from importlib import import_module

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten
from core.transaction import Dialect
from tenants.row_security import system_table, tenant_table

before = import_module("tenants.migrations.0005_sign_in")

TABLES = """
CREATE TABLE totp (
    user_id text NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE RESTRICT,
    secret_sealed text NOT NULL,
    last_step bigint NOT NULL,
    created_at bigint NOT NULL,
    confirmed_at bigint
);
CREATE TABLE recovery_code (
    id text NOT NULL PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    code_hash text NOT NULL,
    created_at bigint NOT NULL,
    used_at bigint,
    UNIQUE (user_id, code_hash)
);
CREATE TABLE passkey (
    id text NOT NULL PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    credential_id text NOT NULL UNIQUE,
    public_key text NOT NULL,
    sign_count bigint NOT NULL,
    name text NOT NULL,
    created_at bigint NOT NULL,
    last_used_at bigint
);
CREATE INDEX passkey_user ON passkey (user_id);
CREATE TABLE sign_in_challenge (
    id text NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('SECOND_FACTOR', 'PASSKEY_SIGN_IN', 'PASSKEY_REGISTRATION')),
    token_hash text NOT NULL UNIQUE,
    user_id text REFERENCES users (id) ON DELETE RESTRICT,
    passkey_challenge text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX sign_in_challenge_end ON sign_in_challenge (expires_at);
CREATE TABLE identity_provider (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL UNIQUE REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    issuer text NOT NULL,
    client_id text NOT NULL,
    client_secret_sealed text NOT NULL,
    email_domains jsonb NOT NULL,
    created_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX identity_provider_path ON identity_provider (path, id);
CREATE TABLE identity_provider_visit (
    state_hash text NOT NULL PRIMARY KEY,
    browser_hash text NOT NULL,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    nonce text NOT NULL,
    code_verifier text NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX identity_provider_visit_end ON identity_provider_visit (expires_at);
ALTER TABLE session ADD COLUMN
    bound_organization_id text;
"""
SYSTEM_TABLES = ("totp", "recovery_code", "passkey", "sign_in_challenge", "identity_provider_visit")

# A session that an organization's identity provider vouched for stands in that organization and in no other: whoever
# runs the provider says who its people are, but not who the members of other organizations are.
BOUND = "m.user_id = s.user_id AND (s.bound_organization_id IS NULL OR m.organization_id = s.bound_organization_id)"


def actor_by_session(dialect: Dialect) -> str:
    """The text of the view."""
    text: str = before.actor_by_session(dialect)
    return text.replace("m.user_id = s.user_id", BOUND)


class Migration(migrations.Migration):
    dependencies = [("tenants", "0005_sign_in")]
    operations = [
        HandWritten(
            sqlite=[
                *for_sqlite(TABLES),
                "DROP VIEW actor_session",
                f"CREATE VIEW actor_session AS {actor_by_session('sqlite')}",
            ],
            postgres=[
                *for_postgres(TABLES),
                *[statement for table in SYSTEM_TABLES for statement in system_table(table)],
                *tenant_table("identity_provider"),
                f"CREATE OR REPLACE VIEW actor_session AS {actor_by_session('postgres')}",
            ],
            state=[
                ops.CreateModel(
                    name="Totp",
                    fields=[
                        ("user_id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("secret_sealed", fields.TextField(unique=False)),
                        ("last_step", fields.BigIntField()),
                        ("created_at", fields.BigIntField()),
                        ("confirmed_at", fields.BigIntField(null=True)),
                    ],
                    options={"table": "totp", "app": "tenants", "pk_attr": "user_id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="RecoveryCode",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("user_id", fields.TextField(unique=False)),
                        ("code_hash", fields.TextField(unique=False)),
                        ("created_at", fields.BigIntField()),
                        ("used_at", fields.BigIntField(null=True)),
                    ],
                    options={"table": "recovery_code", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Passkey",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("user_id", fields.TextField(unique=False)),
                        ("credential_id", fields.TextField(unique=False)),
                        ("public_key", fields.TextField(unique=False)),
                        ("sign_count", fields.BigIntField()),
                        ("name", fields.TextField(unique=False)),
                        ("created_at", fields.BigIntField()),
                        ("last_used_at", fields.BigIntField(null=True)),
                    ],
                    options={"table": "passkey", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="SignInChallenge",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("kind", fields.TextField(unique=False)),
                        ("token_hash", fields.TextField(unique=False)),
                        ("user_id", fields.TextField(null=True, unique=False)),
                        ("passkey_challenge", fields.TextField(unique=False)),
                        ("created_at", fields.BigIntField()),
                        ("expires_at", fields.BigIntField()),
                    ],
                    options={"table": "sign_in_challenge", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="IdentityProvider",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("issuer", fields.TextField(unique=False)),
                        ("client_id", fields.TextField(unique=False)),
                        ("client_secret_sealed", fields.TextField(unique=False)),
                        ("email_domains", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("created_at", fields.BigIntField()),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "identity_provider", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="IdentityProviderVisit",
                    fields=[
                        ("state_hash", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("browser_hash", fields.TextField(unique=False)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("nonce", fields.TextField(unique=False)),
                        ("code_verifier", fields.TextField(unique=False)),
                        ("expires_at", fields.BigIntField()),
                    ],
                    options={"table": "identity_provider_visit", "app": "tenants", "pk_attr": "state_hash"},
                    bases=["Model"],
                ),
                ops.AddField(
                    model_name="Session",
                    name="bound_organization_id",
                    field=fields.TextField(null=True, unique=False),
                ),
            ],
        )
    ]
