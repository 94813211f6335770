"""The first tables of accounts/: one text for both engines, plus what only one of them has."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import APP_ROLE, SYSTEM_ROLE, tenant_table

TABLES = """
CREATE TABLE batch (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    name text NOT NULL,
    name_folded text NOT NULL,
    account_role text NOT NULL,
    last_control_number bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, name_folded)
);
CREATE INDEX batch_path ON batch (path, id);
CREATE TABLE account (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    seller_id text NOT NULL,
    account_id text NOT NULL,
    account_id_folded text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('LIVE', 'DEMO')),
    type text NOT NULL CHECK (type IN ('DEBIT', 'CREDIT')),
    balance_control text CHECK (balance_control IN ('SUBORDINATE', 'INDIVIDUAL')),
    account_role text NOT NULL,
    lifecycle text NOT NULL CHECK (lifecycle IN ('INACTIVE', 'OPEN', 'CLOSED')),
    is_blocked boolean NOT NULL,
    verification text NOT NULL CHECK (verification IN ('NONE', 'SCREENED', 'QUARANTINED')),
    activation_date text,
    activated_at bigint,
    activation_hold text,
    expiration_date text,
    availability_days bigint,
    activates_at bigint,
    expires_at bigint,
    availability_ends_at bigint,
    first_used_at bigint,
    last_used_at bigint,
    last_recharged_at bigint,
    opening_balance_micros bigint NOT NULL DEFAULT 0,
    balance_micros bigint NOT NULL DEFAULT 0,
    credit_limit_micros bigint NOT NULL DEFAULT 0,
    plan_id text REFERENCES plan (id) ON DELETE RESTRICT,
    subscription_id text,
    member_id text,
    batch_id text,
    control_number bigint,
    created_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (organization_id, id),
    UNIQUE (batch_id, control_number),
    FOREIGN KEY (organization_id, batch_id) REFERENCES batch (organization_id, id) ON DELETE RESTRICT,
    CHECK ((batch_id IS NULL) = (control_number IS NULL))
);
CREATE UNIQUE INDEX account_id_per_seller ON account (seller_id, account_id_folded) WHERE lifecycle <> 'CLOSED';
CREATE INDEX account_path ON account (path, id);
CREATE INDEX account_folded ON account (organization_id, account_id_folded);
CREATE TABLE batch_update (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    seller_id text NOT NULL,
    batch_id text NOT NULL,
    root_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('AWAITING_CONFIRMATION', 'QUEUED', 'RUNNING', 'CANCELLING', 'COMPLETED',
        'COMPLETED_WITH_ERRORS', 'CANCELLED', 'FAILED', 'EXPIRED')),
    failure_reason text,
    account_filter jsonb NOT NULL,
    changes jsonb NOT NULL,
    snapshot_hash text NOT NULL,
    selected bigint NOT NULL,
    forecast jsonb NOT NULL,
    previewed_by_user_id text,
    previewed_by_member_id text,
    previewed_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    confirm_key text,
    confirm_hash text,
    confirmed_by_user_id text,
    confirmed_by_member_id text,
    confirmed_by_role text,
    confirmed_by_organization_id text,
    confirmed_by_name text,
    confirmed_by_api_key_id text,
    confirmed_at bigint,
    started_at bigint,
    finished_at bigint,
    chunk_rows bigint NOT NULL,
    last_control_number bigint NOT NULL DEFAULT 0,
    processed bigint NOT NULL DEFAULT 0,
    succeeded bigint NOT NULL DEFAULT 0,
    no_change bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    unprocessed bigint NOT NULL DEFAULT 0,
    unforecast_failures jsonb NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, batch_id) REFERENCES batch (organization_id, id) ON DELETE RESTRICT
);
CREATE UNIQUE INDEX batch_update_one_running ON batch_update (batch_id)
    WHERE state IN ('QUEUED', 'RUNNING', 'CANCELLING');
CREATE INDEX batch_update_path ON batch_update (path, id);
CREATE INDEX batch_update_open ON batch_update (seller_id, state)
    WHERE state IN ('AWAITING_CONFIRMATION', 'QUEUED', 'RUNNING', 'CANCELLING');
