"""Catalogue, prices, wallets, ledger, subscriptions, tax. May import tenants and core only.

Importing the package registers what organizations are told and asked of it: the Wallet of a new one, whether it traded,
what is due when a sandbox clock moves."""

from billing import due as due
from billing import trade_facts as trade_facts
from billing import wallet_opening as wallet_opening
