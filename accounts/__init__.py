"""Service accounts, batches and batch updates. May import billing, tenants and core only."""
