"""Mirrors the folders of the house; tests/rules/ holds the scenarios of the rule books by id."""
