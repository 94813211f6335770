"""What the audit log is searched by (AUD-8), and whether somebody's reads may have to be written (AUD-6)."""

from tortoise import migrations

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import APP_ROLE, SYSTEM_ROLE

INDEXES = """
CREATE INDEX audit_entry_entity ON audit_entry (entity_id, id) WHERE entity_id IS NOT NULL;
CREATE INDEX audit_entry_user ON audit_entry (actor_user_id, id) WHERE actor_user_id IS NOT NULL;
CREATE INDEX audit_entry_session ON audit_entry (support_session_id, id) WHERE support_session_id IS NOT NULL;
CREATE INDEX policy_value_reads ON policy_value (path) WHERE parameter = 'auditReads';
CREATE INDEX policy_preset_reads ON policy_preset (path) WHERE preset = 'portabilling';
"""

# Asked once per request about the path of the reader: nobody above has touched the parameter, so its default counts.
MAY_AUDIT_READS = """
SELECT EXISTS (SELECT 1 FROM policy_value v WHERE v.parameter = 'auditReads' AND v.path <= $1 AND $1 < v.path || '~')
    OR EXISTS (SELECT 1 FROM policy_preset p WHERE p.preset = 'portabilling' AND p.path <= $1 AND $1 < p.path || '~')
"""
FUNCTION = [
    "CREATE FUNCTION may_audit_reads(text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER "
    f"SET search_path = public, pg_temp AS $body$ {MAY_AUDIT_READS} $body$",
    f"ALTER FUNCTION may_audit_reads(text) OWNER TO {SYSTEM_ROLE}",
    "REVOKE ALL ON FUNCTION may_audit_reads(text) FROM PUBLIC",
    f"GRANT EXECUTE ON FUNCTION may_audit_reads(text) TO {APP_ROLE}, {SYSTEM_ROLE}",
]


class Migration(migrations.Migration):
    dependencies = [("tenants", "0007_kyc")]
    operations = [HandWritten(sqlite=for_sqlite(INDEXES), postgres=for_postgres(INDEXES) + FUNCTION, state=[])]
