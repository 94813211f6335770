"""The servers that Tenantry is measured against: each a process of its own, over the same rows."""
