"""The public GraphQL-over-HTTP audit, run by Node against a living server."""
