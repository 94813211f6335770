"""Reset links, one-time codes and mails that wait."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_support")]
    operations = []
