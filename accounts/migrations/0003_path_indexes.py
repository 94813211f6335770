"""The indexes on `path` of every app get operators of their own (docs/adr/0007). Stands last: it finds them."""

from tortoise import migrations

from core.migration_operations import HandWritten

OPERATORS_OF_THEIR_OWN = """DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = current_schema() AND indexdef LIKE '%(path, id)'
    LOOP
        EXECUTE format('DROP INDEX %I', found.indexname);
        EXECUTE replace(found.indexdef, '(path, id)', '(path text_pattern_ops, id)');
    END LOOP;
END $$"""
STATISTICS_AS_USUAL = """DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT a.attrelid::regclass AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE a.attname = 'path' AND a.attstattarget > 0 AND c.relkind = 'r'
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN path SET STATISTICS -1', found.name);
    END LOOP;
END $$"""


PATHS_OF_ORGANIZATIONS = [
    "ALTER TABLE organization DROP CONSTRAINT organization_path_key",
    "CREATE UNIQUE INDEX organization_path ON organization (path text_pattern_ops)",
]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_demo"), ("billing", "0002_invoices"), ("tenants", "0010_notices")]
    operations = [
        HandWritten(
            sqlite=[], postgres=[OPERATORS_OF_THEIR_OWN, *PATHS_OF_ORGANIZATIONS, STATISTICS_AS_USUAL], state=[]
        )
    ]
