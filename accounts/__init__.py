"""Service accounts, batches and batch updates. May import billing, tenants and core only.

Importing the package registers the handler of the batch update's job with core/jobs.py."""

from accounts import batch_run as batch_run
