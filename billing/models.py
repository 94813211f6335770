"""Tables of the catalogue, money and subscriptions.

Models carry the state of migrations and serve scoped `.values()` reads; writes are SQL.
The DDL itself (keys, checks, triggers, row security) is hand-written in migrations/, see docs/adr."""

from tortoise import fields

from core.model import Model


class Product(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    name = fields.TextField()
    kind = fields.TextField()
    category = fields.TextField()
    created_at = fields.BigIntField()
    version = fields.BigIntField()

    class Meta:
        table = "product"
        app = "billing"


class Plan(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    product_id = fields.TextField()
    name = fields.TextField()
    is_taxable = fields.BooleanField()
    features = fields.JSONField[object]()
    account_role = fields.TextField(null=True)
    availability_threshold_micros = fields.BigIntField()
    created_at = fields.BigIntField()
    version = fields.BigIntField()

    class Meta:
        table = "plan"
        app = "billing"


class AddOn(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    product_id = fields.TextField()
    name = fields.TextField()
    is_taxable = fields.BooleanField()
    priority = fields.BigIntField()
    features = fields.JSONField[object]()
    allowed_plan_ids = fields.JSONField[object](null=True)
    created_at = fields.BigIntField()
    version = fields.BigIntField()

    class Meta:
        table = "add_on"
        app = "billing"


class PriceList(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    name = fields.TextField()
    currency = fields.TextField()
    is_default = fields.BooleanField()
    created_at = fields.BigIntField()
    version = fields.BigIntField()

    class Meta:
        table = "price_list"
        app = "billing"


class Price(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    price_list_id = fields.TextField()
    item_id = fields.TextField()
    cycle_months = fields.BigIntField()
    amount_micros = fields.BigIntField()
    valid_from_date = fields.TextField()
    min_term_months = fields.BigIntField(null=True)
    early_end_percent = fields.TextField(null=True)
    created_at = fields.BigIntField()

    class Meta:
        table = "price"
        app = "billing"


class BuyerTerms(Model):
    organization_id = fields.TextField()
    path = fields.TextField()
    buyer_id = fields.CharField(max_length=128, primary_key=True)
    price_list_id = fields.TextField(null=True)
    discount_percent = fields.TextField(null=True)
    is_tax_exempt = fields.BooleanField()

    class Meta:
        table = "buyer_terms"
        app = "billing"


class BuyerPrice(Model):
    organization_id = fields.TextField()
    path = fields.TextField()
    buyer_id = fields.TextField()
    item_id = fields.CharField(max_length=128, primary_key=True)
    cycle_months = fields.BigIntField()
    amount_micros = fields.BigIntField()

    class Meta:
        table = "buyer_price"
        app = "billing"


class TaxRule(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    buyer_country = fields.TextField()
    state_relation = fields.TextField()
    components = fields.JSONField[object]()

    class Meta:
        table = "tax_rule"
        app = "billing"


class Wallet(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    seller_id = fields.TextField()
    currency = fields.TextField()
    mode = fields.TextField()
    wallet_micros = fields.BigIntField()
    unbilled_micros = fields.BigIntField()
    due_micros = fields.BigIntField()
    payable_micros = fields.BigIntField()
    reserved_micros = fields.BigIntField()
    credit_limit_micros = fields.BigIntField()
    temporary_limit_micros = fields.BigIntField()
    temporary_limit_until_at = fields.BigIntField(null=True)
    opened_at = fields.BigIntField()
    closed_at = fields.BigIntField(null=True)
    version = fields.BigIntField()
    invoice_open_micros = fields.BigIntField()
    holds_until_at = fields.BigIntField(null=True)
    has_autopay = fields.BooleanField()
    min_balance_micros = fields.BigIntField(null=True)
    alert_threshold_micros = fields.BigIntField(null=True)
    top_up_micros = fields.BigIntField(null=True)
    billed_until_at = fields.BigIntField(null=True)
    next_billing_at = fields.BigIntField(null=True)

    class Meta:
        table = "wallet"
        app = "billing"


class LedgerTransaction(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    seller_id = fields.TextField()
    wallet_id = fields.TextField()
    type = fields.TextField()
    at = fields.BigIntField()
    currency = fields.TextField()
    sale_id = fields.TextField(null=True)
    source_type = fields.TextField()
    source_id = fields.TextField()
    posting_key = fields.TextField()
    actor_member_id = fields.TextField(null=True)
    comment = fields.TextField(null=True)
    internal_comment = fields.TextField(null=True)
    reverses_id = fields.TextField(null=True)
    external_number = fields.TextField(null=True)
    child_id = fields.TextField(null=True)

    class Meta:
        table = "ledger_transaction"
        app = "billing"


class LedgerEntry(Model):
    transaction_id = fields.CharField(max_length=128, primary_key=True)
    line = fields.BigIntField()
    organization_id = fields.TextField()
    path = fields.TextField()
    ledger_account = fields.TextField()
    detail = fields.TextField(null=True)
    amount_micros = fields.BigIntField()
    currency = fields.TextField()

    class Meta:
        table = "ledger_entry"
        app = "billing"


class Payment(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    seller_id = fields.TextField()
    wallet_id = fields.TextField()
    kind = fields.TextField()
    amount_micros = fields.BigIntField()
    fee_micros = fields.BigIntField()
    refunded_micros = fields.BigIntField()
    currency = fields.TextField()
    method = fields.TextField()
    status = fields.TextField()
    received_date = fields.TextField()
    reference = fields.TextField(null=True)
    remark = fields.TextField(null=True)
    decline_reason = fields.TextField(null=True)
    ledger_transaction_id = fields.TextField(null=True)
    created_at = fields.BigIntField()
    settled_at = fields.BigIntField(null=True)
    version = fields.BigIntField()
    product_category = fields.TextField(null=True)
    seller_state = fields.TextField(null=True)
    wanted_seller_state = fields.TextField(null=True)
    wanted_by_member_id = fields.TextField(null=True)
    approved_by_member_id = fields.TextField(null=True)

    class Meta:
        table = "payment"
        app = "billing"


class Subscription(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    seller_id = fields.TextField()
    product_id = fields.TextField()
    plan_id = fields.TextField()
    product_name = fields.TextField()
    plan_name = fields.TextField()
    quantity = fields.BigIntField()
    cycle_months = fields.BigIntField()
    currency = fields.TextField()
    is_trial = fields.BooleanField()
    is_auto_renew = fields.BooleanField()
    method = fields.TextField()
    anchor_date = fields.TextField()
    start_date = fields.TextField()
    end_date = fields.TextField()
    started_at = fields.BigIntField()
    activated_at = fields.BigIntField()
    ends_at = fields.BigIntField()
    grace_ends_at = fields.BigIntField()
    ladder_ends_at = fields.BigIntField()
    final_state = fields.TextField()
    renewal_failed_at = fields.BigIntField(null=True)
    suspension_reasons = fields.TextField()
    terminated_at = fields.BigIntField(null=True)
    termination_reason = fields.TextField(null=True)
    settings = fields.JSONField[object]()
    created_at = fields.BigIntField()
    version = fields.BigIntField()
    external_number = fields.TextField(null=True)
    renews_at = fields.BigIntField(null=True)

    class Meta:
        table = "subscription"
        app = "billing"


class SubscriptionAddOn(Model):
    organization_id = fields.TextField()
    path = fields.TextField()
    subscription_id = fields.TextField()
    add_on_id = fields.CharField(max_length=128, primary_key=True)
    name = fields.TextField()
    quantity = fields.BigIntField()

    class Meta:
        table = "subscription_add_on"
        app = "billing"


class Segment(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    subscription_id = fields.TextField()
    kind = fields.TextField()
    first_date = fields.TextField()
    end_date = fields.TextField()
    day_base = fields.BigIntField()
    cycle_months = fields.BigIntField()
    sale_id = fields.TextField()
    created_at = fields.BigIntField()
    replaced_date = fields.TextField(null=True)
    starts_at = fields.BigIntField(null=True)
    anchor_date = fields.TextField(null=True)

    class Meta:
        table = "segment"
        app = "billing"


class SegmentCharge(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    seller_id = fields.TextField()
    wallet_id = fields.TextField()
    level = fields.BigIntField()
    segment_id = fields.TextField()
    subscription_id = fields.TextField()
    item_id = fields.TextField()
    quantity = fields.BigIntField()
    unit_price_micros = fields.BigIntField()
    net_micros = fields.BigIntField()
    taxes = fields.JSONField[object]()
    tax_micros = fields.BigIntField()
    discount_percent = fields.TextField()
    currency = fields.TextField()
    ledger_transaction_id = fields.TextField(null=True)
    refunded_net_micros = fields.BigIntField()
    refunded_tax_micros = fields.BigIntField()
    min_term_months = fields.BigIntField(null=True)
    early_end_percent = fields.TextField(null=True)
    terms = fields.JSONField[object](null=True)
    first_date = fields.TextField(null=True)
    sale_id = fields.TextField(null=True)
    added_quantity = fields.BigIntField(null=True)
    left_quantity = fields.BigIntField(null=True)

    class Meta:
        table = "segment_charge"
        app = "billing"


class QueuedChange(Model):
    subscription_id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    plan_id = fields.TextField(null=True)
    plan_name = fields.TextField(null=True)
    quantity = fields.BigIntField(null=True)
    cycle_months = fields.BigIntField(null=True)
    add_ons = fields.JSONField[object]()
    applies_date = fields.TextField()
    applies_at = fields.BigIntField()
    queued_at = fields.BigIntField()

    class Meta:
        table = "queued_change"
        app = "billing"


class TrialUse(Model):
    organization_id = fields.TextField()
    path = fields.TextField()
    product_id = fields.CharField(max_length=128, primary_key=True)
    used_at = fields.BigIntField()

    class Meta:
        table = "trial_use"
        app = "billing"


class SubscriptionAssignment(Model):
    organization_id = fields.TextField()
    path = fields.TextField()
    subscription_id = fields.TextField()
    member_id = fields.CharField(max_length=128, primary_key=True)
    assigned_at = fields.BigIntField()

    class Meta:
        table = "subscription_assignment"
        app = "billing"


class TimelineEntry(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    subscription_id = fields.TextField()
    at = fields.BigIntField()
    from_status = fields.TextField(null=True)
    to_status = fields.TextField()
    reason = fields.TextField(null=True)
    actor_member_id = fields.TextField(null=True)

    class Meta:
        table = "timeline_entry"
        app = "billing"


class Alert(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    kind = fields.TextField()
    subject_id = fields.TextField()
    alert_date = fields.TextField()
    details = fields.JSONField[object]()
    created_at = fields.BigIntField()
    closed_at = fields.BigIntField(null=True)
    needed_micros = fields.BigIntField(null=True)

    class Meta:
        table = "alert"
        app = "billing"


class MoneyHold(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    seller_id = fields.TextField()
    wallet_id = fields.TextField()
    purpose = fields.TextField()
    currency = fields.TextField()
    amount_micros = fields.BigIntField()
    consumed_micros = fields.BigIntField()
    state = fields.TextField()
    opened_at = fields.BigIntField()
    until_at = fields.BigIntField(null=True)
    closed_at = fields.BigIntField(null=True)

    class Meta:
        table = "money_hold"
        app = "billing"


class InvoiceSequence(Model):
    organization_id = fields.TextField()
    path = fields.TextField()
    kind = fields.CharField(max_length=128, primary_key=True)
    prefix = fields.TextField()
    digits = fields.BigIntField()
    counter = fields.BigIntField()

    class Meta:
        table = "invoice_sequence"
        app = "billing"


class Invoice(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    seller_id = fields.TextField()
    wallet_id = fields.TextField()
    type = fields.TextField()
    sequence_kind = fields.TextField()
    counter = fields.BigIntField()
    number = fields.TextField()
    issued_at = fields.BigIntField()
    issue_date = fields.TextField()
    due_date = fields.TextField()
    overdue_at = fields.BigIntField()
    currency = fields.TextField()
    net_micros = fields.BigIntField()
    tax_micros = fields.BigIntField()
    total_micros = fields.BigIntField()
    open_micros = fields.BigIntField()
    is_allocated_automatically = fields.BooleanField()
    seller = fields.JSONField[object]()
    buyer = fields.JSONField[object]()
    sale_id = fields.TextField(null=True)
    payment_id = fields.TextField(null=True)

    class Meta:
        table = "invoice"
        app = "billing"


class InvoiceLine(Model):
    invoice_id = fields.CharField(max_length=128, primary_key=True)
    line = fields.BigIntField()
    organization_id = fields.TextField()
    path = fields.TextField()
    kind = fields.TextField()
    name = fields.TextField()
    quantity = fields.BigIntField()
    first_date = fields.TextField(null=True)
    end_date = fields.TextField(null=True)
    net_micros = fields.BigIntField()
    taxes = fields.JSONField[object]()
    tax_micros = fields.BigIntField()
    currency = fields.TextField()
    subscription_id = fields.TextField(null=True)
    child_id = fields.TextField(null=True)
    child_name = fields.TextField(null=True)
    child_billing_number = fields.TextField(null=True)

    class Meta:
        table = "invoice_line"
        app = "billing"


class InvoiceAllocation(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    invoice_id = fields.TextField()
    payment_id = fields.TextField(null=True)
    amount_micros = fields.BigIntField()
    currency = fields.TextField()
    at = fields.BigIntField()

    class Meta:
        table = "invoice_allocation"
        app = "billing"


class Number(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    pool_id = fields.TextField()
    digits = fields.TextField()
    state = fields.TextField()
    account_id = fields.TextField(null=True)
    held_until_at = fields.BigIntField(null=True)
    after_hold = fields.TextField(null=True)
    created_at = fields.BigIntField()
    version = fields.BigIntField()

    class Meta:
        table = "number"
        app = "billing"


class NumberRelease(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    digits = fields.TextField()
    account_id = fields.TextField()
    released_at = fields.BigIntField()

    class Meta:
        table = "number_release"
        app = "billing"
