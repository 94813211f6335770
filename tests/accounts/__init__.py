"""Tests of the rules of accounts, batches and batch updates."""
