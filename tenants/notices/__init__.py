"""Notices: what is told to whom and when, and the mails that carry it."""
