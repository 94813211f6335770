"""Tables of the ground floor: idempotency keys and the outbox.

Models carry the state of migrations and serve scoped `.values()` reads; writes are SQL.

The DDL itself (keys, checks, triggers, row security) is hand-written in migrations/, see docs/adr."""

from tortoise import fields

from core.model import Model


class IdempotencyKey(Model):
    organization_id = fields.TextField()
    path = fields.TextField()
    key = fields.CharField(max_length=128, primary_key=True)
    operation = fields.TextField()
    input_hash = fields.TextField()
    outcome = fields.JSONField[object](null=True)
    created_at = fields.BigIntField()

    class Meta:
        table = "idempotency_key"
        app = "core"


class Outbox(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    topic = fields.TextField()
    subject_id = fields.TextField()
    payload = fields.JSONField[object]()
    created_at = fields.BigIntField()
    due_at = fields.BigIntField()
    done_at = fields.BigIntField(null=True)
    attempts = fields.BigIntField()
    lease_token = fields.TextField(null=True)
    lease_until_at = fields.BigIntField(null=True)
    last_error = fields.TextField(null=True)

    class Meta:
        table = "outbox"
        app = "core"
