"""The first tables of billing/: one text for both engines, plus what only one of them has."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from core.ddl import append_only_postgres, append_only_sqlite, for_postgres, for_sqlite
from core.migration_operations import HandWritten
from tenants.row_security import APP_ROLE, SYSTEM_ROLE, catalogue_table, pair_table, tenant_table

TABLES = """
CREATE TABLE product (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('APP', 'SERVICE', 'HARDWARE', 'BUNDLE')),
    category text NOT NULL,
    created_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (organization_id, id)
);
CREATE INDEX product_path ON product (path, id);
CREATE TABLE plan (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    product_id text NOT NULL,
    name text NOT NULL,
    is_taxable boolean NOT NULL,
    features jsonb NOT NULL,
    account_role text,
    availability_threshold_micros bigint NOT NULL DEFAULT 0,
    created_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, product_id) REFERENCES product (organization_id, id) ON DELETE RESTRICT
);
CREATE INDEX plan_product ON plan (product_id, id);
CREATE INDEX plan_path ON plan (path, id);
CREATE TABLE add_on (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    product_id text NOT NULL,
    name text NOT NULL,
    is_taxable boolean NOT NULL,
    priority bigint NOT NULL,
    features jsonb NOT NULL,
    allowed_plan_ids jsonb,
    created_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, product_id) REFERENCES product (organization_id, id) ON DELETE RESTRICT
);
CREATE INDEX add_on_path ON add_on (path, id);
CREATE TABLE price_list (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    name text NOT NULL,
    currency text NOT NULL,
    is_default boolean NOT NULL,
    created_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (organization_id, id)
);
CREATE UNIQUE INDEX price_list_one_default ON price_list (organization_id, currency) WHERE is_default;
CREATE INDEX price_list_path ON price_list (path, id);
CREATE TABLE price (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    price_list_id text NOT NULL,
    item_id text NOT NULL,
    cycle_months bigint NOT NULL CHECK (cycle_months >= 0),
    amount_micros bigint NOT NULL CHECK (amount_micros >= 0),
    valid_from_date text NOT NULL,
    min_term_months bigint,
    early_end_percent text,
    created_at bigint NOT NULL,
    UNIQUE (price_list_id, item_id, cycle_months, valid_from_date),
    FOREIGN KEY (organization_id, price_list_id) REFERENCES price_list (organization_id, id) ON DELETE RESTRICT
);
CREATE INDEX price_item ON price (item_id, price_list_id);
CREATE INDEX price_path ON price (path, id);
CREATE TABLE buyer_terms (
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    buyer_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    price_list_id text,
    discount_percent text,
    is_tax_exempt boolean NOT NULL,
    PRIMARY KEY (organization_id, buyer_id),
    FOREIGN KEY (organization_id, price_list_id) REFERENCES price_list (organization_id, id) ON DELETE RESTRICT
);
CREATE TABLE buyer_price (
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    buyer_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    item_id text NOT NULL,
    cycle_months bigint NOT NULL,
    amount_micros bigint NOT NULL CHECK (amount_micros >= 0),
    PRIMARY KEY (organization_id, buyer_id, item_id, cycle_months)
);
CREATE TABLE tax_rule (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    buyer_country text NOT NULL,
    state_relation text NOT NULL CHECK (state_relation IN ('ANY_STATE', 'SAME_STATE', 'OTHER_STATE')),
    components jsonb NOT NULL,
    UNIQUE (organization_id, buyer_country, state_relation)
);
CREATE TABLE wallet (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    seller_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    currency text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('PREPAID', 'POSTPAID')),
    wallet_micros bigint NOT NULL DEFAULT 0,
    unbilled_micros bigint NOT NULL DEFAULT 0,
    due_micros bigint NOT NULL DEFAULT 0,
    payable_micros bigint NOT NULL DEFAULT 0,
    reserved_micros bigint NOT NULL DEFAULT 0 CHECK (reserved_micros >= 0),
    credit_limit_micros bigint NOT NULL DEFAULT 0 CHECK (credit_limit_micros >= 0),
    temporary_limit_micros bigint NOT NULL DEFAULT 0,
    temporary_limit_until_at bigint,
    opened_at bigint NOT NULL,
    closed_at bigint,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (organization_id, id)
);
CREATE UNIQUE INDEX wallet_one_open ON wallet (organization_id) WHERE closed_at IS NULL;
CREATE INDEX wallet_path ON wallet (path, id);
CREATE INDEX wallet_seller ON wallet (seller_id, id);
CREATE TABLE ledger_transaction (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    seller_id text NOT NULL,
    wallet_id text NOT NULL,
    type text NOT NULL,
    at bigint NOT NULL,
    currency text NOT NULL,
    sale_id text,
    source_type text NOT NULL,
    source_id text NOT NULL,
    posting_key text NOT NULL UNIQUE,
    actor_member_id text,
    comment text,
    internal_comment text,
    reverses_id text UNIQUE,
    FOREIGN KEY (organization_id, wallet_id) REFERENCES wallet (organization_id, id) ON DELETE RESTRICT
);
CREATE INDEX ledger_transaction_organization ON ledger_transaction (organization_id, id);
CREATE INDEX ledger_transaction_path ON ledger_transaction (path, id);
CREATE INDEX ledger_transaction_wallet ON ledger_transaction (wallet_id, id);
CREATE INDEX ledger_transaction_sale ON ledger_transaction (sale_id);
CREATE INDEX ledger_transaction_source ON ledger_transaction (source_id);
CREATE TABLE ledger_entry (
    transaction_id text NOT NULL REFERENCES ledger_transaction (id) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED,
    line bigint NOT NULL,
    organization_id text NOT NULL,
    path text NOT NULL,
    ledger_account text NOT NULL,
    detail text,
    amount_micros bigint NOT NULL CHECK (amount_micros <> 0),
    currency text NOT NULL,
    PRIMARY KEY (transaction_id, line)
);
CREATE INDEX ledger_entry_organization ON ledger_entry (organization_id, ledger_account, transaction_id);
CREATE TABLE payment (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    seller_id text NOT NULL,
    wallet_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('PAYMENT', 'PAY_OUT')),
    amount_micros bigint NOT NULL CHECK (amount_micros > 0),
    fee_micros bigint NOT NULL DEFAULT 0,
    refunded_micros bigint NOT NULL DEFAULT 0,
    currency text NOT NULL,
    method text NOT NULL,
    status text NOT NULL CHECK (status IN ('PENDING', 'SETTLED', 'DECLINED', 'REFUNDED')),
    received_date text NOT NULL,
    reference text,
    remark text,
    decline_reason text,
    ledger_transaction_id text,
    created_at bigint NOT NULL,
    settled_at bigint,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, wallet_id) REFERENCES wallet (organization_id, id) ON DELETE RESTRICT
);
CREATE INDEX payment_path ON payment (path, id);
CREATE TABLE subscription (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    seller_id text NOT NULL,
    product_id text NOT NULL REFERENCES product (id) ON DELETE RESTRICT,
    plan_id text NOT NULL REFERENCES plan (id) ON DELETE RESTRICT,
    product_name text NOT NULL,
    plan_name text NOT NULL,
    quantity bigint NOT NULL CHECK (quantity >= 1),
    cycle_months bigint NOT NULL CHECK (cycle_months >= 1),
    currency text NOT NULL,
    is_trial boolean NOT NULL,
    is_auto_renew boolean NOT NULL,
    method text NOT NULL CHECK (method IN ('NORMAL', 'CONTRACT', 'EXTERNAL_INVOICE')),
    anchor_date text NOT NULL,
    start_date text NOT NULL,
    end_date text NOT NULL,
    started_at bigint NOT NULL,
    activated_at bigint NOT NULL,
    ends_at bigint NOT NULL,
    grace_ends_at bigint NOT NULL,
    ladder_ends_at bigint NOT NULL,
    final_state text NOT NULL CHECK (final_state IN ('TERMINATED', 'DEACTIVATED')),
    renewal_failed_at bigint,
    suspension_reasons text NOT NULL DEFAULT '',
    terminated_at bigint,
    termination_reason text,
    settings jsonb NOT NULL,
    created_at bigint NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    UNIQUE (organization_id, id)
);
CREATE INDEX subscription_path ON subscription (path, id);
CREATE INDEX subscription_ends ON subscription (organization_id, ends_at, id);
CREATE INDEX subscription_due_end ON subscription (ends_at);
CREATE INDEX subscription_due_grace ON subscription (grace_ends_at);
CREATE INDEX subscription_due_ladder ON subscription (ladder_ends_at);
CREATE TABLE subscription_add_on (
    organization_id text NOT NULL,
    path text NOT NULL,
    subscription_id text NOT NULL,
    add_on_id text NOT NULL REFERENCES add_on (id) ON DELETE RESTRICT,
    name text NOT NULL,
    quantity bigint NOT NULL CHECK (quantity >= 1),
    PRIMARY KEY (subscription_id, add_on_id),
    FOREIGN KEY (organization_id, subscription_id) REFERENCES subscription (organization_id, id)
        ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE TABLE segment (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    subscription_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('WHOLE_CYCLE', 'BROKEN', 'CALENDAR_PART')),
    first_date text NOT NULL,
    end_date text NOT NULL,
    day_base bigint NOT NULL CHECK (day_base > 0),
    cycle_months bigint NOT NULL,
    sale_id text NOT NULL,
    created_at bigint NOT NULL,
    FOREIGN KEY (organization_id, subscription_id) REFERENCES subscription (organization_id, id)
        ON UPDATE CASCADE ON DELETE RESTRICT
);
CREATE INDEX segment_subscription ON segment (subscription_id, first_date);
CREATE TABLE segment_charge (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    seller_id text NOT NULL,
    wallet_id text NOT NULL,
    level bigint NOT NULL,
    segment_id text NOT NULL REFERENCES segment (id) ON DELETE RESTRICT,
    subscription_id text NOT NULL,
    item_id text NOT NULL,
    quantity bigint NOT NULL,
    unit_price_micros bigint NOT NULL,
    net_micros bigint NOT NULL CHECK (net_micros >= 0),
    taxes jsonb NOT NULL,
    tax_micros bigint NOT NULL,
    discount_percent text NOT NULL,
    currency text NOT NULL,
    ledger_transaction_id text,
    refunded_net_micros bigint NOT NULL DEFAULT 0,
    refunded_tax_micros bigint NOT NULL DEFAULT 0,
    min_term_months bigint,
    early_end_percent text,
    CHECK (refunded_net_micros <= net_micros AND refunded_tax_micros <= tax_micros)
);
CREATE INDEX segment_charge_subscription ON segment_charge (subscription_id, level);
CREATE INDEX segment_charge_segment ON segment_charge (segment_id);
CREATE TABLE trial_use (
    organization_id text NOT NULL REFERENCES organization (id) ON DELETE RESTRICT,
    path text NOT NULL,
    product_id text NOT NULL,
    used_at bigint NOT NULL,
    PRIMARY KEY (organization_id, product_id)
);
CREATE TABLE subscription_assignment (
    organization_id text NOT NULL,
    path text NOT NULL,
    subscription_id text NOT NULL,
    member_id text NOT NULL,
    assigned_at bigint NOT NULL,
    PRIMARY KEY (subscription_id, member_id),
    FOREIGN KEY (organization_id, subscription_id) REFERENCES subscription (organization_id, id) ON DELETE RESTRICT,
    FOREIGN KEY (organization_id, member_id) REFERENCES member (organization_id, id) ON DELETE RESTRICT
);
CREATE INDEX subscription_assignment_member ON subscription_assignment (member_id, subscription_id);
CREATE TABLE timeline_entry (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    subscription_id text NOT NULL,
    at bigint NOT NULL,
    from_status text,
    to_status text NOT NULL,
    reason text,
    actor_member_id text
);
CREATE INDEX timeline_entry_subscription ON timeline_entry (subscription_id, id);
CREATE UNIQUE INDEX timeline_entry_once ON timeline_entry (subscription_id, at, to_status);
CREATE TABLE alert (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    path text NOT NULL,
    kind text NOT NULL,
    subject_id text NOT NULL,
    alert_date text NOT NULL,
    details jsonb NOT NULL,
    created_at bigint NOT NULL,
    closed_at bigint,
    UNIQUE (organization_id, kind, subject_id, alert_date)
);
CREATE INDEX alert_path ON alert (path, id);
"""

# What the seller of an organization offers it: the items of the price list given to it, else of the seller's default.
OFFERED_ITEMS = """
SELECT p.item_id FROM organization o
JOIN price_list l ON l.organization_id = o.parent_id AND l.currency = o.currency
LEFT JOIN buyer_terms t ON t.organization_id = o.parent_id AND t.buyer_id = o.id
JOIN price p ON p.price_list_id = l.id
WHERE o.id = $1 AND (l.id = t.price_list_id OR (t.price_list_id IS NULL AND l.is_default))
"""
ITEM = "id IN (SELECT item_id FROM offered_items(current_setting('app.organization_id', true)))"
PRODUCT = "id IN (SELECT product_id FROM offered_products(current_setting('app.organization_id', true)))"

# The entries of a transaction are written first; the transaction seals them: their sum must be zero per currency.
POSTGRES_SEAL = [
    """CREATE FUNCTION ledger_transaction_seal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT 1 FROM added a LEFT JOIN LATERAL (
                SELECT sum(e.amount_micros) AS total, count(*) AS lines, bool_and(e.currency = a.currency) AS same
                FROM ledger_entry e WHERE e.transaction_id = a.id) s ON true
            WHERE s.lines < 2 OR s.total <> 0 OR NOT s.same) THEN
            RAISE EXCEPTION 'LEDGER_UNBALANCED' USING ERRCODE = 'integrity_constraint_violation';
        END IF; RETURN NULL; END $$""",
    "CREATE TRIGGER ledger_transaction_sealed AFTER INSERT ON ledger_transaction REFERENCING NEW TABLE AS added "
    "FOR EACH STATEMENT EXECUTE FUNCTION ledger_transaction_seal()",
    """CREATE FUNCTION ledger_entry_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF EXISTS (SELECT 1 FROM added a JOIN ledger_transaction t ON t.id = a.transaction_id) THEN
            RAISE EXCEPTION 'LEDGER_IMMUTABLE' USING ERRCODE = 'integrity_constraint_violation';
        END IF; RETURN NULL; END $$""",
    "CREATE TRIGGER ledger_entry_before_seal AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added "
    "FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_unsealed()",
    # The seal sees all entries of the transaction, also those of the seller, whoever inserts it.
    "ALTER FUNCTION ledger_transaction_seal() OWNER TO tenantry_system",
    "ALTER FUNCTION ledger_transaction_seal() SECURITY DEFINER",
    "ALTER FUNCTION ledger_entry_unsealed() OWNER TO tenantry_system",
    "ALTER FUNCTION ledger_entry_unsealed() SECURITY DEFINER",
]
SQLITE_SEAL = [
    """CREATE TRIGGER ledger_transaction_sealed BEFORE INSERT ON ledger_transaction BEGIN
        SELECT RAISE(ABORT, 'LEDGER_UNBALANCED') FROM (
            SELECT count(*) AS lines, coalesce(sum(amount_micros), 0) AS total,
                   coalesce(min(currency = NEW.currency), 0) AS same FROM ledger_entry WHERE transaction_id = NEW.id)
        WHERE lines < 2 OR total <> 0 OR NOT same; END""",
    """CREATE TRIGGER ledger_entry_before_seal BEFORE INSERT ON ledger_entry BEGIN
        SELECT RAISE(ABORT, 'LEDGER_IMMUTABLE') WHERE EXISTS (
            SELECT 1 FROM ledger_transaction WHERE id = NEW.transaction_id); END""",
]
TENANT_TABLES = (
    "price_list",
    "price",
    "buyer_terms",
    "buyer_price",
    "tax_rule",
    "subscription",
    "subscription_add_on",
    "segment",
    "trial_use",
    "subscription_assignment",
    "timeline_entry",
    "alert",
)


def definer(signature: str, returns: str, body: str) -> list[str]:
    """A function that reads above the caller's scope, for exactly one question."""
    return [
        f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE sql STABLE SECURITY DEFINER "
        f"SET search_path = public, pg_temp AS $body$ {body} $body$",
        f"ALTER FUNCTION {signature} OWNER TO {SYSTEM_ROLE}",
        f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {signature} TO {APP_ROLE}, {SYSTEM_ROLE}",
    ]


