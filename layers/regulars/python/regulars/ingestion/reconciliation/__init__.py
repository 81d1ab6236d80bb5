"""Reconciliation: fetch from each provider what its webhooks did not deliver."""
