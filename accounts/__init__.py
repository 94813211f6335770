"""Service accounts, batches and batch updates. May import billing, tenants and core only.

Importing the package registers the handler of the batch update's job with core/jobs.py, and what follows a changed time
zone with tenants/."""

from accounts import batch_run as batch_run
from accounts import billing_zone as billing_zone
