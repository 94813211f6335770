"""White label: brands, claims of domains, proven domains, and what the buyers of an organization see (WL-1 to WL-3)."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import APP_ROLE, SYSTEM_ROLE, tenant_table

TABLES = """
CREATE TABLE brand (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL UNIQUE REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    brand_name text,
    logo_hash text,
    logo_media_type text,
    logo_content text,
    support_email text,
    claimed_domain text,
    claim_token text,
    claim_expires_at bigint,
    changed_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1
);
CREATE INDEX brand_logo ON brand (logo_hash);
CREATE TABLE brand_domain (
    domain text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL UNIQUE REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    proven_at bigint NOT NULL
);
"""
TENANT_TABLES = ("brand", "brand_domain")

# Whether `x` takes what it has not set from the organization above it: that one has set `brandInherits`, for x alone
# or for all below it, and nobody above that one has locked the parameter (WL-2, POL-2).
INHERITS = """(coalesce(
(SELECT v.value FROM policy_value v WHERE v.organization_id = {x}.parent_id AND v.buyer_id = {x}.id
 AND v.parameter = 'brandInherits'),
(SELECT v.value FROM policy_value v WHERE v.organization_id = {x}.parent_id AND v.buyer_id = ''
 AND v.parameter = 'brandInherits')) = 'true'
AND NOT EXISTS (SELECT 1 FROM organization p JOIN policy_bound k ON k.parameter = 'brandInherits'
 AND k.organization_id <> p.id AND substr(p.path, 1, length(k.path)) = k.path
 WHERE p.id = {x}.parent_id AND CAST(k.bound ->> 'isLocked' AS text) IN ('true', '1')))"""

FROM_ABOVE = """(WITH RECURSIVE up (id, level) AS (
SELECT o.id, 0 UNION ALL
SELECT x.parent_id, up.level + 1 FROM up JOIN organization x ON x.id = up.id WHERE {inherits}
) SELECT c.{column} FROM up JOIN {table} c ON c.organization_id = up.id
WHERE c.{column} IS NOT NULL ORDER BY up.level LIMIT 1)"""


def shown(table: str, column: str) -> str:
    """The organization's own value, else the nearest one above that reaches it."""
    above = FROM_ABOVE.format(inherits=INHERITS.format(x="x"), table=table, column=column)
    own = f"(SELECT w.{column} FROM {table} w WHERE w.organization_id = o.id)"
    return f"coalesce({own}, CASE WHEN o.kind <> 'CUSTOMER' AND {INHERITS.format(x='o')} THEN {above} END)"


SHOWN_BRAND = (
    f"CREATE VIEW shown_brand AS SELECT o.id AS organization_id, "
    f"coalesce({shown('brand', 'brand_name')}, o.name) AS name, {shown('brand', 'logo_hash')} AS logo_hash, "
    f"{shown('brand_domain', 'domain')} AS domain, {shown('brand', 'support_email')} AS support_email "
    "FROM organization o"
)
POSTGRES_EXTRA = [
    *[statement for table in TENANT_TABLES for statement in tenant_table(table)],
    SHOWN_BRAND,
    f"ALTER VIEW shown_brand OWNER TO {SYSTEM_ROLE}",
    "CREATE FUNCTION shown_brand_of(text) RETURNS SETOF shown_brand LANGUAGE sql STABLE SECURITY DEFINER "
    "SET search_path = public, pg_temp AS $body$ SELECT * FROM shown_brand WHERE organization_id = $1 $body$",
    f"ALTER FUNCTION shown_brand_of(text) OWNER TO {SYSTEM_ROLE}",
    "REVOKE ALL ON FUNCTION shown_brand_of(text) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION shown_brand_of(text) TO {APP_ROLE}, {SYSTEM_ROLE}",
]


class Migration(migrations.Migration):
    dependencies = [("tenants", "0008_audit")]
    operations = [
        HandWritten(
            sqlite=[*for_sqlite(TABLES), SHOWN_BRAND],
            postgres=for_postgres(TABLES) + POSTGRES_EXTRA,
            state=[
                ops.CreateModel(
                    name="Brand",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("brand_name", fields.TextField(null=True, unique=False)),
                        ("logo_hash", fields.TextField(null=True, unique=False)),
                        ("logo_media_type", fields.TextField(null=True, unique=False)),
                        ("logo_content", fields.TextField(null=True, unique=False)),
                        ("support_email", fields.TextField(null=True, unique=False)),
                        ("claimed_domain", fields.TextField(null=True, unique=False)),
                        ("claim_token", fields.TextField(null=True, unique=False)),
                        ("claim_expires_at", fields.BigIntField(null=True)),
                        ("changed_at", fields.BigIntField()),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "brand", "app": "tenants", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="BrandDomain",
                    fields=[
                        ("domain", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=253)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("proven_at", fields.BigIntField()),
                    ],
                    options={"table": "brand_domain", "app": "tenants", "pk_attr": "domain"},
                    bases=["Model"],
                ),
            ],
        ),
    ]
