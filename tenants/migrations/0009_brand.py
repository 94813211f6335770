"""White label: brands and proven domains."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0008_audit")]
    operations = []