CREATE TABLE batch_update_row (
    organization_id text NOT NULL,
    path text NOT NULL,
    batch_update_id text NOT NULL,
    control_number bigint NOT NULL,
    account_row_id text NOT NULL,
    account_id text NOT NULL,
    account_version bigint NOT NULL,
    forecast_result text NOT NULL,
    forecast_code text,
    result text NOT NULL CHECK (result IN ('PENDING', 'SUCCEEDED', 'NO_CHANGE', 'FAILED', 'UNPROCESSED')),
    code text,
    field text,
    message text,
    before_values jsonb,
    after_values jsonb,
    correlation_id text NOT NULL,
    PRIMARY KEY (batch_update_id, control_number),
    FOREIGN KEY (organization_id, batch_update_id) REFERENCES batch_update (organization_id, id) ON DELETE RESTRICT
);
"""

# What the status of an account takes from above its reader: how far an organization above stops it (0 no, 1 suspended,
# 2 blocked or ending, BAT-3), and its plan's availability threshold, also of a plan that is no longer offered (BAT-9).
STOP_ABOVE = """
WITH RECURSIVE above (id, parent_id, status) AS (
    SELECT p.id, p.parent_id, p.status FROM organization o JOIN organization p ON p.id = o.parent_id WHERE o.id = $1
    UNION ALL SELECT p.id, p.parent_id, p.status FROM organization p JOIN above a ON p.id = a.parent_id
) SELECT coalesce(max(CASE WHEN a.status = 'ACTIVE' THEN 0 WHEN a.status <> 'SUSPENDED' THEN 2 WHEN EXISTS (
    SELECT 1 FROM suspension s WHERE s.organization_id = a.id AND s.lifted_at IS NULL
    AND s.reason IN ('SELLER', 'POLICY', 'FRAUD')) THEN 2 ELSE 1 END), 0) FROM above a
"""
THRESHOLD = "SELECT p.availability_threshold_micros FROM plan p WHERE p.id = $1"


def definer(signature: str, returns: str, body: str) -> list[str]:
    """A function that reads above the caller's scope, for exactly one question."""
    return [
        f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE sql STABLE SECURITY DEFINER "
        f"SET search_path = public, pg_temp AS $body$ {body} $body$",
        f"ALTER FUNCTION {signature} OWNER TO {SYSTEM_ROLE}",
        f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {signature} TO {APP_ROLE}, {SYSTEM_ROLE}",
    ]


TABLES_OF_TENANTS = ("batch", "account", "batch_update", "batch_update_row")
POSTGRES_EXTRA = [
    *[statement for table in TABLES_OF_TENANTS for statement in tenant_table(table)],
    *definer("stop_above(text)", "integer", STOP_ABOVE),
    *definer("availability_threshold(text)", "bigint", THRESHOLD),
    # A batch update changes every row of a page once: with room for that no index is touched (measured: half the time).
    "ALTER TABLE account SET (fillfactor = 50)",
    "ALTER TABLE batch_update_row SET (fillfactor = 50)",
]
# With the usual statistics the planner takes a small reseller's range of paths for one row, and the wrong index.
POSTGRES_EXTRA += ["ALTER TABLE account ALTER COLUMN path SET STATISTICS 1000"]
SQLITE_EXTRA: list[str] = []


