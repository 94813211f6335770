"""The first tables of tenants/: one text for both engines, plus what only one of them has."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from core.ddl import append_only_postgres, append_only_sqlite, for_postgres, for_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import APP_ROLE, SYSTEM_ROLE, system_table, tenant_table

TABLES = """
CREATE TABLE organization (
    id text NOT NULL PRIMARY KEY,
    number bigint NOT NULL UNIQUE,
    path text NOT NULL UNIQUE,
    parent_id text REFERENCES organization (id) ON DELETE RESTRICT,
    kind text NOT NULL CHECK (kind IN ('OPERATOR', 'RESELLER', 'CUSTOMER')),
    name text NOT NULL,
    name_folded text NOT NULL,
    status text NOT NULL
        CHECK (status IN ('ACTIVE', 'SUSPENDED', 'SUSPENDED_FOR_DELETION', 'DELETED', 'DEACTIVATED_BY_USER')),
    billing_number text NOT NULL UNIQUE,
    country text NOT NULL,
    currency text NOT NULL,
    timezone text NOT NULL,
    pricing_model text CHECK (pricing_model IN ('APP', 'LICENSE')),
    managed_by text NOT NULL CHECK (managed_by IN ('CUSTOMER', 'SERVICE_PROVIDER')),
    billing_kind text NOT NULL DEFAULT 'NORMAL' CHECK (billing_kind IN ('NORMAL', 'CORPORATE', 'CHILD')),
    billing_name text NOT NULL,
    is_billing_name_own boolean NOT NULL,
    billing_email text,
    billing_email_folded text,
    address text,
    city text,
    state_code text,
    clock_id text,
    created_at bigint NOT NULL,
    activated_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    CHECK ((kind = 'OPERATOR') = (parent_id IS NULL))
);
CREATE UNIQUE INDEX organization_one_operator ON organization (kind) WHERE kind = 'OPERATOR';
CREATE UNIQUE INDEX organization_parent_id ON organization (parent_id, id);
CREATE INDEX organization_parent_name ON organization (parent_id, name_folded, id);
CREATE UNIQUE INDEX organization_path_id ON organization (path, id);
CREATE TABLE organization_number (
    singleton text NOT NULL PRIMARY KEY CHECK (singleton = 'only'),
    last_number bigint NOT NULL
);
CREATE TABLE retired_billing_number (
    billing_number text NOT NULL PRIMARY KEY
);
CREATE TABLE suspension (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    reason text NOT NULL CHECK (reason IN ('SELLER', 'PAYMENT', 'POLICY', 'FRAUD', 'KYC_OVERDUE')),
    set_by_organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    started_at bigint NOT NULL,
    lifted_at bigint
);
CREATE UNIQUE INDEX suspension_standing ON suspension (organization_id, reason, set_by_organization_id)
    WHERE lifted_at IS NULL;
