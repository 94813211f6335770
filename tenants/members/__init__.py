"""Members: their places and roles, invitations, contacts, and who owns the organization."""
