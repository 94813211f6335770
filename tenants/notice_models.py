"""The table of sent notices; models.py names it, the DDL is in migrations/0010_notices.py."""

from tortoise import fields

from core.model import Model


class Notice(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    event = fields.TextField()
    subject_id = fields.TextField()
    notice_date = fields.TextField()
    address_folded = fields.TextField()
    created_at = fields.BigIntField()

    class Meta:
        table = "notice"
        app = "tenants"
