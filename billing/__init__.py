"""Catalogue, prices, wallets, ledger, subscriptions, tax. May import tenants and core only.

Importing the package registers what organizations are told and asked of it: the Wallet of a new one, whether it traded,
what is due when a sandbox clock moves."""

from billing import queued_changes_due as queued_changes_due
from billing import renewals_due as renewals_due

# isort: split
# Behind the queued changes and the renewals of the same instant (SUB-115).
from billing import billing_day as billing_day
from billing import closing as closing
from billing import due as due
from billing import kyc_hold as kyc_hold
from billing import member_assignments as member_assignments
from billing import moving as moving
from billing import numbers_due as numbers_due
from billing import payment_stops as payment_stops
from billing import plan_places as plan_places
from billing import proformas_due as proformas_due
from billing import stops_due as stops_due
from billing import trade_facts as trade_facts
from billing import wallet_opening as wallet_opening
from tenants.kyc import kyc_due as kyc_due
from tenants.kyc import kyc_notices as kyc_notices
from tenants.notices import dated_notices as dated_notices

# isort: split
# Behind all that changes subscriptions and money: Alerts last (SUB-115).
from billing import alert_closing as alert_closing
from billing import low_money_notices as low_money_notices
from billing import member_alerts as member_alerts
from billing import subscription_notices as subscription_notices
