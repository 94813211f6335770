"""Moving in the tree: tokens and offers."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = []
