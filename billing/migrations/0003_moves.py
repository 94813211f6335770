"""Ledger rows may stand where their seller stands now: a pair below what moves moves with it (VIS-6, ORG-3)."""

from tortoise import migrations

from core.ddl import path_may_follow_postgres, path_may_follow_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import SYSTEM_ROLE

COLUMNS = {
    "ledger_transaction": (
        "id", "organization_id", "seller_id", "wallet_id", "type", "at", "currency", "sale_id", "source_type",
        "source_id", "posting_key", "actor_member_id", "comment", "internal_comment", "reverses_id",
        "external_number", "child_id",
    ),
    "ledger_entry": (
        "transaction_id", "line", "organization_id", "ledger_account", "detail", "amount_micros", "currency",
    ),
}  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_invoices")]
    operations = [
        HandWritten(
            sqlite=[
                statement
                for table, columns in COLUMNS.items()
                for statement in path_may_follow_sqlite(table, columns, "LEDGER_IMMUTABLE")
            ],
            postgres=[
                statement
                for table, columns in COLUMNS.items()
                for statement in path_may_follow_postgres(table, columns, SYSTEM_ROLE)
            ],
            state=[],
        ),
    ]
