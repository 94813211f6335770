"""Support sessions and standing consents, who a support token stands for, and on whose behalf an entry was written."""

from typing import Any

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import APP_ROLE, SYSTEM_ROLE, tenant_table

TABLES = """
CREATE TABLE support_consent (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    given_by_organization_id text NOT NULL,
    given_by_member_id text NOT NULL,
    given_by_name text NOT NULL,
    grantee_organization_id text NOT NULL,
    kinds jsonb NOT NULL,
    access text NOT NULL CHECK (access IN ('READ', 'WRITE')),
    areas jsonb NOT NULL,
    days bigint NOT NULL,
    started_at bigint NOT NULL,
    last_date text NOT NULL,
    ends_at bigint NOT NULL,
    ended_at bigint,
    end_reason text,
    notified_days bigint,
    version bigint NOT NULL DEFAULT 1,
    CHECK (ended_at IS NULL OR end_reason IS NOT NULL)
);
CREATE INDEX support_consent_organization ON support_consent (organization_id, id);
CREATE INDEX support_consent_path ON support_consent (path, id);
CREATE INDEX support_consent_running ON support_consent (ends_at) WHERE ended_at IS NULL;
CREATE TABLE support_session (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('LOGIN_AS', 'REMOTE_SUPPORT')),
    target_member_id text,
    target_name text NOT NULL,
    supporter_organization_id text NOT NULL,
    supporter_member_id text NOT NULL,
    supporter_name text NOT NULL,
    asking_id text NOT NULL,
    is_first_of_asking boolean NOT NULL,
    reason text NOT NULL,
    ticket text NOT NULL,
    minutes bigint NOT NULL,
    access text NOT NULL CHECK (access IN ('READ', 'WRITE')),
    areas jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('PENDING', 'OPEN', 'ENDED', 'REFUSED', 'LAPSED')),
    basis text NOT NULL CHECK (basis IN ('NONE', 'APPROVED', 'STANDING')),
    consent_id text,
    approved_by_organization_id text,
    approved_by_name text,
    approval_hash text UNIQUE,
    token_hash text NOT NULL UNIQUE,
    asked_at bigint NOT NULL,
    approval_ends_at bigint,
    opened_at bigint,
    ends_at bigint,
    platform_ends_at bigint,
    ended_at bigint,
    end_reason text,
    version bigint NOT NULL DEFAULT 1,
    CHECK ((kind = 'LOGIN_AS') = (target_member_id IS NOT NULL)),
    CHECK (state <> 'OPEN' OR (opened_at IS NOT NULL AND ends_at IS NOT NULL AND platform_ends_at IS NOT NULL)),
    CHECK (state <> 'PENDING' OR approval_ends_at IS NOT NULL)
);
CREATE INDEX support_session_organization ON support_session (organization_id, id);
CREATE INDEX support_session_path ON support_session (path, id);
CREATE INDEX support_session_living ON support_session (supporter_member_id) WHERE state IN ('PENDING', 'OPEN');
CREATE UNIQUE INDEX support_session_one_open ON support_session (supporter_member_id) WHERE state = 'OPEN';
CREATE UNIQUE INDEX support_session_one_asking ON support_session (supporter_member_id)
    WHERE state = 'PENDING' AND is_first_of_asking;
ALTER TABLE audit_entry ADD COLUMN
    on_behalf_of_name text;
ALTER TABLE audit_entry ADD COLUMN
    on_behalf_of_organization_id text;
ALTER TABLE audit_entry ADD COLUMN
    on_behalf_of_organization_name text;
"""

