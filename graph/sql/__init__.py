"""Compiled reads: a GraphQL selection becomes one SQL statement."""
