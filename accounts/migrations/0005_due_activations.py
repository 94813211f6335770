"""Accounts that wait for their activation date, found by the instant it stands for (BAT-31)."""

from tortoise import migrations

from core.migration_operations import HandWritten

WAITING = (
    "CREATE INDEX account_due_activation ON account (activates_at) "
    "WHERE lifecycle = 'INACTIVE' AND activates_at IS NOT NULL"
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_support_sessions")]
    operations = [HandWritten(sqlite=[WAITING], postgres=[WAITING], state=[])]
