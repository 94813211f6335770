"""Support sessions and standing consents."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0003_stops")]
    operations = []
