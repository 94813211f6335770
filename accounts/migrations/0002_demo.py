"""Demo accounts."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("tenants", "0010_notices")]
    operations = []
