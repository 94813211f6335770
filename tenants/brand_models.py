"""Tables of the white label; models.py names them, the DDL is in migrations/0009_brand.py."""

from tortoise import fields

from core.model import Model


class Brand(Model):
    id = fields.CharField(max_length=128, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    brand_name = fields.TextField(null=True)
    logo_hash = fields.TextField(null=True)
    logo_media_type = fields.TextField(null=True)
    logo_content = fields.TextField(null=True)
    support_email = fields.TextField(null=True)
    claimed_domain = fields.TextField(null=True)
    claim_token = fields.TextField(null=True)
    claim_expires_at = fields.BigIntField(null=True)
    changed_at = fields.BigIntField()
    version = fields.BigIntField()

    class Meta:
        table = "brand"
        app = "tenants"


class BrandDomain(Model):
    domain = fields.CharField(max_length=253, primary_key=True)
    organization_id = fields.TextField()
    path = fields.TextField()
    proven_at = fields.BigIntField()

    class Meta:
        table = "brand_domain"
        app = "tenants"
