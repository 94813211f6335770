"""Support sessions and consents."""
