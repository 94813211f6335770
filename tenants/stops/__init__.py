"""Suspension, deletion, deactivation, erasure: the ways in which an organization stops."""
