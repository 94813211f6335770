"""Catalogue, prices, wallets, ledger, subscriptions, tax. May import tenants and core only."""
