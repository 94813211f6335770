"""Tables of service accounts, batches and batch updates. Models carry the state of migrations and serve scoped
`.values()` reads; writes are SQL.

The DDL itself (keys, checks, functions, row security) is hand-written in migrations/, see docs/adr."""

from tortoise import fields

from core.model import Model


class Batch(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    name = fields.TextField()
    name_folded = fields.TextField()
    account_role = fields.TextField()
    last_control_number = fields.BigIntField()
    created_at = fields.BigIntField()
    version = fields.BigIntField()

    class Meta:
        table = "batch"
        app = "accounts"


class Account(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    seller_id = fields.TextField()
    account_id = fields.TextField()
    account_id_folded = fields.TextField()
    kind = fields.TextField()
    type = fields.TextField()
    balance_control = fields.TextField(null=True)
    account_role = fields.TextField()
    lifecycle = fields.TextField()
    is_blocked = fields.BooleanField()
    verification = fields.TextField()
    activation_date = fields.TextField(null=True)
    activated_at = fields.BigIntField(null=True)
    activation_hold = fields.TextField(null=True)
    expiration_date = fields.TextField(null=True)
    availability_days = fields.BigIntField(null=True)
    activates_at = fields.BigIntField(null=True)
    expires_at = fields.BigIntField(null=True)
    availability_ends_at = fields.BigIntField(null=True)
    first_used_at = fields.BigIntField(null=True)
    last_used_at = fields.BigIntField(null=True)
    last_recharged_at = fields.BigIntField(null=True)
    opening_balance_micros = fields.BigIntField()
    balance_micros = fields.BigIntField()
    credit_limit_micros = fields.BigIntField()
    plan_id = fields.TextField(null=True)
    subscription_id = fields.TextField(null=True)
    member_id = fields.TextField(null=True)
    batch_id = fields.TextField(null=True)
    control_number = fields.BigIntField(null=True)
    created_at = fields.BigIntField()
    version = fields.BigIntField()
    demo_ends_at = fields.BigIntField(null=True)
    demo_minutes_left = fields.BigIntField(null=True)
    demo_retention_days = fields.BigIntField(null=True)
    demo_erases_at = fields.BigIntField(null=True)
    label = fields.TextField(null=True)
    associated_number = fields.TextField(null=True)
    ivr_language = fields.TextField(null=True)
    self_care_time_zone = fields.TextField(null=True)

    class Meta:
        table = "account"
        app = "accounts"


class BatchUpdate(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    seller_id = fields.TextField()
    batch_id = fields.TextField()
    root_id = fields.TextField()
    state = fields.TextField()
    failure_reason = fields.TextField(null=True)
    account_filter = fields.JSONField[object]()
    changes = fields.JSONField[object]()
    snapshot_hash = fields.TextField()
    selected = fields.BigIntField()
    forecast = fields.JSONField[object]()
    previewed_by_user_id = fields.TextField(null=True)
    previewed_by_member_id = fields.TextField(null=True)
    previewed_at = fields.BigIntField()
    expires_at = fields.BigIntField()
    confirm_key = fields.TextField(null=True)
    confirm_hash = fields.TextField(null=True)
    confirmed_by_user_id = fields.TextField(null=True)
    confirmed_by_member_id = fields.TextField(null=True)
    confirmed_by_role = fields.TextField(null=True)
    confirmed_by_organization_id = fields.TextField(null=True)
    confirmed_by_name = fields.TextField(null=True)
    confirmed_by_api_key_id = fields.TextField(null=True)
    confirmed_by_support_session_id = fields.TextField(null=True)
    confirmed_at = fields.BigIntField(null=True)
    started_at = fields.BigIntField(null=True)
    finished_at = fields.BigIntField(null=True)
    chunk_rows = fields.BigIntField()
    last_control_number = fields.BigIntField()
    processed = fields.BigIntField()
    succeeded = fields.BigIntField()
    no_change = fields.BigIntField()
    failed = fields.BigIntField()
    unprocessed = fields.BigIntField()
    unforecast_failures = fields.JSONField[object]()
    version = fields.BigIntField()

    class Meta:
        table = "batch_update"
        app = "accounts"


class BatchUpdateRow(Model):
    organization_id = fields.TextField()
    path = fields.TextField()
    batch_update_id = fields.CharField(max_length=128, primary_key=True)
    control_number = fields.BigIntField()
    account_row_id = fields.TextField()
    account_id = fields.TextField()
    account_version = fields.BigIntField()
    forecast_result = fields.TextField()
    forecast_code = fields.TextField(null=True)
    result = fields.TextField()
    code = fields.TextField(null=True)
    field = fields.TextField(null=True)
    message = fields.TextField(null=True)
    before_values = fields.JSONField[object](null=True)
    after_values = fields.JSONField[object](null=True)
    correlation_id = fields.TextField()

    class Meta:
        table = "batch_update_row"
        app = "accounts"
