"""Tests of tenants/: rules and data that need no database stand beside those that do."""
