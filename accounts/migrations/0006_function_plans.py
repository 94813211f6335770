"""The functions of every app keep their plan; stands last: it finds them.

Each looks rows up by a key, so its plan does not depend on the key; but connections plan each statement for its values
(`plan_cache_mode`), and that setting reaches into functions: who asks cost 0.4 ms of planning in each request, a
seller's brand 2 ms in each row."""

from tortoise import migrations

from core.migration_operations import HandWritten

PLANNED_ONCE = """DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT p.oid::regprocedure AS signature FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
        WHERE n.nspname = current_schema() AND l.lanname = 'sql'
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET plan_cache_mode = force_generic_plan', found.signature);
    END LOOP;
END $$"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_due_activations"), ("billing", "0004_numbers"), ("tenants", "0011_log_moves")]
    operations = [HandWritten(sqlite=[], postgres=[PLANNED_ONCE], state=[])]
