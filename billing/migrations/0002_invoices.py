"""Invoices and what was promised for a period."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial"), ("tenants", "0010_notices")]
    operations = []
