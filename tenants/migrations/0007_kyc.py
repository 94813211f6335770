"""Identity documents of an organization."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0006_second_factor")]
    operations = []
