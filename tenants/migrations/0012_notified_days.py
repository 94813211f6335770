"""Consents lose a column that nobody reads: which notices have left stands in `notice` (SUP-4, ALR-1).

SQLite drops a column in place from 3.35 on, which RETURNING needs anyway; no table is rebuilt."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from core.migration_operations import HandWritten

STATEMENT = "ALTER TABLE support_consent DROP COLUMN notified_days"


class Migration(migrations.Migration):
    dependencies = [("tenants", "0011_log_moves")]
    operations = [
        HandWritten(
            sqlite=[STATEMENT],
            postgres=[STATEMENT],
            state=[ops.RemoveField("SupportConsent", "notified_days")],
        ),
    ]
