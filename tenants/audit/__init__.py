"""The audit log: reads that are noted, entries that nobody changes."""
