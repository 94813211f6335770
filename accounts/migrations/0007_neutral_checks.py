"""Row security's check of a path no longer tells the planner how many rows pass it (docs/adr/0007)."""

from tortoise import migrations

from core.migration_operations import HandWritten

PLAIN = (
    "((path >= current_setting(''app.path''::text, true)) AND (path < current_setting(''app.path_end''::text, true)))"
)
NEUTRAL = f"(CASE WHEN {PLAIN} THEN true ELSE false END)"
REWRITTEN = f"""DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT policyname, tablename, replace(qual, '{PLAIN}', '{NEUTRAL}') AS seen,
        replace(with_check, '{PLAIN}', '{NEUTRAL}') AS written
        FROM pg_policies WHERE schemaname = current_schema()
        AND position('{PLAIN}' IN coalesce(qual, with_check)) > 0
        AND position('CASE' IN coalesce(qual, with_check)) = 0
    LOOP
        EXECUTE format('ALTER POLICY %I ON %I', found.policyname, found.tablename)
            || coalesce(' USING (' || found.seen || ')', '')
            || coalesce(' WITH CHECK (' || found.written || ')', '');
    END LOOP;
END $$"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_function_plans")]
    operations = [HandWritten(sqlite=[], postgres=[REWRITTEN], state=[])]
