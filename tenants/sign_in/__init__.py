"""Signing in: passwords, second factors, passkeys, identity providers, and the sessions they open."""
