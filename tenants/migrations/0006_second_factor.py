"""Authenticator apps, recovery codes, passkeys and identity providers."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0005_sign_in")]
    operations = []