class Migration(migrations.Migration):
    initial = True
    dependencies = [("billing", "0001_initial")]
    operations = [
        HandWritten(
            sqlite=for_sqlite(TABLES) + SQLITE_EXTRA,
            postgres=for_postgres(TABLES) + POSTGRES_EXTRA,
            state=[
                ops.CreateModel(
                    name="Account",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("seller_id", fields.TextField(unique=False)),
                        ("account_id", fields.TextField(unique=False)),
                        ("account_id_folded", fields.TextField(unique=False)),
                        ("kind", fields.TextField(unique=False)),
                        ("type", fields.TextField(unique=False)),
                        ("balance_control", fields.TextField(null=True, unique=False)),
                        ("account_role", fields.TextField(unique=False)),
                        ("lifecycle", fields.TextField(unique=False)),
                        ("is_blocked", fields.BooleanField()),
                        ("verification", fields.TextField(unique=False)),
                        ("activation_date", fields.TextField(null=True, unique=False)),
                        ("activated_at", fields.BigIntField(null=True)),
                        ("activation_hold", fields.TextField(null=True, unique=False)),
                        ("expiration_date", fields.TextField(null=True, unique=False)),
                        ("availability_days", fields.BigIntField(null=True)),
                        ("activates_at", fields.BigIntField(null=True)),
                        ("expires_at", fields.BigIntField(null=True)),
                        ("availability_ends_at", fields.BigIntField(null=True)),
                        ("first_used_at", fields.BigIntField(null=True)),
                        ("last_used_at", fields.BigIntField(null=True)),
                        ("last_recharged_at", fields.BigIntField(null=True)),
                        ("opening_balance_micros", fields.BigIntField()),
                        ("balance_micros", fields.BigIntField()),
                        ("credit_limit_micros", fields.BigIntField()),
                        ("plan_id", fields.TextField(null=True, unique=False)),
                        ("subscription_id", fields.TextField(null=True, unique=False)),
                        ("member_id", fields.TextField(null=True, unique=False)),
                        ("batch_id", fields.TextField(null=True, unique=False)),
                        ("control_number", fields.BigIntField(null=True)),
                        ("created_at", fields.BigIntField()),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "account", "app": "accounts", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Batch",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("name", fields.TextField(unique=False)),
                        ("name_folded", fields.TextField(unique=False)),
                        ("account_role", fields.TextField(unique=False)),
                        ("last_control_number", fields.BigIntField()),
                        ("created_at", fields.BigIntField()),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "batch", "app": "accounts", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="BatchUpdate",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("seller_id", fields.TextField(unique=False)),
                        ("batch_id", fields.TextField(unique=False)),
                        ("root_id", fields.TextField(unique=False)),
                        ("state", fields.TextField(unique=False)),
                        ("failure_reason", fields.TextField(null=True, unique=False)),
                        ("account_filter", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("changes", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("snapshot_hash", fields.TextField(unique=False)),
                        ("selected", fields.BigIntField()),
                        ("forecast", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("previewed_by_user_id", fields.TextField(null=True, unique=False)),
                        ("previewed_by_member_id", fields.TextField(null=True, unique=False)),
                        ("previewed_at", fields.BigIntField()),
                        ("expires_at", fields.BigIntField()),
                        ("confirm_key", fields.TextField(null=True, unique=False)),
                        ("confirm_hash", fields.TextField(null=True, unique=False)),
                        ("confirmed_by_user_id", fields.TextField(null=True, unique=False)),
                        ("confirmed_by_member_id", fields.TextField(null=True, unique=False)),
                        ("confirmed_by_role", fields.TextField(null=True, unique=False)),
                        ("confirmed_by_organization_id", fields.TextField(null=True, unique=False)),
                        ("confirmed_by_name", fields.TextField(null=True, unique=False)),
                        ("confirmed_by_api_key_id", fields.TextField(null=True, unique=False)),
                        ("confirmed_at", fields.BigIntField(null=True)),
                        ("started_at", fields.BigIntField(null=True)),
                        ("finished_at", fields.BigIntField(null=True)),
                        ("chunk_rows", fields.BigIntField()),
                        ("last_control_number", fields.BigIntField()),
                        ("processed", fields.BigIntField()),
                        ("succeeded", fields.BigIntField()),
                        ("no_change", fields.BigIntField()),
                        ("failed", fields.BigIntField()),
                        ("unprocessed", fields.BigIntField()),
                        ("unforecast_failures", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "batch_update", "app": "accounts", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="BatchUpdateRow",
                    fields=[
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        (
                            "batch_update_id",
                            fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128),
                        ),
                        ("control_number", fields.BigIntField()),
                        ("account_row_id", fields.TextField(unique=False)),
                        ("account_id", fields.TextField(unique=False)),
                        ("account_version", fields.BigIntField()),
                        ("forecast_result", fields.TextField(unique=False)),
                        ("forecast_code", fields.TextField(null=True, unique=False)),
                        ("result", fields.TextField(unique=False)),
                        ("code", fields.TextField(null=True, unique=False)),
                        ("field", fields.TextField(null=True, unique=False)),
                        ("message", fields.TextField(null=True, unique=False)),
                        ("before_values", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                        ("after_values", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                        ("correlation_id", fields.TextField(unique=False)),
                    ],
                    options={"table": "batch_update_row", "app": "accounts", "pk_attr": "batch_update_id"},
                    bases=["Model"],
                ),
            ],
        ),
    ]
