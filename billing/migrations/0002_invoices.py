"""Invoices and what they settle, holds, and what a charge was promised when it was made."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from core.ddl import for_postgres, for_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import pair_table, tenant_table

TABLES = """
ALTER TABLE wallet ADD COLUMN
    invoice_open_micros bigint NOT NULL DEFAULT 0 CHECK (invoice_open_micros >= 0);
ALTER TABLE wallet ADD COLUMN
    holds_until_at bigint;
ALTER TABLE wallet ADD COLUMN
    has_autopay boolean NOT NULL DEFAULT false;
ALTER TABLE wallet ADD COLUMN
    min_balance_micros bigint;
ALTER TABLE wallet ADD COLUMN
    alert_threshold_micros bigint;
ALTER TABLE wallet ADD COLUMN
    top_up_micros bigint;
ALTER TABLE wallet ADD COLUMN
    billed_until_at bigint;
ALTER TABLE wallet ADD COLUMN
    next_billing_at bigint;
CREATE INDEX wallet_due_billing ON wallet (next_billing_at);
CREATE INDEX wallet_due_limit ON wallet (temporary_limit_until_at) WHERE temporary_limit_until_at IS NOT NULL;
CREATE INDEX wallet_due_holds ON wallet (holds_until_at) WHERE holds_until_at IS NOT NULL;
ALTER TABLE segment_charge ADD COLUMN
    terms jsonb;
ALTER TABLE subscription ADD COLUMN
    external_number text;
ALTER TABLE ledger_transaction ADD COLUMN
    external_number text;
ALTER TABLE ledger_transaction ADD COLUMN
    child_id text;
ALTER TABLE payment ADD COLUMN
    product_category text;
ALTER TABLE payment ADD COLUMN
    seller_state text;
ALTER TABLE payment ADD COLUMN
    wanted_seller_state text;
ALTER TABLE payment ADD COLUMN
    wanted_by_member_id text;
ALTER TABLE payment ADD COLUMN
    approved_by_member_id text;
ALTER TABLE alert ADD COLUMN
    needed_micros bigint;
CREATE TABLE money_hold (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    seller_id text NOT NULL,
    wallet_id text NOT NULL,
    purpose text NOT NULL,
    currency text NOT NULL,
    amount_micros bigint NOT NULL CHECK (amount_micros > 0),
    consumed_micros bigint NOT NULL DEFAULT 0,
    state text NOT NULL CHECK (state IN ('OPEN', 'CONSUMED', 'RELEASED')),
    opened_at bigint NOT NULL,
    until_at bigint,
    closed_at bigint,
    FOREIGN KEY (organization_id, wallet_id) REFERENCES wallet (organization_id, id) ON DELETE RESTRICT
);
CREATE INDEX money_hold_open ON money_hold (wallet_id) WHERE state = 'OPEN';
CREATE INDEX money_hold_path ON money_hold (path, id);
CREATE TABLE invoice_sequence (
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    kind text NOT NULL,
    prefix text NOT NULL,
    digits bigint NOT NULL,
    counter bigint NOT NULL,
    PRIMARY KEY (organization_id, kind)
);
CREATE TABLE invoice (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    seller_id text NOT NULL,
    wallet_id text NOT NULL,
    type text NOT NULL CHECK (type IN ('TOP_UP', 'PROFORMA', 'TAX', 'MONTHLY')),
    sequence_kind text NOT NULL,
    counter bigint NOT NULL,
    number text NOT NULL,
    issued_at bigint NOT NULL,
    issue_date text NOT NULL,
    due_date text NOT NULL,
    overdue_at bigint NOT NULL,
    currency text NOT NULL,
    net_micros bigint NOT NULL,
    tax_micros bigint NOT NULL,
    total_micros bigint NOT NULL,
    open_micros bigint NOT NULL CHECK (open_micros >= 0),
    is_allocated_automatically boolean NOT NULL DEFAULT true,
    seller jsonb NOT NULL,
    buyer jsonb NOT NULL,
    sale_id text,
    payment_id text UNIQUE,
    UNIQUE (seller_id, sequence_kind, counter),
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, wallet_id) REFERENCES wallet (organization_id, id) ON DELETE RESTRICT
);
CREATE INDEX invoice_path ON invoice (path, id);
CREATE INDEX invoice_organization ON invoice (organization_id, id);
CREATE INDEX invoice_open ON invoice (wallet_id, issued_at) WHERE open_micros > 0;
CREATE TABLE invoice_line (
    invoice_id text NOT NULL REFERENCES invoice (id) ON DELETE RESTRICT,
    line bigint NOT NULL,
    organization_id text NOT NULL,
    path text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    quantity bigint NOT NULL,
    first_date text,
    end_date text,
    net_micros bigint NOT NULL,
    taxes jsonb NOT NULL,
    tax_micros bigint NOT NULL,
    currency text NOT NULL,
    subscription_id text,
    child_id text,
    child_name text,
    child_billing_number text,
    PRIMARY KEY (invoice_id, line)
);
CREATE INDEX invoice_line_subscription ON invoice_line (subscription_id) WHERE subscription_id IS NOT NULL;
CREATE TABLE invoice_allocation (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    invoice_id text NOT NULL REFERENCES invoice (id) ON DELETE RESTRICT,
    payment_id text,
    amount_micros bigint NOT NULL CHECK (amount_micros > 0),
    currency text NOT NULL,
    at bigint NOT NULL
);
CREATE INDEX invoice_allocation_invoice ON invoice_allocation (invoice_id, id);
CREATE INDEX invoice_allocation_payment ON invoice_allocation (payment_id, id);
CREATE UNIQUE INDEX payment_offline_code ON payment (seller_id, reference)
    WHERE method = 'OFFLINE_CODE' AND reference IS NOT NULL;
