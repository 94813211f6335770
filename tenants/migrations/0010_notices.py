"""Notices and dated reminders, one per event, day and address."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0009_brand")]
    operations = []
