"""What the audit log is searched by."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0007_kyc")]
    operations = []