"""
PAIR_TABLES = ("money_hold", "invoice", "invoice_line", "invoice_allocation")

# A sale that is invoiced elsewhere is recorded without entries: amount 0 and the number given for it (MON-90).
POSTGRES_SEAL = [
    """CREATE OR REPLACE FUNCTION ledger_transaction_seal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
        $$ BEGIN
        IF EXISTS (SELECT 1 FROM added a LEFT JOIN LATERAL (
                SELECT sum(e.amount_micros) AS total, count(*) AS lines, bool_and(e.currency = a.currency) AS same
                FROM ledger_entry e WHERE e.transaction_id = a.id) s ON true
            WHERE CASE WHEN a.external_number IS NULL THEN s.lines < 2 OR s.total <> 0 OR NOT s.same
                ELSE s.lines > 0 END) THEN
            RAISE EXCEPTION 'LEDGER_UNBALANCED' USING ERRCODE = 'integrity_constraint_violation';
        END IF; RETURN NULL; END $$""",
]
SQLITE_SEAL = [
    "DROP TRIGGER ledger_transaction_sealed",
    """CREATE TRIGGER ledger_transaction_sealed BEFORE INSERT ON ledger_transaction BEGIN
        SELECT RAISE(ABORT, 'LEDGER_UNBALANCED') FROM (
            SELECT count(*) AS lines, coalesce(sum(amount_micros), 0) AS total,
                   coalesce(min(currency = NEW.currency), 0) AS same FROM ledger_entry WHERE transaction_id = NEW.id)
        WHERE CASE WHEN NEW.external_number IS NULL THEN lines < 2 OR total <> 0 OR NOT same ELSE lines > 0 END; END""",
]
POSTGRES_EXTRA = [
    *[statement for table in PAIR_TABLES for statement in pair_table(table)],
    *tenant_table("invoice_sequence"),
    *POSTGRES_SEAL,
    "ALTER TABLE invoice ALTER COLUMN path SET STATISTICS 1000",
]


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial"), ("tenants", "0010_notices")]
    operations = [
        HandWritten(
            sqlite=for_sqlite(TABLES) + SQLITE_SEAL,
            postgres=for_postgres(TABLES) + POSTGRES_EXTRA,
            state=[
                ops.AddField("Wallet", "invoice_open_micros", fields.BigIntField()),
                ops.AddField("Wallet", "holds_until_at", fields.BigIntField(null=True)),
                ops.AddField("Wallet", "has_autopay", fields.BooleanField()),
                ops.AddField("Wallet", "min_balance_micros", fields.BigIntField(null=True)),
                ops.AddField("Wallet", "alert_threshold_micros", fields.BigIntField(null=True)),
                ops.AddField("Wallet", "top_up_micros", fields.BigIntField(null=True)),
                ops.AddField("Wallet", "billed_until_at", fields.BigIntField(null=True)),
                ops.AddField("Wallet", "next_billing_at", fields.BigIntField(null=True)),
                ops.AddField("SegmentCharge", "terms", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ops.AddField("Subscription", "external_number", fields.TextField(null=True, unique=False)),
                ops.AddField("LedgerTransaction", "external_number", fields.TextField(null=True, unique=False)),
                ops.AddField("LedgerTransaction", "child_id", fields.TextField(null=True, unique=False)),
                ops.AddField("Payment", "product_category", fields.TextField(null=True, unique=False)),
                ops.AddField("Payment", "seller_state", fields.TextField(null=True, unique=False)),
                ops.AddField("Payment", "wanted_seller_state", fields.TextField(null=True, unique=False)),
                ops.AddField("Payment", "wanted_by_member_id", fields.TextField(null=True, unique=False)),
                ops.AddField("Payment", "approved_by_member_id", fields.TextField(null=True, unique=False)),
                ops.AddField("Alert", "needed_micros", fields.BigIntField(null=True)),
                ops.CreateModel(
                    name="MoneyHold",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("seller_id", fields.TextField(unique=False)),
                        ("wallet_id", fields.TextField(unique=False)),
                        ("purpose", fields.TextField(unique=False)),
                        ("currency", fields.TextField(unique=False)),
                        ("amount_micros", fields.BigIntField()),
                        ("consumed_micros", fields.BigIntField()),
                        ("state", fields.TextField(unique=False)),
                        ("opened_at", fields.BigIntField()),
                        ("until_at", fields.BigIntField(null=True)),
                        ("closed_at", fields.BigIntField(null=True)),
                    ],
                    options={"table": "money_hold", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="InvoiceSequence",
                    fields=[
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("kind", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("prefix", fields.TextField(unique=False)),
                        ("digits", fields.BigIntField()),
                        ("counter", fields.BigIntField()),
                    ],
                    options={"table": "invoice_sequence", "app": "billing", "pk_attr": "kind"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Invoice",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("seller_id", fields.TextField(unique=False)),
                        ("wallet_id", fields.TextField(unique=False)),
                        ("type", fields.TextField(unique=False)),
                        ("sequence_kind", fields.TextField(unique=False)),
                        ("counter", fields.BigIntField()),
                        ("number", fields.TextField(unique=False)),
                        ("issued_at", fields.BigIntField()),
                        ("issue_date", fields.TextField(unique=False)),
                        ("due_date", fields.TextField(unique=False)),
                        ("overdue_at", fields.BigIntField()),
                        ("currency", fields.TextField(unique=False)),
                        ("net_micros", fields.BigIntField()),
                        ("tax_micros", fields.BigIntField()),
                        ("total_micros", fields.BigIntField()),
                        ("open_micros", fields.BigIntField()),
                        ("is_allocated_automatically", fields.BooleanField()),
                        ("seller", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("buyer", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("sale_id", fields.TextField(null=True, unique=False)),
                        ("payment_id", fields.TextField(null=True, unique=False)),
                    ],
                    options={"table": "invoice", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="InvoiceLine",
                    fields=[
                        ("invoice_id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("line", fields.BigIntField()),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("kind", fields.TextField(unique=False)),
                        ("name", fields.TextField(unique=False)),
                        ("quantity", fields.BigIntField()),
                        ("first_date", fields.TextField(null=True, unique=False)),
                        ("end_date", fields.TextField(null=True, unique=False)),
                        ("net_micros", fields.BigIntField()),
                        ("taxes", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("tax_micros", fields.BigIntField()),
                        ("currency", fields.TextField(unique=False)),
                        ("subscription_id", fields.TextField(null=True, unique=False)),
                        ("child_id", fields.TextField(null=True, unique=False)),
                        ("child_name", fields.TextField(null=True, unique=False)),
                        ("child_billing_number", fields.TextField(null=True, unique=False)),
                    ],
                    options={"table": "invoice_line", "app": "billing", "pk_attr": "invoice_id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="InvoiceAllocation",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("invoice_id", fields.TextField(unique=False)),
                        ("payment_id", fields.TextField(null=True, unique=False)),
                        ("amount_micros", fields.BigIntField()),
                        ("currency", fields.TextField(unique=False)),
                        ("at", fields.BigIntField()),
                    ],
                    options={"table": "invoice_allocation", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
            ],
        ),
    ]
