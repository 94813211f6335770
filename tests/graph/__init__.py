"""Tests of the GraphQL layer."""