POSTGRES_EXTRA = [
    *definer("offered_items(text)", "TABLE (item_id text)", OFFERED_ITEMS),
    *definer(
        "offered_products(text)",
        "TABLE (product_id text)",
        "SELECT p.product_id FROM plan p WHERE p.id IN (SELECT item_id FROM offered_items($1))",
    ),
    *catalogue_table("product", PRODUCT),
    *catalogue_table("plan", ITEM),
    *catalogue_table("add_on", ITEM),
    *[statement for table in TENANT_TABLES for statement in tenant_table(table)],
    *pair_table("wallet"),
    *pair_table("payment"),
    *pair_table("segment_charge"),
    *pair_table("ledger_transaction", appends_only=True),
    *pair_table("ledger_entry", appends_only=True),
    *append_only_postgres("ledger_transaction", "LEDGER_IMMUTABLE"),
    *append_only_postgres("ledger_entry", "LEDGER_IMMUTABLE"),
    *POSTGRES_SEAL,
]
# With the usual statistics the planner takes a small reseller's range of paths for one row, and the wrong index.
POSTGRES_EXTRA += [
    f"ALTER TABLE {table} ALTER COLUMN path SET STATISTICS 1000"
    for table in ("subscription", "payment", "wallet", "ledger_transaction")
]
SQLITE_EXTRA = [
    *append_only_sqlite("ledger_transaction", "LEDGER_IMMUTABLE"),
    *append_only_sqlite("ledger_entry", "LEDGER_IMMUTABLE"),
    *SQLITE_SEAL,
]


