"""The Starlette application: sign-in, the GraphQL endpoint, health and metrics."""