CREATE TABLE sandbox_clock (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    stands_at bigint,
    version bigint NOT NULL DEFAULT 1
);
CREATE TABLE users (
    id text NOT NULL PRIMARY KEY,
    email text NOT NULL,
    email_folded text NOT NULL UNIQUE,
    password_hash text,
    password_at bigint,
    created_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1
);
CREATE TABLE member (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    user_id text REFERENCES users (id) ON DELETE RESTRICT,
    given_name text NOT NULL,
    family_name text,
    email text,
    email_folded text,
    phone text,
    role text NOT NULL CHECK (role IN ('OWNER', 'ADMIN', 'BILLING', 'SUPPORT', 'MEMBER')),
    has_portal_access boolean NOT NULL,
    invitation text NOT NULL CHECK (invitation IN ('NONE', 'PENDING', 'ACCEPTED')),
    is_tech_contact boolean NOT NULL,
    is_accounts_contact boolean NOT NULL,
    is_general_contact boolean NOT NULL,
    created_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, email_folded)
);
CREATE UNIQUE INDEX member_one_owner ON member (organization_id) WHERE role = 'OWNER';
CREATE INDEX member_user ON member (user_id);
CREATE INDEX member_path ON member (path, id);
CREATE TABLE invitation (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    member_id text NOT NULL,
    token_hash text NOT NULL UNIQUE,
    state text NOT NULL CHECK (state IN ('OPEN', 'USED', 'REVOKED')),
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX invitation_member ON invitation (member_id);
CREATE TABLE session (
    id text NOT NULL PRIMARY KEY,
    user_id text NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    token_hash text NOT NULL UNIQUE,
    created_at bigint NOT NULL,
    last_used_at bigint NOT NULL,
    password_at bigint NOT NULL,
    idle_minutes bigint NOT NULL,
    max_hours bigint NOT NULL,
    ended_at bigint,
    address text,
    client text
);
CREATE INDEX session_by_user ON session (user_id);
CREATE TABLE sign_in_lock (
    email_folded text NOT NULL PRIMARY KEY,
    failed_at jsonb NOT NULL,
    locked_until_at bigint
);
CREATE TABLE api_key (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    secret_hash text NOT NULL UNIQUE,
    scopes jsonb NOT NULL,
    maker_member_id text NOT NULL,
    maker_name text NOT NULL,
    maker_role text NOT NULL,
    allowed_addresses jsonb,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    revoked_at bigint,
    last_used_at bigint,
    last_used_address text,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (organization_id, id)
);
CREATE INDEX api_key_path ON api_key (path, id);
CREATE TABLE buyer_tag (
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    buyer_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    key text NOT NULL CHECK (key IN ('CustomerRef', 'BillingRef', 'TypeRef')),
    value text NOT NULL,
    value_folded text NOT NULL,
    PRIMARY KEY (organization_id, buyer_id, key)
);
CREATE TABLE policy_value (
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    buyer_id text NOT NULL,
    parameter text NOT NULL,
    value jsonb NOT NULL,
    PRIMARY KEY (organization_id, buyer_id, parameter)
);
CREATE TABLE policy_preset (
    organization_id text NOT NULL PRIMARY KEY REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    preset text NOT NULL
);
CREATE TABLE policy_bound (
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    parameter text NOT NULL,
    bound jsonb NOT NULL,
    PRIMARY KEY (organization_id, parameter)
);
CREATE TABLE audit_entry (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    at bigint NOT NULL,
    action text NOT NULL,
    entity_type text NOT NULL,
    entity_id text,
    result_code text,
    actor_user_id text,
    actor_member_id text,
    actor_organization_id text,
    actor_name text NOT NULL,
    api_key_id text,
    on_behalf_of_id text,
    support_session_id text,
    before_values jsonb,
    after_values jsonb,
    reason text,
    ticket text,
    address text,
    client text,
    request_id text
);
CREATE INDEX audit_entry_organization ON audit_entry (organization_id, id);
CREATE INDEX audit_entry_path ON audit_entry (path, id);
"""

# Who a session's token or an API key's secret stands for. PostgreSQL: by function only, so that the request role can
# ask for one token and never list them; SQLite: the same text as a view.
ACTOR_BY_SESSION = """
SELECT s.token_hash, s.id AS session_id, s.user_id, s.created_at AS session_created_at, s.last_used_at,
       s.password_at, s.idle_minutes, s.max_hours, s.ended_at, u.email AS user_email,
       m.id AS member_id, m.role, m.given_name, m.family_name, m.has_portal_access, m.invitation,
       o.id AS organization_id, o.path, o.kind, o.status, o.name AS organization_name, o.clock_id,
       c.stands_at AS clock_stands_at
FROM session s JOIN users u ON u.id = s.user_id JOIN member m ON m.user_id = s.user_id
JOIN organization o ON o.id = m.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id
"""
ACTOR_BY_API_KEY = """
SELECT k.secret_hash, k.id AS api_key_id, k.scopes, k.maker_role, k.maker_member_id, k.maker_name, k.allowed_addresses,
       k.expires_at, k.revoked_at, k.last_used_at, o.id AS organization_id, o.path, o.kind, o.status,
       o.name AS organization_name, o.clock_id, c.stands_at AS clock_stands_at
FROM api_key k JOIN organization o ON o.id = k.organization_id LEFT JOIN sandbox_clock c ON c.id = o.clock_id
"""
STOPPED_ABOVE = """
WITH RECURSIVE above (id, parent_id, status) AS (
    SELECT o.id, o.parent_id, o.status FROM organization o WHERE o.id = $1
    UNION ALL SELECT p.id, p.parent_id, p.status FROM organization p JOIN above a ON p.id = a.parent_id
) SELECT EXISTS (SELECT 1 FROM above WHERE status <> 'ACTIVE')
"""
SELLER_CARD = "SELECT o.name FROM organization o WHERE o.id = $1"
SYSTEM_TABLES = ("organization_number", "retired_billing_number", "users", "session", "sign_in_lock")
TENANT_TABLES = (
    "organization",
    "suspension",
    "sandbox_clock",
    "member",
    "invitation",
    "api_key",
    "buyer_tag",
    "policy_value",
    "policy_preset",
    "policy_bound",
    "idempotency_key",
    "outbox",
)


def definer(signature: str, returns: str, body: str) -> list[str]:
    """A function that reads above the caller's scope, for exactly one question."""
    return [
        f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE sql STABLE SECURITY DEFINER "
        f"SET search_path = public, pg_temp AS $body$ {body} $body$",
        f"ALTER FUNCTION {signature} OWNER TO {SYSTEM_ROLE}",
        f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {signature} TO {APP_ROLE}, {SYSTEM_ROLE}",
    ]


POSTGRES_EXTRA = [
    *append_only_postgres("audit_entry", "AUDIT_IMMUTABLE"),
    *[statement for table in SYSTEM_TABLES for statement in system_table(table)],
    *[statement for table in TENANT_TABLES for statement in tenant_table(table)],
    *tenant_table("audit_entry", appends_only=True),
    f"CREATE VIEW actor_session AS {ACTOR_BY_SESSION}",
    f"CREATE VIEW actor_api_key AS {ACTOR_BY_API_KEY}",
    f"ALTER VIEW actor_session OWNER TO {SYSTEM_ROLE}",
    f"ALTER VIEW actor_api_key OWNER TO {SYSTEM_ROLE}",
    *definer("actor_by_session(text)", "SETOF actor_session", "SELECT * FROM actor_session WHERE token_hash = $1"),
    *definer("actor_by_api_key(text)", "SETOF actor_api_key", "SELECT * FROM actor_api_key WHERE secret_hash = $1"),
    *definer("is_stopped_above(text)", "boolean", STOPPED_ABOVE),
    *definer("seller_name(text)", "text", SELLER_CARD),
]
# With the usual statistics the planner takes a small reseller's range of paths for one row, and the wrong index.
POSTGRES_EXTRA += [f"ALTER TABLE {table} ALTER COLUMN path SET STATISTICS 1000" for table in ("organization", "member")]
SQLITE_EXTRA = [
    *append_only_sqlite("audit_entry", "AUDIT_IMMUTABLE"),
    f"CREATE VIEW actor_session AS {ACTOR_BY_SESSION}",
    f"CREATE VIEW actor_api_key AS {ACTOR_BY_API_KEY}",
]


class Migration(migrations.Migration):
    initial = True
    dependencies = [("core", "0001_initial")]
    operations = [
        HandWritten(
            sqlite=for_sqlite(TABLES) + SQLITE_EXTRA,
            postgres=for_postgres(TABLES) + POSTGRES_EXTRA,
            state=[
                ops.CreateModel(
                    name="ApiKey",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("name", fields.TextField(unique=False)),
                        ("prefix", fields.TextField(unique=False)),
                        ("secret_hash", fields.TextField(unique=False)),
                        ("scopes", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("maker_member_id", fields.TextField(unique=False)),
                        ("maker_name", fields.TextField(unique=False)),
                        ("maker_role", fields.TextField(unique=False)),
                        ("allowed_addresses", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                        ("created_at", fields.BigIntField()),
                        ("expires_at", fields.BigIntField()),
                        ("revoked_at", fields.BigIntField(null=True)),
                        ("last_used_at", fields.BigIntField(null=True)),
                        ("last_used_address", fields.TextField(null=True, unique=False)),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "api_key", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="AuditEntry",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("at", fields.BigIntField()),
                        ("action", fields.TextField(unique=False)),
                        ("entity_type", fields.TextField(unique=False)),
                        ("entity_id", fields.TextField(null=True, unique=False)),
                        ("result_code", fields.TextField(null=True, unique=False)),
                        ("actor_user_id", fields.TextField(null=True, unique=False)),
                        ("actor_member_id", fields.TextField(null=True, unique=False)),
                        ("actor_organization_id", fields.TextField(null=True, unique=False)),
                        ("actor_name", fields.TextField(unique=False)),
                        ("api_key_id", fields.TextField(null=True, unique=False)),
                        ("on_behalf_of_id", fields.TextField(null=True, unique=False)),
                        ("support_session_id", fields.TextField(null=True, unique=False)),
                        ("before_values", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                        ("after_values", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                        ("reason", fields.TextField(null=True, unique=False)),
                        ("ticket", fields.TextField(null=True, unique=False)),
                        ("address", fields.TextField(null=True, unique=False)),
                        ("client", fields.TextField(null=True, unique=False)),
                        ("request_id", fields.TextField(null=True, unique=False)),
                    ],
                    options={"table": "audit_entry", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="BuyerTag",
                    fields=[
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("buyer_id", fields.TextField(unique=False)),
                        ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("value", fields.TextField(unique=False)),
                        ("value_folded", fields.TextField(unique=False)),
                    ],
                    options={"table": "buyer_tag", "app": "tenants", "pk_attr": "key"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Invitation",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("member_id", fields.TextField(unique=False)),
                        ("token_hash", fields.TextField(unique=False)),
                        ("state", fields.TextField(unique=False)),
                        ("created_at", fields.BigIntField()),
                        ("expires_at", fields.BigIntField()),
                    ],
                    options={"table": "invitation", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Member",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("user_id", fields.TextField(null=True, unique=False)),
                        ("given_name", fields.TextField(unique=False)),
                        ("family_name", fields.TextField(null=True, unique=False)),
                        ("email", fields.TextField(null=True, unique=False)),
                        ("email_folded", fields.TextField(null=True, unique=False)),
                        ("phone", fields.TextField(null=True, unique=False)),
                        ("role", fields.TextField(unique=False)),
                        ("has_portal_access", fields.BooleanField()),
                        ("invitation", fields.TextField(unique=False)),
                        ("is_tech_contact", fields.BooleanField()),
                        ("is_accounts_contact", fields.BooleanField()),
                        ("is_general_contact", fields.BooleanField()),
                        ("created_at", fields.BigIntField()),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "member", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Organization",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("number", fields.BigIntField()),
                        ("path", fields.TextField(unique=False)),
                        ("parent_id", fields.TextField(null=True, unique=False)),
                        ("kind", fields.TextField(unique=False)),
                        ("name", fields.TextField(unique=False)),
                        ("name_folded", fields.TextField(unique=False)),
                        ("status", fields.TextField(unique=False)),
                        ("billing_number", fields.TextField(unique=False)),
                        ("country", fields.TextField(unique=False)),
                        ("currency", fields.TextField(unique=False)),
                        ("timezone", fields.TextField(unique=False)),
                        ("pricing_model", fields.TextField(null=True, unique=False)),
                        ("managed_by", fields.TextField(unique=False)),
                        ("billing_kind", fields.TextField(unique=False)),
                        ("billing_name", fields.TextField(unique=False)),
                        ("is_billing_name_own", fields.BooleanField()),
                        ("billing_email", fields.TextField(null=True, unique=False)),
                        ("billing_email_folded", fields.TextField(null=True, unique=False)),
                        ("address", fields.TextField(null=True, unique=False)),
                        ("city", fields.TextField(null=True, unique=False)),
                        ("state_code", fields.TextField(null=True, unique=False)),
                        ("clock_id", fields.TextField(null=True, unique=False)),
                        ("created_at", fields.BigIntField()),
                        ("activated_at", fields.BigIntField()),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "organization", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="OrganizationNumber",
                    fields=[
                        ("singleton", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("last_number", fields.BigIntField()),
                    ],
                    options={"table": "organization_number", "app": "tenants", "pk_attr": "singleton"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="PolicyBound",
                    fields=[
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("parameter", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("bound", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                    ],
                    options={"table": "policy_bound", "app": "tenants", "pk_attr": "parameter"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="PolicyPreset",
                    fields=[
                        (
                            "organization_id",
                            fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128),
                        ),
                        ("path", fields.TextField(unique=False)),
                        ("preset", fields.TextField(unique=False)),
                    ],
                    options={"table": "policy_preset", "app": "tenants", "pk_attr": "organization_id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="PolicyValue",
                    fields=[
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("buyer_id", fields.TextField(unique=False)),
                        ("parameter", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("value", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                    ],
                    options={"table": "policy_value", "app": "tenants", "pk_attr": "parameter"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="RetiredBillingNumber",
                    fields=[
                        (
                            "billing_number",
                            fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128),
                        ),
                    ],
                    options={"table": "retired_billing_number", "app": "tenants", "pk_attr": "billing_number"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="SandboxClock",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("stands_at", fields.BigIntField(null=True)),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "sandbox_clock", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Session",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("user_id", fields.TextField(unique=False)),
                        ("token_hash", fields.TextField(unique=False)),
                        ("created_at", fields.BigIntField()),
                        ("last_used_at", fields.BigIntField()),
                        ("password_at", fields.BigIntField()),
                        ("idle_minutes", fields.BigIntField()),
                        ("max_hours", fields.BigIntField()),
                        ("ended_at", fields.BigIntField(null=True)),
                        ("address", fields.TextField(null=True, unique=False)),
                        ("client", fields.TextField(null=True, unique=False)),
                    ],
                    options={"table": "session", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="SignInLock",
                    fields=[
                        (
                            "email_folded",
                            fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128),
                        ),
                        ("failed_at", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("locked_until_at", fields.BigIntField(null=True)),
                    ],
                    options={"table": "sign_in_lock", "app": "tenants", "pk_attr": "email_folded"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Suspension",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("reason", fields.TextField(unique=False)),
                        ("set_by_organization_id", fields.TextField(unique=False)),
                        ("started_at", fields.BigIntField()),
                        ("lifted_at", fields.BigIntField(null=True)),
                    ],
                    options={"table": "suspension", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Users",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("email", fields.TextField(unique=False)),
                        ("email_folded", fields.TextField(unique=False)),
                        ("password_hash", fields.TextField(null=True, unique=False)),
                        ("password_at", fields.BigIntField(null=True)),
                        ("created_at", fields.BigIntField()),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "users", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
            ],
        ),
    ]
