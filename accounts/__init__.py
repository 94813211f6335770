"""Service accounts, batches and batch updates. May import billing, tenants and core only.

Importing the package registers the handler of the batch update's job with core/jobs.py, with tenants/ what follows a
changed time zone or a member who left, dates of activation, and the end of demos' retention."""

from accounts import activation_due as activation_due
from accounts import batch_run as batch_run
from accounts import billing_zone as billing_zone
from accounts import demo_due as demo_due
from accounts import erasure as erasure
from accounts import member_accounts as member_accounts
from accounts import moving as moving
from accounts import released_numbers as released_numbers
