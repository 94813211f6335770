"""Migrations; DDL is hand-written per engine (see core/ddl.py)."""
