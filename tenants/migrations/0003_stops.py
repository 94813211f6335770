"""Suspensions with delays, deletion and its reversal."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_moves")]
    operations = []
