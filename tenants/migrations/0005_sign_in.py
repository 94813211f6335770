"""Reset links, one-time codes, recoveries of ownership, delivered mails; where a session stands."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten
from core.transaction import Dialect
from tenants.row_security import APP_ROLE, SYSTEM_ROLE, system_table, tenant_table
from tenants.stops.stopped import is_stopped

TABLES = """
ALTER TABLE session ADD COLUMN
    organization_id text;
ALTER TABLE session ADD COLUMN
    barred_member_ids text NOT NULL DEFAULT '';
CREATE TABLE password_reset (
    id text NOT NULL PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash text NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint
);
CREATE INDEX password_reset_user ON password_reset (user_id);
CREATE TABLE owner_contact_change (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    member_id text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('EMAIL', 'PHONE')),
    value text NOT NULL,
    code_hash text NOT NULL,
    tries bigint NOT NULL DEFAULT 0,
    state text NOT NULL CHECK (state IN ('OPEN', 'USED', 'REPLACED')),
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    UNIQUE (organization_id, id)
);
CREATE INDEX owner_contact_change_member ON owner_contact_change (member_id);
CREATE INDEX owner_contact_change_path ON owner_contact_change (path, id);
CREATE TABLE ownership_recovery (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    member_id text NOT NULL,
    reason text NOT NULL,
    ticket text NOT NULL,
    contact_email text NOT NULL,
    requested_by_name text NOT NULL,
    requested_by_member_id text,
    requested_by_organization_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('OPEN', 'STOPPED', 'DONE', 'LAPSED')),
    created_at bigint NOT NULL,
    takes_effect_at bigint NOT NULL,
    ended_at bigint,
    UNIQUE (organization_id, id)
);
CREATE UNIQUE INDEX ownership_recovery_open ON ownership_recovery (organization_id) WHERE state = 'OPEN';
CREATE INDEX ownership_recovery_path ON ownership_recovery (path, id);
CREATE TABLE mail_delivery (
    message_id text NOT NULL,
    address_folded text NOT NULL,
    state text NOT NULL CHECK (state IN ('SENT', 'FAILED')),
    at bigint NOT NULL,
    error text,
    PRIMARY KEY (message_id, address_folded)
);
CREATE INDEX mail_delivery_at ON mail_delivery (at);
"""
TENANT_TABLES = ("owner_contact_change", "ownership_recovery")

# As before, with where the session stands. Whether one above is stopped is looked at only where there is a choice.
ACTOR_BY_SESSION = """
SELECT s.token_hash, s.id AS session_id, s.user_id, s.created_at AS session_created_at, s.last_used_at,
       s.password_at, s.idle_minutes, s.max_hours, s.ended_at, s.organization_id AS standing_id, s.barred_member_ids,
       u.email AS user_email,
       m.id AS member_id, m.role, m.given_name, m.family_name, m.has_portal_access, m.invitation,
       o.id AS organization_id, o.path, o.kind, o.status, o.name AS organization_name, o.clock_id,
       c.stands_at AS clock_stands_at,
       CASE WHEN (SELECT count(*) FROM member x WHERE x.user_id = s.user_id) > 1 THEN {is_stopped}
            ELSE o.status <> 'ACTIVE' END AS is_stopped
FROM session s JOIN users u ON u.id = s.user_id JOIN member m ON m.user_id = s.user_id
JOIN organization o ON o.id = m.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id
"""


def actor_by_session(dialect: Dialect) -> str:
    """The text of the view; what comes later changes it from here."""
    return ACTOR_BY_SESSION.format(is_stopped=is_stopped(dialect, "o.id"))


SQLITE_EXTRA = ["DROP VIEW actor_session", f"CREATE VIEW actor_session AS {actor_by_session('sqlite')}"]
POSTGRES_EXTRA = [
    *[statement for table in ("password_reset", "mail_delivery") for statement in system_table(table)],
    *[statement for table in TENANT_TABLES for statement in tenant_table(table)],
    "DROP FUNCTION actor_by_session(text)",
    "DROP VIEW actor_session",
    f"CREATE VIEW actor_session AS {actor_by_session('postgres')}",
    f"ALTER VIEW actor_session OWNER TO {SYSTEM_ROLE}",
    "CREATE FUNCTION actor_by_session(text) RETURNS SETOF actor_session LANGUAGE sql STABLE SECURITY DEFINER "
    "SET search_path = public, pg_temp AS $body$ SELECT * FROM actor_session WHERE token_hash = $1 $body$",
    f"ALTER FUNCTION actor_by_session(text) OWNER TO {SYSTEM_ROLE}",
    "REVOKE ALL ON FUNCTION actor_by_session(text) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION actor_by_session(text) TO {APP_ROLE}, {SYSTEM_ROLE}",
]


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_support")]
    operations = [
        HandWritten(
            sqlite=for_sqlite(TABLES) + SQLITE_EXTRA,
            postgres=for_postgres(TABLES) + POSTGRES_EXTRA,
            state=[
                ops.AddField("Session", "organization_id", fields.TextField(null=True, unique=False)),
                ops.AddField("Session", "barred_member_ids", fields.TextField(unique=False)),
                ops.CreateModel(
                    name="PasswordReset",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("user_id", fields.TextField(unique=False)),
                        ("token_hash", fields.TextField(unique=False)),
                        ("created_at", fields.BigIntField()),
                        ("expires_at", fields.BigIntField()),
                        ("used_at", fields.BigIntField(null=True)),
                    ],
                    options={"table": "password_reset", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="OwnerContactChange",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("member_id", fields.TextField(unique=False)),
                        ("channel", fields.TextField(unique=False)),
                        ("value", fields.TextField(unique=False)),
                        ("code_hash", fields.TextField(unique=False)),
                        ("tries", fields.BigIntField()),
                        ("state", fields.TextField(unique=False)),
                        ("created_at", fields.BigIntField()),
                        ("expires_at", fields.BigIntField()),
                    ],
                    options={"table": "owner_contact_change", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="OwnershipRecovery",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("member_id", fields.TextField(unique=False)),
                        ("reason", fields.TextField(unique=False)),
                        ("ticket", fields.TextField(unique=False)),
                        ("contact_email", fields.TextField(unique=False)),
                        ("requested_by_name", fields.TextField(unique=False)),
                        ("requested_by_member_id", fields.TextField(null=True, unique=False)),
                        ("requested_by_organization_id", fields.TextField(unique=False)),
                        ("state", fields.TextField(unique=False)),
                        ("created_at", fields.BigIntField()),
                        ("takes_effect_at", fields.BigIntField()),
                        ("ended_at", fields.BigIntField(null=True)),
                    ],
                    options={"table": "ownership_recovery", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="MailDelivery",
                    fields=[
                        ("message_id", fields.TextField(unique=False)),
                        (
                            "address_folded",
                            fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128),
                        ),
                        ("state", fields.TextField(unique=False)),
                        ("at", fields.BigIntField()),
                        ("error", fields.TextField(null=True, unique=False)),
                    ],
                    options={"table": "mail_delivery", "app": "tenants", "pk_attr": "address_folded"},
                    bases=["Model"],
                ),
            ],
        ),
    ]