class Migration(migrations.Migration):
    initial = True
    dependencies = [("tenants", "0001_initial")]
    operations = [
        HandWritten(
            sqlite=for_sqlite(TABLES) + SQLITE_EXTRA,
            postgres=for_postgres(TABLES) + POSTGRES_EXTRA,
            state=[
                ops.CreateModel(
                    name="AddOn",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("product_id", fields.TextField(unique=False)),
                        ("name", fields.TextField(unique=False)),
                        ("is_taxable", fields.BooleanField()),
                        ("priority", fields.BigIntField()),
                        ("features", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("allowed_plan_ids", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                        ("created_at", fields.BigIntField()),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "add_on", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Alert",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("kind", fields.TextField(unique=False)),
                        ("subject_id", fields.TextField(unique=False)),
                        ("alert_date", fields.TextField(unique=False)),
                        ("details", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("created_at", fields.BigIntField()),
                        ("closed_at", fields.BigIntField(null=True)),
                    ],
                    options={"table": "alert", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="BuyerPrice",
                    fields=[
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("buyer_id", fields.TextField(unique=False)),
                        ("item_id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("cycle_months", fields.BigIntField()),
                        ("amount_micros", fields.BigIntField()),
                    ],
                    options={"table": "buyer_price", "app": "billing", "pk_attr": "item_id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="BuyerTerms",
                    fields=[
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("buyer_id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("price_list_id", fields.TextField(null=True, unique=False)),
                        ("discount_percent", fields.TextField(null=True, unique=False)),
                        ("is_tax_exempt", fields.BooleanField()),
                    ],
                    options={"table": "buyer_terms", "app": "billing", "pk_attr": "buyer_id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="LedgerEntry",
                    fields=[
                        (
                            "transaction_id",
                            fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128),
                        ),
                        ("line", fields.BigIntField()),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("ledger_account", fields.TextField(unique=False)),
                        ("detail", fields.TextField(null=True, unique=False)),
                        ("amount_micros", fields.BigIntField()),
                        ("currency", fields.TextField(unique=False)),
                    ],
                    options={"table": "ledger_entry", "app": "billing", "pk_attr": "transaction_id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="LedgerTransaction",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("seller_id", fields.TextField(unique=False)),
                        ("wallet_id", fields.TextField(unique=False)),
                        ("type", fields.TextField(unique=False)),
                        ("at", fields.BigIntField()),
                        ("currency", fields.TextField(unique=False)),
                        ("sale_id", fields.TextField(null=True, unique=False)),
                        ("source_type", fields.TextField(unique=False)),
                        ("source_id", fields.TextField(unique=False)),
                        ("posting_key", fields.TextField(unique=False)),
                        ("actor_member_id", fields.TextField(null=True, unique=False)),
                        ("comment", fields.TextField(null=True, unique=False)),
                        ("internal_comment", fields.TextField(null=True, unique=False)),
                        ("reverses_id", fields.TextField(null=True, unique=False)),
                    ],
                    options={"table": "ledger_transaction", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Payment",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("seller_id", fields.TextField(unique=False)),
                        ("wallet_id", fields.TextField(unique=False)),
                        ("kind", fields.TextField(unique=False)),
                        ("amount_micros", fields.BigIntField()),
                        ("fee_micros", fields.BigIntField()),
                        ("refunded_micros", fields.BigIntField()),
                        ("currency", fields.TextField(unique=False)),
                        ("method", fields.TextField(unique=False)),
                        ("status", fields.TextField(unique=False)),
                        ("received_date", fields.TextField(unique=False)),
                        ("reference", fields.TextField(null=True, unique=False)),
                        ("remark", fields.TextField(null=True, unique=False)),
                        ("decline_reason", fields.TextField(null=True, unique=False)),
                        ("ledger_transaction_id", fields.TextField(null=True, unique=False)),
                        ("created_at", fields.BigIntField()),
                        ("settled_at", fields.BigIntField(null=True)),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "payment", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Plan",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("product_id", fields.TextField(unique=False)),
                        ("name", fields.TextField(unique=False)),
                        ("is_taxable", fields.BooleanField()),
                        ("features", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("account_role", fields.TextField(null=True, unique=False)),
                        ("availability_threshold_micros", fields.BigIntField()),
                        ("created_at", fields.BigIntField()),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "plan", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Price",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("price_list_id", fields.TextField(unique=False)),
                        ("item_id", fields.TextField(unique=False)),
                        ("cycle_months", fields.BigIntField()),
                        ("amount_micros", fields.BigIntField()),
                        ("valid_from_date", fields.TextField(unique=False)),
                        ("min_term_months", fields.BigIntField(null=True)),
                        ("early_end_percent", fields.TextField(null=True, unique=False)),
                        ("created_at", fields.BigIntField()),
                    ],
                    options={"table": "price", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="PriceList",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("name", fields.TextField(unique=False)),
                        ("currency", fields.TextField(unique=False)),
                        ("is_default", fields.BooleanField()),
                        ("created_at", fields.BigIntField()),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "price_list", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Product",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("name", fields.TextField(unique=False)),
                        ("kind", fields.TextField(unique=False)),
                        ("category", fields.TextField(unique=False)),
                        ("created_at", fields.BigIntField()),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "product", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Segment",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("subscription_id", fields.TextField(unique=False)),
                        ("kind", fields.TextField(unique=False)),
                        ("first_date", fields.TextField(unique=False)),
                        ("end_date", fields.TextField(unique=False)),
                        ("day_base", fields.BigIntField()),
                        ("cycle_months", fields.BigIntField()),
                        ("sale_id", fields.TextField(unique=False)),
                        ("created_at", fields.BigIntField()),
                    ],
                    options={"table": "segment", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="SegmentCharge",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("seller_id", fields.TextField(unique=False)),
                        ("wallet_id", fields.TextField(unique=False)),
                        ("level", fields.BigIntField()),
                        ("segment_id", fields.TextField(unique=False)),
                        ("subscription_id", fields.TextField(unique=False)),
                        ("item_id", fields.TextField(unique=False)),
                        ("quantity", fields.BigIntField()),
                        ("unit_price_micros", fields.BigIntField()),
                        ("net_micros", fields.BigIntField()),
                        ("taxes", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("tax_micros", fields.BigIntField()),
                        ("discount_percent", fields.TextField(unique=False)),
                        ("currency", fields.TextField(unique=False)),
                        ("ledger_transaction_id", fields.TextField(null=True, unique=False)),
                        ("refunded_net_micros", fields.BigIntField()),
                        ("refunded_tax_micros", fields.BigIntField()),
                        ("min_term_months", fields.BigIntField(null=True)),
                        ("early_end_percent", fields.TextField(null=True, unique=False)),
                    ],
                    options={"table": "segment_charge", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Subscription",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("seller_id", fields.TextField(unique=False)),
                        ("product_id", fields.TextField(unique=False)),
                        ("plan_id", fields.TextField(unique=False)),
                        ("product_name", fields.TextField(unique=False)),
                        ("plan_name", fields.TextField(unique=False)),
                        ("quantity", fields.BigIntField()),
                        ("cycle_months", fields.BigIntField()),
                        ("currency", fields.TextField(unique=False)),
                        ("is_trial", fields.BooleanField()),
                        ("is_auto_renew", fields.BooleanField()),
                        ("method", fields.TextField(unique=False)),
                        ("anchor_date", fields.TextField(unique=False)),
                        ("start_date", fields.TextField(unique=False)),
                        ("end_date", fields.TextField(unique=False)),
                        ("started_at", fields.BigIntField()),
                        ("activated_at", fields.BigIntField()),
                        ("ends_at", fields.BigIntField()),
                        ("grace_ends_at", fields.BigIntField()),
                        ("ladder_ends_at", fields.BigIntField()),
                        ("final_state", fields.TextField(unique=False)),
                        ("renewal_failed_at", fields.BigIntField(null=True)),
                        ("suspension_reasons", fields.TextField(unique=False)),
                        ("terminated_at", fields.BigIntField(null=True)),
                        ("termination_reason", fields.TextField(null=True, unique=False)),
                        ("settings", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                        ("created_at", fields.BigIntField()),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "subscription", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="SubscriptionAddOn",
                    fields=[
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("subscription_id", fields.TextField(unique=False)),
                        ("add_on_id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("name", fields.TextField(unique=False)),
                        ("quantity", fields.BigIntField()),
                    ],
                    options={"table": "subscription_add_on", "app": "billing", "pk_attr": "add_on_id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="SubscriptionAssignment",
                    fields=[
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("subscription_id", fields.TextField(unique=False)),
                        ("member_id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("assigned_at", fields.BigIntField()),
                    ],
                    options={"table": "subscription_assignment", "app": "billing", "pk_attr": "member_id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="TaxRule",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("buyer_country", fields.TextField(unique=False)),
                        ("state_relation", fields.TextField(unique=False)),
                        ("components", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                    ],
                    options={"table": "tax_rule", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="TimelineEntry",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("subscription_id", fields.TextField(unique=False)),
                        ("at", fields.BigIntField()),
                        ("from_status", fields.TextField(null=True, unique=False)),
                        ("to_status", fields.TextField(unique=False)),
                        ("reason", fields.TextField(null=True, unique=False)),
                        ("actor_member_id", fields.TextField(null=True, unique=False)),
                    ],
                    options={"table": "timeline_entry", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="TrialUse",
                    fields=[
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("product_id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("used_at", fields.BigIntField()),
                    ],
                    options={"table": "trial_use", "app": "billing", "pk_attr": "product_id"},
                    bases=["Model"],
                ),
                ops.CreateModel(
                    name="Wallet",
                    fields=[
                        ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=128)),
                        ("organization_id", fields.TextField(unique=False)),
                        ("path", fields.TextField(unique=False)),
                        ("seller_id", fields.TextField(unique=False)),
                        ("currency", fields.TextField(unique=False)),
                        ("mode", fields.TextField(unique=False)),
                        ("wallet_micros", fields.BigIntField()),
                        ("unbilled_micros", fields.BigIntField()),
                        ("due_micros", fields.BigIntField()),
                        ("payable_micros", fields.BigIntField()),
                        ("reserved_micros", fields.BigIntField()),
                        ("credit_limit_micros", fields.BigIntField()),
                        ("temporary_limit_micros", fields.BigIntField()),
                        ("temporary_limit_until_at", fields.BigIntField(null=True)),
                        ("opened_at", fields.BigIntField()),
                        ("closed_at", fields.BigIntField(null=True)),
                        ("version", fields.BigIntField()),
                    ],
                    options={"table": "wallet", "app": "billing", "pk_attr": "id"},
                    bases=["Model"],
                ),
            ],
        ),
    ]