# Who a support token stands for, and all that may have ended it (SUP-10, SUP-11): asked anew at every request.
ACTOR_BY_SUPPORT_SESSION = """
SELECT t.token_hash, t.id AS support_session_id, t.kind AS session_kind, t.state, t.basis, t.access, t.areas, t.reason,
       t.ticket, t.asking_id, t.approved_by_organization_id, t.approval_ends_at, t.ends_at, t.platform_ends_at,
       t.target_member_id, t.supporter_member_id, t.supporter_organization_id, t.supporter_name,
       s.user_id AS supporter_user_id, s.role AS supporter_role, s.has_portal_access AS supporter_has_portal_access,
       s.invitation AS supporter_invitation, p.path AS supporter_path,
       m.id AS member_id, m.role, m.given_name, m.family_name, m.has_portal_access, m.invitation,
       o.id AS organization_id, o.path, o.kind, o.status, o.name AS organization_name, o.managed_by, o.parent_id,
       o.clock_id, c.stands_at AS clock_stands_at
FROM support_session t JOIN organization o ON o.id = t.organization_id
LEFT JOIN organization p ON p.id = t.supporter_organization_id
LEFT JOIN member s ON s.id = t.supporter_member_id AND s.organization_id = t.supporter_organization_id
LEFT JOIN member m ON m.id = t.target_member_id AND m.organization_id = t.organization_id
LEFT JOIN sandbox_clock c ON c.id = o.clock_id
"""
SIGNATURE = "actor_by_support_session(text)"
FUNCTION = [
    f"CREATE FUNCTION {SIGNATURE} RETURNS SETOF actor_support_session LANGUAGE sql STABLE SECURITY DEFINER "
    "SET search_path = public, pg_temp AS $body$ SELECT * FROM actor_support_session WHERE token_hash = $1 $body$",
    f"ALTER FUNCTION {SIGNATURE} OWNER TO {SYSTEM_ROLE}",
    f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO {APP_ROLE}, {SYSTEM_ROLE}",
]
VIEW = f"CREATE VIEW actor_support_session AS {ACTOR_BY_SUPPORT_SESSION}"
POSTGRES = [
    *tenant_table("support_consent"),
    *tenant_table("support_session"),
    VIEW,
    f"ALTER VIEW actor_support_session OWNER TO {SYSTEM_ROLE}",
    *FUNCTION,
]
CONSENT_FIELDS: list[tuple[str, Any]] = [
    ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
    ("organization_id", fields.TextField(unique=False)),
    ("path", fields.TextField(unique=False)),
    ("given_by_organization_id", fields.TextField(unique=False)),
    ("given_by_member_id", fields.TextField(unique=False)),
    ("given_by_name", fields.TextField(unique=False)),
    ("grantee_organization_id", fields.TextField(unique=False)),
    ("kinds", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
    ("access", fields.TextField(unique=False)),
    ("areas", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
    ("days", fields.BigIntField()),
    ("started_at", fields.BigIntField()),
    ("last_date", fields.TextField(unique=False)),
    ("ends_at", fields.BigIntField()),
    ("ended_at", fields.BigIntField(null=True)),
    ("end_reason", fields.TextField(null=True, unique=False)),
    ("notified_days", fields.BigIntField(null=True)),
    ("version", fields.BigIntField()),
]
SESSION_FIELDS: list[tuple[str, Any]] = [
    ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
    ("organization_id", fields.TextField(unique=False)),
    ("path", fields.TextField(unique=False)),
    ("kind", fields.TextField(unique=False)),
    ("target_member_id", fields.TextField(null=True, unique=False)),
    ("target_name", fields.TextField(unique=False)),
    ("supporter_organization_id", fields.TextField(unique=False)),
    ("supporter_member_id", fields.TextField(unique=False)),
    ("supporter_name", fields.TextField(unique=False)),
    ("asking_id", fields.TextField(unique=False)),
    ("is_first_of_asking", fields.BooleanField()),
    ("reason", fields.TextField(unique=False)),
    ("ticket", fields.TextField(unique=False)),
    ("minutes", fields.BigIntField()),
    ("access", fields.TextField(unique=False)),
    ("areas", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
    ("state", fields.TextField(unique=False)),
    ("basis", fields.TextField(unique=False)),
    ("consent_id", fields.TextField(null=True, unique=False)),
    ("approved_by_organization_id", fields.TextField(null=True, unique=False)),
    ("approved_by_name", fields.TextField(null=True, unique=False)),
    ("approval_hash", fields.TextField(null=True, unique=False)),
    ("token_hash", fields.TextField(unique=False)),
    ("asked_at", fields.BigIntField()),
    ("approval_ends_at", fields.BigIntField(null=True)),
    ("opened_at", fields.BigIntField(null=True)),
    ("ends_at", fields.BigIntField(null=True)),
    ("platform_ends_at", fields.BigIntField(null=True)),
    ("ended_at", fields.BigIntField(null=True)),
    ("end_reason", fields.TextField(null=True, unique=False)),
    ("version", fields.BigIntField()),
]
ON_BEHALF = ("on_behalf_of_name", "on_behalf_of_organization_id", "on_behalf_of_organization_name")


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_stops")]
    operations = [
        HandWritten(
            sqlite=[*for_sqlite(TABLES), VIEW],
            postgres=for_postgres(TABLES) + POSTGRES,
            state=[
                ops.CreateModel(
                    name="SupportConsent",
                    fields=CONSENT_FIELDS,
                    options={"table": "support_consent", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="SupportSession",
                    fields=SESSION_FIELDS,
                    options={"table": "support_session", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                *[
                    ops.AddField(model_name="AuditEntry", name=name, field=fields.TextField(null=True, unique=False))
                    for name in ON_BEHALF
                ],
            ],
        ),
    ]
